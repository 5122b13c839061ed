"""A variable's value in the viewer's words."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from babel.numbers import format_decimal
from django.utils.translation import gettext, ngettext

from dashboards import periods
from dashboards.charts.formats import day
from dashboards.variable_spec import CHOSEN, VariableSpec

#: A chip names so many choices and counts the others.
NAMED_CHOICES = 2


def value_text(variable: VariableSpec, value: Any, locale: str, choices: Sequence[tuple[str, str]] = ()) -> str:
    """Return what a chip shows for a value: "All" when unset, "Last 12 months", a choice's label, a date.

    ``choices`` are those that the variable's query offers, where they are known.
    """
    if value is None:
        return gettext("All")
    if variable.type in CHOSEN:
        labels = dict(choices or variable.choices)
        return _chosen([labels.get(item, item) for item in ([value] if isinstance(value, str) else value)])
    if variable.type == "number":
        return str(format_decimal(value, locale=_cldr(locale)))
    return _TEXTS.get(variable.type, _plain)(value, locale)


def _chosen(labels: Sequence[str]) -> str:
    if not labels:
        return gettext("None")
    rest = len(labels) - NAMED_CHOICES
    return ", ".join(labels[:NAMED_CHOICES]) + (f" +{rest}" if rest > 0 else "")


def _plain(value: Any, _locale: str) -> str:
    return str(value)


def _truth(value: Any, _locale: str) -> str:
    return gettext("Yes") if value else gettext("No")


def _period(value: Any, locale: str) -> str:
    if isinstance(value, str):
        return period_text(value)
    start, end = (_day(value[name], locale) for name in ("start", "end"))
    return start if value["start"] == value["end"] else f"{start} – {end}"


def _day(text: str, locale: str) -> str:
    if periods.is_day(text):
        return day_text(text)
    return day(date.fromisoformat(text), locale)


def _cldr(locale: str) -> str:
    return locale.replace("-", "_")


_TEXTS: dict[str, Callable[[Any, str], str]] = {"date_range": _period, "date": _day, "boolean": _truth}


def day_text(word: str) -> str:
    """Return a relative day in words, such as "7 days ago" for 7_days_ago."""
    named = {"today": gettext("Today"), "yesterday": gettext("Yesterday")}
    if word in named:
        return named[word]
    count = int(word.partition("_")[0])
    return ngettext("%(count)d day ago", "%(count)d days ago", count) % {"count": count}


def period_text(word: str) -> str:
    """Return a relative period in words, such as "Last 30 days" for last_30_days."""
    named = {
        "today": gettext("Today"),
        "yesterday": gettext("Yesterday"),
        "this_week": gettext("This week"),
        "last_week": gettext("Last week"),
        "this_month": gettext("This month"),
        "last_month": gettext("Last month"),
        "this_quarter": gettext("This quarter"),
        "last_quarter": gettext("Last quarter"),
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
