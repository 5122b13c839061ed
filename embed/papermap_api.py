"""Papermap's REST calls for backends, in its answer shapes (docs/vendor-apis.md).

Its guide lets the browser ask the company's own backend for an iframe token; here that backend asks us, with an API
key. The vendor's signed headers open nothing: their signature stands in the vendor's tokens, which viewers hold.
"""

import re
from datetime import UTC, date, datetime
from typing import Final

from django.http import HttpRequest, HttpResponse

from customers.access import get_by_external_id
from customers.models import Customer
from dashboards.addresses import address_before
from dashboards.facts import DashboardFacts, find_dashboard
from dashboards.lists import dashboards_of, default_dashboard
from dashboards.minting import MintRefused
from embed.backend_calls import Answer, Call, Vendor, key_in_header
from embed.bodies import BadBody, read_body
from embed.members import Body, read_optional_text, read_text
from embed.minting import Minted, mint, refusal_of
from embed.tenant_usage import Months, described, usage_by_month
from embedhost.lib.errors import NotFound, Refused, json_error
from secrets_admin.api_keys import ApiKeyFacts, authenticate
from secrets_admin.feed import feed
from secrets_admin.internal_secrets import internal_key
from tokens.errors import TokenError
from tokens.times import LONGEST_LIFETIME
from tokens.urls import MAX_URL
from tokens.view import View

FORMAT: Final = "papermap_hmac"
DOOR: Final = "embedded/dashboard"
#: Seconds, as in the guide; a workspace may allow less.
LIFETIME: Final = 3600
_PERIOD: Final = re.compile("(20[0-9]{2})-(0[1-9]|1[0-2])")
_MOST_PER_PAGE: Final = 100
_PER_PAGE: Final = 50
_NO_DASHBOARD: Final = "The tenant has no such dashboard. Give it one on its page, and one of them as its default."


def _key_of(request: HttpRequest) -> ApiKeyFacts:
    return key_in_header(request, "Authorization", "bearer")


def _key_in_body(request: HttpRequest) -> ApiKeyFacts:
    body = read_body(request)
    return authenticate(read_text(body, "secret_key"), key_id=read_text(body, "api_key_id"))


def _refuse(refusal: Refused) -> HttpResponse:
    return json_error(refusal, more={"success": False, "error": refusal.message, "status": refusal.status})


PAPERMAP: Final = Vendor(_key_of, _refuse)
WITH_KEY_IN_BODY: Final = Vendor(_key_in_body, _refuse)


@PAPERMAP.endpoint("POST", "mint")
def iframe_token(call: Call) -> Answer:
    """Make a token for a tenant's dashboard: its default one, or the named one if the tenant has it."""
    check_workspace(call, either(call.body, "workspace_id", "workspaceId"))
    tenant = either(call.body, "tenant_id", "tenantId")
    if tenant is None:
        raise BadBody("The member `tenant_id` is missing. It is the customer's external id, a text.")
    customer = get_by_external_id(call.workspace, tenant)
    call.key.require_customer(tenant)
    dashboard = _dashboard_of(customer, either(call.body, "dashboard_id", "dashboardId"))
    now = feed.now()
    made = _mint(call, customer, dashboard, _seconds_until(call.body, now), now)
    return {"token": made.token, "dashboard_id": dashboard.embed_id, "expires_at": made.expires_at}


@WITH_KEY_IN_BODY.endpoint("POST", "mint")
def generate_token(call: Call) -> Answer:
    """Make a token for a dashboard of the organization, as the vendor's call for tests does."""
    check_workspace(call, read_optional_text(call.body, "workspace_id"))
    customer = get_by_external_id(call.workspace, _tenant(call))
    call.key.require_customer(customer.external_id)
    dashboard = find_dashboard(read_text(call.body, "dashboard_id"))
    if dashboard is None or dashboard.organization_id != call.key.organization_id:
        raise NotFound("There is no such dashboard. `dashboard_id` is the embed id on its Embed page.")
    made = _mint(call, customer, dashboard, _seconds(call.body, "validity_duration"), feed.now())
    until = datetime.fromtimestamp(made.expires_at, UTC).isoformat()
    return {"success": True, "message": "Embed token made.", "data": {"token": made.token, "expires_at": until}}


