"""The console's rooms of dashboards: the list, one dashboard seen as a customer, and how it is embedded."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from console import usage
from console.embed_code import choose_code
from console.forms import EmbedSettingsForm
from console.preview import Preview, choose_preview
from dashboards import access
from dashboards.facts import tag_dashboards
from dashboards.lists import choose_for_tag
from dashboards.models import Dashboard
from dashboards.services import save_embed_settings
from secrets_admin.access import Right, organizations_of, require
from secrets_admin.guard import Caller, room
from secrets_admin.models import User


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Go to the dashboards of the person's first organization."""
    first = organizations_of(request.user).first() if isinstance(request.user, User) else None
    if first is None:
        return render(request, "console/no_organization.html")
    return redirect("dashboards", organization=first.slug)


@room(Right.LOOK, "GET")
def organization(request: HttpRequest, caller: Caller) -> HttpResponse:
    return redirect("dashboards", organization=caller.organization.slug)


@room(Right.LOOK, "GET")
def dashboards(request: HttpRequest, caller: Caller) -> HttpResponse:
    rows = access.list_dashboards(caller.organization.id).annotate(
        version=Max("versions__number"), saved_at=Max("versions__created_at")
    )
    embeds = usage.embeds_by_dashboard(caller.organization.id) if caller.may_own else {}
    shown = [(row, embeds.get(row.id, 0)) for row in rows]
    return render(request, "console/dashboards.html", {"caller": caller, "dashboards": shown})


@room(Right.LOOK, "GET")
def dashboard(request: HttpRequest, caller: Caller, dashboard_id: int) -> HttpResponse:
    row = access.get_dashboard(caller.organization.id, dashboard_id)
    return render(request, "console/dashboard.html", _context(request, caller, row))


@room(Right.LOOK, "GET", "POST")
def embed(request: HttpRequest, caller: Caller, dashboard_id: int) -> HttpResponse:
    row = access.get_dashboard(caller.organization.id, dashboard_id)
    now = (row, caller.workspace.origins, tag_dashboards(caller.workspace.id))
    if request.method == "GET":
        return _embed_page(request, caller, row, EmbedSettingsForm(*now))
    require(caller.member, Right.EDIT)
    form = EmbedSettingsForm(*now, request.POST)
    if not form.is_valid():
        return _embed_page(request, caller, row, form)
    save_embed_settings(row, origins=form.narrowed, changes=form.changes, actor=caller.actor)
    if form.tag is not None:
        choose_for_tag(caller.workspace, row, form.tag, actor=caller.actor)
    messages.success(request, "Saved.")
    return redirect("dashboard_embed", organization=caller.organization.slug, dashboard_id=row.id)


def _embed_page(request: HttpRequest, caller: Caller, row: Dashboard, form: EmbedSettingsForm) -> HttpResponse:
    context = _context(request, caller, row)
    context |= {
        "form": form,
        "embeds": usage.embeds_of(caller.organization.id, row.id) if caller.may_own else None,
        "code": choose_code(request.GET, caller.workspace, row, context["preview"]),
    }
    return render(request, "console/embed.html", context, status=400 if form.errors else 200)


def _context(request: HttpRequest, caller: Caller, row: Dashboard) -> dict[str, Any]:
    version = row.versions.order_by("-number").first()
    preview: Preview | None = choose_preview(request.GET, caller.workspace, row) if version else None
    return {"caller": caller, "dashboard": row, "version": version, "preview": preview}
