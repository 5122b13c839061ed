"""Series: the only functions that may stand in FROM. They count numbers or days, and read nothing."""

from typing import Any

from sqlglot import exp

from datasources.dialect import Dialect
from datasources.errors import QueryRejected

#: Members that a series of written numbers may have; any other is bounded by the statement's time.
MAX_MEMBERS = 1_000_000

_SERIES = (exp.GenerateSeries, exp.ExplodingGenerateSeries)


def is_series(node: Any) -> bool:
    """Tell whether a node is a series."""
    return isinstance(node, _SERIES)


def name_of(node: Any) -> str:
    """Return what the database calls a series."""
    return "range" if node.args.get("is_end_exclusive") else "generate_series"


def check_series(node: Any, dialect: Dialect) -> None:
    """Raise QueryRejected for a series that the database lacks, or that is needlessly long."""
    if name_of(node).upper() not in dialect.series:
        raise QueryRejected(f"{name_of(node)} is not allowed with this database. Use WITH RECURSIVE.")
    start, end, step = (_number(node.args.get(name)) for name in ("start", "end", "step"))
    if start is not None and end is not None and abs(end - start) > MAX_MEMBERS * abs(step or 1):
        raise QueryRejected(f"The series has more than {MAX_MEMBERS:,} members. Make it shorter.")


def _number(node: Any) -> float | None:
    sign = 1
    while isinstance(node, exp.Neg | exp.Paren):
        sign, node = (-sign if isinstance(node, exp.Neg) else sign), node.this
    return sign * float(node.name) if isinstance(node, exp.Literal) and not node.is_string else None
