"""Values of variables, checked against their type a last time before they are bound."""

import datetime
import math
import re
from collections.abc import Callable, Mapping

from datasources.binds import Bind
from datasources.errors import BadValue

MAX_TEXT = 10_000
MAX_LIST = 10_000

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INT64 = 2**63


def convert(bind: Bind, value: object) -> object:
    """Return the value as it is bound: text, number, date, bool, or a tuple for a list. Raises BadValue.

    None is bound as NULL: an unset variable matches no row.
    """
    if value is None:
        return None
    if bind.many:
        return _list(bind, value)
    converted = _CONVERTERS[bind.type](bind, value)
    return _escaped(converted) if bind.like and isinstance(converted, str) else converted


def _bad(bind: Bind, why: str) -> BadValue:
    return BadValue(bind.name, f"{bind.name}: {why}")


def _text(bind: Bind, value: object) -> str:
    if not isinstance(value, str):
        raise _bad(bind, "not a text")
    if len(value) > MAX_TEXT or "\x00" in value:
        raise _bad(bind, "too long, or holds a NUL")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _bad(bind, "holds half of a character") from None
    return value


def _number(bind: Bind, value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _bad(bind, "not a number")
    if isinstance(value, int):
        if not -_INT64 <= value < _INT64:
            raise _bad(bind, "beyond 64 bits")
        return value
    if not math.isfinite(value):
        raise _bad(bind, "not finite")
    return value


def _boolean(bind: Bind, value: object) -> bool:
    if not isinstance(value, bool):
        raise _bad(bind, "not true or false")
    return value


def _date(bind: Bind, value: object) -> datetime.date:
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise _bad(bind, "not a date as YYYY-MM-DD")
    try:
        return datetime.date.fromisoformat(value)
    except ValueError:
        raise _bad(bind, "not a day of the calendar") from None


def _date_range(bind: Bind, value: object) -> datetime.date:
    if not isinstance(value, Mapping) or bind.part not in value:
        raise _bad(bind, "not a range with start and end")
    return _date(bind, value[bind.part])


def _property(bind: Bind, value: object) -> str | int:
    """A property of the customer: text or a whole number."""
    if isinstance(value, int) and not isinstance(value, bool):
        number = _number(bind, value)
        return int(number)
    return _text(bind, value)


def _list(bind: Bind, value: object) -> tuple[object, ...]:
    if bind.type == "property" and isinstance(value, str | int):
        value = (value,)
    if not isinstance(value, list | tuple) or len(value) > MAX_LIST:
        raise _bad(bind, f"not a list of at most {MAX_LIST} values")
    item = _property if bind.type == "property" else _text
    values = tuple(item(bind, entry) for entry in value)
    if len({type(entry) for entry in values}) > 1:
        raise _bad(bind, "texts and numbers in one list")
    return values


def _escaped(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)


_CONVERTERS: Mapping[str, Callable[[Bind, object], object]] = {
    "text": _text,
    "choice": _text,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "date_range": _date_range,
    "property": _property,
}
