"""A number card: one value, its change, a small line without axes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from dashboards.charts.base import COMMON, Encoding, Table, a_column, one_of, yes_or_no
from dashboards.charts.data import Spec
from dashboards.charts.formats import NumberFormat, change, compact, decimals_for, exact, points
from dashboards.charts.plot import Measure, Rows, names_of, table_of

ENCODING = Encoding(
    checks={
        **COMMON,
        "value": a_column,
        "compare": a_column,
        "trend": a_column,
        "x": a_column,
        "good": one_of("up", "down"),
        "points": yes_or_no,
        "partial": yes_or_no,
    },
    required=("value",),
    columns=("value", "compare", "trend", "x"),
)

#: Below this a card says the number in full: 41,286; from it on three digits: €541k.
IN_FULL = 100_000


@dataclass(frozen=True, slots=True)
class Figure:
    """What a number card says. ``arrow`` is up, down or empty; ``tone`` is good, bad or empty."""

    value: str
    unit: str
    arrow: str
    tone: str
    change: str
    before: str


class Number:
    """A number card."""

    name = "number"
    drawn = True
    encoding = ENCODING

    def check(self, encoding: Mapping[str, Any], columns: Sequence[str] | None = None) -> list[str]:
        """Return what is wrong with an encoding."""
        problems = ENCODING.problems(encoding, columns)
        if not problems and encoding.get("points") and (encoding.get("format") or {}).get("style") != "percent":
            return ["`points` is for rates: give `format: {style: percent}`."]
        return problems

    def summary(self, spec: Spec) -> str:
        """Return value and change in words."""
        figure = figure_of(spec)
        if figure is None:
            return gettext("No value")
        parts = [f"{figure.value}{figure.unit}", f"{figure.change} {figure.before}".strip()]
        return ", ".join(part for part in parts if part)

    def table(self, spec: Spec) -> Table:
        """Return the trend's rows, or the value and the one before."""
        trend = spec.encoding.get("trend")
        if not trend:
            names = [name for name in (spec.encoding["value"], spec.encoding.get("compare")) if name]
            values = [spec.column(name).numbers()[-1:] for name in names]
            rows = [value[0] if value else None for value in values]
            return table_of(Rows("", [spec.label(name) for name in names], [Measure(gettext("Value"), rows)]), spec)
        first = spec.encoding.get("x") or next(iter(spec.columns))
        x = spec.column(first)
        measure = Measure(spec.label(trend), spec.column(trend).numbers())
        return table_of(Rows(spec.label(x.name), names_of(x, spec), [measure]), spec)


NUMBER = Number()


def last(spec: Spec, name: object) -> float | None:
    """Return a column's number in the last row. Raises MissingColumn."""
    numbers = spec.column(name).numbers()
    return numbers[-1] if numbers else None


def text_of(value: float, spec: Spec) -> str:
    """Return a number as a card says it."""
    form = spec.format
    if form.compact is None and abs(value) < IN_FULL and form.style != "percent":
        return exact(value, spec.locale, form, _decimals(value, form))
    return compact(value, spec.locale, form)


def _decimals(value: float, form: NumberFormat) -> int:
    if form.decimals is None and abs(value) >= 1000:
        return 0
    return decimals_for([value], form)


def figure_of(spec: Spec) -> Figure | None:
    """Return what the card says; None when there is no value. Raises MissingColumn."""
    value = last(spec, spec.encoding["value"])
    if value is None:
        return None
    text = text_of(value, spec)
    found = re.fullmatch(r"(.*\d)(\D*)", text, re.DOTALL)
    shown, unit = (found[1], found[2]) if found else (text, "")
    arrow, tone, delta, before = _delta(spec, value)
    return Figure(shown, unit, arrow, tone, delta, before)


def _delta(spec: Spec, value: float) -> tuple[str, str, str, str]:
    name = spec.encoding.get("compare")
    past = last(spec, name) if name else None
    if past is None:
        return "", "", "", ""
    before = text_of(past, spec)
    if spec.encoding.get("points"):
        moved = value - past
        return *_direction(spec, moved, points(moved, spec.locale)), gettext("from %(value)s") % {"value": before}
    if past <= 0:
        # From nothing there is no percentage.
        return "", "", "", gettext("%(value)s before") % {"value": before}
    moved = value / past - 1
    return *_direction(spec, moved, change(moved, spec.locale)), gettext("from %(value)s") % {"value": before}


def _direction(spec: Spec, moved: float, text: str) -> tuple[str, str, str]:
    if spec.encoding.get("points"):
        text = gettext("%(number)s points") % {"number": text}
    if abs(moved) < 0.0005:
        return "", "", text
    arrow = "up" if moved > 0 else "down"
    good = spec.encoding.get("good")
    return arrow, "" if good is None else "good" if good == arrow else "bad", text
