"""Long lists, a page at a time: the next page begins after a key, so it costs the same wherever it is."""

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, Final, TypeVar

from django.db.models import Model, QuerySet
from rest_framework import serializers

from embedhost.lib.api.fields import Fields, Text
from embedhost.lib.api.problems import FieldError, RequestInvalid

M = TypeVar("M", bound=Model)
USUAL: Final = 100
MOST: Final = 1000
_LONGEST: Final = 4000


class PageQuery(Fields):
    """How much of a list, and from where."""

    limit = serializers.IntegerField(
        required=False, default=USUAL, min_value=1, max_value=MOST, help_text="Items of one page."
    )
    after = Text(required=False, help_text="`next` of the page before.", max_length=_LONGEST)


def cut(rows: QuerySet[M], key: str, asked: dict[str, Any]) -> tuple[list[M], str | None]:
    """Return a page of rows and the ``next`` that leads on; None on the last one.

    ``key``: a unique column, ``-column`` for the greatest first; ``asked`` as PageQuery read it. Raises RequestInvalid
    for an ``after`` that no page gave.
    """
    column, greatest_first = key.removeprefix("-"), key.startswith("-")
    if "after" in asked:
        at = _unpack(asked["after"], type(rows.model._meta.pk.to_python("1")) if column in ("id", "pk") else str)
        rows = rows.filter(**{f"{column}__{'lt' if greatest_first else 'gt'}": at})
    found = list(rows.order_by(key)[: asked["limit"] + 1])
    page = found[: asked["limit"]]
    return page, _pack(getattr(page[-1], column)) if len(found) > len(page) else None


def _pack(key: object) -> str:
    return urlsafe_b64encode(json.dumps(key, ensure_ascii=False).encode()).decode().rstrip("=")


def _unpack(text: str, kind: type) -> Any:
    try:
        key = json.loads(urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4)))
    except (binascii.Error, ValueError):
        key = None
    if type(key) is not kind or (isinstance(key, str) and ("\x00" in key or not _is_whole(key))):
        raise RequestInvalid([FieldError(("after",), "Use the `next` of the page before.", in_query=True)])
    return key


def _is_whole(text: str) -> bool:
    """PostgreSQL keeps no half characters."""
    return not any("\ud800" <= sign <= "\udfff" for sign in text)
