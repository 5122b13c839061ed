"""What every room that changes something does with its form: change what it asks for, or say on it why not."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.forms import Form

from embedhost.lib.errors import Refused

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """The change was made; ``result`` is what came of it."""

    result: T


def attempt(form: Form, change: Callable[[], T], *, blame: str | None = None) -> Done[T] | None:
    """Make the change that a form asks for; None when the form is wrong or the change was refused.

    A refusal's message then stands at the field ``blame``, or above the form.
    """
    if not form.is_valid():
        return None
    try:
        return Done(change())
    except Refused as refusal:
        form.add_error(blame, refusal.message)
        return None
