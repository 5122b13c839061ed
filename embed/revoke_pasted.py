"""A token as somebody hands it in to have it revoked: bare, in the address that it stood in, or as its digest."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from customers.access import find_by_external_id
from customers.facts import find_customer_by_token
from customers.services import refresh_token
from dashboards.grants import from_claims
from dashboards.naming import Named
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

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_NOT_OURS: Final = (
    "This is no token of this workspace that works now. Paste all of it, or its digest from the access log."
)


@dataclass(frozen=True, slots=True)
class Ending:
    """What was handed in: a customer's own token, a token that was made, or a digest.

    ``customer`` is the external id where it is known; ``digest`` names what is refused from now on.
    """

    kind: Literal["own", "made", "digest"]
    customer: str | None
    digest: str = ""


def find_ending(workspace: Workspace, text: str) -> Ending:
    """Return what a text ends in a workspace. Raises RevocationRefused when it is nothing of the workspace."""
    token, _ = unwrap(read_pasted(text).token)
    found = _own(workspace, token) or _made(workspace, token)
    if found is not None:
        return found
    if not _DIGEST.fullmatch(token):
        raise RevocationRefused(_NOT_OURS)
    return Ending("digest", None, token)


def end(workspace: Workspace, ending: Ending, *, actor: Actor) -> str:
    """Revoke what was handed in, and return what to tell. Raises RevocationRefused."""
    if ending.kind == "own":
        return _replace(workspace, ending.customer or "", actor)
    if ending.kind == "made":
        revoke_token(workspace, ending.digest, ends=True, actor=actor)
        return "The token is refused from now on."
    # Another workspace's own token would stand in our list as if it were a digest.
    if find_customer_by_token(ending.digest) is None:
        ends = is_embedded(workspace.organization_id, ending.digest)
        revoke_token(workspace, ending.digest, ends=ends, actor=actor)
    return "The token with this digest is refused from now on."


def revoke(workspace: Workspace, text: str, *, actor: Actor) -> str:
    """Revoke what was pasted and return what to tell. Raises RevocationRefused when it is nothing of the workspace."""
    return end(workspace, find_ending(workspace, text), actor=actor)


def _own(workspace: Workspace, token: str) -> Ending | None:
    found = find_customer_by_token(token.rpartition(":")[2])
    return Ending("own", found.external_id) if found and found.workspace_id == workspace.id else None


def _replace(workspace: Workspace, external_id: str, actor: Actor) -> str:
    """A customer's own token has no end that would let us forget it, so it is replaced."""
    customer = find_by_external_id(workspace, external_id)
    if customer is None:
        raise RevocationRefused(_NOT_OURS)
    refresh_token(customer, actor=actor)
    return f"This was the token of {customer.name}. It is refused from now on, and the customer has a new one."


def _made(workspace: Workspace, token: str) -> Ending | None:
    claims = _read(token)
    if claims is None or claims.key.workspace_id != workspace.id:
        return None
    return Ending("made", claims.customer or _named_by_a_variable(claims), claims.digest)


def _named_by_a_variable(claims: Claims) -> str | None:
    try:
        customer = from_claims(claims, named=Named(), referer_origin=None).grant.customer
    except TokenError:
        return None
    return customer.external_id if customer is not None else None


def _read(token: str) -> Claims | None:
    for known in FORMATS.values():
        try:
            claims = known.read(token, KEYS, feed.now())
        except TokenError:
            continue
        if claims is not None:
            return claims
    return None
