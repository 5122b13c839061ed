"""What changes embed secrets. Each call is one transaction with its audit record; it returns after the commit."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from secrets_admin import audit
from secrets_admin.access import Actor
from secrets_admin.errors import PasswordNeeded, SecretRefused
from secrets_admin.keyring import announce_secrets
from secrets_admin.models import EmbedSecret, Organization, Workspace
from tokens.formats import MINTED

State = EmbedSecret.State
Purpose = EmbedSecret.Purpose
#: Seconds for which an entered password counts.
PASSWORD_SECONDS = 600
#: The longest that a rotated secret may go on verifying.
LONGEST_OVERLAP = timedelta(days=365)


def create_secret(workspace: Workspace, *, name: str, format: str, actor: Actor) -> EmbedSecret:
    """Make an embed secret; its value comes from the server alone. Raises SecretRefused."""
    if format not in MINTED:
        raise SecretRefused("There is no such token format. Choose one of the list.")
    with transaction.atomic():
        _lock(workspace)
        if _living(workspace).filter(name=name).exists():
            raise SecretRefused("A secret with this name is there already. Rotate it, or take another name.")
        secret = _make(workspace, name=name, format=format, actor=actor)
        announce_secrets(workspace, [secret])
        audit.record(workspace, actor, "secret.created", secret.key_id, name=name, format=format)
    return secret


def rotate_secret(secret: EmbedSecret, *, until: datetime, actor: Actor) -> EmbedSecret:
    """Make the next secret of the line; the old one still verifies until ``until``. Returns the new one.

    Raises SecretRefused.
    """
    if not timezone.now() < until <= timezone.now() + LONGEST_OVERLAP:
        raise SecretRefused("Pick a day after today and within a year.")
    with transaction.atomic():
        old = _lock_active(secret)
        EmbedSecret.objects.filter(id=old.id).update(state=State.VERIFY_ONLY, verify_only_until=until)
        new = _succeed(old, actor)
        announce_secrets(old.workspace, [old, new])
        audit.record(old.workspace, actor, "secret.rotated", old.key_id, to=new.key_id, until=until.isoformat())
    return new


def reset_secret(secret: EmbedSecret, *, actor: Actor) -> EmbedSecret:
    """Revoke a secret and every verify-only predecessor of its line at once; returns the new one of the line.

    Tokens of the line are refused on every process within a second of the return (design.md section 6).
    Raises SecretRefused.
    """
    with transaction.atomic(durable=True):
        old = _lock_active(secret)
        return _reset_line(old, actor)


def reset_all(scope: Workspace | Organization, *, actor: Actor) -> list[EmbedSecret]:
    """Reset every line of a workspace or of an organization; returns the new secrets. Preview secrets end too."""
    organization = scope if isinstance(scope, Organization) else scope.organization
    workspaces = organization.workspaces.all() if isinstance(scope, Organization) else [scope]
    with transaction.atomic(durable=True):
        made = [secret for workspace in workspaces for secret in _reset_workspace(workspace, actor)]
        subject = organization.slug if isinstance(scope, Organization) else scope.id
        audit.record(scope, actor, "secret.reset_all", subject, secrets=len(made))
    return made


def retire_secret(secret: EmbedSecret, *, actor: Actor) -> None:
    """Revoke one secret without a successor. Raises SecretRefused when it is revoked already."""
    with transaction.atomic(durable=True):
        _lock(secret.workspace)
        found = _living(secret.workspace).filter(id=secret.id).first()
        if found is None:
            raise SecretRefused("This secret is revoked already.")
        _revoke([found])
        audit.record(secret.workspace, actor, "secret.retired", secret.key_id)


def reveal_value(secret: EmbedSecret, *, actor: Actor, confirmed_at: float | None) -> str:
    """Return a living secret's value and write who saw it.

    ``confirmed_at``: when the person last entered the password, in seconds since the epoch. Raises PasswordNeeded
    when that is over ten minutes ago, SecretRefused when the secret is revoked.
    """
    if not password_is_fresh(confirmed_at):
        raise PasswordNeeded
    if secret.state == State.REVOKED:
        raise SecretRefused("This secret is revoked. Its value is of no use.")
    with transaction.atomic():
        audit.record(secret.workspace, actor, "secret.revealed", secret.key_id)
        return secret.value().decode()


def password_is_fresh(confirmed_at: float | None) -> bool:
    """Tell whether a password entered at ``confirmed_at`` (seconds since the epoch) still counts."""
    return confirmed_at is not None and 0 <= timezone.now().timestamp() - confirmed_at <= PASSWORD_SECONDS


def preview_secret(workspace: Workspace, format: str = "explo_jwe") -> EmbedSecret:
    """Return the workspace's internal secret for previews, made on first use; it is in no list."""
    wanted = {"workspace": workspace, "format": format, "purpose": Purpose.PREVIEW, "state": State.ACTIVE}
    found = EmbedSecret.objects.filter(**wanted).first()
    return found or _make_preview(workspace, format, wanted)


