"""Embed secrets: made by the server, rotated, reset as a line, retired; each with its audit record."""

import json
import time
from datetime import timedelta

import pytest
from django.utils import timezone
from jose import jwe

from embed.keyring import KEYS
from embedhost.lib import crypto
from embedhost.lib.errors import NotFound
from secrets_admin import access, services
from secrets_admin.errors import SecretRefused
from secrets_admin.feed import feed
from secrets_admin.models import EmbedSecret, FeedEntry, Organization, User, Workspace
from tests.console.cast import audited, by
from tokens.doors import open_token
from tokens.errors import OUTSIDE, Reason, TokenError

State = EmbedSecret.State
pytestmark = pytest.mark.django_db


def _token(secret: EmbedSecret, value: bytes | None = None) -> str:
    now = int(time.time())
    claims = {"cst": "acme", "dsh": "6f1c8a52-0000-4000-8000-000000000001", "iat": now, "exp": now + 600}
    token: bytes = jwe.encrypt(
        json.dumps(claims), value or secret.value(), algorithm="dir", encryption="A256GCM", kid=secret.key_id
    )
    return token.decode()


def _reason(token: str) -> Reason | None:
    try:
        open_token("iframe", token, KEYS, time.time())
    except TokenError as refused:
        return refused.reason
    return None


def _announced() -> set[str]:
    return set(FeedEntry.objects.filter(kind="secret").values_list("subject", flat=True))


def test_a_new_secret_opens_tokens_and_is_announced_and_audited(workspace: Workspace, alice: User) -> None:
    secret = services.create_secret(workspace, name="Production", format="explo_jwe", actor=by(alice))
    assert _reason(_token(secret)) is None
    assert secret.key_id in _announced()
    (record,) = audited("secret.created")
    assert (record.actor, record.actor_email, record.address) == (alice, alice.email, "192.0.2.7")
    assert (record.organization, record.subject) == (workspace.organization, secret.key_id)


def test_p_sr_05_the_server_makes_32_ascii_characters_of_at_least_192_bits(workspace: Workspace, alice: User) -> None:
    names = [f"Secret {number}" for number in range(20)]
    made = [services.create_secret(workspace, name=name, format="explo_jwe", actor=by(alice)) for name in names]
    values = [secret.value() for secret in made]
    assert all(len(value) == 32 and value.isascii() for value in values)
    assert len(set(values)) == len(values)
    assert len(set(b"".join(values))) > 50  # of 64 symbols, in 640 draws


def test_p_sr_05_a_token_made_with_an_empty_or_zero_key_is_bad(secret: EmbedSecret) -> None:
    reason = _reason(_token(secret, bytes(32)))
    assert reason is Reason.BAD_SIGNATURE
    assert OUTSIDE[reason].status == 401


def test_p_sr_01_the_row_holds_the_value_sealed_and_bound_to_itself(secret: EmbedSecret, workspace: Workspace) -> None:
    assert secret.value().decode() not in secret.value_sealed
    other = EmbedSecret(workspace=workspace, format="explo_jwe", value_sealed=secret.value_sealed)
    with pytest.raises(crypto.SealBroken):
        other.value()


def test_an_unknown_format_is_refused(workspace: Workspace, alice: User) -> None:
    with pytest.raises(SecretRefused):
        services.create_secret(workspace, name="Odd", format="none", actor=by(alice))


def test_a_name_that_is_in_use_is_refused(workspace: Workspace, secret: EmbedSecret, alice: User) -> None:
    with pytest.raises(SecretRefused, match="name"):
        services.create_secret(workspace, name=secret.name, format="explo_jwe", actor=by(alice))
    services.retire_secret(secret, actor=by(alice))
    assert services.create_secret(workspace, name=secret.name, format="explo_jwe", actor=by(alice))


def test_rotation_leaves_the_old_secret_verifying_until_its_day(secret: EmbedSecret, alice: User) -> None:
    old_token = _token(secret)
    new = services.rotate_secret(secret, until=timezone.now() + timedelta(days=14), actor=by(alice))
    secret.refresh_from_db()
    assert (secret.state, new.state) == (State.VERIFY_ONLY, State.ACTIVE)
    assert (new.predecessor, new.line, new.name) == (secret, secret.line, secret.name)
    assert new.value() != secret.value()
    assert _reason(old_token) is None
    assert _reason(_token(new)) is None
    EmbedSecret.objects.filter(id=secret.id).update(verify_only_until=timezone.now() - timedelta(seconds=1))
    feed.reset()
    assert _reason(old_token) is Reason.REVOKED_KEY


@pytest.mark.parametrize("days", [-1, 0, 366])
def test_rotation_needs_a_day_after_today_and_within_a_year(secret: EmbedSecret, alice: User, days: int) -> None:
    with pytest.raises(SecretRefused):
        services.rotate_secret(secret, until=timezone.now() + timedelta(days=days), actor=by(alice))


