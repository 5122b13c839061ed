"""Which relation and column a name means, by SQL's own scoping and never by the database's guess.

Every relation gets an alias of our own, unique in the whole statement, and every column is written with it. So a
name that was resolved here cannot mean anything else there, however aliases shadow each other.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from datasources.dialect import Dialect
from datasources.errors import QueryRejected


def quoted(name: str) -> Any:
    """Return an identifier that is always written in quotes."""
    return exp.Identifier(this=name, quoted=True)


@dataclass(frozen=True, slots=True)
class Relation:
    """What stands in FROM: our alias, and its columns by key (see Dialect.key) as they are written."""

    alias: str
    columns: Mapping[str, str]
    used: set[str] = field(default_factory=set)

    def column(self, key: str) -> Any:
        """Return the qualified column, noting that it is needed."""
        self.used.add(key)
        return exp.Column(this=quoted(self.columns[key]), table=quoted(self.alias))


@dataclass(frozen=True, slots=True)
class Cte:
    """An item of WITH: our name for it, and its columns as Relation has them."""

    name: str
    columns: Mapping[str, str]


@dataclass(slots=True)
class Frame:
    """The relations of one SELECT, the items of WITH it sees, and the SELECT around it (correlated subqueries)."""

    parent: "Frame | None" = None
    ctes: Mapping[str, Cte] = field(default_factory=dict)
    relations: dict[str, Relation] = field(default_factory=dict)
    #: Columns that USING or NATURAL made one of two, by key.
    merged: dict[str, tuple[str, Any]] = field(default_factory=dict)
    #: (alias, key) of columns that a merged one stands for.
    covered: set[tuple[str, str]] = field(default_factory=set)

    def add(self, key: str, name: str, relation: Relation) -> None:
        """Name a relation of this SELECT. Raises QueryRejected for a name that is taken."""
        if key in self.relations:
            raise QueryRejected(f"Two tables are both called {name} here. Give one of them another alias.")
        self.relations[key] = relation

    def own(self, key: str, name: str) -> Any | None:
        """Return the column that an unqualified name means in this SELECT; None when there is none."""
        if key in self.merged:
            return self.merged[key][1].copy()
        owners = [r for r in self.relations.values() if key in r.columns and (r.alias, key) not in self.covered]
        if len(owners) > 1:
            raise QueryRejected(f"The column {name} is in several tables. Write its table in front, as in t.{name}.")
        return owners[0].column(key) if owners else None

    def stars(self) -> Iterator[tuple[str, Any]]:
        """Yield (name, column) of everything that ``*`` means."""
        for name, column in self.merged.values():
            yield name, column.copy()
        for relation in self.relations.values():
            for key, name in relation.columns.items():
                if (relation.alias, key) not in self.covered:
                    yield name, relation.column(key)

    def chain(self) -> Iterator["Frame"]:
        """Yield this frame and those around it, innermost first."""
        frame: Frame | None = self
        while frame is not None:
            yield frame
            frame = frame.parent


def resolve(column: Any, frame: Frame, dialect: Dialect) -> Any:
    """Return the qualified column for an author's reference. Raises QueryRejected when there is none."""
    _check_reference(column)
    name = dialect.written(column.name, column.this.quoted)
    key = dialect.key(name)
    table = column.args.get("table")
    if table is not None:
        return relation_of(table, frame, dialect, name, key).column(key)
    for level in frame.chain():
        found = level.own(key, name)
        if found is not None:
            return found
    raise QueryRejected(f"There is no column {name} here. Columns must be in the catalog; whole rows cannot be read.")


def relation_of(table: Any, frame: Frame, dialect: Dialect, name: str = "", key: str = "") -> Relation:
    """Return the relation that a table name in front of a column means, which must have that column."""
    label = dialect.written(table.name, table.quoted)
    for level in frame.chain():
        relation = level.relations.get(dialect.key(label))
        if relation is not None:
            if key and key not in relation.columns:
                raise QueryRejected(f"{label} has no column {name} in the catalog.")
            return relation
    raise QueryRejected(f"There is no table {label} in this part of the query.")


def _check_reference(column: Any) -> None:
    if column.args.get("db") is not None or column.args.get("catalog") is not None:
        raise QueryRejected("Write a column as alias.column, without a schema in front.")
    if not isinstance(column.this, exp.Identifier):
        raise QueryRejected("A star is only allowed as * or table.* in SELECT and in count(*).")


def unique_names(names: list[str], dialect: Dialect) -> dict[str, str]:
    """Return output names by key. Raises QueryRejected for a name that two columns share."""
    columns: dict[str, str] = {}
    for name in names:
        if dialect.key(name) in columns:
            raise QueryRejected(f"Two output columns are called {name}. Give one of them an alias with AS.")
        columns[dialect.key(name)] = name
    return columns
