"""Visibility rules over the REST API: what the console offers, in force at once, and nothing that cannot hold."""

from typing import Any

import pytest
from django.test import Client

from customers.services import update_customer
from datasources.access import get_source
from datasources.models import TableRule
from secrets_admin.access import SYSTEM
from secrets_admin.feed import feed
from tests.api.caller import Backend, places
from tests.api.test_data_sources import SHOP, SOURCES, server, shop
from tests.console.cast import audited
from tests.embed.surfaces import data, text_of
from tests.world import World, canary

__all__ = ["server", "shop"]

pytestmark = pytest.mark.django_db
TABLES = f"{SOURCES}warehouse/tables/"
ORDERS = f"{TABLES}tradewind.orders"


def test_tables_are_told_with_their_rules_and_columns_in_pages(ours: Backend) -> None:
    page = ours.told("get", f"{TABLES}?limit=2")
    rest = ours.told("get", f"{TABLES}?after={page['next']}")
    items = [*page["items"], *rest["items"]]
    assert [one["table"] for one in items] == sorted(
        f"{schema}.{name}" for schema in ("northwind", "tradewind") for name in ("orders", "private_notes", "regions")
    )
    assert rest["next"] is None
    orders = next(one for one in items if one["table"] == "tradewind.orders")
    assert ours.told("get", ORDERS) == orders
    assert (orders["rule"], orders["column"], orders["property"], orders["also"]) == (
        "scoped",
        "cst",
        "external_id",
        [],
    )
    may = {one["name"]: one["may_scope"] for one in orders["columns"]}
    assert may == {"id": True, "cst": True, "region": True, "amount": True, "day": False, "note": True}


def test_every_kind_of_rule_is_set_told_and_audited(ours: Backend) -> None:
    also = [{"column": "region", "property": "regions"}, {"column": "amount", "property": "amounts"}]
    for body in (
        {"rule": "shared"},
        {"rule": "scoped", "column": "cst", "property": "external_id+below"},
        {"rule": "scoped", "column": "cst", "also": also},
        {"rule": "scoped", "column": "region", "property": "regions"},
        {"rule": "hidden"},
    ):
        told = ours.told("put", ORDERS, body)
        assert {name: told[name] for name in body} == body
        assert told == ours.told("get", ORDERS)
    usual = {"column": "cst", "property": "external_id", "also": []}
    assert ours.told("put", ORDERS, {"rule": "scoped", "column": "cst"}).items() >= usual.items(), "nothing of before"
    records = audited("source.rule_changed")[-6:]
    assert {(one.actor_email, one.subject) for one in records} == {
        (f"API key {ours.key.key_id}", "warehouse: tradewind.orders")
    }
    assert records[2].detail["also"] == [["region", "regions"], ["amount", "amounts"]]


def test_a_rule_is_in_force_with_the_next_query_and_no_cached_row_outlives_it(
    ours: Backend, world: World, embed_client: Client
) -> None:
    token = world.a.token("acme")
    before = text_of(data(embed_client, token))
    assert canary("tradewind", "acme", 0) in before
    assert text_of(data(embed_client, token)) == before
    version = get_source(world.a.workspace.pk, "warehouse").rules.version

    ours.told("put", ORDERS, {"rule": "hidden"})
    feed.read()
    hidden = data(embed_client, token)
    assert (hidden.status_code, "CANARY" in text_of(hidden)) == (422, False)
    assert get_source(world.a.workspace.pk, "warehouse").rules.version != version

    region = [{"column": "region", "property": "regions"}]
    ours.told("put", ORDERS, {"rule": "scoped", "column": "cst", "also": region})
    feed.read()
    unset = data(embed_client, token)
    assert (unset.status_code, "CANARY" in text_of(unset)) == (422, False), "a property that is unset never widens"
    update_customer(world.a.customers["acme"], name="Acme", properties={"regions": ["South"]}, actor=SYSTEM)
    feed.read()
    some = text_of(data(embed_client, token))
    assert canary("tradewind", "acme", 1) in some
    assert canary("tradewind", "acme", 0) not in some
    assert "globex" not in some

    ours.told("put", ORDERS, {"rule": "scoped", "column": "cst"})
    feed.read()
    assert canary("tradewind", "acme", 0) in text_of(data(embed_client, token))


