"""Long lists, a page at a time: the next page begins after a key, so it costs the same wherever it is."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from django.db.models import Model, Q, QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from embedhost.lib.api.fields import Fields, Text

M = TypeVar("M", bound=Model)
USUAL: Final = 100
MOST: Final = 1000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PLACE: Final = re.compile("([0-9]{1,16})-([0-9]{1,18})")


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": MOST})
class Limit(serializers.Field[Any, Any, Any, Any]):
    """Items of one page."""

    def __init__(self, **named: Any) -> None:
        super().__init__(required=False, default=USUAL, help_text="Items of one page.", **named)

    def to_internal_value(self, data: str) -> int:
        # int() takes 1_0, +5 and other scripts' digits, too.
        if not re.fullmatch("[0-9]{1,4}", data) or not 1 <= int(data) <= MOST:
            raise serializers.ValidationError(f"A page has 1 to {MOST:,} items.")
        return int(data)


class PageQuery(Fields):
    """How much of a list, and from where."""

    limit = Limit()
    after = Text(required=False, max_length=255, help_text="`next` of the page before.")


def cut(rows: QuerySet[M], key: str, asked: dict[str, Any]) -> tuple[list[M], str | None]:
    """Return a page of rows and the ``next`` that leads on; None on the last one.

    ``key``: a unique column of texts; ``asked`` as PageQuery read it. ``after`` is where the page before ended, and
    whatever else somebody writes there is a place in the same order.
    """
    if "after" in asked:
        rows = rows.filter(**{f"{key}__gt": asked["after"]})
    found = list(rows.order_by(key)[: asked["limit"] + 1])
    page = found[: asked["limit"]]
    return page, str(getattr(page[-1], key)) if len(found) > len(page) else None


@extend_schema_field({"type": "string", "pattern": f"^{_PLACE.pattern}$"})
class Place(serializers.Field[Any, Any, Any, Any]):
    """A place in a log: microseconds since 1970 and a row's id."""

    def to_internal_value(self, data: Any) -> tuple[datetime, int]:
        found = _PLACE.fullmatch(data)
        if found is None:
            raise serializers.ValidationError("Use the `next` of the page before.")
        return _EPOCH + timedelta(microseconds=int(found[1])), int(found[2])


@extend_schema_field({"type": "string", "pattern": "^[0-9]{1,18}$"})
class Number(serializers.Field[Any, Any, Any, Any]):
    """A whole number in a query string."""

    def to_internal_value(self, data: str) -> int:
        if not re.fullmatch("[0-9]{1,18}", data):
            raise serializers.ValidationError("Use the `next` of the page before.")
        return int(data)


class NumberedQuery(Fields):
    """How much of a list with the greatest number first, and before which one."""

    limit = Limit()
    after = Number(required=False, help_text="`next` of the page before.")


class LogQuery(Fields):
    """How much of a log, newest first, and from where."""

    limit = Limit()
    after = Place(required=False, help_text="`next` of the page before.")


def cut_down(rows: QuerySet[M], key: str, asked: dict[str, Any]) -> tuple[list[M], str | None]:
    """Return a page of rows, the greatest ``key`` first, which is a unique column of whole numbers (NumberedQuery)."""
    if "after" in asked:
        rows = rows.filter(**{f"{key}__lt": asked["after"]})
    found = list(rows.order_by(f"-{key}")[: asked["limit"] + 1])
    page = found[: asked["limit"]]
    return page, str(getattr(page[-1], key)) if len(found) > len(page) else None


def cut_newest(rows: QuerySet[M], asked: dict[str, Any]) -> tuple[list[M], str | None]:
    """Return a page of a log, the newest first by its columns ``at`` and ``id``; ``asked`` as LogQuery read it."""
    if "after" in asked:
        at, row_id = asked["after"]
        rows = rows.filter(Q(at__lt=at) | Q(at=at, id__lt=row_id))
    found = list(rows.order_by("-at", "-id")[: asked["limit"] + 1])
    page = found[: asked["limit"]]
    return page, _place_of(page[-1]) if len(found) > len(page) else None


def _place_of(row: Any) -> str:
    return f"{(row.at - _EPOCH) // timedelta(microseconds=1)}-{row.id}"
