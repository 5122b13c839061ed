"""API keys: what is stored, whose key a value is, when it ends, and when it was last used."""

import contextlib
import hashlib
import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from embedhost.lib.errors import Refused
from secrets_admin import api_keys
from secrets_admin.access import SYSTEM
from secrets_admin.api_key_services import ApiKeyRefused, ScopeRefused, create_api_key, revoke_api_key
from secrets_admin.api_keys import CustomerNotAllowed, NotAuthenticated, ScopeMissing, authenticate
from secrets_admin.feed import feed
from secrets_admin.models import ApiKey, User, Workspace
from tests.console.cast import audited, by

pytestmark = pytest.mark.django_db


def _new(workspace: Workspace, **given: object) -> tuple[ApiKey, str]:
    wanted = {"name": "Backend", "scopes": ["read"], "actor": SYSTEM, **given}
    return create_api_key(workspace, **wanted)  # type: ignore[arg-type]  # each test gives what fits


def _refused(ask: Callable[[], object]) -> str:
    with pytest.raises(Refused) as caught:
        ask()
    return caught.value.message


def test_an_api_key_is_stored_as_prefix_and_hash_only(workspace: Workspace, alice: User) -> None:
    key, value = _new(workspace, scopes=["write", "read"], actor=by(alice))
    row = ApiKey.objects.values().get(id=key.id)
    assert row["key_hash"] == hashlib.sha256(value.encode()).hexdigest()
    assert re.fullmatch(r"ehk_[A-Za-z0-9]{8}_[A-Za-z0-9_-]{43}", value)
    assert row["prefix"] == value[:12]
    assert row["scopes"] == ["read", "write"]
    assert value not in str(row)
    (record,) = audited("api_key.created")
    assert (record.subject, record.actor) == (key.key_id, alice)
    assert value[12:] not in str(record.detail)


@pytest.mark.parametrize("scopes", [[], ["admin"], ["read", "*"]])
def test_an_api_key_has_known_scopes(workspace: Workspace, scopes: list[str]) -> None:
    with pytest.raises(ScopeRefused):
        _new(workspace, scopes=scopes)


@pytest.mark.parametrize(
    "given",
    [
        {"name": " "},
        {"name": "x" * 101},
        {"name": "a\x00b"},
        {"customers": []},
        {"customers": ["acme", " globex"]},
        {"customers": [""]},
        {"customers": [f"c{number}" for number in range(1001)]},
        {"expires_at": timezone.now() - timedelta(seconds=1)},
        {"expires_at": timezone.now() + timedelta(days=6 * 366)},
    ],
    ids=["blank", "long name", "NUL", "for nobody", "a space", "an empty ID", "too many", "ended", "lasts too long"],
)
def test_a_key_that_cannot_be_is_refused_with_the_reason(workspace: Workspace, given: dict[str, object]) -> None:
    with pytest.raises(ApiKeyRefused):
        _new(workspace, **given)
    assert not ApiKey.objects.exists()


def test_a_value_is_its_keys_and_nobody_elses(workspace: Workspace, foreign_workspace: Workspace) -> None:
    _, value = _new(workspace, scopes=["read", "mint"], customers=["acme"])
    _, foreign = _new(foreign_workspace)
    ours, theirs = authenticate(value), authenticate(foreign)
    assert (ours.workspace_id, theirs.workspace_id) == (workspace.id, foreign_workspace.id)
    assert ours.organization_id == workspace.organization_id
    assert ours.scopes == {"read", "mint"}
    assert (ours.customers, theirs.customers) == (frozenset({"acme"}), None)


def test_p_cu_01_every_wrong_value_gets_one_answer(workspace: Workspace) -> None:
    key, value = _new(workspace)
    revoked, ended = _new(workspace), _new(workspace, expires_at=timezone.now() + timedelta(hours=1))
    revoke_api_key(revoked[0], actor=SYSTEM)
    ApiKey.objects.filter(id=ended[0].id).update(expires_at=timezone.now() - timedelta(seconds=1))
    wrong = [
        "",
        "ehk_",
        value[:-1],
        value + "x",
        value.swapcase(),
        f" {value}",
        value[:12],
        value[:13] + "A" * 43,
        "ehk_nobodyis_" + value[13:],
        "x" * 10_000,
        "\x00",
        "é" * 20,
        key.key_id,
        key.key_hash,
        revoked[1],
        ended[1],
    ]
    told = {_refused(lambda text=text: authenticate(text)) for text in wrong}  # type: ignore[misc]  # bound at once
    assert told == {NotAuthenticated.message}
    assert authenticate(value).key_id == key.key_id


