"""The rooms of customers. Members look; owners and editors make, change, refresh and delete."""

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from customers import access, services
from customers.forms import CustomerForm, NewCustomerForm, properties_text
from customers.models import Customer
from datasources.access import route_of
from secrets_admin.access import Right
from secrets_admin.asking import attempt, form_page
from secrets_admin.guard import Caller, room

_PAGE = 50


@room(Right.LOOK, "GET")
def customers(request: HttpRequest, caller: Caller) -> HttpResponse:
    search = access.searched(request.GET.get("search", ""))
    found = access.list_customers(caller.workspace, search)
    page = Paginator(found, _PAGE).get_page(request.GET.get("page"))
    return render(request, "customers/list.html", {"caller": caller, "page": page, "search": search})


@room(Right.EDIT, "GET", "POST")
def new(request: HttpRequest, caller: Caller) -> HttpResponse:
    form = NewCustomerForm(request.POST or None)

    def make() -> Customer:
        return services.create_customer(caller.workspace, **form.cleaned_data, actor=caller.actor)

    done = attempt(form, make, blame="external_id")
    if done is None:
        return form_page(request, "customers/new.html", caller, form)
    messages.success(request, "Customer made.")
    return _to(caller, done.result)


@room(Right.LOOK, "GET")
def customer(request: HttpRequest, caller: Caller, uid: uuid.UUID) -> HttpResponse:
    row = access.get_customer(caller.workspace, uid)
    initial = {"name": row.name, "properties": properties_text(row.properties)}
    return _page(request, caller, row, CustomerForm(initial=initial))


@room(Right.EDIT, "POST")
def edit(request: HttpRequest, caller: Caller, uid: uuid.UUID) -> HttpResponse:
    row = access.get_customer(caller.workspace, uid)
    form = CustomerForm(request.POST)

    def change() -> None:
        name = form.cleaned_data["name"] or row.external_id
        services.update_customer(row, name=name, properties=form.cleaned_data["properties"], actor=caller.actor)

    if attempt(form, change) is None:
        return _page(request, caller, row, form)
    messages.success(request, "Saved.")
    return _to(caller, row)


@room(Right.EDIT, "POST")
def token(request: HttpRequest, caller: Caller, uid: uuid.UUID) -> HttpResponse:
    row = access.get_customer(caller.workspace, uid)
    text = services.reveal_token(row, actor=caller.actor)
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"token": text})
    return render(request, "customers/token.html", {"caller": caller, "customer": row, "token": text})


@room(Right.EDIT, "GET")
def ask(request: HttpRequest, caller: Caller, uid: uuid.UUID, act: str) -> HttpResponse:
    """Ask whether to refresh, revoke or delete."""
    row = access.get_customer(caller.workspace, uid)
    return render(request, f"customers/{act}.html", {"caller": caller, "customer": row})


@room(Right.EDIT, "POST")
def refresh(request: HttpRequest, caller: Caller, uid: uuid.UUID) -> HttpResponse:
    row = access.get_customer(caller.workspace, uid)
    services.refresh_token(row, revoke_jwts="revoke_jwts" in request.POST, actor=caller.actor)
    messages.success(request, "Token refreshed. The old one is refused from now on: copy the new one to your backend.")
    return _to(caller, row)


@room(Right.EDIT, "POST")
def revoke(request: HttpRequest, caller: Caller, uid: uuid.UUID) -> HttpResponse:
    row = access.get_customer(caller.workspace, uid)
    services.revoke_customer(row, actor=caller.actor)
    messages.success(request, f"Tokens of {row.name} that were made until now are refused.")
    return _to(caller, row)


@room(Right.EDIT, "POST")
def delete(request: HttpRequest, caller: Caller, uid: uuid.UUID) -> HttpResponse:
    row = access.get_customer(caller.workspace, uid)
    services.delete_customer(row, actor=caller.actor)
    messages.success(request, f"{row.name} deleted. Tokens that name it are refused from now on.")
    return redirect("customers", organization=caller.organization.slug)


def _page(request: HttpRequest, caller: Caller, row: Customer, form: CustomerForm) -> HttpResponse:
    context = {"customer": row, "refused_until": services.refused_until(row), "now": timezone.now()}
    route = route_of(caller.workspace, row.external_id)
    return form_page(request, "customers/customer.html", caller, form, route=route, **context)


def _to(caller: Caller, customer: Customer) -> HttpResponse:
    return redirect("customer", organization=caller.organization.slug, uid=customer.uid)
