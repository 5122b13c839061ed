"""Check and rewrite of expressions: columns are resolved, placeholders become bound values."""

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from datasources.binds import Binds
from datasources.dialect import Dialect
from datasources.errors import QueryRejected
from datasources.gate.names import Frame, resolve
from datasources.gate.shapes import check_node, check_path
from datasources.gate.windows import write_out

Subquery = Callable[[Any, Frame], None]

#: Parts of queries and names, which have their own places.
_NO_EXPRESSIONS = (
    exp.Star,
    exp.Alias,
    exp.Identifier,
    exp.Table,
    exp.TableAlias,
    exp.From,
    exp.Join,
    exp.Lateral,
    exp.With,
    exp.CTE,
)


class Expressions:
    """Walks an expression; ``subquery`` is called for every query inside it."""

    def __init__(self, dialect: Dialect, binds: Binds, subquery: Subquery) -> None:
        self._dialect = dialect
        self._binds = binds
        self._subquery = subquery

    def rewrite(self, node: Any, frame: Frame) -> Any:
        """Check a node and all below it, and return what stands in its place. Raises QueryRejected."""
        try:
            return self._rewrite(node, frame)
        except QueryRejected as error:
            raise error.near(node) from error.__cause__

    def _rewrite(self, node: Any, frame: Frame) -> Any:
        if isinstance(node, _NO_EXPRESSIONS):
            raise QueryRejected(f"{type(node).__name__.upper()} cannot stand inside an expression.")
        if isinstance(node, exp.Query):
            return self._query(node, frame)
        if isinstance(node, exp.Column):
            return self._column(node, frame)
        if isinstance(node, exp.In):
            return self._in(node, frame)
        if isinstance(node, exp.Like | exp.ILike):
            return self._like(node, frame)
        return self._children(node, frame)

    def _children(self, node: Any, frame: Frame) -> Any:
        if isinstance(node, exp.Window):
            write_out(node, frame.windows, self._dialect)
        check_node(node, self._dialect)
        if isinstance(node, exp.JSONPath):
            return _path(node)
        for child in list(node.iter_expressions()):
            if isinstance(child, exp.Star) and isinstance(node, exp.Count):
                check_node(child, self._dialect)
            else:
                self.rewrite(child, frame)
        if isinstance(node, exp.Round) and self._dialect.rounds_numeric_only:
            _round_numeric(node)
        return node

    def _query(self, node: Any, frame: Frame) -> Any:
        if isinstance(node, exp.Subquery) and node.args.get("alias") is not None:
            raise QueryRejected("A subquery inside an expression cannot have an alias of its own.")
        self._subquery(node, frame)
        return node

    def _column(self, node: Any, frame: Frame) -> Any:
        if self._binds.is_bound(node):
            return node
        if self._binds.slot(node) is not None:
            return node.replace(self._binds.value(node))
        check_node(node, self._dialect)
        if isinstance(node.this, exp.Identifier):
            check_node(node.this, self._dialect)
        found = resolve(node, frame, self._dialect)
        # Where it stood, for a refusal of what is around it.
        found.meta.setdefault("start", QueryRejected("").near(node).offset)
        return node.replace(found)

    def _in(self, node: Any, frame: Frame) -> Any:
        values = node.args.get("expressions") or []
        field = node.args.get("field")
        listed = field if field is not None else values[0] if len(values) == 1 else None
        if not self._binds.is_list(listed):
            return self._children(node, frame)
        left = self.rewrite(node.this, frame)
        return node.replace(exp.Paren(this=self._binds.membership(left.copy(), listed)))

    def _like(self, node: Any, frame: Frame) -> Any:
        """Match bound values inside a pattern literally, so that % and _ in them are no wildcards."""
        pattern = node.expression
        marks = [column for column in pattern.find_all(exp.Column) if self._binds.slot(column) is not None]
        if not marks:
            return self._children(node, frame)
        if isinstance(node.parent, exp.Escape) or any("\\" in text.name for text in pattern.find_all(exp.Literal)):
            raise QueryRejected("A value in LIKE is matched literally already. Drop ESCAPE and the backslash.")
        if pattern.find(exp.Query) is not None:
            raise QueryRejected("A value cannot stand in a subquery inside LIKE. Move the subquery into WITH.")
        for mark in marks:
            mark.replace(self._binds.value(mark, like=True))
        self._children(node, frame)
        return node.replace(exp.Escape(this=node.copy(), expression=exp.Literal.string("\\")))


def _path(node: Any) -> Any:
    """Check the steps of a JSON path, which are plain words and numbers."""
    for step in node.expressions:
        check_path(step)
    return node


def _round_numeric(node: Any) -> None:
    if node.args.get("decimals") is not None and not isinstance(node.this, exp.Cast):
        node.set("this", exp.Cast(this=node.this.copy(), to=exp.DataType.build("DECIMAL")))
