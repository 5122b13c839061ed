"""The rooms of embed secrets: made, seen and ended by owners who entered their password."""

import re
import time
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from secrets_admin import services
from secrets_admin.models import EmbedSecret, User, Workspace
from tests.conftest import PASSWORD
from tests.console.cast import EMBEDDING, audited, by, confirmed, text_of, visit

State = EmbedSecret.State
pytestmark = pytest.mark.django_db
NEW = {"name": "Production", "format": "explo_jwe", "password": PASSWORD}


@pytest.fixture(autouse=True)
def _no_tries_counted() -> None:
    cache.clear()


def _address(secret: EmbedSecret, deed: str) -> str:
    return f"{EMBEDDING}secrets/{secret.key_id}/{deed}/"


def _rewind(client: Client, seconds: int) -> None:
    """Let the entered password have been entered earlier."""
    session = client.session
    session["password_confirmed_at"] = time.time() - seconds
    session.save()


def test_the_first_secret_asks_for_the_site_first(workspace: Workspace, alice: User) -> None:
    workspace.origins = []
    workspace.save()
    client = visit(alice)
    page = client.get(f"{EMBEDDING}secrets/new/ask/").content.decode()
    assert page.index("Site that may show your dashboards") < page.index('name="name"')
    assert client.post(f"{EMBEDDING}secrets/new/", NEW).status_code == 400
    refused = client.post(f"{EMBEDDING}secrets/new/", {**NEW, "origin": "https://a.com; script-src *"})
    assert refused.status_code == 400
    assert not EmbedSecret.objects.exists()
    assert client.post(f"{EMBEDDING}secrets/new/", {**NEW, "origin": "https://app.example.com"}).status_code == 200
    workspace.refresh_from_db()
    assert workspace.origins == ["https://app.example.com"]
    assert EmbedSecret.objects.get().name == "Production"


def test_a_new_secret_shows_its_value_once(workspace: Workspace, alice: User) -> None:
    client = visit(alice)
    page = client.post(f"{EMBEDDING}secrets/new/", NEW)
    secret = EmbedSecret.objects.get()
    assert secret.value().decode() in page.content.decode()
    assert "Copy its value now; later it needs your password." in text_of(page)
    assert page.headers["Cache-Control"] == "no-store"
    assert [record.subject for record in audited("secret.revealed")] == [secret.key_id]
    again = client.post(f"{EMBEDDING}secrets/new/", NEW)
    assert again.status_code == 400
    assert EmbedSecret.objects.count() == 1


def test_p_oc_07_pages_hold_only_a_mask(secret: EmbedSecret, alice: User) -> None:
    client = confirmed(alice)
    for address in (EMBEDDING, _address(secret, "value/ask"), _address(secret, "reset/ask")):
        page = client.get(address)
        assert page.status_code == 200
        assert secret.value().decode() not in page.content.decode()
    assert "••••••••" in text_of(client.get(EMBEDDING))


def test_p_oc_07_the_value_needs_the_password(secret: EmbedSecret, alice: User) -> None:
    client = visit(alice)
    for form in ({}, {"password": ""}, {"password": "wrong"}):
        answer = client.post(_address(secret, "value"), form)
        assert answer.status_code == 400
        assert secret.value().decode() not in answer.content.decode()
    assert audited("secret.revealed") == []
    answer = client.post(_address(secret, "value"), {"password": PASSWORD})
    assert secret.value().decode() in answer.content.decode()
    assert answer.headers["Cache-Control"] == "no-store"


def test_p_oc_07_the_password_counts_for_ten_minutes_of_this_session(secret: EmbedSecret, alice: User) -> None:
    client = confirmed(alice)
    _rewind(client, 590)
    assert 'name="password"' not in client.get(_address(secret, "value/ask")).content.decode()
    assert client.post(_address(secret, "value")).status_code == 200
    _rewind(client, 601)
    assert 'name="password"' in client.get(_address(secret, "value/ask")).content.decode()
    assert client.post(_address(secret, "value")).status_code == 400
    _rewind(client, -60)
    assert client.post(_address(secret, "value")).status_code == 400
    assert visit(alice).post(_address(secret, "value")).status_code == 400


def test_p_oc_07_the_record_says_who_what_when_and_from_where(secret: EmbedSecret, alice: User) -> None:
    confirmed(alice).post(_address(secret, "value"))
    (record,) = audited("secret.revealed")
    assert (record.actor, record.subject, record.address) == (alice, secret.key_id, "192.0.2.7")
    assert timezone.now() - record.at < timedelta(minutes=1)
    assert secret.value().decode() not in f"{record.detail}{record.subject}"


