"""The embed secret with which a workspace's API makes tokens when the call names none: one for each format.

It is made when it is first needed. Owners see it in their list, and rotate, reset or retire it like any other.
"""

from embedhost.lib.memory import Recent
from secrets_admin import facts
from secrets_admin.access import Actor, workspace_of_key
from secrets_admin.errors import SecretRefused
from secrets_admin.models import EmbedSecret, Workspace
from secrets_admin.services import create_secret
from tokens.formats import FORMATS
from tokens.keys import Key

#: Workspace and format -> the key id that was found last. Whether it still mints is asked each time.
_found: Recent[tuple[str, str], str] = Recent(10_000)


def internal_key(workspace_id: str, format: str, *, actor: Actor) -> Key:
    """Return the workspace's internal secret of a format. Raises SecretRefused when its name is another one's."""
    key = _key(format, _found.get((workspace_id, format)))
    if key is None:
        workspace = workspace_of_key(workspace_id)
        secret = _find(workspace, format) or _make(workspace, format, actor)
        _found.put((workspace_id, format), secret.key_id)
        key = _key(format, secret.key_id)
    if key is None:
        raise SecretRefused("The embed secret was revoked in this moment. Try again.")
    return key


def _key(format: str, key_id: str | None) -> Key | None:
    """Return an active secret that is bound to nobody, as the feed knows it."""
    key = None if key_id is None else facts.resolve_key(format, key_id)
    return key if key is not None and key.mints and not key.bound_customer else None


def name_of(format: str) -> str:
    """Return the name of a format's internal secret."""
    return f"API: {FORMATS[format].label}"


def _make(workspace: Workspace, format: str, actor: Actor) -> EmbedSecret:
    try:
        return create_secret(workspace, name=name_of(format), format=format, actor=actor)
    except SecretRefused:
        # Another call made it in the same moment, or an owner took the name for something else.
        found = _find(workspace, format)
        if found is None:
            raise
        return found


def _find(workspace: Workspace, format: str) -> EmbedSecret | None:
    named = workspace.embed_secrets.filter(name=name_of(format), format=format, purpose=EmbedSecret.Purpose.EMBED)
    return named.filter(state=EmbedSecret.State.ACTIVE, bound_customer="").order_by("-id").first()
