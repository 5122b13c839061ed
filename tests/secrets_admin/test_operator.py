"""The operator makes organizations, and lets them embed, from the command line."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from secrets_admin.models import Member, Organization, Role
from tests.world import World

PASSWORD = "a long enough passphrase"


def create(monkeypatch: pytest.MonkeyPatch, password: str = PASSWORD, **options: Any) -> str:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    out = io.StringIO()
    given = {"name": "Camino", "slug": "camino", "owner": "alice@tradewind.example", **options}
    call_command("create_organization", stdout=out, **given)
    return out.getvalue()


def test_a_new_organization_has_a_workspace_and_an_owner_and_may_not_embed(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Made Camino" in create(monkeypatch)
    organization = Organization.objects.get(slug="camino")
    assert not organization.embedding_enabled
    assert organization.workspaces.get().origins == []
    member = Member.objects.get(organization=organization)
    assert member.role == Role.OWNER
    assert member.user.check_password(PASSWORD)


@pytest.mark.parametrize("slug", ["Camino", "1camino", "ca mino", "", "camino\n"])
def test_a_malformed_slug_is_refused_and_nothing_is_made(slug: str, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="Nothing was made"):
        create(monkeypatch, slug=slug)
    assert not Organization.objects.exists()


def test_an_easy_password_is_refused_and_nothing_is_made(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="Nothing was made"):
        create(monkeypatch, password="password")
    assert not Organization.objects.exists()


def test_a_taken_slug_is_refused(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    create(monkeypatch)
    with pytest.raises(CommandError, match="Nothing was made"):
        create(monkeypatch)
    assert Organization.objects.count() == 1


def test_the_operator_stops_and_starts_embedding(world: World, embed_client: Client) -> None:
    token = world.a.token()
    assert embed_client.get(f"/iframe/{token}").status_code == 200
    call_command("set_embedding", "tradewind", "off", stdout=io.StringIO())
    assert embed_client.get(f"/iframe/{token}").status_code == 403
    call_command("set_embedding", "tradewind", "on", stdout=io.StringIO())
    assert embed_client.get(f"/iframe/{token}").status_code == 200
