"""The room in which an owner binds a secret to one customer and named dashboards, whatever its tokens say.

With a bound secret Papermap's own short tokens are safe, so the list offers it for that format.
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from customers.access import find_by_external_id
from dashboards.access import list_dashboards
from dashboards.lists import bind_secret
from dashboards.models import Dashboard
from embedhost.lib.errors import Refused
from secrets_admin.access import Right, get_secret
from secrets_admin.asking import attempt, form_page
from secrets_admin.binding import set_binding
from secrets_admin.guard import Caller, room
from secrets_admin.models import EmbedSecret


class BindForm(forms.Form):
    """The one customer and the dashboards that tokens of a secret may open; nobody and none: any."""

    customer = forms.CharField(
        label="Customer",
        required=False,
        strip=False,
        max_length=255,
        help_text="External ID, the tenant_id of its tokens. Left empty: the secret is not bound.",
        widget=forms.TextInput(attrs={"class": "inp mono wide", "autocomplete": "off", "spellcheck": "false"}),
    )
    dashboards: "forms.ModelMultipleChoiceField[Dashboard]" = forms.ModelMultipleChoiceField(
        queryset=None,
        label="Dashboards",
        required=False,
        help_text="Those that its tokens may open.",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "This is no dashboard of this organization."},
    )

    def __init__(self, secret: EmbedSecret, data: Any = None) -> None:
        offered = list_dashboards(secret.workspace.organization_id)
        now = {"customer": secret.bound_customer, "dashboards": offered.filter(embed_id__in=secret.bound_dashboards)}
        super().__init__(data, initial=now)
        self.fields["dashboards"].queryset = offered  # type: ignore[attr-defined]  # this one has a queryset

    def clean(self) -> None:
        named, chosen = self.cleaned_data.get("customer"), self.cleaned_data.get("dashboards")
        if named and not chosen and "dashboards" not in self.errors:
            self.add_error("dashboards", "Choose at least one dashboard.")


@room(Right.OWN, "GET")
def ask_bind(request: HttpRequest, caller: Caller, key_id: str) -> HttpResponse:
    secret = get_secret(caller.workspace, key_id)
    return _ask(request, caller, secret, BindForm(secret))


@room(Right.OWN, "POST")
def bind(request: HttpRequest, caller: Caller, key_id: str) -> HttpResponse:
    secret = get_secret(caller.workspace, key_id)
    form = BindForm(secret, request.POST)
    if attempt(form, lambda: _bind(caller, secret, form), blame="customer") is None:
        return _ask(request, caller, secret, form)
    messages.success(request, "Bound." if form.cleaned_data["customer"] else "The secret is not bound any more.")
    return redirect("embedding", organization=caller.organization.slug)


def _bind(caller: Caller, secret: EmbedSecret, form: BindForm) -> None:
    named = form.cleaned_data["customer"]
    if not named:
        set_binding(secret, "", [], actor=caller.actor)
        return
    customer = find_by_external_id(caller.workspace, named)
    if customer is None:
        raise _NoSuchCustomer
    bind_secret(secret, customer, list(form.cleaned_data["dashboards"]), actor=caller.actor)


class _NoSuchCustomer(Refused):
    message = "The workspace has no such customer. Make it first, or correct the ID."


def _ask(request: HttpRequest, caller: Caller, secret: EmbedSecret, form: BindForm) -> HttpResponse:
    return form_page(request, "console/bind.html", caller, form, secret=secret)
