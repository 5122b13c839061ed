"""What stands in FROM: tables, items of WITH, subqueries, series, and how they are joined."""

from collections.abc import Callable, Iterator
from typing import Any

from sqlglot import exp

from datasources.dialect import Dialect
from datasources.errors import QueryRejected
from datasources.gate.expressions import Expressions
from datasources.gate.joins import check_join, common_columns, condition_of, kind_of, merge_columns
from datasources.gate.names import Cte, Frame, Relation, quoted, unique_names
from datasources.gate.outputs import renamed
from datasources.gate.samples import sampled, take_sample
from datasources.gate.series import check_series, is_series, name_of
from datasources.gate.shapes import check_node
from datasources.gate.tables import Tables

#: Checks and rewrites a query: node, the SELECT around it, its WITH, names for its outputs; returns its own names.
Query = Callable[[Any, Frame | None, Any, tuple[str, ...]], list[str]]

_FROM_TAKES = (
    "FROM takes tables of the catalog, items of WITH and subqueries. Table functions and files are not allowed."
)
_SERIES_COLUMN = "value"


class Relations:
    """Opens the relations of one statement. Our aliases are unique in it, whatever the author called things."""

    def __init__(
        self, dialect: Dialect, tables: Tables, expressions: Expressions, query: Query, numbers: Iterator[int]
    ) -> None:
        self._dialect = dialect
        self._tables = tables
        self._expressions = expressions
        self._query = query
        self._numbers = numbers

    def first(self, clause: Any, frame: Frame) -> None:
        """Check and rewrite FROM. Raises QueryRejected."""
        check_node(clause, self._dialect)
        self._add(frame, *self._relation(clause.this, frame))

    def join(self, join: Any, frame: Frame) -> None:
        """Check and rewrite a join. Raises QueryRejected."""
        check_node(join, self._dialect)
        check_join(join, self._dialect)
        label, relation = self._relation(join.this, frame)
        pairs = common_columns(join, frame, relation, self._dialect)
        if kind_of(join) in ("SEMI", "ANTI"):
            return self._half(join, frame, label, relation, pairs)
        self._add(frame, label, relation)
        if pairs:
            merge_columns(join, frame, pairs)
        elif join.args.get("on") is not None:
            self._expressions.rewrite(join.args["on"], frame)
        return None

    def _half(self, join: Any, frame: Frame, label: str, relation: Relation, pairs: list[Any]) -> None:
        """The right side of a SEMI or ANTI JOIN is seen by its own condition only."""
        if pairs:
            join.set("on", condition_of(join, pairs))
            join.set("using", None)
            return
        self._add(frame, label, relation)
        self._expressions.rewrite(join.args["on"], frame)
        del frame.relations[self._dialect.key(label)]

    def _add(self, frame: Frame, label: str, relation: Relation) -> None:
        frame.add(self._dialect.key(label), label, relation)

    def _relation(self, node: Any, frame: Frame) -> tuple[str, Relation]:
        try:
            return self._opened(node, frame)
        except QueryRejected as error:
            raise error.near(node) from error.__cause__

    def _opened(self, node: Any, frame: Frame) -> tuple[str, Relation]:
        sample = take_sample(node, self._dialect)
        check_node(node, self._dialect)
        ours = f"eh_t{next(self._numbers)}"
        if is_series(node.this) and isinstance(node, exp.Table | exp.Lateral) and sample is None:
            return self._series(node, ours, frame)
        if isinstance(node, exp.Table):
            return self._table(node, ours, frame, sample)
        if isinstance(node, exp.Lateral) and sample is None:
            return self._derived(node, node.this, ours, frame.ctes, frame)
        if isinstance(node, exp.Subquery):
            found = self._derived(node, node, ours, frame.ctes, frame.parent)
            sampled(node, sample, self._dialect)
            return found
        raise QueryRejected(_FROM_TAKES)

    def _derived(self, node: Any, query: Any, ours: str, ctes: Any, outer: Frame | None) -> tuple[str, Relation]:
        if not isinstance(query, exp.Subquery) or not isinstance(query.this, exp.Query):
            raise QueryRejected(_FROM_TAKES)
        label, given = self._label(node, ours)
        names = renamed(self._query(query, outer, ctes, given), given, self._dialect)
        node.set("alias", exp.TableAlias(this=quoted(ours)))
        return label, Relation(ours, unique_names(names, self._dialect))

    def _table(self, node: Any, ours: str, frame: Frame, sample: Any) -> tuple[str, Relation]:
        if not isinstance(node.this, exp.Identifier):
            raise QueryRejected(_FROM_TAKES)
        label, given = self._label(node, self._name(node.this))
        cte = frame.ctes.get(self._dialect.key(self._name(node.this))) if node.args.get("db") is None else None
        relation, read = self._item(node, cte, ours) if cte else self._stored(node, ours, sample)
        if cte or self._dialect.sampling == "relation":
            sampled(read, sample, self._dialect)
        node.replace(read)
        return label, relation.renamed(given, label, self._dialect) if given else relation

    def _stored(self, node: Any, ours: str, sample: Any) -> tuple[Relation, Any]:
        return self._tables.open(node, ours, sample if self._dialect.sampling == "table" else None)

    def _item(self, node: Any, cte: Cte, ours: str) -> tuple[Relation, Any]:
        if node.args.get("only"):
            raise QueryRejected("ONLY takes a table of the catalog, and not an item of WITH.")
        return Relation(ours, cte.columns), exp.Table(this=quoted(cte.name), alias=exp.TableAlias(this=quoted(ours)))

    def _series(self, node: Any, ours: str, frame: Frame) -> tuple[str, Relation]:
        """A series sees what stands before it in FROM, as the databases let it."""
        check_series(node.this, self._dialect)
        for part in list(node.this.iter_expressions()):
            self._expressions.rewrite(part, frame)
        function = name_of(node.this)
        label, given = self._label(node, function)
        shown = label if self._dialect.series_named_by_alias else function
        node.set("alias", exp.TableAlias(this=quoted(ours), columns=[quoted(_SERIES_COLUMN)]))
        relation = Relation(ours, {self._dialect.key(shown): _SERIES_COLUMN}, shown={self._dialect.key(shown): shown})
        return label, relation.renamed(given, label, self._dialect) if given else relation

    def _label(self, node: Any, otherwise: str) -> tuple[str, tuple[str, ...]]:
        """Return the name of a relation and those that stand in brackets after it."""
        alias = node.args.get("alias")
        if alias is None:
            return otherwise, ()
        check_node(alias, self._dialect)
        given = tuple(self._name(column) for column in alias.args.get("columns") or [])
        return self._name(alias.this) if alias.this is not None else otherwise, given

    def _name(self, identifier: Any) -> str:
        check_node(identifier, self._dialect)
        if not isinstance(identifier, exp.Identifier):
            raise QueryRejected("A name is needed there.")
        return self._dialect.written(identifier.name, identifier.quoted)
