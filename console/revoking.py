"""The rooms in which an owner or editor revokes: one token, a viewer, or what opens a dashboard.

Customers are revoked in their own room, secrets in theirs. What is revoked is asked for on a page of its own
(``ask_*``, GET) and done by a POST to another address.
"""

from collections.abc import Callable
from datetime import datetime

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from dashboards import access
from dashboards.models import Dashboard
from dashboards.services import revoke_dashboard
from embed import revoke_pasted
from secrets_admin import revocation
from secrets_admin.access import Right
from secrets_admin.asking import attempt, form_page
from secrets_admin.guard import Caller, room


class _Unkept(forms.Textarea):
    """A box whose text never comes back in an answer: it may be a token."""

    def format_value(self, value: object) -> str | None:
        return None


class TokenForm(forms.Form):
    """A token in any spelling, or its digest."""

    token = forms.CharField(
        label="Token",
        max_length=10_000,
        help_text="The token, the whole address it stands in, or its digest from the access log. It is not stored.",
        widget=_Unkept(attrs={"class": "inp mono wide", "rows": 4, "autocomplete": "off", "spellcheck": "false"}),
    )


class ViewerForm(forms.Form):
    """A viewer, of one customer or of all."""

    viewer = forms.CharField(
        label="Viewer ID",
        strip=False,
        max_length=255,
        help_text="As your tokens name the viewer, exactly.",
        widget=forms.TextInput(attrs={"class": "inp mono wide", "autocomplete": "off", "spellcheck": "false"}),
    )
    customer = forms.CharField(
        label="Customer",
        required=False,
        strip=False,
        max_length=255,
        help_text="External ID. Left empty: the viewer’s tokens of every customer.",
        widget=forms.TextInput(attrs={"class": "inp mono wide", "autocomplete": "off", "spellcheck": "false"}),
    )


@room(Right.EDIT, "GET")
def ask_token(request: HttpRequest, caller: Caller) -> HttpResponse:
    return _ask(request, caller, "token", TokenForm())


@room(Right.EDIT, "POST")
def token(request: HttpRequest, caller: Caller) -> HttpResponse:
    form = TokenForm(request.POST)
    return _do(
        request,
        caller,
        "token",
        form,
        lambda: revoke_pasted.revoke(caller.workspace, form.cleaned_data["token"], actor=caller.actor),
    )


@room(Right.EDIT, "GET")
def ask_viewer(request: HttpRequest, caller: Caller) -> HttpResponse:
    return _ask(request, caller, "viewer", ViewerForm())


@room(Right.EDIT, "POST")
def viewer(request: HttpRequest, caller: Caller) -> HttpResponse:
    form = ViewerForm(request.POST)

    def revoke() -> str:
        until = revocation.revoke_viewer(caller.workspace, **form.cleaned_data, actor=caller.actor)
        return f"The viewer’s tokens are refused from now on. {without_iat(until)}"

    return _do(request, caller, "viewer", form, revoke)


@room(Right.EDIT, "GET")
def ask_dashboard(request: HttpRequest, caller: Caller, dashboard_id: int) -> HttpResponse:
    row = access.get_dashboard(caller.organization.id, dashboard_id)
    return render(request, "console/revoke_dashboard.html", {"caller": caller, "dashboard": row})


@room(Right.EDIT, "POST")
def dashboard(request: HttpRequest, caller: Caller, dashboard_id: int) -> HttpResponse:
    row: Dashboard = access.get_dashboard(caller.organization.id, dashboard_id)
    until = revoke_dashboard(row, actor=caller.actor)
    messages.success(request, f"Tokens made until now do not open {row.title} any more. {without_iat(until)}")
    return redirect("dashboard_embed", organization=caller.organization.slug, dashboard_id=row.id)


def without_iat(until: datetime | None) -> str:
    """Say until when tokens that do not tell when they were made may be refused."""
    return f"Tokens without iat may be refused until {until:%-d %B %Y, %H:%M} UTC." if until else ""


def _ask(request: HttpRequest, caller: Caller, what: str, form: forms.Form) -> HttpResponse:
    return form_page(request, f"console/revoke_{what}.html", caller, form)


def _do(request: HttpRequest, caller: Caller, what: str, form: forms.Form, revoke: Callable[[], str]) -> HttpResponse:
    """Revoke what the form names and say so on the page of embedding."""
    done = attempt(form, revoke, blame=what)
    if done is None:
        return _ask(request, caller, what, form)
    messages.success(request, done.result)
    target = redirect("embedding", organization=caller.organization.slug)
    target["Location"] += "#revoked"
    return target
