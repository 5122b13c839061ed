"""Date values as Metabase writes them, turned into our date ranges where ours can say the same.

Vendor: date/all-options parameters. Where one of our own words means exactly the same, it is that word, so that the
viewer reads it; every other period becomes two days, both included. Weeks begin on Monday.

>>> translate("2024-01-02~2024-02-01", date(2024, 5, 1))
{'start': '2024-01-02', 'end': '2024-02-01'}
>>> translate("past30days~", date(2024, 5, 1))
'last_31_days'
"""

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final, Never

Range = str | dict[str, str]

#: How far a range reaches that has no end: every engine knows these days, and the one after the last.
EARLIEST: Final = date(1000, 1, 1)
LATEST: Final = date(9999, 12, 30)

_UNIT: Final = "(day|week|month|quarter|year)"
_SAME_WORD: Final = {
    "today": "today",
    "thisday": "today",
    "yesterday": "yesterday",
    "lastday": "yesterday",
    "lastmonth": "last_month",
    "lastyear": "last_year",
}
_FINER: Final = re.compile(r".*[0-9]T[0-9].*|(?:this|last|past|next)[0-9]*(?:millisecond|second|minute|hour).*")


class NotTranslatable(ValueError):
    """A value that none of our date ranges can say; the message is a sentence that quotes nothing of it."""


def translate(text: str, today: date) -> Range:
    """Return a date value of Metabase's as a date range of ours. Raises NotTranslatable."""
    if text in _SAME_WORD:
        return _SAME_WORD[text]
    for shape, read in _SHAPES:
        found = shape.fullmatch(text)
        if found is not None:
            return read(found, today)
    return _refuse(text)


def _refuse(text: str) -> Never:
    if text.startswith("exclude-"):
        raise NotTranslatable("A date range cannot leave days out; exclude-... is not taken.")
    if _FINER.fullmatch(text):
        raise NotTranslatable("A date range has days and no times of day.")
    raise NotTranslatable("This is no date, range of dates or relative period that is known.")


def _one_day(found: re.Match[str], _today: date) -> Range:
    return _days(_date(found[1]), _date(found[1]))


def _from_to(found: re.Match[str], _today: date) -> Range:
    return _days(_date(found[1]), _date(found[2]))


def _until(found: re.Match[str], _today: date) -> Range:
    return _days(EARLIEST, _date(found[1]))


def _since(found: re.Match[str], _today: date) -> Range:
    return _days(_date(found[1]), LATEST)


def _month(found: re.Match[str], _today: date) -> Range:
    first = _date(f"{found[1]}-01")
    return _days(first, _last(first, "month"))


def _quarter(found: re.Match[str], _today: date) -> Range:
    first = _date(f"{found[2]}-{int(found[1]) * 3 - 2:02}-01")
    return _days(first, _last(first, "quarter"))


def _current(found: re.Match[str], today: date) -> Range:
    return _days(_first(today, found[1]), _last(today, found[1]))


def _former(found: re.Match[str], today: date) -> Range:
    day = _moved(today, found[1], -1)
    return _days(_first(day, found[1]), _last(day, found[1]))


def _past(found: re.Match[str], today: date) -> Range:
    """``past3months``: so many whole ones before this one; with ``~`` this one too; ``-from-2years``: that much ago."""
    count, unit, with_current = int(found[1]), found[2], found[3] == "~"
    if unit == "day" and with_current and count < 999:
        return f"last_{count + 1}_days"
    base = _moved(today, found[5], -int(found[4])) if found[4] else today
    end = base if with_current else _moved(base, unit, -1)
    return _days(_first(_moved(base, unit, -count), unit), _last(end, unit))


def _next(found: re.Match[str], today: date) -> Range:
    count, unit, with_current = int(found[1]), found[2], found[3] == "~"
    base = _moved(today, found[5], int(found[4])) if found[4] else today
    start = base if with_current else _moved(base, unit, 1)
    return _days(_first(start, unit), _last(_moved(base, unit, count), unit))


_DAY: Final = "([0-9]{4}-[0-9]{2}-[0-9]{2})"
_COUNTED: Final = rf"([1-9][0-9]{{0,3}}){_UNIT}s(~|-from-([1-9][0-9]{{0,3}}){_UNIT}s)?"
_SHAPES: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], Range]], ...]] = (
    (re.compile(_DAY), _one_day),
    (re.compile(f"{_DAY}~{_DAY}"), _from_to),
    (re.compile(f"~{_DAY}"), _until),
    (re.compile(f"{_DAY}~"), _since),
    (re.compile("([0-9]{4}-[0-9]{2})"), _month),
    (re.compile("Q([1-4])-([0-9]{4})"), _quarter),
    (re.compile(f"this{_UNIT}"), _current),
    (re.compile(f"last{_UNIT}"), _former),
    (re.compile(f"past{_COUNTED}"), _past),
    (re.compile(f"next{_COUNTED}"), _next),
)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotTranslatable("This day is not in the calendar.") from None


def _days(start: date, end: date) -> dict[str, str]:
    if start > end:
        raise NotTranslatable("The range ends before it begins.")
    if start < EARLIEST or end > LATEST:
        raise NotTranslatable("The range lies too far away.")
    return {"start": start.isoformat(), "end": end.isoformat()}


def _first(day: date, unit: str) -> date:
    if unit == "week":
        return day - timedelta(days=day.weekday())
    month = {"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 1, "year": 1}.get(unit)
    return day if month is None else day.replace(month=month, day=1)


def _last(day: date, unit: str) -> date:
    if unit == "week":
        return _first(day, unit) + timedelta(days=6)
    month = {"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 3, "year": 12}.get(unit)
    return day if month is None else date(day.year, month, monthrange(day.year, month)[1])


_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}


def _moved(day: date, unit: str, count: int) -> date:
    """Return the day so many units later, or earlier for a negative count; a month's last day where it is shorter."""
    try:
        if unit in _MONTHS:
            year, month = divmod(day.year * 12 + day.month - 1 + count * _MONTHS[unit], 12)
            return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
        return day + timedelta(days=count * (7 if unit == "week" else 1))
    except (ValueError, OverflowError, IndexError):
        raise NotTranslatable("The range lies too far away.") from None