def test_a_rule_that_cannot_hold_is_refused_with_its_place(ours: Backend) -> None:
    before = list(TableRule.objects.order_by("id").values())
    some, region = {"rule": "scoped", "column": "cst"}, {"column": "region", "property": "r"}
    refused: list[tuple[dict[str, Any], str]] = [
        ({}, "rule"),
        ({"rule": "everybody"}, "rule"),
        ({"rule": "SHARED"}, "rule"),
        ({"rule": None}, "rule"),
        ({"rule": "scoped"}, "column"),
        ({"rule": "scoped", "column": ""}, "column"),
        ({"rule": "scoped", "column": "nothing"}, "column"),
        ({"rule": "scoped", "column": "CST"}, "column"),
        ({"rule": "scoped", "column": "cst "}, "column"),
        ({"rule": "scoped", "column": "day"}, "column"),
        ({"rule": "scoped", "property": "region"}, "property"),
        ({"rule": "scoped", "also": [region]}, "also"),
        ({"rule": "shared", "column": "cst"}, "column"),
        ({"rule": "hidden", "column": "cst"}, "column"),
        ({**some, "property": ""}, "property"),
        ({**some, "property": None}, "property"),
        ({**some, "property": "p" * 101}, "property"),
        (
            {**some, "also": [{"column": "region", "property": "r"}, {"column": "day", "property": "d"}]},
            "also/1/column",
        ),
        ({**some, "also": [{"column": "nothing", "property": "d"}]}, "also/0/column"),
        ({**some, "also": [{"column": "region"}]}, "also/0/property"),
        ({**some, "also": [{"column": "region", "property": "r", "x": 1}]}, "also/0/x"),
        ({**some, "also": [region] * 16}, "also"),
        ({**some, "also": "region"}, "also"),
        ({**some, "kind": "shared"}, "kind"),
    ]
    for body, place in refused:
        said = ours.refused("put", ORDERS, body, status=400)
        assert places(said) == [f"#/{place}"], body
    said = ours.refused("put", ORDERS, {"rule": "scoped", "column": "day"}, status=400)
    assert said["code"] == "rule_invalid"
    assert "A column of type date cannot limit rows safely." in said["detail"]
    for table in ("tradewind.nothing", "orders", "tradewind.", "TRADEWIND.ORDERS", "a/b", "x%00", "x" * 300):
        ours.refused("put", f"{TABLES}{table}", {"rule": "shared"}, status=404)
        ours.refused("get", f"{TABLES}{table}", status=404)
    assert list(TableRule.objects.order_by("id").values()) == before


def test_a_column_that_may_not_scope_in_postgresql_is_refused(ours: Backend, shop: Any) -> None:
    told = ours.told("get", f"{SHOP}/tables/public.orders")
    may = [one["name"] for one in told["columns"] if one["may_scope"]]
    assert {"cst", "id"} <= set(may)
    assert "amount" not in may
    said = ours.refused("put", f"{SHOP}/tables/public.orders", {"rule": "scoped", "column": "amount"}, status=400)
    assert places(said) == ["#/column"]
    assert "numeric" in said["detail"]


def test_if_match_refuses_a_rule_that_somebody_else_set(ours: Backend) -> None:
    etag = ours.call("get", ORDERS).headers["ETag"]
    assert ours.call("get", ORDERS, If_None_Match=etag).status_code == 304
    after = ours.call("put", ORDERS, {"rule": "shared"}, If_Match=etag)
    assert after.status_code == 200
    assert ours.refused("put", ORDERS, {"rule": "hidden"}, status=412, If_Match=etag)["code"] == "changed_meanwhile"
    assert ours.told("get", ORDERS)["rule"] == "shared"
    ours.told("put", ORDERS, {"rule": "hidden"}, If_Match=after.headers["ETag"])
