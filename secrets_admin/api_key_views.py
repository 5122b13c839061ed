"""The rooms of API keys: see, make and revoke. Owners only; a value is in one answer, which no browser stores."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from secrets_admin import access, api_key_services
from secrets_admin.access import Right
from secrets_admin.api_key_forms import NewApiKeyForm
from secrets_admin.asking import attempt, form_page
from secrets_admin.forms import OwnerForm
from secrets_admin.guard import Caller, room
from secrets_admin.models import ApiKey

#: Revoked keys that the list still shows, newest first.
_REVOKED_SHOWN = 10


@room(Right.OWN, "GET")
def api_keys(request: HttpRequest, caller: Caller) -> HttpResponse:
    rows = access.list_api_keys(caller.workspace)
    shown = [*rows.filter(revoked_at=None), *rows.exclude(revoked_at=None)[:_REVOKED_SHOWN]]
    return render(request, "secrets_admin/api_keys.html", {"caller": caller, "keys": shown})


@room(Right.OWN, "GET")
def ask_new(request: HttpRequest, caller: Caller) -> HttpResponse:
    return _ask_new(request, caller, NewApiKeyForm(request, initial={"scopes": ["read"]}))


@room(Right.OWN, "POST")
def new(request: HttpRequest, caller: Caller) -> HttpResponse:
    form = NewApiKeyForm(request, request.POST)

    def make() -> tuple[ApiKey, str]:
        given = form.cleaned_data
        return api_key_services.create_api_key(
            caller.workspace,
            name=given["name"],
            scopes=given["scopes"],
            customers=given["customers"],
            expires_at=given["ends_on"],
            actor=caller.actor,
        )

    done = attempt(form, make)
    if done is None:
        return _ask_new(request, caller, form)
    key, value = done.result
    return render(request, "secrets_admin/api_key_shown.html", {"caller": caller, "key": key, "value": value})


@room(Right.OWN, "GET")
def ask_revoke(request: HttpRequest, caller: Caller, api_key_id: str) -> HttpResponse:
    return _ask_revoke(request, caller, access.get_api_key(caller.workspace, api_key_id), OwnerForm(request))


@room(Right.OWN, "POST")
def revoke(request: HttpRequest, caller: Caller, api_key_id: str) -> HttpResponse:
    key = access.get_api_key(caller.workspace, api_key_id)
    form = OwnerForm(request, request.POST)

    def end() -> None:
        api_key_services.revoke_api_key(key, actor=caller.actor)

    if attempt(form, end) is None:
        return _ask_revoke(request, caller, key, form)
    messages.success(request, f"“{key.name}” is revoked. Calls with it are refused from now on.")
    return redirect("api_keys", organization=caller.organization.slug)


def _ask_new(request: HttpRequest, caller: Caller, form: NewApiKeyForm) -> HttpResponse:
    return form_page(request, "secrets_admin/api_key_new.html", caller, form)


def _ask_revoke(request: HttpRequest, caller: Caller, key: ApiKey, form: OwnerForm) -> HttpResponse:
    return form_page(request, "secrets_admin/api_key_revoke.html", caller, form, key=key)
