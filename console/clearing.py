"""Clears what is kept of a dashboard's results."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from dashboards import access
from dashboards.services import clear_cache
from secrets_admin.access import Right
from secrets_admin.guard import Caller, room


@room(Right.EDIT, "POST")
def cache(request: HttpRequest, caller: Caller, dashboard_id: int) -> HttpResponse:
    row = access.get_dashboard(caller.organization.id, dashboard_id)
    clear_cache(row, actor=caller.actor)
    messages.success(request, f"The cache of {row.title} is cleared. Its panels ask your database again.")
    return redirect("dashboard_embed", organization=caller.organization.slug, dashboard_id=row.id)
