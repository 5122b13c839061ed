"""The operator makes organizations, and lets them embed, from the command line."""

import io
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from embedhost.lib import env
from secrets_admin.models import AuditRecord, Member, Organization, Role, User
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
    told = AuditRecord.objects.filter(action__startswith="embedding.").order_by("id")
    assert [(record.action, record.subject, record.actor_email) for record in told] == [
        ("embedding.disabled", "tradewind", "system"),
        ("embedding.enabled", "tradewind", "system"),
    ]


def test_an_organization_of_nobody_is_told(db: None) -> None:
    with pytest.raises(CommandError, match="There is no organization with the slug nobody"):
        call_command("set_embedding", "nobody", "on", stdout=io.StringIO())


@pytest.mark.parametrize(("default", "enabled"), [(True, True), (False, False)])
def test_a_new_organization_may_embed_as_the_setting_says(
    db: None, monkeypatch: pytest.MonkeyPatch, settings: Settings, default: bool, enabled: bool
) -> None:
    settings.EMBEDDING_DEFAULT = default
    create(monkeypatch)
    assert Organization.objects.get(slug="camino").embedding_enabled is enabled


@pytest.mark.parametrize("odd", ["yes", "ON", "true", "1", "on off"])
def test_a_setting_that_is_neither_on_nor_off_stops_the_start(odd: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMBEDDING_DEFAULT", odd)
    with pytest.raises(ImproperlyConfigured, match="EMBEDDING_DEFAULT must be one of on, off"):
        env.read("EMBEDDING_DEFAULT")


def make_operator(monkeypatch: pytest.MonkeyPatch, email: str, password: str = PASSWORD) -> str:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    out = io.StringIO()
    call_command("create_operator", email, stdout=out)
    return out.getvalue()


def test_the_first_operator_is_made_by_command(
    db: None, monkeypatch: pytest.MonkeyPatch, console_client: Client
) -> None:
    printed = make_operator(monkeypatch, "Operator@server.example")
    assert "/operator/" in printed
    assert PASSWORD not in printed
    operator = User.objects.get(email="operator@server.example")
    assert (operator.is_staff, operator.is_superuser, operator.memberships.count()) == (True, False, 0)
    form = {"login": "operator@server.example", "password": PASSWORD}
    answer = console_client.post("/accounts/login/?next=/operator/", form)
    assert answer.headers["Location"] == "/operator/"
    assert console_client.get("/operator/").status_code == 200


def test_somebody_with_an_account_becomes_operator_and_keeps_the_password(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = alice.password
    make_operator(monkeypatch, alice.email, "another long passphrase")
    alice.refresh_from_db()
    assert (alice.is_staff, alice.password) == (True, before)


@pytest.mark.parametrize(("email", "password"), [("operator", PASSWORD), ("", PASSWORD), ("a@b.example", "password")])
def test_an_operator_that_cannot_be_is_refused(
    db: None, monkeypatch: pytest.MonkeyPatch, email: str, password: str
) -> None:
    with pytest.raises(CommandError, match="Nothing was made"):
        make_operator(monkeypatch, email, password)
    assert not User.objects.exists()
