"""A ring of a few parts; bars say the same and are easier to read."""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboards.charts.base import COMMON, Encoding, Table, a_column, colours_by_name
from dashboards.charts.data import Spec
from dashboards.charts.plot import Measure, Rows, leader, names_of, table_of

ENCODING = Encoding(
    checks={**COMMON, "label": a_column, "value": a_column, "colours": colours_by_name},
    required=("label", "value"),
    columns=("label", "value"),
)


class Pie:
    """A ring chart."""

    name = "pie"
    drawn = True
    encoding = ENCODING

    def check(self, encoding: Mapping[str, Any], columns: Sequence[str] | None = None) -> list[str]:
        """Return what is wrong with an encoding."""
        problems = ENCODING.problems(encoding, columns)
        if not problems and (encoding.get("format") or {}).get("style") == "percent":
            return ["a pie shows parts of a whole; give it amounts, it works out the shares."]
        return problems

    def summary(self, spec: Spec) -> str:
        """Return who leads, with the share."""
        rows = _rows(spec)
        return leader(rows.names, rows.measures[0].values, spec)

    def table(self, spec: Spec) -> Table:
        """Return one row per part."""
        return table_of(_rows(spec), spec)


def _rows(spec: Spec) -> Rows:
    label, value = spec.column(spec.encoding.get("label")), spec.column(spec.encoding.get("value"))
    return Rows(spec.label(label.name), names_of(label, spec), [Measure(spec.label(value.name), value.numbers())])


PIE = Pie()
