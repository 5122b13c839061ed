"""Tables: names that wrap, numbers that do not, a bar beside the measure, what is secondary left out on phones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from dashboards.charts.base import (
    Cell,
    Check,
    Encoding,
    Head,
    Table,
    a_column,
    a_format,
    a_text,
    one_of,
    yes_or_no,
)
from dashboards.charts.data import Column, Spec
from dashboards.charts.formats import NumberFormat, cell_text, exact
from dashboards.charts.plot import head_of, in_column

#: Rows that are shown at once; "Show all rows" shows the rest of at most MOST_ROWS.
PAGE = 10
MOST_ROWS = 200
_LARGEST = 1e15


def _number(key: str, value: object) -> str | None:
    good = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= _LARGEST
    return None if good else f"`{key}` is a number."


def _page(key: str, value: object) -> str | None:
    good = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 50
    return None if good else f"`{key}` is a whole number from 1 to 50."


_NUMBER = Check(_number, {"type": "number", "minimum": -_LARGEST, "maximum": _LARGEST})
_PAGE = Check(_page, {"type": "integer", "minimum": 1, "maximum": 50})

COLUMN_CHECKS: Mapping[str, Check] = {
    "name": a_column,
    "label": a_text,
    "format": a_format,
    "bar": yes_or_no,
    "sub": a_column,
    "good": one_of("up", "down"),
    "alarm_over": _NUMBER,
    "secondary": yes_or_no,
}
_COLUMN = Encoding(checks=COLUMN_CHECKS, required=("name",))


def _columns(key: str, value: object) -> str | None:
    if not isinstance(value, list) or not value:
        return f"`{key}` is a list of columns, each with its name."
    for item in value:
        if not isinstance(item, Mapping):
            return f"`{key}` is a list of columns, each with its name."
        problems = _COLUMN.problems(item, None)
        if problems:
            return f"`{key}`, {item.get('name', '?')}: {problems[0]}"
    return None


def _sort(key: str, value: object) -> str | None:
    if isinstance(value, str) and value:
        return None
    good = (
        isinstance(value, Mapping)
        and set(value) <= {"name", "ascending"}
        and isinstance(value.get("name"), str)
        and not isinstance(value.get("ascending"), Mapping | list)
    )
    return None if good else f"`{key}` is a column's name, or name and ascending, which is true or false."


#: True or false is meant. Versions that were saved with a number or a text, which count as true, must open for ever.
_TRUTH = {"type": ["boolean", "null", "string", "number"], "exclusiveMinimum": -(2**63), "exclusiveMaximum": 2**63}
_COLUMNS = Check(_columns, {"type": "array", "items": _COLUMN.schema(), "minItems": 1})
_SORT = Check(
    _sort,
    {
        "anyOf": [
            a_column.schema,
            {
                "type": "object",
                "properties": {"name": {"type": "string"}, "ascending": _TRUTH},
                "required": ["name"],
                "additionalProperties": False,
            },
        ]
    },
)
ENCODING = Encoding(
    checks={"columns": _COLUMNS, "sort": _SORT, "rows": _PAGE, "empty": a_text},
    columns=("columns", "sort"),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """One column as the author wants it."""

    column: Column
    numbers: Sequence[float | None]
    label: str
    form: NumberFormat
    decimals: int
    options: Mapping[str, Any]

    @property
    def number(self) -> bool:
        return self.column.type == "number"

    @property
    def secondary(self) -> bool:
        return bool(self.options.get("secondary"))


class TablePanel:
    """A table."""

    name = "table"
    drawn = False
    encoding = ENCODING

    def check(self, encoding: Mapping[str, Any], columns: Sequence[str] | None = None) -> list[str]:
        """Return what is wrong with an encoding."""
        return ENCODING.problems(encoding, columns)

    def summary(self, spec: Spec) -> str:
        """Return how much there is."""
        return gettext("%(rows)s rows") % {"rows": exact(spec.rows, spec.locale, NumberFormat(), 0)}

    def table(self, spec: Spec) -> Table:
        """Return the rows in their order, at most MOST_ROWS. Raises MissingColumn."""
        shown = [_shown(spec, options) for options in _options(spec)]
        order = _order(spec)[:MOST_ROWS]
        heads = [head for column in shown for head in _heads(column, spec)]
        rows = [[cell for place, one in enumerate(shown) for cell in _cells(one, row, place, spec)] for row in order]
        return Table(heads, rows, spec.rows, spec.truncated)


TABLE = TablePanel()


def _options(spec: Spec) -> list[Mapping[str, Any]]:
    return spec.encoding.get("columns") or [{"name": name} for name in spec.columns]


def _shown(spec: Spec, options: Mapping[str, Any]) -> Shown:
    column = spec.column(options["name"])
    form = NumberFormat.of(options.get("format"))
    numbers = column.numbers()
    placed, decimals = in_column(form, numbers)
    label = str(options.get("label") or spec.label(column.name))
    return Shown(column, numbers, head_of(label, form, spec.locale), placed, decimals, options)


def _sorted_by(spec: Spec) -> tuple[str, bool]:
    sort = spec.encoding.get("sort")
    if isinstance(sort, Mapping):
        return str(sort["name"]), bool(sort.get("ascending"))
    return str(sort or ""), False


def _order(spec: Spec) -> list[int]:
    name, ascending = _sorted_by(spec)
    rows = list(range(spec.rows))
    if not name:
        return rows
    values = spec.column(name).values
    present = [row for row in rows if values[row] is not None]
    present.sort(key=lambda row: values[row], reverse=not ascending)
    return [*present, *(row for row in rows if values[row] is None)]


def _heads(shown: Shown, spec: Spec) -> list[Head]:
    name, ascending = _sorted_by(spec)
    sort = "" if name != shown.column.name else "ascending" if ascending else "descending"
    head = Head(shown.label, number=shown.number, sort=sort, secondary=shown.secondary)
    return [head, Head("", bar=True)] if shown.options.get("bar") else [head]


def _cells(shown: Shown, row: int, place: int, spec: Spec) -> list[Cell]:
    value = shown.numbers[row] if shown.number else None
    sub = shown.options.get("sub")
    extra = spec.column(sub) if sub else None
    cell = Cell(
        text=_text(shown, row, value, spec),
        number=shown.number,
        head=place == 0,
        sub=cell_text(extra.values[row], extra.type, spec.locale, spec.time_zone) if extra else "",
        tone=_tone(shown.options, value),
        secondary=shown.secondary,
    )
    return [cell, Cell("", bar=_bar(shown, value))] if shown.options.get("bar") else [cell]


def _text(shown: Shown, row: int, value: float | None, spec: Spec) -> str:
    if value is None:
        return cell_text(shown.column.values[row], shown.column.type, spec.locale, spec.time_zone)
    text = exact(value, spec.locale, shown.form, shown.decimals)
    # A column that says which way is good holds changes, and changes carry their sign.
    signed = shown.options.get("good") and value > 0 and any(c in text for c in "123456789")
    return f"+{text}" if signed else text


def _tone(options: Mapping[str, Any], value: float | None) -> str:
    if value is None:
        return ""
    over = options.get("alarm_over")
    wrong = {"up": value < 0, "down": value > 0}.get(str(options.get("good")), False)
    return "bad" if wrong or (over is not None and value > over) else ""


def _bar(shown: Shown, value: float | None) -> tuple[float, float]:
    """Return where the bar starts and how long it is, in hundredths of its column; from zero, both ways."""
    numbers = [number for number in shown.numbers if number is not None]
    low, high = min(0.0, *numbers, 0.0), max(0.0, *numbers, 0.0)
    span = (high - low) or 1.0
    start = (min(value or 0.0, 0.0) - low) / span * 100
    return round(start, 1), round(abs(value or 0.0) / span * 100, 1)
