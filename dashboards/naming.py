"""Which dashboard and which customer verified claims mean, for every way in which a vendor names them."""

from dataclasses import dataclass

from customers.facts import find_customer
from dashboards.facts import DashboardFacts, find_named, tag_dashboards
from dashboards.publishing import needs_customer
from dashboards.spec import DashboardSpec
from datasources.access import get_source
from datasources.errors import DataSourceError
from datasources.rules import EXTERNAL_ID, Kind
from embedhost.lib.errors import NotFound
from secrets_admin import facts
from tokens.claims import Claims
from tokens.errors import Reason, TokenError
from tokens.grant import GrantCustomer
from tokens.identifiers import check_identifier


@dataclass(frozen=True, slots=True)
class Named:
    """What an address names beside its token; None where it does not.

    ``dashboard`` is an embed id that chooses among those a token opens; the rest must agree with what it opens.
    """

    environment: str | None = None
    dashboard: str | None = None
    organization_slug: str | None = None
    dashboard_slug: str | None = None
    dashboard_id: int | None = None


def dashboard_of(claims: Claims, named: Named) -> DashboardFacts:
    """Return the dashboard that a token opens at this address. Raises TokenError: unknown_dashboard, slug_mismatch."""
    name = _dashboard_name(claims, named.dashboard)
    dashboard = None if name is None else find_named(name)
    if dashboard is None or dashboard.organization_id != claims.key.organization_id:
        raise TokenError(Reason.UNKNOWN_DASHBOARD)
    if claims.key.bound_dashboards and dashboard.embed_id not in claims.key.bound_dashboards:
        raise TokenError(Reason.UNKNOWN_DASHBOARD, problem="The embed secret is bound to other dashboards.")
    _check_address(named, dashboard)
    return dashboard


def _dashboard_name(claims: Claims, wanted: str | None) -> str | int | None:
    if claims.dashboard is None:
        tags = tag_dashboards(claims.key.workspace_id)
        return tags.default if wanted is None else wanted if wanted in tags.listed else None
    if wanted is None or wanted == claims.dashboard:
        return claims.dashboard
    return wanted if wanted in claims.more_dashboards else None


def _check_address(named: Named, dashboard: DashboardFacts) -> None:
    organization = facts.organization(dashboard.organization_id)
    slug = organization.slug if organization else None
    agrees = (
        named.organization_slug in (None, slug),
        named.dashboard_slug in (None, dashboard.slug),
        named.dashboard_id in (None, dashboard.id),
    )
    if not all(agrees):
        raise TokenError(Reason.SLUG_MISMATCH)


def customer_of(claims: Claims, spec: DashboardSpec) -> GrantCustomer | None:
    """Return the customer that a token names.

    None when neither the token nor the dashboard has a way to name one and every row is shared anyway.

    Raises TokenError: customer_missing, claim_invalid, unknown_customer. Nobody is ever created here.
    """
    external_id = _external_id(claims, spec)
    if external_id is None:
        _check_shared(claims.key.workspace_id, spec)
        return None
    if claims.key.bound_customer not in ("", external_id):
        raise TokenError(Reason.UNKNOWN_CUSTOMER, problem="The embed secret is bound to another customer.")
    customer = find_customer(claims.key.workspace_id, external_id)
    if customer is None:
        raise TokenError(Reason.UNKNOWN_CUSTOMER).of(external_id)
    if claims.scope_column is not None:
        _check_column(claims.key.workspace_id, claims.scope_column, spec)
    return customer


def _check_shared(workspace_id: str, spec: DashboardSpec) -> None:
    try:
        missing = needs_customer(workspace_id, spec)
    except (NotFound, DataSourceError):
        return  # Its card says what is wrong.
    if missing:
        problem = "The dashboard reads customers' rows and names no customer_variable to tell whose."
        raise TokenError(Reason.CUSTOMER_MISSING, problem=problem)


def _external_id(claims: Claims, spec: DashboardSpec) -> str | None:
    if claims.customer is not None or spec.customer_variable is None:
        return claims.customer
    return text_id(claims.variables.get(spec.customer_variable), spec.customer_variable)


def text_id(value: object, name: str) -> str:
    """Return a customer variable's value as an external_id: a text, or a JSON integer in decimal form.

    Raises TokenError: customer_missing, claim_invalid.
    """
    if value is None or value == "":
        problem = f"The token does not set {name}, the dashboard's customer variable."
        raise TokenError(Reason.CUSTOMER_MISSING, claim=name, problem=problem)
    text = str(value) if type(value) is int else value
    broken = check_identifier(text) if isinstance(text, str) else "It must be a text or a whole number."
    if broken or not isinstance(text, str):
        raise TokenError(Reason.CLAIM_INVALID, claim=name, problem=broken)
    return text


def _check_column(workspace_id: str, column: str, spec: DashboardSpec) -> None:
    """Raise TokenError unless every scoped table behind the dashboard is limited by just this column."""
    for name in {panel.source for panel in spec.panels.values() if panel.source}:
        try:
            rules = get_source(workspace_id, name).rules.rules
        except NotFound:
            continue
        scoped = [rule for rule in rules if rule.kind is Kind.SCOPED]
        if any((rule.column, rule.property) != (column, EXTERNAL_ID) for rule in scoped):
            problem = "The rule's column is not the one by which the tables are scoped to a customer."
            raise TokenError(Reason.CLAIM_INVALID, claim="rls_rules", problem=problem)
