"""A token as somebody pastes it to have it revoked: bare, in the address that it stood in, or as its digest."""

import re

from customers.access import find_by_external_id
from customers.facts import find_customer_by_token
from customers.services import refresh_token
from embed.keyring import KEYS
from embed.pasted import read_pasted, unwrap
from embed.usage import is_embedded
from secrets_admin.access import Actor
from secrets_admin.feed import feed
from secrets_admin.models import Workspace
from secrets_admin.revocation import RevocationRefused, revoke_token
from tokens.claims import Claims
from tokens.errors import TokenError
from tokens.formats import FORMATS

_DIGEST = re.compile(r"[0-9a-f]{64}")
_NOT_OURS = "This is no token of this workspace that works now. Paste all of it, or its digest from the access log."


def revoke(workspace: Workspace, text: str, *, actor: Actor) -> str:
    """Revoke what was pasted and return what to tell. Raises RevocationRefused when it is nothing of the workspace."""
    token, _ = unwrap(read_pasted(text).token)
    told = _revoke_own(workspace, token, actor) or _revoke_made(workspace, token, actor)
    if told:
        return told
    if not _DIGEST.fullmatch(token):
        raise RevocationRefused(_NOT_OURS)
    if (
        find_customer_by_token(token) is None
    ):  # Another workspace's token would stand in our list as if it were a digest.
        ends = is_embedded(workspace.organization_id, token)
        revoke_token(workspace, token, ends=ends, actor=actor)
    return "The token with this digest is refused from now on."


def _revoke_own(workspace: Workspace, token: str, actor: Actor) -> str:
    """A customer's own token has no end that would let us forget it, so it is replaced."""
    found = find_customer_by_token(token.rpartition(":")[2])
    ours = found is not None and found.workspace_id == workspace.id
    customer = find_by_external_id(workspace, found.external_id) if found and ours else None
    if customer is None:
        return ""
    refresh_token(customer, actor=actor)
    return f"This was the token of {customer.name}. It is refused from now on, and the customer has a new one."


def _revoke_made(workspace: Workspace, token: str, actor: Actor) -> str:
    claims = _read(token)
    if claims is None or claims.key.workspace_id != workspace.id:
        return ""
    revoke_token(workspace, claims.digest, ends=True, actor=actor)
    return "The token is refused from now on."


def _read(token: str) -> Claims | None:
    for known in FORMATS.values():
        try:
            claims = known.read(token, KEYS, feed.now())
        except TokenError:
            continue
        if claims is not None:
            return claims
    return None
