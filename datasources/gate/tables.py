"""Base tables: found in the catalog, allowed by their rule, and replaced by their scoped rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlglot import exp

from datasources.binds import Binds
from datasources.catalog import Catalog, Table
from datasources.dialect import Dialect
from datasources.errors import QueryRejected
from datasources.gate.names import Relation, quoted
from datasources.rules import Kind, Rules
from datasources.scope import ROWS, fence, needs_fence, predicate, predicate_digest


@dataclass(frozen=True)
class _Index:
    by_name: Mapping[str, tuple[Table, ...]]
    by_place: Mapping[tuple[str, str], Table]
    columns: Mapping[str, Mapping[str, str]]


@lru_cache(maxsize=64)
def _index(catalog: Catalog, dialect: Dialect) -> _Index:
    by_name: dict[str, tuple[Table, ...]] = {}
    for table in catalog.tables:
        key = dialect.key(table.name)
        by_name[key] = (*by_name.get(key, ()), table)
    by_place = {(dialect.key(table.schema), dialect.key(table.name)): table for table in catalog.tables}
    columns = {table.key: {dialect.key(c.name): c.name for c in table.columns} for table in catalog.tables}
    return _Index(by_name, by_place, columns)


@dataclass(slots=True)
class Tables:
    """The base tables that one statement reads."""

    catalog: Catalog
    rules: Rules
    dialect: Dialect
    binds: Binds
    #: (table, kind, predicate digest) in the order of first use.
    reads: dict[tuple[str, str, str], None] = field(default_factory=dict)
    _scoped: list[tuple[Relation, Any]] = field(default_factory=list)

    def open(self, node: Any, alias: str, sample: Any = None) -> tuple[Relation, Any]:
        """Return the relation for a table node and the node to read instead. Raises QueryRejected.

        ``sample`` is taken of the stored table, before its rows are limited.
        """
        table = self._find(node)
        more = {"only": bool(node.args.get("only")), "sample": sample}
        rule = self.rules.get(table.key)
        if rule.kind == Kind.HIDDEN:
            raise QueryRejected(f"The table {table.key} is hidden. Its rule must make it scoped or shared first.")
        relation = Relation(alias, _index(self.catalog, self.dialect).columns[table.key])
        if rule.kind == Kind.SHARED:
            self.reads[(table.key, rule.kind.value, "")] = None
            return relation, _table(table, alias, more)
        self.reads[(table.key, rule.kind.value, predicate_digest(rule))] = None
        condition = predicate(table, rule, self.binds)
        rows = exp.Select(from_=exp.From(this=_table(table, ROWS, more)), where=exp.Where(this=condition))
        if needs_fence(rule, self.dialect):
            rows.set("offset", fence())
        self._scoped.append((relation, rows))
        return relation, exp.Subquery(this=rows, alias=exp.TableAlias(this=quoted(alias)))

    def finish(self) -> None:
        """List the columns of every scoped table: those of the catalog that the statement needs."""
        for relation, rows in self._scoped:
            needed = [name for name in relation.columns.values() if name in relation.used]
            names = needed or list(relation.columns.values())[:1]
            rows.set("expressions", [exp.Column(this=quoted(name), table=quoted(ROWS)) for name in names])

    def _find(self, node: Any) -> Table:
        index = _index(self.catalog, self.dialect)
        name = self.dialect.key(self.dialect.written(node.name, node.this.quoted))
        schema = node.args.get("db")
        if schema is not None:
            place = (self.dialect.key(self.dialect.written(schema.name, schema.quoted)), name)
            found = index.by_place.get(place)
        else:
            found = self._unqualified(index, name)
        if found is None:
            raise QueryRejected(f"There is no table {node.name[:63]} in the catalog of this data source.")
        return found

    def _unqualified(self, index: _Index, name: str) -> Table | None:
        default = index.by_place.get((self.dialect.key(self.dialect.default_schema), name))
        tables = index.by_name.get(name, ())
        if default is None and len(tables) > 1:
            places = ", ".join(table.key for table in tables)
            raise QueryRejected(f"Several tables are called {name}: {places}. Write the schema in front.")
        return default or (tables[0] if tables else None)


def _table(table: Table, alias: str, more: Mapping[str, Any]) -> Any:
    name = exp.TableAlias(this=quoted(alias))
    set_ = {key: value for key, value in more.items() if value}
    return exp.Table(this=quoted(table.name), db=quoted(table.schema), alias=name, **set_)
