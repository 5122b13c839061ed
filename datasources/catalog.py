"""The tables and columns of a data source, as read from the database."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from datasources.digests import digest


@dataclass(frozen=True, slots=True)
class Column:
    """``type`` is the database's own word in small letters; ``collation`` is empty when text compares byte by byte."""

    name: str
    type: str
    collation: str = ""


@dataclass(frozen=True)
class Table:
    """A table or view with the columns that the role may read."""

    schema: str
    name: str
    columns: tuple[Column, ...]

    @property
    def key(self) -> str:
        """``schema.name``. Unique, since catalogs leave out schemas with a dot in their name."""
        return f"{self.schema}.{self.name}"

    def column(self, name: str) -> Column | None:
        """Return the column with exactly this name."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True, eq=False)
class Catalog:
    """All tables of a source. Two catalogs are equal when their ``version`` digests are."""

    tables: tuple[Table, ...] = ()

    @cached_property
    def version(self) -> str:
        """Return a digest of every schema, table, column, type and collation."""
        return digest(self.to_json())

    @cached_property
    def by_key(self) -> Mapping[str, Table]:
        """Return the tables by ``schema.name``."""
        return {table.key: table for table in self.tables}

    def to_json(self) -> dict[str, Any]:
        """Return primitives that ``from_json`` reads back."""
        return {"tables": [[t.schema, t.name, [[c.name, c.type, c.collation] for c in t.columns]] for t in self.tables]}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Catalog":
        """Read what ``to_json`` wrote; an empty mapping is an empty catalog."""
        rows = value.get("tables", [])
        return cls(tuple(Table(schema, name, tuple(Column(*column) for column in cs)) for schema, name, cs in rows))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Catalog) and self.version == other.version

    def __hash__(self) -> int:
        return hash(self.version)
