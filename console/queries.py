"""What becomes of a dashboard's queries, for owners and editors: as a page, and as JSON for their programs."""

from dataclasses import asdict

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from dashboards import access
from dashboards.explain import Explained, explain
from dashboards.facts import spec_of
from dashboards.models import Dashboard, DashboardVersion
from secrets_admin.access import Right
from secrets_admin.guard import Caller, room


@room(Right.EDIT, "GET")
def page(request: HttpRequest, caller: Caller, dashboard_id: int) -> HttpResponse:
    row = access.get_dashboard(caller.organization.id, dashboard_id)
    version, every_part = _latest(row), _wants_every_part(request)
    context = {
        "caller": caller,
        "dashboard": row,
        "version": version,
        "every_part": every_part,
        "queries": _explained(caller, version, every_part),
    }
    return render(request, "console/queries.html", context)


@room(Right.EDIT, "GET")
def as_json(request: HttpRequest, caller: Caller, dashboard_id: int) -> HttpResponse:
    row = access.get_dashboard(caller.organization.id, dashboard_id)
    version = _latest(row)
    queries = [asdict(query) for query in _explained(caller, version, _wants_every_part(request))]
    return JsonResponse({"dashboard": row.id, "version": version.number if version else None, "queries": queries})


def _latest(row: Dashboard) -> DashboardVersion | None:
    return row.versions.order_by("-number").first()


def _wants_every_part(request: HttpRequest) -> bool:
    return request.GET.get("parts") != "default"


def _explained(caller: Caller, version: DashboardVersion | None, every_part: bool) -> list[Explained]:
    return explain(spec_of(version.id), caller.workspace.id, every_part=every_part) if version else []
