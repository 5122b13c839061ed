"""What changes a workspace: its name, and its rules for every token, allowed origins and the longest token life."""

from collections.abc import Callable

from django.db import transaction
from django.db.models.functions import Now

from embedhost.lib.errors import Refused
from embedhost.lib.origins import OriginRefused, check_origin, check_origins
from secrets_admin import audit, facts
from secrets_admin.access import Actor
from secrets_admin.feed import Kind, announce
from secrets_admin.models import Workspace
from tokens.identifiers import check_identifier

#: Seconds.
SHORTEST_LIFETIME, LONGEST_LIFETIME = 60, 86_400


class LifetimeRefused(Refused):
    code = "lifetime_invalid"
    message = "Choose between 1 minute and 24 hours."


class NameRefused(Refused):
    code = "workspace_invalid"
    message = "A workspace's name has 1 to 200 characters that can be read, and no white space around them."


#: Characters of a name.
LONGEST_NAME = 200


def rename_workspace(
    workspace: Workspace, name: str, *, actor: Actor, check: Callable[[Workspace], None] | None = None
) -> None:
    """Call a workspace otherwise; its id stays. ``check`` may refuse the row as it is now, locked. Raises NameRefused.

    People and Explo's API read the name; no token, key or panel does.
    """
    if check_identifier(name) or len(name) > LONGEST_NAME:
        raise NameRefused
    with transaction.atomic():
        locked = _lock(workspace)
        if check is not None:
            check(locked)
        workspace.name = name
        workspace.save(update_fields=["name"])
        announce(Kind.WORKSPACE, workspace.id)
        audit.record(workspace, actor, "workspace.renamed", workspace.id, before=locked.name, name=name)


def add_origin(workspace: Workspace, text: str, *, actor: Actor) -> str:
    """Add one origin to the workspace's list and return its canonical form. Raises OriginRefused."""
    origin = check_origin(text)
    with transaction.atomic():
        locked = _lock(workspace)
        if origin in locked.origins:
            raise OriginRefused("This origin is on the list already.")
        _save_origins(workspace, check_origins([*locked.origins, origin]))
        audit.record(workspace, actor, "origin.added", workspace.id, origin=origin)
    return origin


def remove_origin(workspace: Workspace, origin: str, *, actor: Actor) -> None:
    """Take one origin off the workspace's list. Raises OriginRefused when it is not there."""
    with transaction.atomic():
        locked = _lock(workspace)
        if origin not in locked.origins:
            raise OriginRefused("This origin is not on the list any more.")
        _save_origins(workspace, [kept for kept in locked.origins if kept != origin])
        audit.record(workspace, actor, "origin.removed", workspace.id, origin=origin)


def set_token_lifetime(workspace: Workspace, seconds: int, *, actor: Actor) -> None:
    """Set the longest life of a token, 60 to 86,400 seconds. Raises LifetimeRefused."""
    if not SHORTEST_LIFETIME <= seconds <= LONGEST_LIFETIME:
        raise LifetimeRefused
    with transaction.atomic():
        _remember_longer(_lock(workspace), seconds)
        workspace.max_token_lifetime = seconds
        workspace.save(update_fields=["max_token_lifetime"])
        announce(Kind.WORKSPACE, workspace.id)
        audit.record(workspace, actor, "token_lifetime.changed", workspace.id, seconds=seconds)


def _remember_longer(locked: Workspace, seconds: int) -> None:
    """Tokens that were made under a longer life go on to their end, and revoking has to know of them."""
    longest = facts.longest_lifetime(locked.id)
    if seconds < longest:
        Workspace.objects.filter(id=locked.id).update(former_token_lifetime=longest, lifetime_shortened_at=Now())


def allow_customer_tokens(workspace: Workspace, allowed: bool, *, actor: Actor) -> None:
    """Let customers' own tokens open pages, or refuse them all within a second; refused ones come back when allowed."""
    with transaction.atomic(durable=True):
        _lock(workspace)
        workspace.customer_tokens_enabled = allowed
        workspace.save(update_fields=["customer_tokens_enabled"])
        announce(Kind.WORKSPACE, workspace.id)
        audit.record(
            workspace,
            actor,
            "customer_tokens.allowed" if allowed else "customer_tokens.refused",
            workspace.id,
        )


def _lock(workspace: Workspace) -> Workspace:
    return Workspace.objects.select_for_update().get(id=workspace.id)


def _save_origins(workspace: Workspace, origins: list[str]) -> None:
    workspace.origins = origins
    workspace.save(update_fields=["origins"])
    announce(Kind.WORKSPACE, workspace.id)
