"""Thousands of customers in one call: each gets its own result, whatever happens to the others."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.facts import find_customer
from customers.families import family_of
from customers.models import Customer
from tests.api.caller import CUSTOMERS, Backend, places
from tests.console.cast import audited
from tests.world import World

pytestmark = pytest.mark.django_db
BULK = f"{CUSTOMERS}bulk"


def test_each_customer_of_a_call_gets_its_own_result_in_the_calls_order(ours: Backend) -> None:
    ours.told("delete", f"{CUSTOMERS}globex", status=204)
    items: list[dict[str, Any]] = [
        {"external_id": "z-new", "name": "New", "properties": {"a": 1}},
        {"external_id": "acme ", "name": "Trimmed?"},
        {"external_id": "acme", "name": "Acme Ltd"},
        {"external_id": "globex"},
        {"external_id": "b", "properties": {"a-b": 1}},
        {"external_id": "z-new", "name": "Twice"},
        {"external_id": "c", "nmae": "x"},
        {"external_id": "d", "name": "\u202e"},
        {"external_id": "e", "properties": {"a": 10**30}},
        {"external_id": "f", "properties": {"a": [[[[[[[[[1]]]]]]]]]}},
    ]
    told = ours.told("post", BULK, {"customers": items})
    assert [one["external_id"] for one in told["customers"]] == [one["external_id"] for one in items]
    results = [one["result"] for one in told["customers"]]
    expected = ["created", "refused", "updated", "created", *["refused"] * 6]
    assert results == expected
    assert {name: told[name] for name in ("created", "updated", "unchanged", "refused")} == {
        name: results.count(name) for name in ("created", "updated", "unchanged", "refused")
    }
    refused = {
        one["external_id"]: (one["code"], places(one)) for one in told["customers"] if one["result"] == "refused"
    }
    assert refused == {
        "acme ": ("request_invalid", ["#/customers/1/external_id"]),
        "b": ("customer_invalid", ["#/customers/4"]),
        "z-new": ("request_invalid", ["#/customers/5/external_id"]),
        "c": ("request_invalid", ["#/customers/6/nmae"]),
        "d": ("customer_invalid", ["#/customers/7"]),
        "e": ("customer_invalid", ["#/customers/8"]),
        "f": ("customer_invalid", ["#/customers/9"]),
    }
    assert ours.told("get", f"{CUSTOMERS}z-new")["name"] == "New"
    assert not Customer.objects.filter(external_id__in=tuple("bcdef")).exists()
    tokens = [one["token"] for one in told["customers"] if "token" in one]
    assert tokens == [Customer.objects.get(workspace=ours.tenant.workspace, external_id=name).token()
                      for name in ("z-new", "acme", "globex")]  # fmt: skip


def test_a_repetition_changes_nothing_and_what_is_not_given_stays(ours: Backend) -> None:
    items = [{"external_id": "new", "name": "New", "properties": {"a": 1}}, {"external_id": "acme"}]
    first = ours.told("post", BULK, {"customers": items})
    again = ours.told("post", BULK, {"customers": items})
    assert again["unchanged"] == 2
    assert [one["token"] for one in again["customers"]] == [one["token"] for one in first["customers"]]
    ours.told("post", BULK, {"customers": [{"external_id": "new", "properties": {"b": 2}}]})
    assert ours.told("get", f"{CUSTOMERS}new")["name"] == "New"
    assert ours.told("get", f"{CUSTOMERS}new")["properties"] == {"b": 2}
    assert len(audited("customer.bulk_saved")) == 2


def test_a_returning_customer_has_nothing_of_before(ours: Backend) -> None:
    ours.told("put", f"{CUSTOMERS}acme", {"name": "Old", "properties": {"a": 1}, "parent": "globex"})
    old = Customer.objects.get(workspace=ours.tenant.workspace, external_id="acme")
    ours.told("delete", f"{CUSTOMERS}acme", status=204)
    told = ours.told("post", BULK, {"customers": [{"external_id": "acme"}]})
    new = ours.told("get", f"{CUSTOMERS}acme")
    assert (new["name"], new["properties"], new["parent"]) == ("acme", {}, None)
    assert told["customers"][0]["token"] != old.token()
    row = Customer.objects.get(id=old.id)
    assert (row.generation, row.deleted_at) == (old.generation + 2, None)
    assert row.created_at > old.created_at


@pytest.mark.django_db(transaction=True)
def test_every_process_forgets_what_a_call_changed(ours: Backend, world: World) -> None:
    workspace = world.a.workspace.id
    for number in (1, 60):
        names = [f"{number}-{one}" for one in range(number)]
        assert [find_customer(workspace, name) for name in names] == [None] * number
        assert family_of(workspace, names[0]) == ()
        ours.told("post", BULK, {"customers": [{"external_id": name} for name in names]})
        assert all(find_customer(workspace, name) for name in names)
        assert family_of(workspace, names[0]) == (names[0],)
        changed = [{"external_id": name, "properties": {"a": 1}} for name in names]
        ours.told("post", BULK, {"customers": changed})
        found = [find_customer(workspace, name) for name in names]
        assert [customer and customer.properties for customer in found] == [{"a": 1}] * number


def test_a_thousand_customers_take_a_fixed_number_of_statements(ours: Backend) -> None:
    def statements(number: int, prefix: str) -> int:
        items = [{"external_id": f"{prefix}{one}"} for one in range(number)]
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert ours.told("post", BULK, {"customers": items})["created"] == number
        return len(captured)

    statements(1, "warm")
    few, many = statements(10, "a"), statements(400, "b")
    # SQLite takes fewer values a statement, so it needs some more.
    assert many <= few + 20


def test_a_call_of_too_many_or_too_much_is_refused_as_a_whole(ours: Backend) -> None:
    said = ours.refused("post", BULK, {"customers": [{}] * 10_001}, status=400)
    assert places(said) == ["#/customers"]
    ours.refused("post", BULK, {"customers": [{"external_id": "x" * 8_400_000}]}, status=413)
    assert places(ours.refused("post", BULK, {"customers": [1, "x"]}, status=400)) == ["#/customers/0", "#/customers/1"]
    assert ours.told("post", BULK, {"customers": []})["customers"] == []
