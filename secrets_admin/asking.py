"""What every room that changes something does with its form: change what it asks for, or say on it why not."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from embedhost.lib.errors import Refused
from secrets_admin.guard import Caller

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """The change was made; ``result`` is what came of it."""

    result: T


def attempt(form: Form, change: Callable[[], T], *, blame: str | None = None) -> Done[T] | None:
    """Make the change that a form asks for; None when the form is wrong or the change was refused.

    A refusal's message then stands at the field ``blame`` if the form has it, else above the form; what a model finds
    wrong stands at the field of the same name.
    """
    if not form.is_valid():
        return None
    try:
        return Done(change())
    except Refused as refusal:
        form.add_error(blame if blame in form.fields else None, refusal.message)
    except ValidationError as error:
        form.add_error(None, error)
    return None


def form_page(request: HttpRequest, template: str, caller: Caller, form: Form, **context: object) -> HttpResponse:
    """Show a page with its form, with status 400 when what was sent is refused."""
    shown = {"caller": caller, "form": form, **context}
    return render(request, template, shown, status=400 if form.errors else 200)
