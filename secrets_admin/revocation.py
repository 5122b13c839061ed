"""What a workspace revoked of its tokens: single ones by their digest, and all of a viewer's up to an instant.

A request reads it from memory: one fact per workspace, forgotten when the feed says that it changed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import DateTimeField, ExpressionWrapper, QuerySet, Value
from django.db.models.functions import Now

from embedhost.lib.errors import Refused
from secrets_admin import audit, facts
from secrets_admin.access import Actor
from secrets_admin.feed import Kind, announce, feed
from secrets_admin.models import Revocation, Workspace
from tokens.identifiers import check_identifier

#: No token lives longer than 24 hours and the leeway of clocks.
KEPT = timedelta(hours=25)
#: Tokens and viewers that a workspace's list may hold: every process has it in memory, 200 bytes each.
MOST: Final = 50_000
_DIGEST = re.compile(r"[0-9a-f]{64}")


class RevocationRefused(Refused):
    """Nothing was revoked; the message says why."""

    code = "revocation_refused"


class RevocationsFull(Refused):
    """The workspace's list has no room; what ends many tokens at once needs none."""

    status = 409
    code = "revocations_full"
    message = (
        f"The list of revoked tokens and viewers is full ({MOST:,}). Revoke the customer or the dashboard instead, or"
        " reset the embed secret: each ends all its tokens and needs no place in the list."
    )


@dataclass(frozen=True, slots=True)
class Revoked:
    """What a workspace revoked: digests of tokens, and (customer or "", viewer) -> instant in database seconds."""

    tokens: frozenset[str]
    viewers: Mapping[tuple[str, str], float]

    def viewer_since(self, customer: str, viewer: str) -> float | None:
        """Return the instant before which tokens of this viewer are over, or None."""
        named = (self.viewers.get((customer, viewer)), self.viewers.get(("", viewer)))
        return max((instant for instant in named if instant is not None), default=None)


def of_workspace(workspace_id: str) -> Revoked:
    """Return what a workspace revoked within the last 25 hours."""
    found = feed.recall(Kind.REVOCATION, workspace_id, lambda: _load(workspace_id))
    return found or Revoked(frozenset(), {})


def _load(workspace_id: str) -> Revoked:
    tokens, viewers = set(), {}
    for row in Revocation.objects.filter(workspace_id=workspace_id):
        if row.kind == Revocation.Kind.TOKEN:
            tokens.add(row.subject)
        else:
            viewers[row.customer, row.subject] = row.at.timestamp()
    return Revoked(frozenset(tokens), viewers)


def revoke_token(workspace: Workspace, digest: str, *, actor: Actor, ends: bool = False) -> None:
    """Refuse one token from now on, everywhere within a second.

    ``ends`` says that the token is known to end by itself: then the refusal goes when no token can live any more, after
    25 hours. Without that it is kept, since a customer's own token does not end. Raises RevocationRefused and
    RevocationsFull.
    """
    if not _DIGEST.fullmatch(digest):
        raise RevocationRefused("A digest has 64 hexadecimal digits in small letters. Copy it from the access log.")
    with transaction.atomic(durable=True):
        _put(workspace, Revocation.Kind.TOKEN, digest, lasts=not ends)
        audit.record(workspace, actor, "token.revoked", digest)


def revoke_viewer(workspace: Workspace, viewer: str, *, customer: str = "", actor: Actor) -> datetime:
    """Refuse every token of a viewer that was made before now, of one customer (external_id) or of all.

    Returns until when tokens without ``iat`` may be refused, since they do not say when they were made.
    Raises RevocationRefused and RevocationsFull.
    """
    for name, text in (("viewer", viewer), *((("customer", customer),) if customer else ())):
        problem = check_identifier(text)
        if problem:
            raise RevocationRefused(f"This cannot be the ID of a {name}. {problem}")
    with transaction.atomic(durable=True):
        at = _put(workspace, Revocation.Kind.VIEWER, viewer, customer=customer)
        audit.record(workspace, actor, "viewer.revoked", viewer, customer=customer)
    return refused_until(workspace.id, at)


def refused_until(workspace_id: str, instant: datetime) -> datetime:
    """Return until when tokens without ``iat`` are refused after a revocation at ``instant``."""
    return instant + timedelta(seconds=facts.longest_lifetime(workspace_id))


def list_revoked(workspace: Workspace) -> QuerySet[Revocation]:
    """Return what the workspace revoked and still keeps, newest first."""
    return workspace.revocations.order_by("-at", "-id")


def prune() -> int:
    """Delete what no living token can need any more and return its number; no process has to know."""
    old = ExpressionWrapper(Now() - Value(KEPT), output_field=DateTimeField())
    return Revocation.objects.filter(at__lt=old, lasts=False).delete()[0]


def _put(
    workspace: Workspace, kind: Revocation.Kind, subject: str, *, customer: str = "", lasts: bool = False
) -> datetime:
    """Set the instant to now, also when there was one, and tell every process; returns it in database time."""
    Workspace.objects.select_for_update().get(id=workspace.id)
    named = {"workspace": workspace, "kind": kind, "subject": subject, "customer": customer}
    row, made = Revocation.objects.get_or_create(**named, defaults={"lasts": lasts})
    if made and Revocation.objects.filter(workspace=workspace).count() > MOST:
        raise RevocationsFull
    if not made:
        Revocation.objects.filter(id=row.id).update(at=Now(), lasts=row.lasts or lasts)
    row.refresh_from_db(fields=["at"])
    announce(Kind.REVOCATION, workspace.id)
    return row.at