def test_p_cu_01_a_known_prefix_costs_what_an_unknown_one_costs(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, value = _new(workspace)
    authenticate(value)
    monkeypatch.setattr(feed, "_ensure_recent", lambda: None)
    known, unknown = value[:13] + "A" * 43, "ehk_nobodyis_" + "A" * 43
    asked = []
    for wrong in (known, unknown) * 2 + (value,):
        with (
            CaptureQueriesContext(
                connection,
            ) as queries,
            contextlib.suppress(NotAuthenticated),
        ):
            authenticate(wrong)
        asked.append(len(queries))
    assert asked == [1, 1, 1, 1, 1]


def test_two_keys_with_one_prefix_are_both_found(workspace: Workspace) -> None:
    (first, one), (second, other) = _new(workspace), _new(workspace)
    twin = one[:12] + other[12:]
    ApiKey.objects.filter(id=second.id).update(prefix=one[:12], key_hash=hashlib.sha256(twin.encode()).hexdigest())
    assert authenticate(one).key_id == first.key_id
    assert authenticate(twin).key_id == second.key_id


def test_a_revoked_key_is_over_at_once_and_stays_revoked(workspace: Workspace, alice: User) -> None:
    key, value = _new(workspace)
    assert authenticate(value)
    revoke_api_key(key, actor=by(alice))
    revoke_api_key(key, actor=by(alice))
    with pytest.raises(NotAuthenticated):
        authenticate(value)
    key.refresh_from_db()
    assert key.revoked_at is not None
    assert len(audited("api_key.revoked")) == 1


def test_a_key_that_another_process_revoked_is_over_with_the_next_call(workspace: Workspace) -> None:
    key, value = _new(workspace)
    assert authenticate(value)
    # Not by the service, so that nothing of this process hears of it.
    ApiKey.objects.filter(id=key.id).update(revoked_at=timezone.now())
    with pytest.raises(NotAuthenticated):
        authenticate(value)
    with pytest.raises(NotAuthenticated):
        authenticate(value, key_id=key.key_id)


def test_a_key_ends_at_its_end_by_the_databases_clock(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    key, value = _new(workspace, expires_at=timezone.now() + timedelta(hours=1))
    assert authenticate(value)
    assert key.expires_at is not None
    end = key.expires_at.timestamp()
    monkeypatch.setattr(feed, "now", lambda: end - 1)
    assert authenticate(value)
    monkeypatch.setattr(feed, "now", lambda: end)
    with pytest.raises(NotAuthenticated):
        authenticate(value)


def _last_used(key: ApiKey) -> datetime:
    key.refresh_from_db()
    assert key.last_used_at is not None
    return key.last_used_at


def test_last_used_is_written_once_a_minute_at_most(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    key, value = _new(workspace)
    assert key.last_used_at is None
    for _ in range(3):
        with CaptureQueriesContext(connection) as queries:
            authenticate(value)
        written = [query["sql"] for query in queries if query["sql"].startswith("UPDATE")]
    assert written == []
    first = _last_used(key)
    monkeypatch.setattr(api_keys, "USE_SECONDS", 0)
    authenticate(value)
    assert _last_used(key) > first


def test_a_wrong_value_is_no_use(workspace: Workspace) -> None:
    key, value = _new(workspace)
    with pytest.raises(NotAuthenticated):
        authenticate(value[:13] + "A" * 43)
    key.refresh_from_db()
    assert key.last_used_at is None


def test_scopes_and_customers_are_all_that_a_key_may(workspace: Workspace) -> None:
    limited = authenticate(_new(workspace, customers=["acme"])[1])
    limited.require("read")
    limited.require_customer("acme")
    for scope in ("write", "mint", "customer_tokens"):
        with pytest.raises(ScopeMissing):
            limited.require(scope)
    for other in ("globex", "Acme", ""):
        with pytest.raises(CustomerNotAllowed):
            limited.require_customer(other)
    with pytest.raises(CustomerNotAllowed):
        limited.require_all_customers()
    free = authenticate(_new(workspace)[1])
    free.require_customer("globex")
    free.require_all_customers()
