"""Bars: columns over time, stacked or grouped, and horizontal bars for categories."""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboards.charts.base import COMMON, Encoding, Table, a_column, colours_by_name, columns_of, one_of, yes_or_no
from dashboards.charts.data import Spec
from dashboards.charts.line import one_measure
from dashboards.charts.plot import course, leader, rows_of, table_of

ENCODING = Encoding(
    checks={
        **COMMON,
        "x": a_column,
        "y": columns_of,
        "series": a_column,
        "compare": a_column,
        "mode": one_of("stacked", "grouped"),
        "orientation": one_of("vertical", "horizontal"),
        "share": yes_or_no,
        "partial": yes_or_no,
        "colours": colours_by_name,
    },
    required=("x", "y"),
    columns=("x", "y", "series", "compare"),
)


class Bar:
    """A bar chart."""

    name = "bar"
    drawn = True
    encoding = ENCODING

    def check(self, encoding: Mapping[str, Any], columns: Sequence[str] | None = None) -> list[str]:
        """Return what is wrong with an encoding."""
        return ENCODING.problems(encoding, columns) or one_measure(encoding)

    def summary(self, spec: Spec) -> str:
        """Return who leads, or the course in time of one measure."""
        rows = rows_of(spec)
        timed = spec.column(spec.encoding["x"]).type in ("date", "datetime")
        if not rows.measures or (timed and len(rows.measures) == 1):
            return ". ".join(course(rows.names, measure, spec) for measure in rows.measures)
        if spec.encoding.get("series") or (len(rows.measures) > 1 and not spec.encoding.get("compare")):
            totals = [sum(value or 0 for value in measure.values) for measure in rows.measures]
            return leader([measure.label for measure in rows.measures], totals, spec)
        return leader(rows.names, rows.measures[0].values, spec)

    def table(self, spec: Spec) -> Table:
        """Return one row per category."""
        return table_of(rows_of(spec), spec)


BAR = Bar()
