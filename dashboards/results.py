"""Rows of a query as the finished bytes that are kept and answered."""

import time
from collections.abc import Iterator
from typing import Any

import orjson

from dashboards.spec import PanelSpec
from datasources.result import Result

#: The type of the panel that a variable's query runs as; nobody draws it.
CHOICES = "choices"
#: A value longer than this cannot be chosen, as it could not be set either.
MAX_TEXT = 1000


def body_of(panel: PanelSpec, result: Result, at: float) -> bytes:
    """Return a result as JSON: columns with the panel's encoding, or what a variable's query offers."""
    return orjson.dumps(_choices(panel, result, at) if panel.type == CHOICES else _rows(panel, result, at))


def _rows(panel: PanelSpec, result: Result, at: float) -> dict[str, Any]:
    columns = [
        {"name": name, "type": kind, "values": values}
        for (name, kind), values in zip(result.columns, result.values, strict=True)
    ]
    return {
        "panel": panel.id,
        "type": panel.type,
        "encoding": panel.encoding,
        "data": {"columns": columns, "rows": result.rows, "truncated": result.truncated},
        "as_of": as_of(at),
    }


def _choices(panel: PanelSpec, result: Result, at: float) -> dict[str, Any]:
    return {
        "variable": panel.id.partition(":")[2],
        "choices": [{"value": value, "label": label} for value, label in _pairs(result)],
        "truncated": result.truncated,
        "as_of": as_of(at),
    }


def _pairs(result: Result) -> Iterator[tuple[str, str]]:
    """Yield each value once; what is NULL, empty or could not be set is nothing to choose."""
    seen: set[str] = set()
    values = result.values[0]
    labels = result.values[1] if len(result.values) > 1 else values
    for cell, named in zip(values, labels, strict=True):
        value = _text(cell)
        if value and value not in seen and len(value) <= MAX_TEXT and value.isprintable():
            seen.add(value)
            yield value, _text(named) or value


def _text(cell: object) -> str:
    """Return a cell as the text that is bound when it is chosen: true and false in SQL's spelling, NULL as nothing."""
    if isinstance(cell, bool):
        return str(cell).lower()
    return "" if cell is None else str(cell)


def as_of(at: float) -> str:
    """Return a time in seconds as ISO 8601 in UTC, to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
