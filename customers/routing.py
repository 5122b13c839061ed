"""The room in which an owner or editor gives a customer a data source of its own, which all of its panels then ask."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from customers.access import get_customer
from customers.models import Customer
from datasources.access import list_sources, route_of
from datasources.models import DataSource
from datasources.walls import set_route
from secrets_admin.access import Right
from secrets_admin.asking import attempt, form_page
from secrets_admin.guard import Caller, room


class RouteForm(forms.Form):
    """The data source that all of a customer's panels ask, if it has one of its own."""

    source: "forms.ModelChoiceField[DataSource]" = forms.ModelChoiceField(
        queryset=None,
        to_field_name="name",
        label="Data source",
        required=False,
        empty_label="Those that panels name",
        help_text="With one of its own, the customer’s every panel asks that one, whatever the panel names. It needs "
        "the same tables and columns there, with rules.",
        widget=forms.Select(attrs={"class": "inp wide"}),
        error_messages={"invalid_choice": "This workspace has no such data source. Choose one of the list."},
    )

    def __init__(self, customer: Customer, data: Any = None) -> None:
        super().__init__(data, initial={"source": route_of(customer.workspace, customer.external_id)})
        self.fields["source"].queryset = list_sources(customer.workspace)  # type: ignore[attr-defined]  # it has one


@room(Right.EDIT, "GET")
def ask(request: HttpRequest, caller: Caller, uid: uuid.UUID) -> HttpResponse:
    customer = get_customer(caller.workspace, uid)
    return _ask(request, caller, customer, RouteForm(customer))


@room(Right.EDIT, "POST")
def save(request: HttpRequest, caller: Caller, uid: uuid.UUID) -> HttpResponse:
    customer = get_customer(caller.workspace, uid)
    form = RouteForm(customer, request.POST)

    def change() -> DataSource | None:
        source = form.cleaned_data["source"]
        set_route(caller.workspace, customer.external_id, source, actor=caller.actor)
        return source if isinstance(source, DataSource) else None

    done = attempt(form, change, blame="source")
    if done is None:
        return _ask(request, caller, customer, form)
    messages.success(request, _told(customer, done.result))
    return redirect("customer", organization=caller.organization.slug, uid=customer.uid)


def _told(customer: Customer, source: DataSource | None) -> str:
    if source is None:
        return f"Panels of {customer.name} ask the data sources that they name."
    if source.login_per_customer and not source.customer_logins.filter(external_id=customer.external_id).exists():
        return f"Panels of {customer.name} ask {source.name}, which has two walls: give {customer.name} a login there."
    return f"Every panel of {customer.name} asks {source.name} from now on."


def _ask(request: HttpRequest, caller: Caller, customer: Customer, form: RouteForm) -> HttpResponse:
    return form_page(request, "customers/source.html", caller, form, customer=customer)
