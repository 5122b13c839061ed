"""The wall once more, by reading the finished statement: every stored table in it stands behind its predicate.

This knows the rules and the text, and nothing of how one came from the other: a mistake in the rewrite is caught here.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlglot import exp

from datasources.binds import Bind
from datasources.dialect import Dialect
from datasources.errors import QueryRejected
from datasources.gate.series import is_series
from datasources.rules import Kind, Rules, TableRule
from datasources.scope import fence, needs_fence
from datasources.template import BIND_MARK

_UNPROVEN = "The query could not be limited to the customer's rows, so it is refused. Write it in plainer SQL."
_OURS = re.compile(r"eh_c\d+", re.ASCII)
_MARK = re.compile(rf"{BIND_MARK}(\d+)", re.ASCII)
_ROWS = "eh_rows"
_PARTS = {"expressions", "from_", "where", "offset"}
#: Tables without rows of the source: the values of a bound list.
_UNPACKED = "JSON_EACH"


def prove(tree: Any, rules: Rules, binds: Sequence[Bind], dialect: Dialect) -> None:
    """Raise QueryRejected unless each stored table is shared, or scoped and read behind its predicate and fence."""
    for table in tree.find_all(exp.Table):
        if isinstance(table.this, exp.Identifier):
            _check_table(table, rules, binds, dialect)
        elif not (is_series(table.this) or _is_unpacked(table.this)):
            raise QueryRejected(_UNPROVEN)


def _is_unpacked(node: Any) -> bool:
    return isinstance(node, exp.Anonymous) and node.name.upper() == _UNPACKED


def _check_table(table: Any, rules: Rules, binds: Sequence[Bind], dialect: Dialect) -> None:
    schema = table.args.get("db")
    if table.args.get("catalog") is not None or (schema is None and not _OURS.fullmatch(table.name)):
        raise QueryRejected(_UNPROVEN)
    if schema is None:
        return
    rule = rules.get(f"{schema.name}.{table.name}")
    behind = rule.kind is Kind.SHARED or (rule.kind is Kind.SCOPED and _stands_behind(table, rule, binds, dialect))
    if not behind:
        raise QueryRejected(_UNPROVEN)


def _stands_behind(table: Any, rule: TableRule, binds: Sequence[Bind], dialect: Dialect) -> bool:
    """Tell whether a table is alone in a SELECT of bare columns whose WHERE holds every condition of its rule."""
    select = table.parent.parent if isinstance(table.parent, exp.From) else None
    if not isinstance(select, exp.Select) or table.alias != _ROWS:
        return False
    if {name for name, value in select.args.items() if value} - _PARTS or select.args.get("where") is None:
        return False
    if select.args.get("offset") != (fence() if needs_fence(rule, dialect) else None):
        return False
    if not all(_is_row_column(column) for column in select.expressions):
        return False
    found = {_compared(condition, binds) for condition in _all_of(select.args["where"].this)}
    return {(condition.column, condition.property) for condition in rule.conditions()} <= found


def _all_of(node: Any) -> Iterator[Any]:
    """Yield what an AND joins."""
    if isinstance(node, exp.And):
        yield from _all_of(node.this)
        yield from _all_of(node.expression)
    elif isinstance(node, exp.Paren):
        yield from _all_of(node.this)
    else:
        yield node


def _compared(condition: Any, binds: Sequence[Bind]) -> tuple[str, str] | None:
    """Return (column, property) when a condition is ``column = value`` or ``column IN values`` of the scope."""
    if not isinstance(condition, exp.EQ | exp.In):
        return None
    columns = list(condition.this.find_all(exp.Column))
    right = [part for part in condition.iter_expressions() if part is not condition.this]
    names = {_scope_name(column, binds) for part in right for column in part.find_all(exp.Column)} - {""}
    if len(columns) != 1 or not _is_row_column(columns[0]) or len(names) != 1:
        return None
    name = names.pop()
    return None if name is None else (columns[0].name, name)


def _scope_name(column: Any, binds: Sequence[Bind]) -> str | None:
    """Return the property that a bound value is of; empty for the values of an unpacked list, None for all else."""
    match = _MARK.fullmatch(column.name)
    if match is None:
        return "" if column.name == "value" and _unpacks(column) else None
    bind = binds[int(match.group(1)) - 1]
    return bind.name if bind.source == "scope" else None


def _unpacks(column: Any) -> bool:
    select = column.parent_select
    tables: Iterable[Any] = select.find_all(exp.Table) if select is not None else ()
    return all(_is_unpacked(table.this) for table in tables)


def _is_row_column(node: Any) -> bool:
    return isinstance(node, exp.Column) and node.table == _ROWS
