"""Which keys a token may have been made with, where it does not name one; in memory until the feed says otherwise."""

from collections.abc import Callable, Sequence

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from secrets_admin.facts import resolve_key
from secrets_admin.feed import Kind, announce, feed
from secrets_admin.models import EmbedSecret, Workspace
from tokens.keys import Key, is_key_id

#: Keys that are tried for one token at most, those that verify first.
MOST = 200
#: The newest ones that do not verify any more are tried too, so that an owner is told "revoked", not "bad signature".
MOST_ENDED = 10


def of_organization(format: str, organization_id: int, /) -> Sequence[Key]:
    """Return an organization's keys of a format, those that verify first (tokens.keys.Keyring)."""
    subject = _organization_subject(format, organization_id)
    return _keys(format, subject, lambda: _embedding(format).filter(workspace__organization_id=organization_id))


def of_workspace(format: str, workspace_id: str, /) -> Sequence[Key]:
    """Return a workspace's keys of a format, those that verify first (tokens.keys.Keyring)."""
    if not is_key_id(workspace_id):
        return ()
    subject = _workspace_subject(format, workspace_id)
    return _keys(format, subject, lambda: _embedding(format).filter(workspace_id=workspace_id))


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
    ended = Q(state=EmbedSecret.State.REVOKED) | Q(verify_only_until__lte=Now())
    newest_first = secrets.order_by("-id").values_list("key_id", flat=True)
    active, living = Q(state=EmbedSecret.State.ACTIVE), newest_first.exclude(ended)
    found = [*living.filter(active), *living.exclude(active)][:MOST]
    return (*found, *newest_first.filter(ended)[:MOST_ENDED])


def _embedding(format: str) -> QuerySet[EmbedSecret]:
    return EmbedSecret.objects.filter(format=format, purpose=EmbedSecret.Purpose.EMBED)


# Neither can be a key id: those hold no colon.
def _organization_subject(format: str, organization_id: int) -> str:
    return f"organization:{organization_id}:{format}"


def _workspace_subject(format: str, workspace_id: str) -> str:
    return f"workspace:{workspace_id}:{format}"
