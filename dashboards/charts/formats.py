"""Numbers and dates by the viewer's locale (CLDR, through Babel).

frontend/src/charts/format.ts does the same inside drawings; tests/charts/test_formats.py compares the two.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.numbers import (
    format_compact_currency,
    format_compact_decimal,
    format_currency,
    format_decimal,
    format_percent,
    get_decimal_symbol,
)

MINUS = "\u2212"
STYLES = ("number", "currency", "percent")


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """How a column's numbers are written. A percent is stored as a fraction: 0.064 is 6.4%."""

    style: str = "number"
    currency: str = "EUR"
    decimals: int | None = None
    compact: bool | None = None

    @classmethod
    def of(cls, raw: object) -> "NumberFormat":
        """Return the format that an encoding's ``format`` names; anything else is a plain number."""
        if not isinstance(raw, Mapping):
            return cls()
        return cls(
            **{key: raw[key] for key in ("style", "currency", "decimals", "compact") if raw.get(key) is not None}
        )


@lru_cache(maxsize=500)
def cldr(locale: str) -> Locale:
    """Return the CLDR locale of a name such as ``de-AT``; English for one that CLDR does not know."""
    for name in (locale.replace("-", "_"), locale.replace("_", "-").partition("-")[0]):
        try:
            return Locale.parse(name)
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en")


def _date_locale(locale: str) -> Locale:
    # Plain English writes 20 Nov 2026, 14:32, as the rest of the world reads it; en-US keeps its own order.
    found = cldr(locale)
    return Locale("en", "GB") if found.language == "en" and found.territory is None else found


def _tidy(text: str, locale: str) -> str:
    text = text.replace("-", MINUS)
    found = cldr(locale)
    if found.language == "en" and found.territory in (None, "GB"):
        return re.sub(r"(\d)K", r"\1k", text)
    return text


def decimals_for(values: Iterable[float | None], form: NumberFormat) -> int:
    """Return how many decimals a whole column takes, so that its numbers line up."""
    if form.decimals is not None:
        return form.decimals
    if form.style == "percent":
        return 1
    present = [value for value in values if value is not None]
    large = max((abs(value) for value in present), default=0)
    if all(float(value).is_integer() for value in present) or (form.style == "currency" and large >= 10_000):
        return 0
    return 2 if form.style == "currency" or large < 100 else 1


def exact(value: float, locale: str, form: NumberFormat, decimals: int) -> str:
    """Return a number in full, with ``decimals`` digits after the point; never a minus before zero."""
    places = decimals + 2 if form.style == "percent" else decimals
    rounded = Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return _tidy(_written(rounded if rounded else Decimal(0), cldr(locale), form, decimals), locale)


def _written(value: Decimal, locale: Locale, form: NumberFormat, decimals: int) -> str:
    if form.style == "currency":
        pattern = _with(locale.currency_formats["standard"].pattern, decimals)
        return str(format_currency(value, form.currency, pattern, locale=locale, currency_digits=False))
    if form.style == "percent":
        return str(format_percent(value, _with(locale.percent_formats[None].pattern, decimals), locale=locale))
    return str(format_decimal(value, _with(locale.decimal_formats[None].pattern, decimals), locale=locale))


@lru_cache(maxsize=500)
def _with(pattern: str, decimals: int) -> str:
    """Return a CLDR pattern with exactly so many decimals: ``#,##0 %`` with one is ``#,##0.0 %``."""
    plain = re.sub(r"\.[0#]+", "", pattern)
    return ";".join(re.sub(r"0(?![0,#])", _places(decimals), half, count=1) for half in plain.split(";"))


def _places(decimals: int) -> str:
    return "0." + "0" * decimals if decimals else "0"


def compact(value: float, locale: str, form: NumberFormat) -> str:
    """Return a number in three digits, for bars, labels and cards: €5.48M, €541k, 12.5."""
    if form.compact is False or form.style == "percent":
        return exact(value, locale, form, decimals_for([value], form))
    if abs(value) < 999.5:
        return _small(value, locale, form)
    return _tidy(_scaled(_three_digits(value), cldr(locale), form), locale)


def _small(value: float, locale: str, form: NumberFormat) -> str:
    if float(value).is_integer():
        return exact(value, locale, form, 0)
    if form.style == "currency":
        return exact(value, locale, form, 2 if abs(value) < 100 else 0)
    return _tidy(str(format_decimal(_three_digits(value).normalize(), "#,##0.######", locale=cldr(locale))), locale)


