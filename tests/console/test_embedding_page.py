"""Settings > Embedding: what the page says, and the rules for every token."""

from datetime import timedelta

import pytest
from django.utils import timezone

from embed.models import Embed
from secrets_admin import services
from secrets_admin.models import EmbedSecret, User, Workspace
from tests.console.cast import EMBEDDING, ORIGIN, by, text_of, visit
from tests.secrets_admin.test_origins import INJECTIONS

pytestmark = pytest.mark.django_db


def _embeds(secret: EmbedSecret, number: int, ago: timedelta) -> None:
    Embed.objects.bulk_create(
        Embed(
            digest=f"{secret.key_id}-{ago}-{count}",
            organization_id=secret.workspace.organization_id,
            dashboard_id=1,
            key_id=secret.key_id,
            first_at=timezone.now() - ago,
        )
        for count in range(number)
    )


@pytest.mark.parametrize("text", [text for text in INJECTIONS if text])
def test_p_ep_02_a_refused_origin_is_a_400_and_the_list_stays(workspace: Workspace, alice: User, text: str) -> None:
    answer = visit(alice).post(f"{EMBEDDING}origins/add/", {"origin": text})
    assert answer.status_code == 400
    assert 'id="id_origin_error"' in answer.content.decode()
    workspace.refresh_from_db()
    assert workspace.origins == [ORIGIN]


def test_what_was_typed_stays_beside_what_to_do(workspace: Workspace, alice: User) -> None:
    answer = visit(alice).post(f"{EMBEDDING}origins/add/", {"origin": "https://app.example.com/path"})
    assert "Write it as https://app.example.com, without a path." in text_of(answer)
    assert 'value="https://app.example.com/path"' in answer.content.decode()


def test_an_owner_adds_and_removes_a_site(workspace: Workspace, alice: User) -> None:
    client = visit(alice)
    answer = client.post(f"{EMBEDDING}origins/add/", {"origin": "https://*.tradewind.example"})
    assert answer.headers["Location"] == f"{EMBEDDING}#origins"
    client.post(f"{EMBEDDING}origins/remove/", {"origin": ORIGIN})
    workspace.refresh_from_db()
    assert workspace.origins == ["https://*.tradewind.example"]


@pytest.mark.parametrize(
    ("amount", "unit", "seconds"), [("8", "3600", 28_800), ("90", "60", 5400), ("1", "60", 60), ("1440", "60", 86_400)]
)
def test_an_owner_sets_the_longest_token_life(
    workspace: Workspace, alice: User, amount: str, unit: str, seconds: int
) -> None:
    visit(alice).post(f"{EMBEDDING}token-lifetime/", {"amount": amount, "unit": unit})
    workspace.refresh_from_db()
    assert workspace.max_token_lifetime == seconds
    page = visit(alice).get(EMBEDDING).content.decode()
    assert (
        f'value="{amount if unit == "60" and seconds % 3600 else seconds // (3600 if seconds % 3600 == 0 else 60)}"'
        in page
    )


@pytest.mark.parametrize(
    ("amount", "unit"),
    [("25", "3600"), ("1441", "60"), ("0", "60"), ("-1", "3600"), ("1.5", "3600"), ("1", "1"), ("", "")],
)
def test_p_ts_02_a_life_over_a_day_cannot_be_set(workspace: Workspace, alice: User, amount: str, unit: str) -> None:
    answer = visit(alice).post(f"{EMBEDDING}token-lifetime/", {"amount": amount, "unit": unit})
    assert answer.status_code == 400
    workspace.refresh_from_db()
    assert workspace.max_token_lifetime == 86_400


def test_an_empty_list_has_one_primary_action(workspace: Workspace, alice: User) -> None:
    page = visit(alice).get(EMBEDDING)
    assert "No secret yet" in text_of(page)
    assert page.content.decode().count("btn primary") == 1


def test_a_predecessor_hangs_under_its_successor_with_advice(secret: EmbedSecret, alice: User) -> None:
    new = services.rotate_secret(secret, until=timezone.now() + timedelta(days=9), actor=by(alice))
    _embeds(secret, 3, timedelta(hours=3))
    page = visit(alice).get(EMBEDDING)
    text = text_of(page)
    assert page.content.decode().index(new.key_id) < page.content.decode().index(secret.key_id)
    assert "3 embeds in 24 hours, keep it" in text
    assert "Verify-only until" in text


def test_an_unused_predecessor_is_safe_to_retire(secret: EmbedSecret, alice: User) -> None:
    services.rotate_secret(secret, until=timezone.now() + timedelta(days=30), actor=by(alice))
    _embeds(secret, 1, timedelta(days=15))
    assert "Unused for 15 days, safe to retire" in text_of(visit(alice).get(EMBEDDING))


def test_a_revoked_secret_stays_in_the_list_without_actions(secret: EmbedSecret, alice: User) -> None:
    services.retire_secret(secret, actor=by(alice))
    page = visit(alice).get(EMBEDDING)
    assert "Revoked" in text_of(page)
    assert f"{secret.key_id}/reset" not in page.content.decode()


def test_embedding_that_is_off_is_said(secret: EmbedSecret, alice: User) -> None:
    secret.workspace.organization.embedding_enabled = False
    secret.workspace.organization.save()
    assert "Embedding is off for Tradewind." in text_of(visit(alice).get(EMBEDDING))
