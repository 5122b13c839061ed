"""Check and rewrite of whole queries: WITH, FROM, joins, set operations, output names."""

from collections.abc import Mapping
from itertools import count
from typing import Any

from sqlglot import exp

from datasources.binds import Binds
from datasources.dialect import Dialect
from datasources.errors import QueryRejected
from datasources.gate.expressions import Expressions
from datasources.gate.names import Cte, Frame, quoted, unique_names
from datasources.gate.outputs import ordinal, project, renamed
from datasources.gate.relations import Relations
from datasources.gate.samples import sampled, take_sample
from datasources.gate.shapes import check_node
from datasources.gate.tables import Tables
from datasources.gate.windows import take_windows

Ctes = Mapping[str, Cte]

Names = tuple[str, ...]


class Queries:
    """Rewrites one statement in place. Our names are unique in it, whatever the author called things."""

    def __init__(self, dialect: Dialect, binds: Binds, tables: Tables) -> None:
        self._dialect = dialect
        self._tables = tables
        self._binds = binds
        self._numbers = count(1)
        self._expressions = Expressions(dialect, binds, self._inner)
        self._relations = Relations(dialect, tables, self._expressions, self._query, self._numbers)

    def statement(self, node: Any) -> list[str]:
        """Check and rewrite the whole statement and return its output names. Raises QueryRejected."""
        names = self._query(node, None, {})
        self._tables.finish()
        return names

    def _inner(self, node: Any, frame: Frame) -> None:
        self._query(node, frame, frame.ctes)

    def _query(self, node: Any, outer: Frame | None, ctes: Ctes, given: Names = ()) -> list[str]:
        """Return a query's own output names; ``given`` are written instead of the first of them."""
        try:
            return self._checked(node, outer, ctes, given)
        except QueryRejected as error:
            raise error.near(node) from error.__cause__

    def _checked(self, node: Any, outer: Frame | None, ctes: Ctes, given: Names) -> list[str]:
        if not isinstance(node, exp.Query):
            raise QueryRejected("Only one SELECT is allowed, with WITH, joins, subqueries and set operations.")
        if isinstance(node, exp.Select):
            return self._select(node, outer, ctes, given)
        check_node(node, self._dialect)
        ctes = self._with(node, outer, ctes)
        names = self._query(node.this, outer, ctes, given)
        if not isinstance(node, exp.Subquery):
            _match(names, self._query(node.expression, outer, ctes))
        self._tail(node, names, ctes)
        return names

    # WITH

    def _with(self, node: Any, outer: Frame | None, ctes: Ctes) -> Ctes:
        clause = node.args.get("with_")
        if clause is None:
            return ctes
        check_node(clause, self._dialect)
        visible = dict(ctes)
        for item in clause.expressions:
            self._cte(item, outer, visible, recursive=bool(clause.args.get("recursive")))
        return visible

    def _cte(self, item: Any, outer: Frame | None, visible: dict[str, Cte], *, recursive: bool) -> None:
        check_node(item, self._dialect)
        alias = item.args["alias"]
        check_node(alias, self._dialect)
        key, ours = self._key(alias.this), f"eh_c{next(self._numbers)}"
        given = tuple(self._name(column) for column in alias.args.get("columns") or [])
        if recursive and isinstance(item.this, exp.Union):
            cte = self._recursive(item.this, ours, key, outer, visible, given)
        else:
            cte = self._named(ours, self._query(item.this, outer, visible, given), given)
        visible[key] = cte
        columns = [quoted(name) for name in cte.columns.values()] if given else None
        item.set("alias", exp.TableAlias(this=quoted(ours), columns=columns))

    def _recursive(
        self, union: Any, ours: str, key: str, outer: Frame | None, visible: dict[str, Cte], given: Names
    ) -> Cte:
        """The left side of the union does not see the item itself, the right side does."""
        check_node(union, self._dialect)
        ctes = self._with(union, outer, visible)
        names = self._query(union.this, outer, ctes, given)
        cte = self._named(ours, names, given)
        _match(names, self._query(union.expression, outer, {**ctes, key: cte}))
        self._tail(union, names, ctes)
        return cte

    def _named(self, ours: str, names: list[str], given: Names) -> Cte:
        return Cte(ours, unique_names(renamed(names, given, self._dialect), self._dialect))

    # SELECT

    def _select(self, node: Any, outer: Frame | None, ctes: Ctes, given: Names) -> list[str]:
        windows, sample = take_windows(node, self._dialect), take_sample(node, self._dialect)
        check_node(node, self._dialect)
        ctes = self._with(node, outer, ctes)
        frame = Frame(outer, ctes, windows=windows)
        if node.args.get("from_") is not None:
            self._relations.first(node.args["from_"], frame)
        for join in node.args.get("joins") or []:
            self._relations.join(join, frame)
        names = project(node, frame, self._expressions, self._dialect, given)
        self._clauses(node, frame, names)
        self._limits(node, ctes)
        sampled(node, sample, self._dialect)
        return names

    def _clauses(self, node: Any, frame: Frame, names: list[str]) -> None:
        for name in ("distinct", "where", "having", "qualify"):
            if node.args.get(name) is not None:
                self._expressions.rewrite(node.args[name], frame)
        group = node.args.get("group")
        if group is not None:
            self._group(group, frame, names)
        self._order(node, frame, names)

    def _group(self, group: Any, frame: Frame, names: list[str]) -> None:
        check_node(group, self._dialect)
        if group.args.get("all") and not self._dialect.reuses_outputs:
            raise QueryRejected("GROUP BY ALL is not allowed with this database. Name what rows are grouped by.")
        self._totals(group)
        for item in list(group.expressions):
            self._by(item, frame, names, own_first=True)

    def _totals(self, group: Any) -> None:
        last = group.args.get("rollup") or []
        sets = [item for item in group.expressions if isinstance(item, exp.Rollup | exp.Cube | exp.GroupingSets)]
        for item in last:
            check_node(item, self._dialect)
        if any(item.expressions for item in last) or (last and self._dialect.totals != "last"):
            raise QueryRejected("WITH ROLLUP is not allowed with this database. See docs/sql.md for totals.")
        if sets and self._dialect.totals != "sets":
            raise QueryRejected("ROLLUP (...), CUBE and GROUPING SETS are not allowed with this database.")

    def _order(self, node: Any, frame: Frame | None, names: list[str]) -> None:
        order = node.args.get("order")
        if order is None:
            return
        check_node(order, self._dialect)
        self._write_out_all(order, names)
        for item in order.expressions:
            check_node(item, self._dialect)
            self._by(item.this, frame, names, own_first=False)

    def _write_out_all(self, order: Any, names: list[str]) -> None:
        """ORDER BY ALL means every output, from left to right."""
        item = order.expressions[0]
        if not (self._dialect.reuses_outputs and isinstance(item.this, exp.Var) and item.this.name.upper() == "ALL"):
            return
        placed = [item.copy() for _ in names]
        for place, each in enumerate(placed, 1):
            each.set("this", exp.Literal.number(place))
        order.set("expressions", placed)

    def _by(self, item: Any, frame: Frame | None, names: list[str], *, own_first: bool) -> None:
        """Rewrite an item of GROUP BY or ORDER BY; an output's name becomes its position."""
        try:
            self._placed(item, frame, names, own_first=own_first)
        except QueryRejected as error:
            raise error.near(item) from error.__cause__

    def _placed(self, item: Any, frame: Frame | None, names: list[str], *, own_first: bool) -> None:
        if isinstance(item, exp.Column) and self._binds.slot(item) is not None:
            raise QueryRejected(
                "A value cannot choose what rows are grouped or ordered by. Declare the variable as `identifier` with "
                "listed choices, or use CASE WHEN."
            )
        position = ordinal(item, frame, names, self._dialect, own_first=own_first)
        if position is not None:
            item.replace(exp.Literal.number(position))
        elif frame is not None:
            self._expressions.rewrite(item, frame)
        elif not (isinstance(item, exp.Literal) and not item.is_string):
            raise QueryRejected("After a set operation, ORDER BY takes output names or positions only.")

    def _tail(self, node: Any, names: list[str], ctes: Ctes) -> None:
        self._order(node, None, names)
        self._limits(node, ctes)

    def _limits(self, node: Any, ctes: Ctes) -> None:
        for name in ("limit", "offset"):
            clause = node.args.get(name)
            if clause is not None:
                self._expressions.rewrite(clause, Frame(None, ctes))

    def _name(self, identifier: Any) -> str:
        check_node(identifier, self._dialect)
        return self._dialect.written(identifier.name, identifier.quoted)

    def _key(self, identifier: Any) -> str:
        return self._dialect.key(self._name(identifier))


def _match(left: list[str], right: list[str]) -> None:
    if len(left) != len(right):
        raise QueryRejected(f"Both sides of a set operation need as many columns: {len(left)} and {len(right)}.")
