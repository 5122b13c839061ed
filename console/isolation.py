"""A dashboard's isolation report: two customers, every query, and whether one saw the other."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from customers.access import list_customers
from dashboards import access
from dashboards.isolation import NotEnoughCustomers, Report, report_on
from dashboards.models import Dashboard
from secrets_admin.access import Right
from secrets_admin.guard import Caller, room

#: Customers that the lists offer; others are named by the command.
_OFFERED = 200


@room(Right.EDIT, "GET", "POST")
def page(request: HttpRequest, caller: Caller, dashboard_id: int) -> HttpResponse:
    row = access.get_dashboard(caller.organization.id, dashboard_id)
    if request.method != "POST":
        return _page(request, caller, row)
    names = [request.POST.get("one", ""), request.POST.get("other", "")]
    try:
        return _page(
            request, caller, row, names, report_on([row], caller.workspace.id, [name for name in names if name])
        )
    except NotEnoughCustomers as error:
        return _page(request, caller, row, names, problem=error.message)


def _page(
    request: HttpRequest,
    caller: Caller,
    row: Dashboard,
    names: list[str] | None = None,
    report: Report | None = None,
    problem: str = "",
) -> HttpResponse:
    offered = list(list_customers(caller.workspace).values_list("external_id", "name")[:_OFFERED])
    chosen = list(report.customers) if report else names or [external_id for external_id, _ in offered[:2]]
    context = {
        "caller": caller,
        "dashboard": row,
        "version": row.versions.order_by("-number").first(),
        "tab": "isolation",
        "offered": offered,
        "one": chosen[0] if chosen else "",
        "other": chosen[1] if len(chosen) > 1 else "",
        "report": report,
        "problem": problem,
    }
    return render(request, "console/isolation.html", context, status=400 if problem else 200)
