"""From what a token says to what it may see. ``from_claims`` is how a page's or a call's Grant is made."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings

from dashboards import metabase, periods, variables
from dashboards.facts import DashboardFacts, spec_of
from dashboards.naming import Named, customer_of, dashboard_of, text_id
from dashboards.revoked import check_not_revoked
from dashboards.spec import DashboardSpec
from embedhost.lib.errors import Refused
from embedhost.lib.origins import matches
from secrets_admin import facts
from secrets_admin.feed import feed
from tokens.claims import Claims
from tokens.errors import Reason, TokenError
from tokens.grant import Grant, GrantCustomer, Purpose

#: What a holder may do besides looking.
EXPORT = "export"
APPLY_VARIABLES = "variables"
RIGHTS = frozenset({EXPORT, APPLY_VARIABLES})


@dataclass(frozen=True, slots=True)
class Opened:
    """A Grant with what its door needs besides: the dashboard, its document and the origins that may show it.

    ``format`` is the token's; ``fixed`` names the variables that a viewer may not change since the token sets them.
    """

    grant: Grant
    dashboard: DashboardFacts
    spec: DashboardSpec
    origins: tuple[str, ...]
    format: str
    fixed: frozenset[str]


def from_claims(claims: Claims, *, named: Named, referer_origin: str | None) -> Opened:
    """Return what verified claims open at an address. Raises TokenError with the exact inside reason."""
    try:
        return _open(claims, named, referer_origin)
    except TokenError as error:
        raise error.about(claims.key, verified=True).of(error.customer or claims.customer) from error.__cause__


#: How long a job may look (seconds).
_JOB_SECONDS = 3600


def for_job(
    purpose: Purpose,
    dashboard: DashboardFacts,
    workspace_id: str,
    customer: GrantCustomer | None,
    *,
    environment: str | None = None,
    viewer_id: str | None = None,
) -> Grant:
    """Return what a job may see of a dashboard as a customer; both were found just now, so that neither is deleted.

    It has no token. A job for somebody who had one checks first that their permission has not ended
    (dashboards.revoked.check_still_allowed). ``viewer_id`` is bound where a query names it. Raises TokenError.
    """
    return Grant(
        purpose=purpose,
        organization_id=dashboard.organization_id,
        workspace_id=workspace_id,
        dashboard_id=dashboard.id,
        version_id=_version(dashboard, environment),
        environment=environment,
        customer=customer,
        values={},
        rights=frozenset(),
        viewer_id=viewer_id,
        locale=None,
        time_zone=None,
        expires_at=feed.now() + _JOB_SECONDS,
        key_id="",
        token_digest="",
    )


def _open(claims: Claims, named: Named, referer_origin: str | None) -> Opened:
    purpose = Purpose(claims.key.purpose)
    dashboard = dashboard_of(claims, named)
    origins = _origins(claims, dashboard, purpose)
    _check_origin(origins, claims.origin, referer_origin)
    version_id = _version(dashboard, named.environment)
    spec = spec_of(version_id)
    customer = customer_of(claims, spec)
    check_not_revoked(claims, dashboard, customer)
    grant = _grant(claims, purpose, dashboard, version_id, spec, named.environment, customer)
    fixed = frozenset(grant.values) if claims.sets_all_locked else frozenset()
    return Opened(grant, dashboard, spec, origins, claims.format, fixed)


def _origins(claims: Claims, dashboard: DashboardFacts, purpose: Purpose) -> tuple[str, ...]:
    """Return the origins that may show this page; for a preview that is the console and nothing else."""
    if purpose is Purpose.PREVIEW:
        return (settings.CONSOLE_ORIGIN,)
    organization = facts.organization(claims.key.organization_id)
    if organization is None or not organization.embedding_enabled:
        raise TokenError(Reason.EMBEDDING_DISABLED)
    workspace = facts.workspace(claims.key.workspace_id)
    allowed = workspace.origins if workspace else ()
    return allowed if dashboard.origins is None else tuple(origin for origin in allowed if origin in dashboard.origins)


def _check_origin(origins: tuple[str, ...], *named: str | None) -> None:
    for origin in named:
        if origin is not None and not matches(origin.removesuffix("/"), origins):
            raise TokenError(Reason.ORIGIN_NOT_ALLOWED)


def _version(dashboard: DashboardFacts, environment: str | None) -> int:
    if environment is None:
        return dashboard.latest_version_id
    version_id = dashboard.environments.get(environment)
    if version_id is None:
        raise TokenError(Reason.UNKNOWN_ENVIRONMENT)
    return version_id


def _grant(
    claims: Claims,
    purpose: Purpose,
    dashboard: DashboardFacts,
    version_id: int,
    spec: DashboardSpec,
    environment: str | None,
    customer: GrantCustomer | None,
) -> Grant:
    return Grant(
        purpose=purpose,
        organization_id=dashboard.organization_id,
        workspace_id=claims.key.workspace_id,
        dashboard_id=dashboard.id,
        version_id=version_id,
        environment=environment,
        customer=customer,
        values=_values(claims, spec, customer),
        rights=_rights(claims, dashboard),
        viewer_id=claims.viewer,
        locale=claims.locale,
        time_zone=variables.known_time_zone(claims.time_zone),
        expires_at=claims.expires_at,
        key_id=claims.key.key_id,
        token_digest=claims.digest,
    )


def _rights(claims: Claims, dashboard: DashboardFacts) -> frozenset[str]:
    """A token narrows or names its rights; one that is silent has the dashboard's embed defaults."""
    if claims.rights is not None:
        return claims.rights & RIGHTS
    defaults = {EXPORT: dashboard.viewers_may_export, APPLY_VARIABLES: dashboard.viewers_may_apply_variables}
    return frozenset(right for right, given in defaults.items() if given)


def _values(claims: Claims, spec: DashboardSpec, customer: GrantCustomer | None) -> dict[str, object]:
    given = dict(claims.variables)
    if spec.customer_variable in given:
        _check_same_customer(given[spec.customer_variable], spec.customer_variable, customer)
        given[spec.customer_variable] = customer.external_id if customer else None
    try:
        if claims.sets_all_locked:
            given = metabase.read_values(spec, given, periods.today_in("UTC", feed.now()))
            _check_locked(spec, given)
        return variables.from_token(spec, given)
    except variables.UnknownVariable as error:
        raise TokenError(Reason.UNKNOWN_VARIABLE) from error
    except Refused as error:
        raise TokenError(Reason.BAD_VALUE, problem=error.message) from error


def _check_same_customer(value: object, name: str, customer: GrantCustomer | None) -> None:
    if value is not None and (customer is None or text_id(value, name) != customer.external_id):
        raise TokenError(Reason.CLAIM_INVALID, claim="var", problem="The customer variable names another customer.")


def _check_locked(spec: DashboardSpec, given: Mapping[str, object]) -> None:
    """Raise TokenError unless every locked variable has a value: nothing is shown because a filter was forgotten."""
    for variable in spec.variables.values():
        if variable.mode != "open" and given.get(variable.name) is None:
            problem = "The token must set every locked variable, and not to nothing."
            raise TokenError(Reason.LOCKED_VARIABLE_MISSING, claim=variable.name, problem=problem)
