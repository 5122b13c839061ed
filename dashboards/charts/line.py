"""Lines: measures along time, the year before in grey, the period that is not over yet dotted."""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboards.charts.base import COMMON, Encoding, Table, a_column, colours_by_name, columns_of, yes_or_no
from dashboards.charts.data import Spec
from dashboards.charts.plot import course, rows_of, table_of, y_names

ENCODING = Encoding(
    checks={
        **COMMON,
        "x": a_column,
        "y": columns_of,
        "series": a_column,
        "compare": a_column,
        "partial": yes_or_no,
        "zero": yes_or_no,
        "colours": colours_by_name,
    },
    required=("x", "y"),
    columns=("x", "y", "series", "compare"),
)


class Line:
    """A line chart."""

    name = "line"
    drawn = True
    encoding = ENCODING

    def check(self, encoding: Mapping[str, Any], columns: Sequence[str] | None = None) -> list[str]:
        """Return what is wrong with an encoding."""
        return ENCODING.problems(encoding, columns) or one_measure(encoding)

    def summary(self, spec: Spec) -> str:
        """Return the highest and the last value of each measure, at most three of them."""
        rows = rows_of(spec)
        return ". ".join(course(rows.names, measure, spec) for measure in rows.measures[:3])

    def table(self, spec: Spec) -> Table:
        """Return one row per category."""
        return table_of(rows_of(spec), spec)


def one_measure(encoding: Mapping[str, Any]) -> list[str]:
    """Return why an encoding cannot draw more than one measure by series or beside the past."""
    several = len(y_names(encoding)) > 1
    if several and encoding.get("series"):
        return ["`series` splits one measure; `y` names several."]
    if encoding.get("compare") and (several or encoding.get("series")):
        return ["`compare` stands beside one measure; leave out `series` and name one column in `y`."]
    return []


LINE = Line()
