"""A workspace's rules for every token, and its API keys."""

import hashlib

import pytest

from embedhost.lib.origins import OriginRefused
from secrets_admin import workspaces
from secrets_admin.models import ApiKey, FeedEntry, User, Workspace
from secrets_admin.workspaces import LifetimeRefused, ScopeRefused
from tests.console.cast import ORIGIN, audited, by

pytestmark = pytest.mark.django_db


def _announced(workspace: Workspace) -> int:
    return FeedEntry.objects.filter(kind="workspace", subject=workspace.id).count()


def test_an_origin_is_added_once_in_canonical_form(workspace: Workspace, alice: User) -> None:
    assert (
        workspaces.add_origin(workspace, "https://EU.tradewind.example:443", actor=by(alice))
        == "https://eu.tradewind.example"
    )
    with pytest.raises(OriginRefused):
        workspaces.add_origin(workspace, "https://eu.tradewind.example", actor=by(alice))
    workspace.refresh_from_db()
    assert workspace.origins == [ORIGIN, "https://eu.tradewind.example"]
    assert _announced(workspace) == 1
    assert audited("origin.added")[0].detail == {"origin": "https://eu.tradewind.example"}


def test_p_ep_02_a_refused_origin_changes_nothing(workspace: Workspace, alice: User) -> None:
    with pytest.raises(OriginRefused):
        workspaces.add_origin(workspace, "https://a.com; script-src *", actor=by(alice))
    workspace.refresh_from_db()
    assert workspace.origins == [ORIGIN]
    assert _announced(workspace) == 0
    assert audited("origin.added") == []


def test_p_ep_02_the_fifty_first_origin_is_refused(workspace: Workspace, alice: User) -> None:
    workspace.origins = [f"https://a{number}.example.com" for number in range(50)]
    workspace.save()
    with pytest.raises(OriginRefused, match="at most 50"):
        workspaces.add_origin(workspace, "https://one-more.example.com", actor=by(alice))


def test_an_origin_is_removed_and_announced(workspace: Workspace, alice: User) -> None:
    workspaces.remove_origin(workspace, ORIGIN, actor=by(alice))
    workspace.refresh_from_db()
    assert workspace.origins == []
    assert _announced(workspace) == 1
    with pytest.raises(OriginRefused):
        workspaces.remove_origin(workspace, ORIGIN, actor=by(alice))


@pytest.mark.parametrize("seconds", [0, 59, 86_401, -3600])
def test_a_token_lives_between_a_minute_and_a_day(workspace: Workspace, alice: User, seconds: int) -> None:
    with pytest.raises(LifetimeRefused):
        workspaces.set_token_lifetime(workspace, seconds, actor=by(alice))


def test_a_shorter_life_is_announced_and_audited(workspace: Workspace, alice: User) -> None:
    workspaces.set_token_lifetime(workspace, 3600, actor=by(alice))
    workspace.refresh_from_db()
    assert workspace.max_token_lifetime == 3600
    assert _announced(workspace) == 1
    assert audited("token_lifetime.changed")[0].detail == {"seconds": 3600}


def test_an_api_key_is_stored_as_prefix_and_hash_only(workspace: Workspace, alice: User) -> None:
    key, value = workspaces.create_api_key(workspace, name="Backend", scopes=["write", "read"], actor=by(alice))
    row = ApiKey.objects.values().get(id=key.id)
    assert row["key_hash"] == hashlib.sha256(value.encode()).hexdigest()
    assert value.startswith(row["prefix"])
    assert len(value) - len(row["prefix"]) >= 32
    assert row["scopes"] == ["read", "write"]
    assert value not in str(row)
    assert audited("api_key.created")[0].subject == key.key_id


@pytest.mark.parametrize("scopes", [[], ["admin"], ["read", "*"]])
def test_an_api_key_has_known_scopes(workspace: Workspace, alice: User, scopes: list[str]) -> None:
    with pytest.raises(ScopeRefused):
        workspaces.create_api_key(workspace, name="Backend", scopes=scopes, actor=by(alice))


def test_an_api_key_is_revoked_once(workspace: Workspace, alice: User) -> None:
    key, _ = workspaces.create_api_key(workspace, name="Backend", scopes=["read"], actor=by(alice))
    workspaces.revoke_api_key(key, actor=by(alice))
    workspaces.revoke_api_key(key, actor=by(alice))
    key.refresh_from_db()
    assert key.revoked_at is not None
    assert len(audited("api_key.revoked")) == 1
