"""The embed secret with which a workspace's API makes tokens when the call names none: one, made when first needed."""

from typing import Final

from secrets_admin.access import Actor
from secrets_admin.errors import SecretRefused
from secrets_admin.models import EmbedSecret, Workspace
from secrets_admin.services import create_secret

#: Owners see it in their list under this name, and rotate, reset or retire it like any other.
NAME: Final = "Made by the API"


def internal_secret(workspace: Workspace, format: str, *, actor: Actor) -> EmbedSecret:
    """Return the workspace's internal secret of a format. Raises SecretRefused when its name is another one's."""
    found = _find(workspace, format)
    if found is not None:
        return found
    try:
        return create_secret(workspace, name=NAME, format=format, actor=actor)
    except SecretRefused:
        # Another call made it in the same moment, or an owner took the name for something else.
        found = _find(workspace, format)
        if found is None:
            raise
        return found


def _find(workspace: Workspace, format: str) -> EmbedSecret | None:
    named = workspace.embed_secrets.filter(name=NAME, format=format, purpose=EmbedSecret.Purpose.EMBED)
    return named.filter(state=EmbedSecret.State.ACTIVE, bound_customer="").order_by("-id").first()
