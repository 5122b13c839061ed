"""Times of a token in words, with the difference between two clocks where there is one."""

import math
from datetime import UTC, datetime

#: Seconds since 1970 of the year 5138; what is larger counts milliseconds or smaller pieces.
_SECONDS = 1e11


def moment(seconds: float) -> str:
    """Return "22 Nov 2026, 02:07:31 UTC", or the number itself when it is no time that a calendar has."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%-d %b %Y, %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):
        return f"{seconds:g}"


def span(seconds: float) -> str:
    """Return a length of time such as "36 hours", "1 hour 5 minutes" or "12 seconds"."""
    whole = round(abs(seconds))
    if whole < 120:
        return _count(whole, "second")
    if whole < 3600:
        return _count(round(whole / 60), "minute")
    if whole < 72 * 3600:
        minutes = round(whole / 60)
        return _count(minutes // 60, "hour") + (f" {_count(minutes % 60, 'minute')}" if minutes % 60 else "")
    return _count(round(whole / 86_400), "day")


def _count(number: int, unit: str) -> str:
    return f"{number:,} {unit}" if number == 1 else f"{number:,} {unit}s"


def is_time(value: object) -> bool:
    """Say whether a claim's value can be a time at all."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def in_milliseconds(value: object) -> bool:
    """Say whether a number counts milliseconds, or smaller pieces, where seconds are meant."""
    return isinstance(value, int | float) and is_time(value) and value > _SECONDS


def whole_hours(seconds: float) -> int:
    """Return by how many whole hours two clocks differ, as time zones do; 0 when it is no such difference."""
    hours = round(seconds / 3600)
    return hours if 1 <= abs(hours) <= 14 and abs(seconds - hours * 3600) <= 180 else 0
