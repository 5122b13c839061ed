"""Whether somebody revoked what a token opens: the token itself, its viewer, its customer or its dashboard.

Secrets are the fifth level; a token under a revoked one is not verified in the first place (design.md section 6).
"""

import math
from collections.abc import Iterator

from dashboards.facts import DashboardFacts
from dashboards.tickets import Ticket, revoked_instants
from secrets_admin import facts, revocation
from secrets_admin.feed import MAX_AGE
from tokens.claims import Claims
from tokens.errors import Reason, TokenError
from tokens.grant import GrantCustomer, Purpose
from tokens.keys import CUSTOMER_KEYS


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


def check_still_allowed(ticket: Ticket, dashboard: DashboardFacts, customer: GrantCustomer | None) -> None:
    """Refuse a job for a permission that has ended since, by any of the levels. Raises TokenError.

    What was revoked less than MAX_AGE before the ticket was made, its process need not have known. An instant may also
    be older than the ticket and new: it is when the revoking transaction began.
    """
    _check_owner(ticket, dashboard)
    _check_key(ticket, dashboard)
    if ticket.token_digest in revocation.of_workspace(ticket.workspace_id).tokens:
        raise TokenError(Reason.REVOKED)
    instants = revoked_instants(ticket.workspace_id, ticket.viewer_id, customer, dashboard)
    for at, known in zip(instants, ticket.revoked, strict=True):
        if at is not None and (at != known or at >= ticket.at - MAX_AGE):
            raise TokenError(Reason.REVOKED)


def _check_owner(ticket: Ticket, dashboard: DashboardFacts) -> None:
    workspace = facts.workspace(ticket.workspace_id)
    organization = facts.organization(ticket.organization_id)
    if workspace is None or organization is None:
        raise TokenError(Reason.WRONG_ORGANIZATION)
    if {workspace.organization_id, dashboard.organization_id} != {organization.id}:
        raise TokenError(Reason.WRONG_ORGANIZATION)
    if ticket.purpose != Purpose.PREVIEW and not organization.embedding_enabled:
        raise TokenError(Reason.EMBEDDING_DISABLED)


def _check_key(ticket: Ticket, dashboard: DashboardFacts) -> None:
    """Refuse a key that verifies no more, or was bound to others. A customer's own token goes with its workspace's."""
    if ticket.key_id.startswith(CUSTOMER_KEYS):
        workspace = facts.workspace(ticket.workspace_id)
        if workspace is None or not workspace.customer_tokens_enabled:
            raise TokenError(Reason.CUSTOMER_TOKEN_DISABLED)
        return
    key = facts.key_named(ticket.key_id)
    if key is None or not key.verifies or key.workspace_id != ticket.workspace_id:
        raise TokenError(Reason.REVOKED_KEY)
    if ticket.customer is not None and key.bound_customer not in ("", ticket.customer):
        raise TokenError(Reason.UNKNOWN_CUSTOMER)
    if key.bound_dashboards and dashboard.embed_id not in key.bound_dashboards:
        raise TokenError(Reason.UNKNOWN_DASHBOARD)