def test_p_oc_07_the_value_is_never_in_an_address(secret: EmbedSecret, alice: User) -> None:
    answer = confirmed(alice).post(_address(secret, "value"))
    assert "Location" not in answer.headers
    assert confirmed(alice).get(_address(secret, "value")).status_code == 405


def test_guessing_the_password_is_stopped(secret: EmbedSecret, alice: User) -> None:
    client = visit(alice)
    for _ in range(10):
        client.post(_address(secret, "value"), {"password": "wrong"})
    answer = client.post(_address(secret, "value"), {"password": PASSWORD})
    assert answer.status_code == 400
    assert "Too many tries." in text_of(answer)
    assert secret.value().decode() not in answer.content.decode()


def test_rotating_offers_two_weeks_and_shows_the_new_value(secret: EmbedSecret, alice: User) -> None:
    client = confirmed(alice)
    page = client.get(_address(secret, "rotate/ask")).content.decode()
    offered = re.search(r'name="until"[^>]*value="([0-9-]+)"|value="([0-9-]+)"[^>]*name="until"', page)
    assert offered is not None
    day = (timezone.now() + timedelta(days=14)).date().isoformat()
    assert day in offered.groups()
    answer = client.post(_address(secret, "rotate"), {"until": day})
    new = EmbedSecret.objects.get(predecessor=secret)
    assert new.value().decode() in answer.content.decode()
    secret.refresh_from_db()
    assert secret.state == State.VERIFY_ONLY
    assert "Verify-only until" in text_of(client.get(EMBEDDING))


@pytest.mark.parametrize("until", ["", "yesterday", "2000-01-01", "9999-12-31"])
def test_an_odd_day_is_refused_beside_its_field(secret: EmbedSecret, alice: User, until: str) -> None:
    answer = confirmed(alice).post(_address(secret, "rotate"), {"until": until})
    assert answer.status_code == 400
    assert 'id="id_until_error"' in answer.content.decode()
    secret.refresh_from_db()
    assert secret.state == State.ACTIVE


def test_resetting_says_what_stops_and_shows_the_new_value(secret: EmbedSecret, alice: User) -> None:
    client = confirmed(alice)
    assert "stops within a second" in text_of(client.get(_address(secret, "reset/ask")))
    answer = client.post(_address(secret, "reset"))
    new = EmbedSecret.objects.get(predecessor=secret)
    secret.refresh_from_db()
    assert (secret.state, new.state) == (State.REVOKED, State.ACTIVE)
    assert new.value().decode() in answer.content.decode()
    assert client.post(_address(secret, "reset")).status_code == 400


def test_retiring_ends_a_predecessor(secret: EmbedSecret, alice: User) -> None:
    services.rotate_secret(secret, until=timezone.now() + timedelta(days=9), actor=by(alice))
    answer = confirmed(alice).post(_address(secret, "retire"), follow=True)
    assert "Secret retired." in text_of(answer)
    secret.refresh_from_db()
    assert secret.state == State.REVOKED


def test_reset_all_shows_no_value_and_ends_every_line(secret: EmbedSecret, alice: User) -> None:
    other = services.create_secret(secret.workspace, name="Portal", format="explo_jwe", actor=by(alice))
    answer = confirmed(alice).post(f"{EMBEDDING}secrets/reset-all/", follow=True)
    assert "All secrets reset." in text_of(answer)
    for old in (secret, other):
        old.refresh_from_db()
        assert old.state == State.REVOKED
        assert EmbedSecret.objects.get(predecessor=old).value().decode() not in answer.content.decode()


def test_the_preview_secret_has_no_room(workspace: Workspace, alice: User) -> None:
    preview = services.preview_secret(workspace)
    client = confirmed(alice)
    for deed in ("value", "reset", "retire"):
        assert client.post(_address(preview, deed)).status_code == 404
    assert preview.key_id not in client.get(EMBEDDING).content.decode()


def test_p_sr_03_no_secret_or_password_gets_into_the_log(
    secret: EmbedSecret, alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    client = confirmed(alice)
    client.post(_address(secret, "value"))
    client.post(_address(secret, "reset"))
    new = EmbedSecret.objects.get(predecessor=secret)
    for word in (secret.value().decode(), new.value().decode(), PASSWORD):
        assert word not in caplog.text
