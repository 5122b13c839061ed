"""Check and rewrite of whole queries: WITH, FROM, joins, set operations, output names."""

from collections.abc import Mapping
from itertools import count
from typing import Any

from sqlglot import exp

from datasources.binds import Binds
from datasources.dialect import Dialect
from datasources.errors import QueryRejected
from datasources.gate.expressions import Expressions
from datasources.gate.joins import common_columns, merge_columns
from datasources.gate.names import Cte, Frame, Relation, quoted, unique_names
from datasources.gate.outputs import ordinal, project
from datasources.gate.shapes import check_node
from datasources.gate.tables import Tables

Ctes = Mapping[str, Cte]

_FROM_TAKES = "FROM takes tables of the catalog, items of WITH and subqueries."


class Queries:
    """Rewrites one statement in place. Our aliases are unique in it, whatever the author called things."""

    def __init__(self, dialect: Dialect, binds: Binds, tables: Tables) -> None:
        self._dialect = dialect
        self._tables = tables
        self._binds = binds
        self._expressions = Expressions(dialect, binds, self._inner)
        self._numbers = count(1)

    def statement(self, node: Any) -> list[str]:
        """Check and rewrite the whole statement and return its output names. Raises QueryRejected."""
        names = self._query(node, None, {})
        self._tables.finish()
        return names

    def _inner(self, node: Any, frame: Frame) -> None:
        self._query(node, frame, frame.ctes)

    def _query(self, node: Any, outer: Frame | None, ctes: Ctes) -> list[str]:
        if not isinstance(node, exp.Query):
            raise QueryRejected("Only one SELECT is allowed, with WITH, joins, subqueries and set operations.")
        check_node(node, self._dialect)
        ctes = self._with(node, outer, ctes)
        if isinstance(node, exp.Select):
            return self._select(node, outer, ctes)
        names = self._query(node.this, outer, ctes)
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
        if recursive and isinstance(item.this, exp.Union):
            cte = self._recursive(item, ours, key, outer, visible)
        else:
            cte = self._named(alias, ours, self._query(item.this, outer, visible))
        visible[key] = cte
        columns = [quoted(name) for name in cte.columns.values()] if alias.args.get("columns") else None
        item.set("alias", exp.TableAlias(this=quoted(ours), columns=columns))

    def _recursive(self, item: Any, ours: str, key: str, outer: Frame | None, visible: dict[str, Cte]) -> Cte:
        """The left side of the union does not see the item itself, the right side does."""
        union = item.this
        check_node(union, self._dialect)
        ctes = self._with(union, outer, visible)
        names = self._query(union.this, outer, ctes)
        cte = self._named(item.args["alias"], ours, names)
        _match(names, self._query(union.expression, outer, {**ctes, key: cte}))
        self._tail(union, names, ctes)
        return cte

    def _named(self, alias: Any, ours: str, names: list[str]) -> Cte:
        columns = alias.args.get("columns") or []
        if columns and len(columns) != len(names):
            raise QueryRejected(f"{alias.this.name} names {len(columns)} columns but selects {len(names)}.")
        return Cte(ours, unique_names([self._name(column) for column in columns] or names, self._dialect))

    # SELECT

    def _select(self, node: Any, outer: Frame | None, ctes: Ctes) -> list[str]:
        frame = Frame(outer, ctes)
        if node.args.get("from_") is not None:
            check_node(node.args["from_"], self._dialect)
            label, relation = self._relation(node.args["from_"].this, frame)
            frame.add(self._dialect.key(label), label, relation)
        for join in node.args.get("joins") or []:
            self._join(join, frame)
        names = project(node, frame, self._expressions, self._dialect)
        self._clauses(node, frame, names)
        self._limits(node, ctes)
        return names

    def _clauses(self, node: Any, frame: Frame, names: list[str]) -> None:
        for name in ("distinct", "where", "having", "qualify"):
            if node.args.get(name) is not None:
                self._expressions.rewrite(node.args[name], frame)
        group = node.args.get("group")
        if group is not None:
            check_node(group, self._dialect)
            for item in list(group.expressions):
                self._by(item, frame, names, own_first=True)
        self._order(node, frame, names)

    def _order(self, node: Any, frame: Frame | None, names: list[str]) -> None:
        order = node.args.get("order")
        if order is None:
            return
        check_node(order, self._dialect)
        for item in order.expressions:
            check_node(item, self._dialect)
            self._by(item.this, frame, names, own_first=False)

    def _by(self, item: Any, frame: Frame | None, names: list[str], *, own_first: bool) -> None:
        """Rewrite an item of GROUP BY or ORDER BY; an output's name becomes its position."""
        if isinstance(item, exp.Column) and self._binds.slot(item) is not None:
            raise QueryRejected("A value cannot choose what rows are grouped or ordered by. Use CASE WHEN.")
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

    # FROM

    def _join(self, join: Any, frame: Frame) -> None:
        check_node(join, self._dialect)
        label, relation = self._relation(join.this, frame)
        pairs = common_columns(join, frame, relation, self._dialect)
        frame.add(self._dialect.key(label), label, relation)
        if pairs:
            merge_columns(join, frame, pairs)
        if join.args.get("on") is not None and not pairs:
            self._expressions.rewrite(join.args["on"], frame)

    def _relation(self, node: Any, frame: Frame) -> tuple[str, Relation]:
        check_node(node, self._dialect)
        ours = f"eh_t{next(self._numbers)}"
        if isinstance(node, exp.Table):
            return self._table(node, ours, frame)
        if isinstance(node, exp.Lateral):
            return self._derived(node, node.this, ours, frame.ctes, frame)
        if isinstance(node, exp.Subquery):
            return self._derived(node, node, ours, frame.ctes, frame.parent)
        raise QueryRejected(_FROM_TAKES)

    def _derived(self, node: Any, query: Any, ours: str, ctes: Ctes, outer: Frame | None) -> tuple[str, Relation]:
        if not isinstance(query, exp.Subquery) or not isinstance(query.this, exp.Query):
            raise QueryRejected(_FROM_TAKES)
        label = self._label(node, ours)
        names = self._query(query, outer, ctes)
        node.set("alias", exp.TableAlias(this=quoted(ours)))
        return label, Relation(ours, unique_names(names, self._dialect))

    def _table(self, node: Any, ours: str, frame: Frame) -> tuple[str, Relation]:
        if not isinstance(node.this, exp.Identifier):
            raise QueryRejected("Table functions and files are not allowed in FROM. Use tables of the catalog.")
        label = self._label(node, self._name(node.this))
        cte = frame.ctes.get(self._key(node.this)) if node.args.get("db") is None else None
        if cte is not None:
            relation = Relation(ours, cte.columns)
            read = exp.Table(this=quoted(cte.name), alias=exp.TableAlias(this=quoted(ours)))
        else:
            relation, read = self._tables.open(node, ours)
        node.replace(read)
        return label, relation

    def _label(self, node: Any, otherwise: str) -> str:
        alias = node.args.get("alias")
        if alias is None:
            return otherwise
        check_node(alias, self._dialect)
        if alias.args.get("columns"):
            raise QueryRejected("Column names after a table's alias are not allowed. Name the columns in WITH.")
        return self._name(alias.this)

    def _name(self, identifier: Any) -> str:
        check_node(identifier, self._dialect)
        return self._dialect.written(identifier.name, identifier.quoted)

    def _key(self, identifier: Any) -> str:
        return self._dialect.key(self._name(identifier))


def _match(left: list[str], right: list[str]) -> None:
    if len(left) != len(right):
        raise QueryRejected(f"Both sides of a set operation need as many columns: {len(left)} and {len(right)}.")
