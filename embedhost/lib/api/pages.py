"""Long lists, a page at a time: the next page begins after a key, so it costs the same wherever it is."""

from typing import Any, Final, TypeVar

from django.db.models import Model, QuerySet
from rest_framework import serializers

from embedhost.lib.api.fields import Fields, Text

M = TypeVar("M", bound=Model)
USUAL: Final = 100
MOST: Final = 1000


class PageQuery(Fields):
    """How much of a list, and from where."""

    limit = serializers.IntegerField(
        required=False, default=USUAL, min_value=1, max_value=MOST, help_text="Items of one page."
    )
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
