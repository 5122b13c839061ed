"""The closed list of what a syntax tree may hold: node classes, their arguments, and plain words inside them.

Anything that is not named here is refused, so a new version of the parser cannot let a new construct through.
"""

import re
from typing import Any

from sqlglot import exp

from datasources.dialect import Dialect, words
from datasources.errors import QueryRejected
from datasources.template import VARIABLE_MARK

#: Units of EXTRACT, DATE_TRUNC, INTERVAL and their kin: the only bare words in a tree.
UNITS = words(
    """
    MICROSECOND MICROSECONDS MILLISECOND MILLISECONDS SECOND SECONDS MINUTE MINUTES HOUR HOURS DAY DAYS WEEK WEEKS
    MONTH MONTHS QUARTER QUARTERS YEAR YEARS DECADE CENTURY EPOCH DOW ISODOW DOY ISOYEAR DAYOFWEEK DAYOFYEAR
    """
)
_PLAIN = (
    UNITS
    | {"CURRENT ROW"}
    | words(
        """
    ROWS RANGE GROUPS PRECEDING FOLLOWING UNBOUNDED OVER LEFT RIGHT FULL INNER CROSS OUTER NATURAL BOTH LEADING
    TRAILING SEMI ANTI ASOF POSITIONAL
    """
    )
)

_STEP = re.compile(r"[\w \-]{1,100}")
_NUMBER = re.compile(r"\d+(\.\d+)?([eE][+-]?\d+)?")


def _arguments(table: str) -> dict[Any, frozenset[str]]:
    rows = (line.split() for line in table.strip().splitlines())
    return {getattr(exp, name): frozenset(arguments) for name, *arguments in rows}


#: Structure and operators: class, then every argument that may be set.
STRUCTURE = _arguments("""
    Select with_ order limit offset expressions distinct from_ joins where group having qualify
    Union with_ order limit offset this expression distinct
    Intersect with_ order limit offset this expression distinct
    Except with_ order limit offset this expression distinct
    Subquery with_ order limit offset this alias
    With expressions recursive
    CTE this alias materialized
    TableAlias this columns
    From this
    Join this side kind on using method
    Lateral this alias
    Table this db alias only
    Alias this alias
    Identifier this quoted
    Column this table
    Star
    Where this
    Group expressions all rollup
    Rollup expressions
    Cube expressions
    GroupingSets expressions
    Having this
    Qualify this
    Order this expressions
    Ordered this desc nulls_first
    Limit expression
    Offset expression
    Distinct expressions on
    Window this partition_by order spec over
    WindowSpec kind start start_side end end_side
    Filter this expression
    WithinGroup this expression
    IgnoreNulls this
    Paren this
    Tuple expressions
    Exists this
    Any this
    All this
    In this expressions query
    Between this low high
    Case this ifs default
    If this true false
    Cast this to
    TryCast this to safe
    DataType this expressions nested
    DataTypeParam this
    Literal this is_string
    Boolean this
    Null
    Var this
    Interval this unit
    AtTimeZone this zone
    And this expression
    Or this expression
    Not this
    Neg this
    EQ this expression
    NEQ this expression
    GT this expression
    GTE this expression
    LT this expression
    LTE this expression
    Is this expression negate
    NullSafeEQ this expression
    NullSafeNEQ this expression
    Like this expression negate
    ILike this expression negate
    Escape this expression
    RegexpLike this expression
    RegexpILike this expression
    RegexpInstr this expression
    RegexpSubstr this expression
    SimilarTo this expression
    Overlaps this expression
    Array expressions value_constructor bracket_notation
    JSONPath expressions
    JSONExtract this expression only_json_types
    JSONExtractScalar this expression only_json_types scalar_only json_subtype
    JSONBExtract this expression
    JSONBExtractScalar this expression
    JSONValue this path
    Add this expression
    Sub this expression
    Mul this expression
    Div this expression typed safe
    IntDiv this expression
    Mod this expression
    DPipe this expression safe
""")

#: Functions that the parser knows by name. What it writes for them is checked against the dialect's list again.
FUNCTIONS = frozenset(
    getattr(exp, name)
    for name in words(
        """
        Abs AnyValue ApproxDistinct ArgMax ArgMin Ascii Avg Cbrt Ceil Coalesce Concat ConcatWs Contains Corr Count
        CountIf CovarPop CovarSamp CumeDist CurrentDate CurrentTimestamp Date DateDiff DateFromParts DateTrunc
        DayOfMonth DayOfWeek DayOfWeekIso DayOfYear Dayname Degrees DenseRank EndsWith Exp Extract First FirstValue
        Floor Greatest GroupConcat Grouping Initcap JustifyInterval Lag Last LastDay LastValue Lead Least Left Length
        Ln Localtimestamp Log LogicalAnd LogicalOr Lower Max Median Min Mode Month Monthname NthValue Ntile Nullif
        PercentRank PercentileCont PercentileDisc Pi Pow Quarter Radians Rank RegexpExtract RegexpReplace RegrAvgx
        RegrAvgy RegrCount RegrIntercept RegrR2 RegrSlope Replace Reverse Right Round RowNumber Sign SplitPart Sqrt
        StartsWith Stddev StddevPop StddevSamp StrPosition StrToDate StrToTime Substring Sum TimeToStr TimeToUnix
        TimestampTrunc ToChar ToDays Translate Trim Trunc TsOrDsToTimestamp UnixToTime Upper Variance VariancePop Week
        WeekOfYear WidthBucket Year
        DateAdd DateSub Day Hour SubstringIndex TimestampDiff TsOrDsToDate
        """
    )
)


