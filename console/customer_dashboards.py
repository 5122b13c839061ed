"""The room in which an owner or editor says which dashboards a customer has, and which is meant when none is named."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from customers.access import get_customer
from customers.models import Customer
from dashboards.access import list_dashboards
from dashboards.lists import set_customer_dashboards
from dashboards.models import Dashboard
from secrets_admin.access import Right
from secrets_admin.asking import attempt, form_page
from secrets_admin.guard import Caller, room


class CustomerDashboardsForm(forms.Form):
    """The dashboards of a customer, and the one for backends that ask for "the tenant's dashboard"."""

    dashboards: "forms.ModelMultipleChoiceField[Dashboard]" = forms.ModelMultipleChoiceField(
        queryset=None,
        label="Dashboards",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "This is no dashboard of this organization."},
    )
    default: "forms.ModelChoiceField[Dashboard]" = forms.ModelChoiceField(
        queryset=None,
        label="Default dashboard",
        required=False,
        empty_label="None",
        help_text="Answers a backend that asks for this customer’s dashboard without naming one.",
        widget=forms.Select(attrs={"class": "inp"}),
        error_messages={"invalid_choice": "This is no dashboard of this organization."},
    )

    def __init__(self, customer: Customer, data: Any = None) -> None:
        offered = list_dashboards(customer.workspace.organization_id)
        rows = list(customer.customer_dashboards.values_list("dashboard_id", "is_default"))
        default = next((dashboard for dashboard, is_default in rows if is_default), None)
        super().__init__(data, initial={"dashboards": [dashboard for dashboard, _ in rows], "default": default})
        for name in ("dashboards", "default"):
            self.fields[name].queryset = offered  # type: ignore[attr-defined]  # both have a queryset

    def clean(self) -> None:
        default, chosen = self.cleaned_data.get("default"), self.cleaned_data.get("dashboards")
        if default is not None and chosen is not None and default not in chosen:
            self.add_error("default", "The default is one of the dashboards chosen above. Choose it there too.")


@room(Right.EDIT, "GET")
def ask(request: HttpRequest, caller: Caller, uid: uuid.UUID) -> HttpResponse:
    customer = get_customer(caller.workspace, uid)
    return _ask(request, caller, customer, CustomerDashboardsForm(customer))


@room(Right.EDIT, "POST")
def save(request: HttpRequest, caller: Caller, uid: uuid.UUID) -> HttpResponse:
    customer = get_customer(caller.workspace, uid)
    form = CustomerDashboardsForm(customer, request.POST)

    def change() -> None:
        chosen, default = list(form.cleaned_data["dashboards"]), form.cleaned_data["default"]
        set_customer_dashboards(customer, chosen, default=default, actor=caller.actor)

    if attempt(form, change) is None:
        return _ask(request, caller, customer, form)
    messages.success(request, "Dashboards saved.")
    return redirect("customer", organization=caller.organization.slug, uid=customer.uid)


def _ask(request: HttpRequest, caller: Caller, customer: Customer, form: CustomerDashboardsForm) -> HttpResponse:
    return form_page(request, "console/customer_dashboards.html", caller, form, customer=customer)
