"""What lines, bars and pies share: rows pivoted by series for "Show table", periods in words, a sentence that leads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from babel.dates import format_skeleton
from babel.numbers import get_currency_symbol
from django.utils.translation import gettext

from dashboards.charts.base import Cell, Head, Table
from dashboards.charts.data import Column, Spec, as_number
from dashboards.charts.formats import (
    NumberFormat,
    cell_text,
    cldr,
    compact,
    decimals_for,
    exact,
    share,
)

#: "Show table" is for reading; the file of all rows is the CSV.
MOST_ROWS = 100


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of numbers along the categories."""

    label: str
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Rows:
    """Categories in words and the measures along them."""

    head: str
    names: Sequence[str]
    measures: Sequence[Measure]


def names_of(column: Column, spec: Spec) -> list[str]:
    """Return a column's values in words: months as October 2026 when every date begins one."""
    if column.type == "date" or (column.type == "datetime" and _all_midnight(column)):
        dates = [_date(value) for value in column.values]
        if dates and all(found is not None and found.day == 1 for found in dates):
            return [str(format_skeleton("yMMMM", found, locale=cldr(spec.locale))) for found in dates if found]
        return [cell_text(value and str(value)[:10], "date", spec.locale, spec.time_zone) for value in column.values]
    return [cell_text(value, column.type, spec.locale, spec.time_zone) for value in column.values]


def _all_midnight(column: Column) -> bool:
    return all(isinstance(value, str) and "00:00:00" in value[10:] for value in column.values)


def _date(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def rows_of(spec: Spec) -> Rows:
    """Return what an encoding with x and y shows. Raises MissingColumn."""
    x = spec.column(spec.encoding.get("x"))
    if spec.encoding.get("series"):
        return _pivoted(spec, x)
    names = y_names(spec.encoding)
    compare = spec.encoding.get("compare")
    measures = [
        Measure(spec.label(name), spec.column(name).numbers()) for name in [*names, *([compare] if compare else [])]
    ]
    return Rows(spec.label(x.name), names_of(x, spec), measures)


def y_names(encoding: Mapping[str, Any]) -> list[str]:
    """Return the names of the measures that an encoding draws."""
    y = encoding.get("y")
    return list(y) if isinstance(y, list) else [str(y)]


def _pivoted(spec: Spec, x: Column) -> Rows:
    series = spec.column(spec.encoding["series"])
    numbers = spec.column(y_names(spec.encoding)[0]).numbers()
    places = {name: place for place, name in enumerate(dict.fromkeys(names_of(x, spec)))}
    found: dict[str, list[float | None]] = {}
    for name, part, number in zip(names_of(x, spec), series.values, numbers, strict=True):
        line = found.setdefault(cell_text(part, series.type, spec.locale, spec.time_zone), [None] * len(places))
        if number is not None:
            line[places[name]] = (line[places[name]] or 0) + number
    labels = spec.encoding.get("labels") or {}
    measures = [Measure(str(labels.get(name) or name), values) for name, values in found.items()]
    return Rows(spec.label(x.name), list(places), measures)


def unit_of(form: NumberFormat, locale: str) -> str:
    """Return the unit that a column's head names: the currency's sign, nothing for others."""
    return str(get_currency_symbol(form.currency, locale=cldr(locale))) if form.style == "currency" else ""


def head_of(label: str, form: NumberFormat, locale: str) -> str:
    """Return a column's head with its unit: Revenue, €."""
    unit = unit_of(form, locale)
    return f"{label}, {unit}" if unit else label


def in_column(form: NumberFormat, values: Sequence[float | None]) -> tuple[NumberFormat, int]:
    """Return how numbers stand under a head that names their unit, and their decimals."""
    decimals = decimals_for(values, form)
    return (NumberFormat() if form.style == "currency" else form), decimals


def number_cell(value: float | None, form: NumberFormat, decimals: int, locale: str) -> Cell:
    """Return a number's cell; a dash for nothing."""
    return Cell("–" if value is None else exact(value, locale, form, decimals), number=True)


def table_of(rows: Rows, spec: Spec) -> Table:
    """Return the rows behind a drawing as a table."""
    heads = [Head(rows.head), *(Head(head_of(m.label, spec.format, spec.locale), number=True) for m in rows.measures)]
    form, decimals = in_column(spec.format, [value for m in rows.measures for value in m.values])
    lines = [
        [Cell(name, head=True), *(number_cell(m.values[i], form, decimals, spec.locale) for m in rows.measures)]
        for i, name in enumerate(rows.names[:MOST_ROWS])
    ]
    return Table(heads, lines, len(rows.names), spec.truncated)


def plain_table(spec: Spec) -> Table:
    """Return the query's rows as they are: for a drawing that cannot be made."""
    columns = list(spec.columns.values())
    heads = [Head(spec.label(column.name), number=column.type == "number") for column in columns]
    decimals = {column.name: decimals_for(column.numbers()[:MOST_ROWS], NumberFormat()) for column in columns}
    lines = [
        [_plain_cell(column, row, decimals[column.name], spec) for column in columns]
        for row in range(min(spec.rows, MOST_ROWS))
    ]
    return Table(heads, lines, spec.rows, spec.truncated)


def _plain_cell(column: Column, row: int, decimals: int, spec: Spec) -> Cell:
    value = column.values[row]
    number = as_number(value)
    if column.type == "number" and number is not None:
        return number_cell(number, NumberFormat(), decimals, spec.locale)
    return Cell(cell_text(value, column.type, spec.locale, spec.time_zone), number=column.type == "number")


def leader(names: Sequence[str], values: Sequence[float | None], spec: Spec) -> str:
    """Return the sentence that names the largest: DACH leads with €2.10M, 38%."""
    present = [(value, name) for name, value in zip(names, values, strict=True) if value is not None]
    if not present:
        return gettext("No values")
    value, name = max(present, key=lambda pair: pair[0])
    text = compact(value, spec.locale, spec.format)
    whole = sum(number for number, _ in present if number > 0)
    if spec.format.style == "percent" or whole <= 0 or len(present) < 2:
        return gettext("%(name)s leads with %(value)s") % {"name": name, "value": text}
    facts = {"name": name, "value": text, "share": share(value / whole, spec.locale)}
    return gettext("%(name)s leads with %(value)s, %(share)s") % facts


def course(names: Sequence[str], measure: Measure, spec: Spec) -> str:
    """Return the sentence about a course in time: the highest and the last value."""
    present = [(value, name) for name, value in zip(names, measure.values, strict=True) if value is not None]
    if not present:
        return gettext("No values")
    high, at = max(present, key=lambda pair: pair[0])
    last, until = present[-1]
    facts = {
        "label": measure.label,
        "high": compact(high, spec.locale, spec.format),
        "at": at,
        "last": compact(last, spec.locale, spec.format),
        "until": until,
    }
    return gettext("%(label)s: highest %(high)s in %(at)s, last %(last)s in %(until)s") % facts
