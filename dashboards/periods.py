"""Relative periods and days: words such as last_30_days and yesterday, resolved in the viewer's time zone.

A period includes its last day. ``last_12_months`` is this month so far and the eleven before it; ``last_month`` is the
whole one before this.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

_AGO = re.compile(r"([1-9][0-9]{0,3})_days_ago\Z")
_LAST = re.compile(r"last_([1-9][0-9]{0,2})_(days|weeks|months|years)\Z")

Period = tuple[date, date]


def today_in(time_zone: str, now: float) -> date:
    """Return the day that it is in ``time_zone`` at ``now`` (seconds since the epoch)."""
    return datetime.fromtimestamp(now, ZoneInfo(time_zone)).date()


def is_period(word: str) -> bool:
    """Tell whether a word names a relative period."""
    return word in _NAMED or _LAST.match(word) is not None


def resolve(word: str, today: date) -> Period:
    """Return first and last day of a relative period. Raises ValueError for an unknown word."""
    if word in _NAMED:
        return _NAMED[word](today)
    found = _LAST.match(word)
    if found is None:
        raise ValueError(word)
    return _last(int(found[1]), found[2], today)


def is_day(word: str) -> bool:
    """Tell whether a word names a relative day: today, yesterday, 7_days_ago."""
    return word in _DAYS or _AGO.match(word) is not None


def day(word: str, today: date) -> date:
    """Return the day that a word means. Raises ValueError for an unknown word."""
    found = _AGO.match(word)
    if word not in _DAYS and found is None:
        raise ValueError(word)
    return today - timedelta(days=_DAYS[word] if found is None else int(found[1]))


def _last(count: int, unit: str, today: date) -> Period:
    if unit == "days":
        return today - timedelta(days=count - 1), today
    if unit == "weeks":
        monday = today - timedelta(days=today.weekday())
        return monday - timedelta(weeks=count - 1), today
    months = count - 1 if unit == "months" else today.month - 1 + 12 * (count - 1)
    return months_before(today.replace(day=1), months), today


def months_before(day: date, count: int) -> date:
    """Return the same day ``count`` months earlier, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 - count, 12)
    if year < 1:
        raise ValueError("before the year 1")
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _week(monday: date) -> Period:
    return monday, monday + timedelta(days=6)


def _quarter(day: date) -> date:
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


def _month(day: date) -> Period:
    first = day.replace(day=1)
    return first, day.replace(day=monthrange(day.year, day.month)[1])


_DAYS = {"today": 0, "yesterday": 1}
_NAMED: dict[str, Callable[[date], Period]] = {
    "today": lambda today: (today, today),
    "yesterday": lambda today: (today - timedelta(days=1), today - timedelta(days=1)),
    "this_week": lambda today: (today - timedelta(days=today.weekday()), today),
    "last_week": lambda today: _week(today - timedelta(days=today.weekday() + 7)),
    "this_month": lambda today: (today.replace(day=1), today),
    "last_month": lambda today: _month(months_before(today.replace(day=1), 1)),
    "this_quarter": lambda today: (_quarter(today), today),
    "last_quarter": lambda today: (months_before(_quarter(today), 3), _quarter(today) - timedelta(days=1)),
    "this_year": lambda today: (today.replace(month=1, day=1), today),
    "last_year": lambda today: (date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)),
}
