"""The rows of a statement, column by column, in JSON-able values."""

import datetime
import decimal
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from datasources.errors import ResultTooLarge

#: A result larger than this is refused rather than held in memory: characters of text and bytes, roughly.
MAX_CHARACTERS = 32_000_000
MAX_COLUMNS = 500


@dataclass(frozen=True, slots=True)
class Result:
    """``columns`` holds (name, type); the types are text, number, boolean, date, datetime and time.

    ``values`` has one list per column: str, int, float, bool or None. Dates and times are ISO 8601 text.
    """

    columns: tuple[tuple[str, str], ...]
    values: tuple[list[Any], ...]
    rows: int
    truncated: bool


def make_result(columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]], max_rows: int) -> Result:
    """Turn at most ``max_rows`` + 1 rows into a Result. Raises ResultTooLarge."""
    kept = rows[:max_rows]
    turned = list(zip(*kept, strict=True)) if kept else [() for _ in columns]
    values = tuple(_column(kind, cells) for (_, kind), cells in zip(columns, turned, strict=True))
    _check_size(columns, values)
    return Result(tuple(columns), values, len(kept), len(rows) > max_rows)


def make_columns(columns: Sequence[tuple[str, str]], values: Sequence[Sequence[Any]], truncated: bool) -> Result:
    """Turn the cells of each column into a Result. Raises ResultTooLarge."""
    converted = tuple(_column(kind, cells) for (_, kind), cells in zip(columns, values, strict=True))
    _check_size(columns, converted)
    return Result(tuple(columns), converted, len(converted[0]) if converted else 0, truncated)


def check_characters(characters: int) -> None:
    """Raise ResultTooLarge for more text than one panel may hold."""
    if characters > MAX_CHARACTERS:
        raise ResultTooLarge(f"{characters:,} characters")


def check_columns(columns: int) -> None:
    """Raise ResultTooLarge for more columns than one panel may hold."""
    if columns > MAX_COLUMNS:
        raise ResultTooLarge(f"{columns} columns")


def _check_size(columns: Sequence[tuple[str, str]], values: Sequence[Sequence[Any]]) -> None:
    check_columns(len(columns))
    texts = (cells for (_, kind), cells in zip(columns, values, strict=True) if kind == "text")
    check_characters(sum(sum(map(len, filter(None, cells))) for cells in texts))


def _column(kind: str, cells: Sequence[Any]) -> list[Any]:
    """Convert a column at once; one whose cells are JSON-able already is only copied."""
    types = set(map(type, cells))
    if types - {type(None)} <= _PLAIN[kind] and not _has_giants(types, cells):
        return list(cells)
    if types == {datetime.date}:
        return list(map(datetime.date.isoformat, cells))
    if types == {decimal.Decimal}:
        return _decimals(cells)
    convert = _CELLS[kind]
    return [None if cell is None else convert(cell) for cell in cells]


def _has_giants(types: set[type], cells: Sequence[Any]) -> bool:
    whole = [cell for cell in cells if cell is not None] if int in types else []
    return bool(whole) and (max(whole) > _LARGEST or min(whole) < -_LARGEST)


def _decimals(cells: Sequence[decimal.Decimal]) -> list[Any]:
    values = list(map(float, cells))
    if not all(map(math.isfinite, values)) or max(map(abs, values)) >= _EXACT:
        return list(map(number, cells))
    return [int(value) if value.is_integer() else value for value in values]


def number(cell: Any) -> int | float | None:
    """Return an int or a finite float; what JSON cannot say (NaN, Infinity) is None."""
    if type(cell) is int:
        return cell if abs(cell) <= _LARGEST else float(cell)
    value = float(cell)
    if not math.isfinite(value):
        return None
    if isinstance(cell, decimal.Decimal) and value.is_integer():
        return int(value) if abs(value) < _EXACT else number(int(cell))
    return value


def text(cell: Any) -> str:
    """Return a text for any value; bytes that are no text become hexadecimal digits."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bytes | bytearray | memoryview):
        return _decoded(bytes(cell))
    if isinstance(cell, dict | list):
        return json.dumps(cell, default=str, ensure_ascii=False, separators=(",", ":"))
    return str(cell)


def _decoded(cell: bytes) -> str:
    """Types that a driver does not know, such as enumerations, come as the bytes of their text."""
    try:
        return cell.decode()
    except UnicodeDecodeError:
        return cell.hex()


def iso(cell: Any) -> str:
    """Return ISO 8601; instants are given in UTC."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, datetime.datetime) and cell.tzinfo is not None:
        cell = cell.astimezone(datetime.UTC)
    return str(cell.isoformat())


#: Whole numbers up to here are exact as a float.
_EXACT = 2**53
#: Whole numbers beyond it fit no 64-bit reader; they are shown as floats.
_LARGEST = 2**63 - 1

_PLAIN: dict[str, set[type]] = {
    "text": {str},
    "number": {int},
    "boolean": {bool},
    "date": {str},
    "datetime": {str},
    "time": {str},
}
_CELLS: dict[str, Callable[[Any], Any]] = {
    "text": text,
    "number": number,
    "boolean": bool,
    "date": iso,
    "datetime": iso,
    "time": iso,
}
