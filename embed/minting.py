"""Tokens that a vendor's API makes: each is opened once by the door that will take it, and logged, before it leaves."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from dashboards.grants import Opened, from_claims
from dashboards.mint_log import log_mint
from dashboards.minting import MintRefused
from dashboards.naming import Named
from embed.keyring import KEYS
from embedhost.lib.errors import Forbidden, NotFound, Refused
from secrets_admin.api_keys import ApiKeyFacts
from tokens.claims import Claims
from tokens.doors import DOORS, open_token
from tokens.errors import Reason, TokenError
from tokens.formats import MINTED
from tokens.keys import Key
from tokens.view import View

_ABSENT: Final = frozenset({Reason.UNKNOWN_DASHBOARD, Reason.UNKNOWN_CUSTOMER})


@dataclass(frozen=True, slots=True)
class Minted:
    """A token and its end (database time, seconds)."""

    token: str = field(repr=False)
    expires_at: int


def mint(door: str, secret: Key, view: View, api_key: ApiKeyFacts, now: float) -> Minted:
    """Make a token of a door's format with an embed secret, from database time ``now``, and write it to the mint log.

    Raises TokenError for what the door would refuse, and ServiceUnavailable when the log cannot be written.
    """
    token = MINTED[DOORS[door]].mint(secret, view, now)
    claims = open_token(door, token, KEYS, now)
    for opened in _open(claims, view):
        _log(api_key, claims, opened, view.lifetime)
    return Minted(token, int(claims.expires_at))


def refusal_of(error: TokenError) -> Refused:
    """Return what the organization's own backend is told of a token that cannot be made: the reason."""
    if error.reason is Reason.EMBEDDING_DISABLED:
        return Forbidden("Embedding is switched off for this organization.")
    if error.reason in _ABSENT:
        return NotFound("There is no such dashboard or customer in this workspace.")
    if error.reason is Reason.ORIGIN_NOT_ALLOWED:
        return MintRefused(
            "The origin is not on the list of sites that may show the dashboard. An owner adds it there."
        )
    return MintRefused(error.problem or "The token would open nothing.")


def _open(claims: Claims, view: View) -> Sequence[Opened]:
    named = [Named(dashboard=str(name)) for name in (view.dashboard, *(view.more_dashboards or ()))]
    return [from_claims(claims, named=each, referer_origin=None) for each in named]


def _log(api_key: ApiKeyFacts, claims: Claims, opened: Opened, lifetime: int) -> None:
    log_mint(
        organization_id=opened.grant.organization_id,
        key_id=api_key.key_id,
        customer=claims.customer or "",
        dashboard_id=opened.grant.dashboard_id,
        lifetime=lifetime,
        digest=claims.digest,
    )
