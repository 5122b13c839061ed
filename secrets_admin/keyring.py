"""Which keys a token may have been made with, where it does not name one; in memory until the feed says otherwise."""

from collections.abc import Callable, Sequence

from django.db.models import Case, QuerySet, Value, When

from secrets_admin.facts import resolve_key
from secrets_admin.feed import Kind, announce, feed
from secrets_admin.models import EmbedSecret, Workspace
from tokens.keys import Key

#: Keys that are tried for one token at most. The newest revoked ones are among them, so that an owner is told
#: "revoked" and not "bad signature".
MOST = 20


def of_organization(format: str, organization_id: int, /) -> Sequence[Key]:
    """Return an organization's keys of a format, those that verify first (tokens.keys.Keyring)."""
    subject = _organization_subject(format, organization_id)
    return _keys(
        format, subject, lambda: EmbedSecret.objects.filter(workspace__organization_id=organization_id, format=format)
    )


def of_workspace(format: str, workspace_id: str, /) -> Sequence[Key]:
    """Return a workspace's keys of a format, those that verify first (tokens.keys.Keyring)."""
    subject = _workspace_subject(format, workspace_id)
    return _keys(format, subject, lambda: EmbedSecret.objects.filter(workspace_id=workspace_id, format=format))


def announce_secrets(workspace: Workspace, secrets: Sequence[EmbedSecret]) -> None:
    """Tell every process that these secrets of a workspace changed; call it inside the transaction that does it."""
    for secret in secrets:
        announce(Kind.SECRET, secret.key_id)
    for format in {secret.format for secret in secrets}:
        announce(Kind.SECRET, _workspace_subject(format, workspace.id))
        announce(Kind.SECRET, _organization_subject(format, workspace.organization_id))


def _keys(format: str, subject: str, secrets: Callable[[], QuerySet[EmbedSecret]]) -> Sequence[Key]:
    key_ids = feed.recall(Kind.SECRET, subject, lambda: _key_ids(secrets()) or None) or ()
    found = [key for key_id in key_ids if (key := resolve_key(format, key_id)) is not None]
    return sorted(found, key=lambda key: not key.verifies)


def _key_ids(secrets: QuerySet[EmbedSecret]) -> tuple[str, ...]:
    revoked_last = Case(When(state=EmbedSecret.State.REVOKED, then=Value(1)), default=Value(0))
    return tuple(secrets.order_by(revoked_last, "-id").values_list("key_id", flat=True)[:MOST])


# Neither can be a key id: those hold no colon.
def _organization_subject(format: str, organization_id: int) -> str:
    return f"organization:{organization_id}:{format}"


def _workspace_subject(format: str, workspace_id: str) -> str:
    return f"workspace:{workspace_id[:64]}:{format}"
