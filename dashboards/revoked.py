"""Whether somebody revoked what a token opens: the token itself, its viewer, its customer or its dashboard.

Secrets are the fifth level; a token under a revoked one is not verified in the first place (design.md section 6).
"""

import math
from collections.abc import Iterator

from dashboards.facts import DashboardFacts
from secrets_admin import facts, revocation
from tokens.claims import Claims
from tokens.errors import Reason, TokenError
from tokens.grant import GrantCustomer


def check_not_revoked(claims: Claims, dashboard: DashboardFacts, customer: GrantCustomer | None) -> None:
    """Refuse a token that somebody revoked by any of the levels. Raises TokenError: revoked."""
    revoked = revocation.of_workspace(claims.key.workspace_id)
    if claims.digest in revoked.tokens:
        raise TokenError(Reason.REVOKED, problem="This very token was revoked.")
    if _is_from_before_deletion(claims, customer):
        raise TokenError(Reason.REVOKED, problem="The customer was deleted and made again after this token was made.")
    for what, instant in _instants(claims, dashboard, customer, revoked):
        if _was_made_before(claims, instant):
            raise TokenError(Reason.REVOKED, problem=_PROBLEMS[what])


_PROBLEMS = {
    what: f"The tokens of this {what} were revoked after this one was made, or it has no iat to tell. Make a new one."
    for what in ("viewer", "customer", "dashboard")
}


def _instants(
    claims: Claims, dashboard: DashboardFacts, customer: GrantCustomer | None, revoked: revocation.Revoked
) -> Iterator[tuple[str, float]]:
    if claims.viewer is not None:
        since = revoked.viewer_since(customer.external_id if customer else "", claims.viewer)
        if since is not None:
            yield "viewer", since
    if customer is not None and customer.revoked_at is not None:
        yield "customer", customer.revoked_at
    if dashboard.revoked_at is not None:
        yield "dashboard", dashboard.revoked_at


def _was_made_before(claims: Claims, instant: float) -> bool:
    """A token without ``iat`` was made, at the earliest, as long before its end as tokens may live."""
    if claims.issued_at is not None:
        return claims.issued_at < math.floor(instant)
    return claims.expires_at - facts.longest_lifetime(claims.key.workspace_id) < instant


def _is_from_before_deletion(claims: Claims, customer: GrantCustomer | None) -> bool:
    """Without ``iat`` only the count of embeds can tell (embed.usage.check_first_seen)."""
    if customer is None or customer.generation == 1 or claims.issued_at is None:
        return False
    return claims.issued_at < math.floor(customer.since)