def test_p_rr_01_a_reset_ends_the_secret_and_every_predecessor_of_its_line(secret: EmbedSecret, alice: User) -> None:
    until = timezone.now() + timedelta(days=14)
    second = services.rotate_secret(secret, until=until, actor=by(alice))
    third = services.rotate_secret(second, until=until, actor=by(alice))
    tokens = [_token(one) for one in (secret, second, third)]
    FeedEntry.objects.all().delete()
    new = services.reset_secret(third, actor=by(alice))
    assert [_reason(token) for token in tokens] == [Reason.REVOKED_KEY] * 3
    assert _reason(_token(new)) is None
    assert (new.line, new.predecessor) == (secret.line, third)
    assert {secret.key_id, second.key_id, third.key_id, new.key_id} < _announced()
    assert [record.subject for record in audited("secret.reset")] == [third.key_id]


def test_p_rr_01_a_reset_leaves_other_lines_and_other_organizations_alone(
    workspace: Workspace, foreign_workspace: Workspace, secret: EmbedSecret, alice: User, charlie: User
) -> None:
    other = services.create_secret(workspace, name="Portal", format="explo_jwe", actor=by(alice))
    foreign = services.create_secret(foreign_workspace, name="Theirs", format="explo_jwe", actor=by(charlie))
    services.reset_secret(secret, actor=by(alice))
    assert _reason(_token(other)) is None
    services.reset_all(workspace, actor=by(alice))
    assert _reason(_token(other)) is Reason.REVOKED_KEY
    assert _reason(_token(foreign)) is None


def test_p_rr_02_a_retired_key_id_is_bad_and_other_ones_go_on(
    workspace: Workspace, secret: EmbedSecret, alice: User
) -> None:
    other = services.create_secret(workspace, name="Portal", format="explo_jwe", actor=by(alice))
    services.retire_secret(secret, actor=by(alice))
    assert _reason(_token(secret)) is Reason.REVOKED_KEY
    assert _reason(_token(other)) is None
    assert [record.subject for record in audited("secret.retired")] == [secret.key_id]


def test_p_rr_02_a_key_id_is_never_given_out_again(secret: EmbedSecret, workspace: Workspace, alice: User) -> None:
    old_token = _token(secret)
    services.retire_secret(secret, actor=by(alice))
    again = services.create_secret(workspace, name="Production", format="explo_jwe", actor=by(alice))
    assert again.key_id != secret.key_id
    assert EmbedSecret.objects.filter(key_id=secret.key_id).count() == 1  # the revoked row stays and holds the id
    assert _reason(old_token) is Reason.REVOKED_KEY


def test_a_revoked_or_replaced_secret_is_changed_no_more(secret: EmbedSecret, alice: User) -> None:
    until = timezone.now() + timedelta(days=14)
    services.rotate_secret(secret, until=until, actor=by(alice))
    with pytest.raises(SecretRefused):
        services.rotate_secret(secret, until=until, actor=by(alice))
    with pytest.raises(SecretRefused):
        services.reset_secret(secret, actor=by(alice))
    services.retire_secret(secret, actor=by(alice))
    with pytest.raises(SecretRefused):
        services.retire_secret(secret, actor=by(alice))


def test_reset_all_of_an_organization_reaches_every_workspace(
    tradewind: Organization, workspace: Workspace, secret: EmbedSecret, alice: User
) -> None:
    second = Workspace.objects.create(organization=tradewind)
    there = services.create_secret(second, name="There", format="explo_jwe", actor=by(alice))
    preview = services.preview_secret(workspace)
    made = services.reset_all(tradewind, actor=by(alice))
    assert [_reason(_token(old)) for old in (secret, there, preview)] == [Reason.REVOKED_KEY] * 3
    assert sorted(new.workspace_id for new in made) == sorted([workspace.id, second.id])
    (record,) = audited("secret.reset_all")
    assert record.detail == {"secrets": 2}


def test_the_preview_secret_is_made_once_and_never_listed(workspace: Workspace) -> None:
    preview = services.preview_secret(workspace)
    assert services.preview_secret(workspace) == preview
    assert preview.purpose == EmbedSecret.Purpose.PREVIEW
    assert not access.list_secrets(workspace).exists()
    with pytest.raises(NotFound):
        access.get_secret(workspace, preview.key_id)


def test_no_audit_record_holds_a_value(secret: EmbedSecret, alice: User) -> None:
    new = services.rotate_secret(secret, until=timezone.now() + timedelta(days=14), actor=by(alice))
    newest = services.reset_secret(new, actor=by(alice))
    services.reveal_value(newest, actor=by(alice), confirmed_at=time.time())
    written = json.dumps(
        [
            [r.subject, r.detail]
            for action in ("secret.created", "secret.rotated", "secret.reset", "secret.revealed")
            for r in audited(action)
        ]
    )
    assert newest.key_id in written
    assert not any(one.value().decode() in written for one in (secret, new, newest))