def _three_digits(value: float) -> Decimal:
    number = Decimal(repr(value))
    return number.quantize(Decimal(1).scaleb(number.adjusted() - 2), ROUND_HALF_EVEN)


def _scaled(value: Decimal, locale: Locale, form: NumberFormat) -> str:
    if form.style == "currency":
        text = format_compact_currency(value, form.currency, locale=locale, fraction_digits=2)
    else:
        text = format_compact_decimal(value, locale=locale, fraction_digits=2)
    return _three_shown(text, value, locale, form)


def _three_shown(text: str, value: Decimal, locale: Locale, form: NumberFormat) -> str:
    """Pad 5.5M to 5.50M; a locale that does not shorten this size gets the number in full with its groups."""
    found = re.search(r"\d[\d.,\u066b]*\d|\d", text)
    if found is None:
        return text
    shown = found[0]
    digits = sum(c.isdigit() for c in shown)
    if digits > 3 and Decimal(shown) == abs(value):
        return _written(value.quantize(Decimal(1)), locale, form, 0)
    if digits > 3:
        # Spanish counts 1.500 M: the scaled number itself needs its groups.
        grouped = str(format_decimal(Decimal(shown), "#,##0", locale=locale))
        return text[: found.start()] + grouped + text[found.end() :]
    if digits == 3:
        return text
    point = get_decimal_symbol(locale)
    padded = shown + ("" if point in shown else point) + "0" * (3 - digits)
    return text[: found.start()] + padded + text[found.end() :]


def change(fraction: float, locale: str) -> str:
    """Return a relative change with its sign and one decimal: +19.3%; no sign at zero."""
    form = NumberFormat("percent")
    return _signed(fraction, exact(fraction, locale, form, 1), 0.0005)


def points(fraction: float, locale: str) -> str:
    """Return a change of a rate in points, one decimal: +0.7."""
    return _signed(fraction, exact(fraction * 100, locale, NumberFormat(), 1), 0.0005)


def _signed(value: float, text: str, least: float) -> str:
    return f"+{text}" if value >= least else text


def share(part: float, locale: str) -> str:
    """Return a share of the whole without decimals: 38%."""
    return exact(part, locale, NumberFormat("percent"), 0)


@lru_cache(maxsize=200)
def zone_of(name: str) -> tzinfo:
    """Return the time zone of an IANA name, UTC for one that is not known."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def parse_moment(text: str) -> datetime | None:
    """Return the moment of an ISO time; one without a zone is UTC. None when it is not one."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def clock(moment: datetime, locale: str, time_zone: str) -> str:
    """Return a time of day in the viewer's zone: 14:32."""
    return str(format_time(moment, "short", tzinfo=zone_of(time_zone), locale=_date_locale(locale)))


def full_moment(moment: datetime, locale: str, time_zone: str) -> str:
    """Return a day and time in the viewer's zone: 20 Nov 2026, 14:32."""
    where = _date_locale(locale)
    local = moment.astimezone(zone_of(time_zone))
    both = str(where.datetime_formats["medium"]).replace("{1}", day(local.date(), locale))
    return both.replace("{0}", clock(moment, locale, time_zone))


def day(value: date, locale: str) -> str:
    """Return a date: 20 Nov 2026."""
    # British CLDR alone writes Sept for the ninth month.
    return str(format_date(value, "medium", locale=_date_locale(locale))).replace("Sept ", "Sep ")


def cell_text(value: Any, kind: str, locale: str, time_zone: str) -> str:
    """Return a cell that is not a number: a date in words, text as it is, a dash for nothing."""
    if value is None:
        return "–"
    if kind == "date" and isinstance(value, str):
        return _date_text(value, locale)
    if kind == "datetime" and isinstance(value, str):
        return _moment_text(value, locale, time_zone)
    return str(value)


def _date_text(value: str, locale: str) -> str:
    try:
        return day(date.fromisoformat(value[:10]), locale)
    except ValueError:
        return value


def _moment_text(value: str, locale: str, time_zone: str) -> str:
    moment = parse_moment(value)
    if moment is None:
        return value
    zoned = datetime.fromisoformat(value).tzinfo is not None
    return full_moment(moment, locale, time_zone if zoned else "UTC")