@PAPERMAP.endpoint("GET", "read")
def tenant_usage(call: Call, workspace_id: str) -> Answer:
    """Tell what each tenant was shown in each month, in pages."""
    check_workspace(call, workspace_id)
    page, size = call.number("page", 1), call.number("per_page", _PER_PAGE, most=_MOST_PER_PAGE)
    rows = usage_by_month(call.workspace, _months(call), call.key.customers)
    usage = described(list(rows[(page - 1) * size : page * size]))
    numbers = {"page": page, "per_page": size, "total": rows.count()}
    data = {"workspace_id": workspace_id, "usage": usage, **numbers}
    return {"success": True, "message": "Usage by tenant and month.", "data": data}


def check_workspace(call: Call, workspace_id: str | None) -> None:
    """Raise NotFound when a call names another workspace than its key's."""
    if workspace_id not in (None, call.key.workspace_id):
        raise NotFound("There is no such workspace.")


def either(body: Body, name: str, camel: str) -> str | None:
    """Return a text that may be named in two ways. Raises BadBody when both are there and differ."""
    found = {text for key in (name, camel) if (text := read_optional_text(body, key)) is not None}
    if len(found) > 1:
        raise BadBody(f"The members `{name}` and `{camel}` differ. Send one.")
    return found.pop() if found else None


def _tenant(call: Call) -> str:
    """Return the tenant that a call names, or the only one that its key is for."""
    named = either(call.body, "tenant_id", "tenantId")
    if named is not None:
        return named
    if call.key.customers is None or len(call.key.customers) != 1:
        raise BadBody("Name the tenant in `tenant_id`, or use an API key that is for one customer only.")
    return next(iter(call.key.customers))


def _dashboard_of(customer: Customer, named: str | None) -> DashboardFacts:
    """Return one of the tenant's dashboards. Raises NotFound."""
    default = default_dashboard(customer)
    listed = {str(board.embed_id) for board in dashboards_of(customer)}
    wanted = named if named is not None else str(default.embed_id) if default else None
    found = find_dashboard(wanted) if wanted in listed and wanted is not None else None
    if found is None:
        raise NotFound(_NO_DASHBOARD)
    return found


def _mint(call: Call, customer: Customer, dashboard: DashboardFacts, lifetime: int | None, now: float) -> Minted:
    secret = internal_key(call.key.workspace_id, FORMAT, actor=call.actor)
    before = address_before(FORMAT, embed_id=dashboard.embed_id, organization="", slug="")
    view = View(
        dashboard=dashboard.embed_id,
        customer=customer.external_id,
        lifetime=min(LIFETIME, secret.max_lifetime) if lifetime is None else lifetime,
        room=MAX_URL - len(before),
    )
    try:
        return mint(DOOR, secret, view, call.key, now)
    except TokenError as error:
        raise refusal_of(error) from None


def _seconds_until(body: Body, now: float) -> int | None:
    """Return how long until ``valid_until``, a time in whole seconds; None where the body has none."""
    given = {name: body[name] for name in ("valid_until", "validUntil") if body.get(name) is not None}
    if not given:
        return None
    name, until = given.popitem()
    if any(other != until for other in given.values()):
        raise BadBody("The members `valid_until` and `validUntil` differ. Send one.")
    if type(until) is not int or not now < until <= now + LONGEST_LIFETIME:
        raise MintRefused(f"`{name}` is a time in whole seconds since 1970, ahead by 24 hours at most.")
    return until - int(now)


def _seconds(body: Body, name: str) -> int | None:
    seconds = body.get(name)
    if seconds is None:
        return None
    if type(seconds) is not int or not 0 < seconds <= LONGEST_LIFETIME:
        raise MintRefused(f"`{name}` is a whole number of seconds, at most {LONGEST_LIFETIME:,}.")
    return seconds


def _months(call: Call) -> Months:
    """Return the months that are asked for; the present one where none is. Raises BadBody."""
    today = datetime.fromtimestamp(feed.now(), UTC)
    asked = (call.request.GET.get(name) or today.strftime("%Y-%m") for name in ("from_period", "to_period"))
    first, last = (_PERIOD.fullmatch(text) for text in asked)
    if first is None or last is None or first[0] > last[0]:
        raise BadBody("`from_period` and `to_period` are months such as 2026-11, the first not after the second.")
    year, month = int(last[1]), int(last[2])
    return Months(date(int(first[1]), int(first[2]), 1), date(year + month // 12, month % 12 + 1, 1))
