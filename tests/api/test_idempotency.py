"""Idempotency-Key: a call that is repeated answers as its first one did, for a day."""

from datetime import timedelta

import pytest

from customers.models import Customer
from embedhost.lib.crypto import keyed_hash
from secrets_admin import idempotency
from secrets_admin.models import IdempotentCall
from tests.api.caller import CUSTOMERS, Backend, backend
from tests.console.cast import audited
from tests.world import World

pytestmark = pytest.mark.django_db
_KEY = {"Idempotency_Key": "4f1c"}


def test_a_repetition_gets_the_first_status_and_makes_nothing_twice(ours: Backend) -> None:
    body = {"external_id": "new", "name": "New"}
    first = ours.call("post", CUSTOMERS, body, **_KEY)
    again = ours.call("post", CUSTOMERS, dict(reversed(body.items())), **_KEY)
    assert [first.status_code, again.status_code] == [201, 201]
    assert again.json() == first.json()
    assert again.headers["Location"] == first.headers["Location"]
    assert len([one for one in audited("customer.created") if one.subject == "new"]) == 1
    assert ours.call("post", CUSTOMERS, body).status_code == 200


def test_nothing_of_a_body_is_kept(ours: Backend) -> None:
    ours.told("post", CUSTOMERS, {"external_id": "new", "name": "Name in the body"}, status=201, **_KEY)
    row = IdempotentCall.objects.values().get()
    assert (row["status"], row["subject"]) == (201, "new")
    assert "4f1c" not in str(row)
    # The same text ever after: two versions of the server answer a repetition alike.
    assert row["asked"] == keyed_hash(b'customers {"external_id":"new","name":"Name in the body"}', "idempotent-call")
    assert "Name in the body" not in str(row)


def test_the_same_key_with_another_request_is_refused(ours: Backend) -> None:
    ours.told("post", CUSTOMERS, {"external_id": "new"}, status=201, **_KEY)
    said = ours.refused("post", CUSTOMERS, {"external_id": "other"}, status=409, **_KEY)
    assert said["code"] == "idempotency_key_reused"
    assert not Customer.objects.filter(external_id="other").exists()


def test_a_call_that_failed_is_not_remembered(ours: Backend) -> None:
    ours.refused("post", CUSTOMERS, {"external_id": "new", "parent": "nobody"}, status=404, **_KEY)
    assert not IdempotentCall.objects.exists()
    assert not Customer.objects.filter(external_id="new").exists()
    ours.told("post", CUSTOMERS, {"external_id": "new"}, status=201, **_KEY)


def test_each_api_key_has_idempotency_keys_of_its_own(ours: Backend, world: World) -> None:
    ours.told("post", CUSTOMERS, {"external_id": "new"}, status=201, **_KEY)
    backend(world.a).told("post", CUSTOMERS, {"external_id": "other"}, status=201, **_KEY)


def test_a_key_that_cannot_be_is_refused(ours: Backend) -> None:
    for wrong in ("", "a b", "x" * 256, "é", " "):
        said = ours.refused("post", CUSTOMERS, {"external_id": "new"}, status=400, Idempotency_Key=wrong)
        assert said["code"] == "idempotency_key_invalid", wrong


def test_after_a_day_a_call_is_forgotten(ours: Backend) -> None:
    body = {"external_id": "new"}
    ours.told("post", CUSTOMERS, body, status=201, **_KEY)
    row = IdempotentCall.objects.get()
    IdempotentCall.objects.update(at=row.at - idempotency.KEPT - timedelta(minutes=1))
    ours.told("post", CUSTOMERS, {"external_id": "other"}, status=201, **_KEY)
    IdempotentCall.objects.update(at=row.at - idempotency.KEPT - timedelta(minutes=1))
    assert idempotency.prune() == 1