def check_node(node: Any, dialect: Dialect) -> None:
    """Raise QueryRejected unless the node's class, arguments and plain values are all on the lists."""
    kind = type(node)
    if kind is exp.Anonymous:
        return _check_name(node, dialect)
    if kind not in FUNCTIONS and not _is_extra(kind, dialect):
        _check_arguments(node, STRUCTURE.get(kind))
    _CHECKS.get(kind, _check_plain)(node, dialect)
    return None


def _is_extra(kind: type, dialect: Dialect) -> bool:
    """Tell whether the parser knows a function that the operator added; its arguments are checked like any."""
    return bool(dialect.extra) and issubclass(kind, exp.Func) and not dialect.extra.isdisjoint(kind.sql_names())


def _check_arguments(node: Any, allowed: frozenset[str] | None) -> None:
    if allowed is None:
        raise QueryRejected(f"{_spoken(node)} is not allowed in a panel's query.")
    for name, value in node.args.items():
        if name not in allowed and value not in (None, False, []):
            raise QueryRejected(f"{_spoken(node)} with {name.strip('_').upper()} is not allowed in a panel's query.")


def _spoken(node: Any) -> str:
    return str(type(node).__name__).upper()


def _check_name(node: Any, dialect: Dialect) -> None:
    name = node.this if isinstance(node.this, str) else ""
    if name.upper() not in dialect.functions:
        raise QueryRejected(f"The function {name or '?'} is not on the list of allowed functions. See docs/sql.md.")


def _check_plain(node: Any, dialect: Dialect) -> None:
    del dialect
    for value in node.args.values():
        for item in value if isinstance(value, list) else [value]:
            if not (item is None or isinstance(item, bool | exp.Expression) or str(item).upper() in _PLAIN):
                raise QueryRejected(f"{_spoken(node)} with {str(item)[:40]} is not allowed in a panel's query.")


def _check_literal(node: Any, dialect: Dialect) -> None:
    del dialect
    if not node.is_string and not _NUMBER.fullmatch(node.name):
        raise QueryRejected(f"The number {node.name[:40]} must be written with digits, such as 10 or 0.5.")


def _check_var(node: Any, dialect: Dialect) -> None:
    del dialect
    if node.name.upper() not in UNITS:
        raise QueryRejected(f"The word {node.name[:40]} is not allowed there. Units such as MONTH are.")


def _check_type(node: Any, dialect: Dialect) -> None:
    kind = getattr(node.this, "name", str(node.this))
    if kind not in dialect.types or node.args.get("nested"):
        raise QueryRejected(f"A cast to {node.sql()[:40]} is not allowed. See docs/sql.md for the types that are.")


def _check_array(node: Any, dialect: Dialect) -> None:
    """An array as a result is of no database's common types, so it may only be compared with."""
    around = node.parent
    while isinstance(around, exp.Paren):
        around = around.parent
    if not isinstance(around, exp.Any | exp.All):
        raise QueryRejected("An array is only allowed in = ANY (...). Make rows of it, or a text with string_agg.")
    _check_plain(node, dialect)


def _check_json(node: Any, dialect: Dialect) -> None:
    """``a #> '{b,c}'`` and its kin take a text or a bound value; a path is checked step by step (check_path)."""
    if not isinstance(node.expression, exp.JSONPath | exp.Literal | exp.Column):
        raise QueryRejected("The right side of a JSON operator must be a text, a number or a value.")
    _check_plain(node, dialect)


def _check_value(node: Any, dialect: Dialect) -> None:
    if not isinstance(node.args.get("path"), exp.JSONPath):
        raise QueryRejected("The path of JSON_VALUE must be a text, such as '$.page.path'.")
    _check_plain(node, dialect)


def _check_pattern(node: Any, dialect: Dialect) -> None:
    """A pattern made of columns could be wrong for some rows only, and whether it failed would tell of those."""
    pattern = node.expression
    bound = type(pattern) is exp.Column and not pattern.table and pattern.name.startswith(VARIABLE_MARK)
    if not (bound or type(pattern) is exp.Literal):
        raise QueryRejected("A pattern must be a text or a value, and not made of columns.")
    _check_plain(node, dialect)


def check_path(step: Any) -> None:
    """Raise QueryRejected unless a step of a JSON path is a plain name or a position."""
    plain = isinstance(step, exp.JSONPathKey) and isinstance(step.this, str) and _STEP.fullmatch(step.this)
    placed = isinstance(step, exp.JSONPathSubscript) and type(step.this) is int
    if not (plain or placed or type(step) is exp.JSONPathRoot):
        raise QueryRejected("A JSON path may only hold names and positions, such as '$.page.path' or '$.items[0]'.")


def _check_identifier(node: Any, dialect: Dialect) -> None:
    del dialect
    name = node.this
    if not isinstance(name, str) or not 1 <= len(name.encode()) <= 63:
        raise QueryRejected("A name is empty or longer than 63 bytes, where a database would cut it. Shorten it.")


_CHECKS = {
    exp.Literal: _check_literal,
    exp.Var: _check_var,
    exp.DataType: _check_type,
    exp.Identifier: _check_identifier,
    exp.Array: _check_array,
    exp.JSONExtract: _check_json,
    exp.JSONExtractScalar: _check_json,
    exp.JSONBExtract: _check_json,
    exp.JSONBExtractScalar: _check_json,
    exp.JSONValue: _check_value,
    exp.RegexpInstr: _check_pattern,
    exp.RegexpSubstr: _check_pattern,
}