def _make_preview(workspace: Workspace, format: str, wanted: dict[str, object]) -> EmbedSecret:
    try:
        with transaction.atomic():
            made = _new(workspace, name="Previews", format=format, purpose=Purpose.PREVIEW)
            made.save()
            announce_secrets(workspace, [made])
    except IntegrityError:
        # Another request made it in the same moment: the constraint lets only one in.
        return EmbedSecret.objects.get(**wanted)
    return made


def _new(workspace: Workspace, **fields: object) -> EmbedSecret:
    secret = EmbedSecret(workspace=workspace, **fields)
    secret.seal_value(MINTED[secret.format].new_key_value())
    return secret


def _make(workspace: Workspace, *, actor: Actor, **fields: object) -> EmbedSecret:
    secret = _new(workspace, created_by=actor.user, **fields)
    secret.save()
    return secret


def _succeed(old: EmbedSecret, actor: Actor) -> EmbedSecret:
    # What the line may open stays as narrow as it was: a reset must not widen it.
    bound = {"bound_customer": old.bound_customer, "bound_dashboards": old.bound_dashboards}
    kept = {"name": old.name, "format": old.format, "line": old.line}
    return _make(old.workspace, predecessor=old, actor=actor, **kept, **bound)


def _lock(workspace: Workspace) -> None:
    """Let changes of one workspace's secrets wait for each other."""
    Workspace.objects.select_for_update().get(id=workspace.id)


def _living(workspace: Workspace) -> QuerySet[EmbedSecret]:
    return workspace.embed_secrets.exclude(state=State.REVOKED).filter(purpose=Purpose.EMBED)


def _lock_active(secret: EmbedSecret) -> EmbedSecret:
    _lock(secret.workspace)
    found = _living(secret.workspace).filter(id=secret.id, state=State.ACTIVE).first()
    if found is None:
        raise SecretRefused("This secret is not active any more. Look at the newest one of its line.")
    return found


def _reset_workspace(workspace: Workspace, actor: Actor) -> list[EmbedSecret]:
    _lock(workspace)
    made = [_reset_line(head, actor) for head in _living(workspace).filter(state=State.ACTIVE)]
    # What is left verifies without an active successor, or is a preview secret.
    _revoke(workspace.embed_secrets.exclude(id__in=[new.id for new in made]).exclude(state=State.REVOKED))
    return made


def _reset_line(head: EmbedSecret, actor: Actor) -> EmbedSecret:
    _revoke(_living(head.workspace).filter(line=head.line))
    new = _succeed(head, actor)
    announce_secrets(new.workspace, [new])
    audit.record(head.workspace, actor, "secret.reset", head.key_id, to=new.key_id)
    return new


def _revoke(secrets: Iterable[EmbedSecret]) -> None:
    ended = list(secrets)
    ids = [secret.id for secret in ended]
    EmbedSecret.objects.filter(id__in=ids).update(state=State.REVOKED, revoked_at=Now())
    for workspace in {secret.workspace for secret in ended}:
        announce_secrets(workspace, [secret for secret in ended if secret.workspace_id == workspace.id])
