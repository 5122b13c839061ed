"""The rooms of embed secrets: make, see, rotate, reset and retire. Owners only.

What changes something is asked for on a page of its own (``ask_*``, GET) and done by a POST to another address.
A new or revealed value is in the POST's answer alone, which no browser stores.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from secrets_admin import access, reauth, services, workspaces
from secrets_admin.access import Right
from secrets_admin.asking import attempt, form_page
from secrets_admin.forms import NewSecretForm, OwnerForm, RotateForm
from secrets_admin.guard import Caller, room
from secrets_admin.models import EmbedSecret

_FIRST_NAME = "Production"


@room(Right.OWN, "GET")
def ask_new(request: HttpRequest, caller: Caller) -> HttpResponse:
    initial = {"name": _free_name(caller), "format": request.GET.get("format", "")}
    form = NewSecretForm(request, needs_origin=not caller.workspace.origins, initial=initial)
    return _ask(request, caller, "new", form)


def _free_name(caller: Caller) -> str:
    """Return the usual name of a workspace's first secret; the next ones are named by hand."""
    taken = access.list_secrets(caller.workspace).filter(name=_FIRST_NAME).exclude(state=EmbedSecret.State.REVOKED)
    return "" if taken.exists() else _FIRST_NAME


@room(Right.OWN, "POST")
def new(request: HttpRequest, caller: Caller) -> HttpResponse:
    form = NewSecretForm(request, request.POST, needs_origin=not caller.workspace.origins)
    return _do(request, caller, "new", form, lambda: _make(caller, form))


@transaction.atomic
def _make(caller: Caller, form: NewSecretForm) -> EmbedSecret:
    if "origin" in form.cleaned_data:
        workspaces.add_origin(caller.workspace, form.cleaned_data["origin"], actor=caller.actor)
    name, format = form.cleaned_data["name"], form.cleaned_data["format"]
    return services.create_secret(caller.workspace, name=name, format=format, actor=caller.actor)


@room(Right.OWN, "GET")
def ask_value(request: HttpRequest, caller: Caller, key_id: str) -> HttpResponse:
    return _ask(request, caller, "value", OwnerForm(request), access.get_secret(caller.workspace, key_id))


@room(Right.OWN, "POST")
def value(request: HttpRequest, caller: Caller, key_id: str) -> HttpResponse:
    secret = access.get_secret(caller.workspace, key_id)
    form = OwnerForm(request, request.POST)
    return _do(request, caller, "value", form, lambda: secret, secret)


@room(Right.OWN, "GET")
def ask_rotate(request: HttpRequest, caller: Caller, key_id: str) -> HttpResponse:
    return _ask(request, caller, "rotate", RotateForm(request), access.get_secret(caller.workspace, key_id))


@room(Right.OWN, "POST")
def rotate(request: HttpRequest, caller: Caller, key_id: str) -> HttpResponse:
    secret = access.get_secret(caller.workspace, key_id)
    form = RotateForm(request, request.POST)

    def change() -> EmbedSecret:
        return services.rotate_secret(secret, until=form.cleaned_data["until"], actor=caller.actor)

    return _do(request, caller, "rotate", form, change, secret)


@room(Right.OWN, "GET")
def ask_reset(request: HttpRequest, caller: Caller, key_id: str) -> HttpResponse:
    return _ask(request, caller, "reset", OwnerForm(request), access.get_secret(caller.workspace, key_id))


@room(Right.OWN, "POST")
def reset(request: HttpRequest, caller: Caller, key_id: str) -> HttpResponse:
    secret = access.get_secret(caller.workspace, key_id)
    form = OwnerForm(request, request.POST)
    return _do(request, caller, "reset", form, lambda: services.reset_secret(secret, actor=caller.actor), secret)


@room(Right.OWN, "GET")
def ask_retire(request: HttpRequest, caller: Caller, key_id: str) -> HttpResponse:
    return _ask(request, caller, "retire", OwnerForm(request), access.get_secret(caller.workspace, key_id))


@room(Right.OWN, "POST")
def retire(request: HttpRequest, caller: Caller, key_id: str) -> HttpResponse:
    secret = access.get_secret(caller.workspace, key_id)
    form = OwnerForm(request, request.POST)
    return _do(request, caller, "retire", form, lambda: services.retire_secret(secret, actor=caller.actor), secret)


@room(Right.OWN, "GET")
def ask_reset_all(request: HttpRequest, caller: Caller) -> HttpResponse:
    return _ask(request, caller, "reset_all", OwnerForm(request))


@room(Right.OWN, "POST")
def reset_all(request: HttpRequest, caller: Caller) -> HttpResponse:
    form = OwnerForm(request, request.POST)

    def change() -> None:
        services.reset_all(caller.workspace, actor=caller.actor)

    return _do(request, caller, "reset_all", form, change)


_DONE = {
    "retire": "Secret retired. Its tokens are refused from now on.",
    "reset_all": "All secrets reset. Reveal the new values below and give them to your backends.",
}


def _ask(
    request: HttpRequest, caller: Caller, act: str, form: OwnerForm, secret: EmbedSecret | None = None
) -> HttpResponse:
    return form_page(request, f"secrets_admin/{act}.html", caller, form, secret=secret, act=act)


def _do(
    request: HttpRequest,
    caller: Caller,
    act: str,
    form: OwnerForm,
    change: Callable[[], EmbedSecret | None],
    secret: EmbedSecret | None = None,
) -> HttpResponse:
    """Change what the form asks for; then show the value that came of it, or go back to the list."""
    done = attempt(form, change)
    if done is None:
        return _ask(request, caller, act, form, secret)
    if done.result is None:
        messages.success(request, _DONE[act])
        return redirect("embedding", organization=caller.organization.slug)
    return _show(request, caller, act, done.result)


def _show(request: HttpRequest, caller: Caller, act: str, secret: EmbedSecret) -> HttpResponse:
    text = services.reveal_value(secret, actor=caller.actor, confirmed_at=reauth.confirmed_at(request))
    context: dict[str, Any] = {"caller": caller, "secret": secret, "value": text, "act": act}
    return render(request, "secrets_admin/shown.html", context)
