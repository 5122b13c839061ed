"""Rows of a dashboard for one customer in the REST API, as a token for it would show them.

The call makes a real token for the customer, which lives for a minute and never leaves the server, and goes through the
door with it: the same checks, budgets, scope, cache and log as a page's call, and no other way to rows.
"""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from django.http import HttpResponse
from django.urls import path
from rest_framework.request import Request

from customers.facts import find_customer
from dashboards.facts import DashboardFacts, find_dashboard, spec_of
from dashboards.grants import Opened
from dashboards.limits import OverBudget, a_data_call, spend_request
from dashboards.naming import Named
from dashboards.queries import LONGEST_WAIT, PanelRequest, PanelResult, run_panels
from dashboards.refreshing import want
from dashboards.results import as_of
from dashboards.spec import TEXT, PanelSpec
from dashboards.variables import from_token, known_time_zone, resolve
from datasources.errors import ResultTooLarge
from embed import dashboard_data_fields as fields
from embed import freshness
from embed.access_log import note_panel
from embed.authenticate import open_claims
from embed.data import RETRY_SECONDS, log_failure
from embed.keyring import KEYS
from embed.minting import mint, refusal_of
from embedhost.lib.api.endpoint import endpoint
from embedhost.lib.errors import NotFound
from secrets_admin.api_view import KeyView
from secrets_admin.feed import feed
from secrets_admin.internal_secrets import internal_key
from tokens.doors import DOORS, open_token
from tokens.errors import TokenError
from tokens.view import View

_DOOR: Final = "data/explo_jwe"
#: Seconds that the call's own token lives.
_LIFETIME: Final = 60
#: Characters of all panels of one answer, as finished JSON; a single result has a bound of its own.
MOST_CHARACTERS: Final = 32_000_000


class EnvironmentUnknown(NotFound):
    message = "The dashboard has no environment of this name."


class DashboardDataView(KeyView):
    """What a dashboard shows to a customer, as rows."""

    @endpoint(
        "dashboards_data",
        "Get a dashboard's rows for a customer",
        scope="mint",
        body=fields.DataOrder,
        answers={200: fields.DashboardData, 202: fields.DashboardData},
        problems=(404, 422),
    )
    def post(self, request: Request, embed_id: uuid.UUID) -> HttpResponse:
        """Of all panels with a query, or of those named. Each is ready, pending or failed, by itself.

        202 while one is pending: its query runs on, so send the same call again after `Retry-After`. Results come from
        the dashboard's cache. It counts as a request of the customer, and what it shows is in the access log; it is no
        embed. The call is in the mint log, since it makes a token for itself.
        """
        order = self.body
        self.key.require_customer(order["customer"])
        dashboard = find_dashboard(str(embed_id))
        if dashboard is None or dashboard.organization_id != self.key.organization_id:
            raise NotFound
        if find_customer(self.key.workspace_id, order["customer"]) is None:
            raise NotFound("The workspace has no such customer. Make it first.")
        with a_data_call(self.key.organization_id):
            return self._answer(order, dashboard)

    def _answer(self, order: Mapping[str, Any], dashboard: DashboardFacts) -> HttpResponse:
        requests = _requests(self._opened(order, dashboard), order)
        results = run_panels(requests, wait=LONGEST_WAIT)
        content = orjson.dumps({"panels": _shown(requests, results)})
        want(results)
        is_pending = any(result.state == "pending" for result in results)
        status, headers = (202, {"Retry-After": str(RETRY_SECONDS)}) if is_pending else (200, {})
        return HttpResponse(content, content_type="application/json", status=status, headers=headers)

    def _opened(self, order: Mapping[str, Any], dashboard: DashboardFacts) -> Opened:
        """Open the door with a token of this call. Raises what keeps a page's call out, and counts as one."""
        environment = order.get("environment")
        if environment is not None and environment not in dashboard.environments:
            raise EnvironmentUnknown
        version_id = dashboard.latest_version_id if environment is None else dashboard.environments[environment]
        from_token(spec_of(version_id), order.get("variables") or {})
        try:
            claims = open_token(_DOOR, self._token(order, dashboard), KEYS, feed.now())
            opened = open_claims(claims, Named(environment=environment), None)
        except TokenError as error:
            raise refusal_of(error) from None
        wait = spend_request(opened.grant)
        if wait:
            refusal = OverBudget()
            refusal.retry_after = wait
            raise refusal
        return opened

    def _token(self, order: Mapping[str, Any], dashboard: DashboardFacts) -> str:
        secret = internal_key(self.key.workspace_id, DOORS[_DOOR], actor=self.actor)
        view = View(
            dashboard=dashboard.embed_id,
            customer=order["customer"],
            lifetime=min(_LIFETIME, secret.max_lifetime),
            variables=order.get("variables"),
            rights=frozenset(),
            viewer=order.get("viewer"),
            time_zone=order.get("time_zone"),
        )
        return mint(_DOOR, secret, view, self.key, feed.now()).token


def _requests(opened: Opened, order: Mapping[str, Any]) -> list[PanelRequest]:
    """Return the runs of the panels that are asked for. Raises NotFound for one that has no rows."""
    every = {panel.id: panel for panel in opened.spec.panels.values() if panel.type != TEXT}
    named = list(dict.fromkeys(order.get("panels", every)))
    if any(name not in every for name in named):
        raise NotFound("The dashboard has no panel with a query of this id.")
    zone = known_time_zone(opened.grant.time_zone) or "UTC"
    values = resolve(opened.spec, opened.grant, {}, time_zone=zone, now=feed.now())
    return [PanelRequest(opened.grant, opened.dashboard, opened.spec, every[name], values, zone) for name in named]


def _shown(requests: Sequence[PanelRequest], results: Sequence[PanelResult]) -> list[orjson.Fragment]:
    """Return the panels as finished JSON, each that is ready noted in the access log before. Raises ResultTooLarge.

    One at a time is in memory as Python's own values, which take many times the room of their JSON.
    """
    room = MOST_CHARACTERS
    told = []
    for request, result in zip(requests, results, strict=True):
        plain = b"" if result.entry is None else result.entry.plain()
        room -= len(plain)
        if room < 0:
            raise ResultTooLarge
        note_panel(request.grant, result.read)
        told.append(orjson.Fragment(orjson.dumps(_told(request.panel, result, plain))))
    return told


def _told(panel: PanelSpec, result: PanelResult, plain: bytes) -> dict[str, Any]:
    said: dict[str, Any] = {"panel": panel.id, "title": panel.title, "state": result.state, **_NOTHING}
    if result.error is not None:
        reference = log_failure(panel.id, result.error)
        error = {"code": result.error.code, "detail": result.error.message, "reference": reference}
        return {**said, "error": {**error, "status": result.error.status, "retry_after": result.error.retry_after}}
    if result.entry is None:
        return said
    data = orjson.loads(plain)["data"]
    return {
        **said,
        "cache": freshness.word_of(result),
        "as_of": as_of(result.entry.at),
        "columns": [{name: column[name] for name in ("name", "type")} for column in data["columns"]],
        "rows": list(zip(*(column["values"] for column in data["columns"]), strict=True)),
        "truncated": data["truncated"],
    }


_NOTHING: Final = dict.fromkeys(("cache", "as_of", "columns", "rows", "truncated", "error"))

api_urlpatterns = [
    path("api/v1/dashboards/<uuid:embed_id>/data", DashboardDataView.as_view(), name="api_dashboard_data"),
]
