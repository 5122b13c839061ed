"""Which relation and column a name means, by SQL's own scoping and never by the database's guess.

Every relation gets an alias of our own, unique in the whole statement, and every column is written with it. So a
name that was resolved here cannot mean anything else there, however aliases shadow each other.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlglot import exp

from datasources.dialect import Dialect
from datasources.errors import QueryRejected


def quoted(name: str) -> Any:
    """Return an identifier that is always written in quotes."""
    return exp.Identifier(this=name, quoted=True)


#: Where a resolved column keeps the name that its author knows it by.
SHOWN = "shown"


@dataclass(frozen=True, slots=True)
class Relation:
    """What stands in FROM: our alias, and its columns by key (see Dialect.key) as they are written.

    ``shown`` has the names that an author gave to columns after the alias; the others are shown as they are written.
    """

    alias: str
    columns: Mapping[str, str]
    used: set[str] = field(default_factory=set)
    shown: Mapping[str, str] = field(default_factory=dict)

    def column(self, key: str) -> Any:
        """Return the qualified column, noting that it is needed."""
        written = self.columns[key]
        self.used.add(written)
        column = exp.Column(this=quoted(written), table=quoted(self.alias))
        column.meta[SHOWN] = self.name(key)
        return column

    def name(self, key: str) -> str:
        """Return what an author knows a column by."""
        return self.shown.get(key, self.columns[key])

    def renamed(self, names: Sequence[str], label: str, dialect: Dialect) -> "Relation":
        """Return the relation with other names for its first columns. Raises QueryRejected for too many or equal."""
        if len(names) > len(self.columns):
            raise QueryRejected(f"{label} names {len(names)} columns but has {len(self.columns)}.")
        written = list(self.columns.values())
        shown = unique_names([*names, *map(self.name, list(self.columns)[len(names) :])], dialect)
        return replace(self, columns=dict(zip(shown, written, strict=True)), shown=shown)


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
    #: Windows of WINDOW, by key.
    windows: Mapping[str, Any] = field(default_factory=dict)
    #: Outputs that conditions may name, by key, in databases where they may.
    outputs: dict[str, Any] = field(default_factory=dict)

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
            for key in relation.columns:
                if (relation.alias, key) not in self.covered:
                    yield relation.name(key), relation.column(key)

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
    found = next((own for level in frame.chain() if (own := level.own(key, name)) is not None), None)
    if found is not None and (key not in frame.outputs or frame.own(key, name) is not None):
        return found
    if found is not None or key not in frame.outputs:
        raise QueryRejected(_MEANS_NOTHING.format(name) if found is None else _MEANS_TWO.format(name))
    return _output(frame.outputs[key], name)


_MEANS_NOTHING = "There is no column {} here. Columns must be in the catalog; whole rows cannot be read."
_MEANS_TWO = "{} is an output here and a column of the query around. Write the column's table in front."


def _output(node: Any, name: str) -> Any:
    """Return an output's expression again, as a condition that names the output means it."""
    if node.find(exp.Query) is not None:
        raise QueryRejected(f"The output {name} holds a subquery, so it cannot be named there. Move it into WITH.")
    return exp.Paren(this=node.copy())


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
