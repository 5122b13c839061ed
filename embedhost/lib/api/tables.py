"""A page of a list as its caller wants it: JSON, or CSV for spreadsheets."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

import orjson
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from embedhost.lib.api.fields import Fields, OneOf
from embedhost.lib.spreadsheet import csv_lines

#: The further answer of an endpoint that takes AsTable.
CSV: Final[dict[int | tuple[int, str], Any]] = {(200, "text/csv"): str}


class AsTable(Fields):
    """How a page is written."""

    format = OneOf(
        required=False, default="json", choices=("json", "csv"), help_text="csv: `next` is in the Link header."
    )


def answer_page(
    request: Request, shape: type[Fields], items: Sequence[Mapping[str, Any]], following: str | None, *, format: str
) -> HttpResponseBase:
    """Return a page of items of a shape; ``following`` is the ``after`` of the next one, or None on the last."""
    if format == "json":
        return Response({"items": items, "next": following})
    head = list(shape().fields)
    lines = csv_lines(head, ([_cell(item[name]) for name in head] for item in items))
    headers = {} if following is None else {"Link": f'<{_next_address(request, following)}>; rel="next"'}
    return HttpResponse("".join(lines), content_type="text/csv; charset=utf-8", headers=headers)


def _cell(value: object) -> object:
    """Return what is no single text or number as JSON has it, and instants as it writes them."""
    if isinstance(value, datetime):
        return value.isoformat()
    return orjson.dumps(value).decode() if isinstance(value, (list, dict)) else value


def _next_address(request: Request, following: str) -> str:
    given = {name: value for name, value in request.GET.items() if name != "after"}
    return f"{request.path}?{urlencode({**given, 'after': following})}"
