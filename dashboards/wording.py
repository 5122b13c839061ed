"""A variable's value in the viewer's words."""

from datetime import date
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal
from django.utils.translation import gettext, ngettext

from dashboards.spec import VariableSpec


def value_text(variable: VariableSpec, value: Any, locale: str) -> str:
    """Return what a chip shows for a value: "All" when unset, "Last 12 months", a choice's label, a date."""
    if value is None:
        return gettext("All")
    if variable.type == "choice":
        return dict(variable.choices).get(value, str(value))
    if variable.type == "number":
        return str(format_decimal(value, locale=_cldr(locale)))
    if variable.type == "date_range":
        return _period(value, locale)
    return str(value)


def _period(value: Any, locale: str) -> str:
    if isinstance(value, str):
        return period_text(value)
    start, end = (_day(value[name], locale) for name in ("start", "end"))
    return start if value["start"] == value["end"] else f"{start} – {end}"


def _day(text: str, locale: str) -> str:
    return str(format_date(date.fromisoformat(text), "medium", locale=_cldr(locale)))


def _cldr(locale: str) -> str:
    return locale.replace("-", "_")


def period_text(word: str) -> str:
    """Return a relative period in words, such as "Last 30 days" for last_30_days."""
    named = {
        "today": gettext("Today"),
        "yesterday": gettext("Yesterday"),
        "this_week": gettext("This week"),
        "this_month": gettext("This month"),
        "last_month": gettext("Last month"),
        "this_quarter": gettext("This quarter"),
        "this_year": gettext("This year"),
        "last_year": gettext("Last year"),
    }
    if word in named:
        return named[word]
    _, count, unit = word.split("_")
    return _counted(int(count), unit)


def _counted(count: int, unit: str) -> str:
    texts = {
        "days": ngettext("Last %(count)d day", "Last %(count)d days", count),
        "weeks": ngettext("Last %(count)d week", "Last %(count)d weeks", count),
        "months": ngettext("Last %(count)d month", "Last %(count)d months", count),
        "years": ngettext("Last %(count)d year", "Last %(count)d years", count),
    }
    return texts[unit] % {"count": count}
