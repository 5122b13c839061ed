"""A workspace's rules for every token, and its API keys."""

import pytest

from embedhost.lib.origins import OriginRefused
from secrets_admin import workspaces
from secrets_admin.models import FeedEntry, User, Workspace
from secrets_admin.workspaces import LifetimeRefused
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
