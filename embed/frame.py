"""A template that is rendered once per language and shape; its holes are filled anew for each page.

Rendering a page's template cost a fifth of a warm page, and nearly all of it was the same text every time. The template
stays what decides: it is rendered with a mark in place of each text that differs, and cut at the marks.

>>> fill("embed/page.html", Shape("en"), {"title": "Sales", "boot": SafeString("<script ...")})        # doctest: +SKIP
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from django.template.loader import render_to_string
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import override

from dashboards.locales import direction

#: Nobody can write it into a value: every process makes its own.
_MARK: Final = f"hole-{secrets.token_hex(16)}-"
_CUT: Final = re.compile(f"{_MARK}([a-z_]+);")
#: Frames kept in a process, some 10 KB each.
_FRAMES: Final = 200


@dataclass(frozen=True, slots=True)
class Shape:
    """Everything that a template asks about but the texts themselves."""

    locale: str
    with_customer: bool = False
    with_moment: bool = False
    refreshed: bool = False
    format: str = ""


class _Holes:
    """What a template sees in place of the texts: for any name, the mark of that hole."""

    def __getattr__(self, name: str) -> str:
        # Django asks values whether they are callable templates; only names that a template writes are holes.
        if name.startswith("_") or name == "do_not_call_in_templates":
            raise AttributeError(name)
        return f"{_MARK}{name};"


def fill(template: str, shape: Shape, texts: Mapping[str, str]) -> str:
    """Return the template with its holes filled; each text is escaped unless it is a SafeString. Raises KeyError."""
    pieces = list(_pieces(template, shape))
    pieces[1::2] = [conditional_escape(texts[name]) for name in pieces[1::2]]
    return "".join(pieces)


@lru_cache(maxsize=_FRAMES)
def _pieces(template: str, shape: Shape) -> Sequence[str]:
    """Return literal text and names of holes in turns."""
    context = {"shape": shape, "direction": direction(shape.locale), "hole": _Holes(), "words": _words(shape.locale)}
    with override(shape.locale):
        return tuple(_CUT.split(render_to_string(template, context)))


@lru_cache(maxsize=100)
def _words(locale: str) -> SafeString:
    """The script's words in one language."""
    with override(locale):
        return mark_safe(render_to_string("embed/words.html"))  # noqa: S308 -- a template
