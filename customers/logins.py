"""The rooms in which owners and editors give customers logins of their own at a data source: the second wall."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from customers import access
from customers.models import Customer
from datasources.access import source_row
from datasources.models import CustomerLogin, DataSource
from datasources.walls import may_have_logins, set_customer_login
from embedhost.lib.errors import NotFound
from secrets_admin.access import Right
from secrets_admin.asking import attempt, form_page
from secrets_admin.guard import Caller, room

_PAGE = 50


class LoginForm(forms.Form):
    """A login at a database; its password is never shown again."""

    user = forms.CharField(
        label="User",
        max_length=255,
        help_text="A login for this customer alone, which may read the source's tables and views and do nothing else.",
        widget=forms.TextInput(attrs={"class": "inp mono wide", "autocomplete": "off", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        max_length=1000,
        help_text="Kept encrypted, never shown, and sent to this source's host, port and database only.",
        widget=forms.PasswordInput(attrs={"class": "inp wide", "autocomplete": "new-password"}),
    )


@dataclass(frozen=True, slots=True)
class Row:
    """A customer with its login at a source, if it has one."""

    customer: Customer
    login: CustomerLogin | None


@room(Right.EDIT, "GET")
def logins(request: HttpRequest, caller: Caller, source_uid: uuid.UUID) -> HttpResponse:
    source = source_row(caller.workspace, source_uid)
    search = access.searched(request.GET.get("search", ""))
    page = Paginator(access.list_customers(caller.workspace, search), _PAGE).get_page(request.GET.get("page"))
    context = {"caller": caller, "source": source, "may_have_logins": may_have_logins(source)}
    context |= {"page": page, "search": search, "rows": _rows(source, page), "left": _without_customer(caller, source)}
    return render(request, "customers/logins.html", context)


@room(Right.EDIT, "GET", "POST")
def login(request: HttpRequest, caller: Caller, source_uid: uuid.UUID, uid: uuid.UUID) -> HttpResponse:
    source, customer = source_row(caller.workspace, source_uid), access.get_customer(caller.workspace, uid)
    now = _logins_of(source, [customer]).get(customer.external_id)
    form = LoginForm(request.POST or None, initial={"user": now.user if now else ""})

    def change() -> tuple[str, ...]:
        return set_customer_login(source, customer.external_id, **form.cleaned_data, actor=caller.actor)

    done = attempt(form, change)
    if done is None:
        return form_page(request, "customers/login.html", caller, form, source=source, customer=customer)
    messages.success(request, f"{customer.name} has a login of its own at {source.name}. It was tried and works.")
    for warning in done.result:
        messages.warning(request, warning)
    return _to(caller, source)


@room(Right.EDIT, "GET")
def ask_remove(request: HttpRequest, caller: Caller, source_uid: uuid.UUID, login_uid: uuid.UUID) -> HttpResponse:
    source = source_row(caller.workspace, source_uid)
    context = {"caller": caller, "source": source, "login": _login(source, login_uid)}
    return render(request, "customers/remove_login.html", context)


@room(Right.EDIT, "POST")
def remove(request: HttpRequest, caller: Caller, source_uid: uuid.UUID, login_uid: uuid.UUID) -> HttpResponse:
    source = source_row(caller.workspace, source_uid)
    external_id = _login(source, login_uid).external_id
    set_customer_login(source, external_id, user="", password="", actor=caller.actor)
    messages.success(request, f"{external_id} has no login of its own any more.")
    return _to(caller, source)


def _login(source: DataSource, uid: uuid.UUID) -> CustomerLogin:
    found = source.customer_logins.filter(uid=uid).first()
    if found is None:
        raise NotFound
    return found


def _rows(source: DataSource, customers: Iterable[Customer]) -> list[Row]:
    listed = list(customers)
    found = _logins_of(source, listed)
    return [Row(customer, found.get(customer.external_id)) for customer in listed]


def _logins_of(source: DataSource, customers: Iterable[Customer]) -> Mapping[str, CustomerLogin]:
    named = source.customer_logins.filter(external_id__in=[customer.external_id for customer in customers])
    return {login.external_id: login for login in named}


def _without_customer(caller: Caller, source: DataSource) -> list[CustomerLogin]:
    """Return the logins of customers that are deleted or were never made here: they can only be removed."""
    living = access.list_customers(caller.workspace).values("external_id")
    return list(source.customer_logins.exclude(external_id__in=living).order_by("external_id")[:_PAGE])


def _to(caller: Caller, source: DataSource) -> HttpResponse:
    return redirect("logins", organization=caller.organization.slug, source_uid=source.uid)
