"""The output columns of a SELECT: stars written out, every column named, names in ORDER BY made positions."""

from typing import Any

from sqlglot import exp

from datasources.dialect import Dialect
from datasources.errors import QueryRejected
from datasources.gate.expressions import Expressions
from datasources.gate.names import Frame, quoted, relation_of, unique_names
from datasources.gate.shapes import check_node
from datasources.template import VARIABLE_MARK


def project(select: Any, frame: Frame, expressions: Expressions, dialect: Dialect) -> list[str]:
    """Rewrite the SELECT list and return its output names. Raises QueryRejected."""
    named: list[tuple[str, Any]] = []
    taken: set[str] = set()
    for item in select.expressions:
        for name, node in _outputs(item, frame, expressions, dialect, taken):
            taken.add(dialect.key(name))
            named.append((name, node))
    if not named:
        raise QueryRejected("The query selects no columns. Name at least one after SELECT.")
    unique_names([name for name, _ in named], dialect)
    select.set("expressions", [exp.Alias(this=node, alias=quoted(name)) for name, node in named])
    return [name for name, _ in named]


def _outputs(
    item: Any, frame: Frame, expressions: Expressions, dialect: Dialect, taken: set[str]
) -> list[tuple[str, Any]]:
    if isinstance(item, exp.Star):
        check_node(item, dialect)
        return list(frame.stars())
    if isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
        return _star_of(item, frame, dialect)
    if isinstance(item, exp.Alias):
        check_node(item, dialect)
        check_node(item.args["alias"], dialect)
        alias = item.args["alias"]
        return [(dialect.written(alias.name, alias.quoted), expressions.rewrite(item.this, frame))]
    spoken = _spoken(item)
    node = expressions.rewrite(item, frame)
    if isinstance(item, exp.Column) and item.this.name == spoken:
        return [(node.name if isinstance(node, exp.Column) else spoken, node)]
    return [(_free(spoken, dialect, taken), node)]


def _star_of(item: Any, frame: Frame, dialect: Dialect) -> list[tuple[str, Any]]:
    check_node(item.this, dialect)
    table = item.args.get("table")
    if table is None or item.args.get("db") is not None:
        raise QueryRejected("Write alias.* without a schema in front.")
    relation = relation_of(table, frame, dialect)
    return [(name, relation.column(key)) for key, name in relation.columns.items()]


def _spoken(node: Any) -> str:
    """Name an output that has no alias after its function, as the databases do."""
    while isinstance(node, exp.Window | exp.Filter | exp.Cast | exp.Paren | exp.WithinGroup | exp.IgnoreNulls):
        node = node.this
    if isinstance(node, exp.Anonymous):
        return str(node.this).lower()
    if isinstance(node, exp.Column) and not node.name.startswith(VARIABLE_MARK):
        return str(node.name)
    return str(node.sql_name()).lower() if isinstance(node, exp.Func) else "column"


def _free(name: str, dialect: Dialect, taken: set[str]) -> str:
    candidate, number = name, 2
    while dialect.key(candidate) in taken:
        candidate, number = f"{name}_{number}", number + 1
    return candidate


def ordinal(item: Any, frame: Frame | None, names: list[str], dialect: Dialect, *, own_first: bool) -> int | None:
    """Return the position of the output that an unqualified name means in GROUP BY or ORDER BY; None if none."""
    if not isinstance(item, exp.Column) or item.args.get("table") is not None:
        return None
    if not isinstance(item.this, exp.Identifier):
        return None
    name = dialect.written(item.name, item.this.quoted)
    if own_first and frame is not None and frame.own(dialect.key(name), name) is not None:
        return None
    keys = [dialect.key(output) for output in names]
    return keys.index(dialect.key(name)) + 1 if dialect.key(name) in keys else None
