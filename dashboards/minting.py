"""Embed tokens that we make ourselves: for previews, the API and our own pages."""

from collections.abc import Mapping
from dataclasses import dataclass

from customers.facts import find_customer
from dashboards.addresses import address_before
from dashboards.facts import DashboardFacts, find_dashboard, spec_of
from dashboards.mint_log import log_mint
from dashboards.models import Dashboard
from dashboards.variables import from_token
from embedhost.lib.errors import NotFound, Refused
from secrets_admin import facts
from secrets_admin.feed import feed
from secrets_admin.models import EmbedSecret
from tokens.claims import token_digest
from tokens.envelope import open_envelope
from tokens.errors import TokenError
from tokens.formats import MINTED
from tokens.grant import Purpose
from tokens.urls import MAX_URL
from tokens.view import View

FORMAT = "explo_jwe"


class MintRefused(Refused):
    status = 400
    code = "token_claims"
    message = "This token cannot be made. Check its lifetime, rights and variables."


@dataclass(frozen=True, slots=True)
class TokenOrder:
    """What a token shall say; ``lifetime`` in seconds, at most the workspace's ceiling."""

    customer: str
    lifetime: int = 3600
    variables: Mapping[str, object] | None = None
    rights: frozenset[str] | None = None
    viewer: str | None = None
    locale: str | None = None
    time_zone: str | None = None
    origin: str | None = None


def mint_token(secret: EmbedSecret, dashboard: Dashboard, order: TokenOrder) -> str:
    """Make a token with an active secret of the Explo format. Raises NotFound or MintRefused.

    What would not fit into an address is refused with the number of characters of JSON to save.
    """
    known = find_dashboard(str(dashboard.embed_id))
    if known is None or secret.workspace.organization_id != known.organization_id:
        raise NotFound
    if find_customer(secret.workspace_id, order.customer) is None:
        raise NotFound
    from_token(spec_of(known.latest_version_id), order.variables or {})
    key = facts.resolve_key(FORMAT, secret.key_id)
    if key is None:
        raise MintRefused
    try:
        view = View(
            dashboard=known.embed_id,
            room=MAX_URL - len(_address(known)),
            customer=order.customer,
            lifetime=order.lifetime,
            origin=order.origin,
            variables=order.variables,
            rights=order.rights,
            viewer=order.viewer,
            locale=order.locale,
            time_zone=order.time_zone,
        )
        token = MINTED[FORMAT].mint(key, view, feed.now())
    except TokenError as error:
        raise MintRefused(f"This token cannot be made: {error.problem or error.reason}") from error
    if key.purpose == Purpose.EMBED:
        log_mint(
            organization_id=key.organization_id,
            key_id=key.key_id,
            customer=order.customer,
            dashboard_id=known.id,
            lifetime=order.lifetime,
            digest=token_digest(FORMAT, key.key_id, open_envelope(token).parts),
        )
    return token


def _address(dashboard: DashboardFacts) -> str:
    """Return the address in front of the token. No slug is in it, so none is looked up."""
    return address_before(FORMAT, embed_id=dashboard.embed_id, organization="", slug="")
