"""The rooms of API keys: made and revoked by owners who entered their password, shown once."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from secrets_admin.access import SYSTEM
from secrets_admin.api_key_services import SCOPES, create_api_key
from secrets_admin.api_keys import NotAuthenticated, authenticate
from secrets_admin.models import ApiKey, User, Workspace
from tests.conftest import PASSWORD
from tests.console.cast import audited, confirmed, text_of, visit

pytestmark = pytest.mark.django_db
ROOM = "/o/tradewind/settings/api-keys/"
NEW = {"name": "Billing", "scopes": ["read", "mint"], "password": PASSWORD}


@pytest.fixture(autouse=True)
def _no_tries_counted() -> None:
    cache.clear()


def _value_on(page: str) -> str:
    (value,) = set(re.findall(r"ehk_[A-Za-z0-9]{8}_[A-Za-z0-9_-]{43}", page))
    return str(value)


def test_a_new_key_shows_its_value_once_and_works(workspace: Workspace, alice: User) -> None:
    client = visit(alice)
    answer = client.post(f"{ROOM}new/", NEW)
    value = _value_on(answer.content.decode())
    assert "nobody can show it again" in text_of(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    assert authenticate(value).scopes == {"read", "mint"}
    listed = client.get(ROOM)
    assert value not in listed.content.decode()
    assert f"{value[:12]}…" in text_of(listed)
    assert audited("api_key.created")[0].actor == alice


def test_the_form_offers_every_scope_and_chooses_the_smallest(workspace: Workspace, alice: User) -> None:
    page = visit(alice).get(f"{ROOM}new/ask/").content.decode()
    assert re.findall(r'name="scopes" value="(\w+)"( checked)?', page) == [
        (name, " checked" if name == "read" else "") for name in SCOPES
    ]


def test_a_key_can_be_for_some_customers_and_end(workspace: Workspace, alice: User) -> None:
    day = (timezone.now() + timedelta(days=30)).date()
    form = {**NEW, "customers": "acme\r\nglobex west\r\n\r\nacme\r\n", "ends_on": day.isoformat()}
    page = visit(alice).post(f"{ROOM}new/", form)
    assert page.status_code == 200
    key = ApiKey.objects.get()
    assert key.customers == ["acme", "globex west"]
    assert key.expires_at == datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    listed = text_of(visit(alice).get(ROOM))
    assert all(words in listed for words in ("Only for 2 customers", "acme", "globex west"))
    assert f"Until {day.day} {day:%b %Y}" in listed


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"password": ""}, "Enter your password to go on."),
        ({"password": "wrong"}, "This is not your password."),
        ({"name": ""}, "This field is required."),
        ({"scopes": []}, "Choose at least one."),
        ({"scopes": ["admin"]}, "admin is not one of the available choices"),
        ({"customers": "acme\n globex"}, "It begins or ends with white space."),
        ({"ends_on": "2000-01-01"}, "A key ends within the next five years, or never."),
        ({"ends_on": "9999-12-31"}, "A key ends within the next five years, or never."),
        ({"ends_on": "soon"}, "Enter a valid date."),
    ],
)
def test_what_cannot_be_made_is_said_and_nothing_is_made(
    workspace: Workspace, alice: User, change: dict[str, object], said: str
) -> None:
    answer = visit(alice).post(f"{ROOM}new/", {**NEW, **change})
    assert answer.status_code == 400
    assert said in text_of(answer)
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [({"ends_on": "2000-01-01"}, "ends_on"), ({"customers": " acme"}, "customers"), ({"name": "\u202e"}, "name")],
)
def test_what_is_wrong_is_said_at_its_field_and_a_right_password_is_not_asked_again(
    workspace: Workspace, alice: User, change: dict[str, str], field: str
) -> None:
    client = visit(alice)
    page = client.post(f"{ROOM}new/", {**NEW, **change}).content.decode()
    assert f'id="id_{field}_error"' in page
    assert 'name="password"' not in page
    without = {name: value for name, value in NEW.items() if name != "password"}
    assert client.post(f"{ROOM}new/", without).status_code == 200


def test_revoking_needs_the_password_and_ends_the_key(workspace: Workspace, alice: User) -> None:
    key, value = create_api_key(workspace, name="Billing", scopes=["read"], actor=SYSTEM)
    assert visit(alice).post(f"{ROOM}{key.key_id}/revoke/").status_code == 400
    assert authenticate(value)
    answer = confirmed(alice).post(f"{ROOM}{key.key_id}/revoke/", follow=True)
    assert "“Billing” is revoked." in text_of(answer)
    assert "Revoked" in text_of(visit(alice).get(ROOM))
    with pytest.raises(NotAuthenticated):
        authenticate(value)


def test_p_oc_02_another_organizations_key_is_not_there(
    workspace: Workspace, foreign_workspace: Workspace, alice: User
) -> None:
    key, value = create_api_key(foreign_workspace, name="Theirs", scopes=["read"], actor=SYSTEM)
    client = confirmed(alice)
    for deed in ("revoke/ask", "revoke"):
        send = client.get if deed.endswith("ask") else client.post
        assert send(f"{ROOM}{key.key_id}/{deed}/").status_code == 404
    assert "Theirs" not in text_of(client.get(ROOM))
    assert authenticate(value)


def test_an_ended_key_is_told_from_a_living_one(workspace: Workspace, alice: User) -> None:
    key, _ = create_api_key(workspace, name="Old", scopes=["read"], actor=SYSTEM)
    assert "Active" in text_of(visit(alice).get(ROOM))
    ApiKey.objects.filter(id=key.id).update(expires_at=timezone.now() - timedelta(days=1))
    page = text_of(visit(alice).get(ROOM))
    assert "Ended" in page
    assert "Active" not in page
