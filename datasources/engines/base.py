"""The contract of a database engine. tests/datasources/test_engine_contract.py runs over every entry of ENGINES."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

from datasources.cancel import Cancel
from datasources.catalog import Catalog, Column, Table
from datasources.dialect import Dialect
from datasources.errors import BadConnection
from datasources.result import Result

Connection = Mapping[str, Any]

#: Seconds to wait for a connection, and for catalog and role to be read.
CONNECT_SECONDS = 5
INSPECT_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a connection, as forms show it."""

    name: str
    label: str
    secret: bool = False
    required: bool = True
    default: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Role:
    """What the login of a connection may do besides reading. All False is what a source should have."""

    name: str
    may_write: bool = False
    owns_tables: bool = False
    superuser: bool = False
    bypasses_rls: bool = False

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return one sentence for each fact that weakens the wall, for the console."""
        facts = (
            (self.superuser, "is a superuser. Make a login of its own with SELECT only."),
            (self.bypasses_rls, "bypasses row security. Alter it to NOBYPASSRLS."),
            (self.owns_tables, "owns tables. Use a login that only has SELECT on them."),
            (self.may_write, "may write. Revoke INSERT, UPDATE, DELETE, TRUNCATE and CREATE."),
        )
        return tuple(f"The login {self.name} {text}" for fact, text in facts if fact)


class Engine(Protocol):
    """One database. Every method may be called from any thread, and none knows a model.

    Errors are those of datasources.errors; a driver's own words go to ``detail`` only, so they are raised ``from
    None``: a traceback in a log would hold them, and with them rows.
    """

    name: ClassVar[str]
    dialect: ClassVar[Dialect]
    fields: ClassVar[tuple[Field, ...]]

    def check(self, connection: Connection) -> dict[str, Any]:
        """Return the connection's fields in their own types. Raises BadConnection."""

    def catalog(self, connection: Connection) -> Catalog:
        """Read every table and view that the login may read."""

    def check_role(self, connection: Connection) -> Role:
        """Say what the login may do."""

    def run(
        self,
        connection: Connection,
        sql: str,
        params: Sequence[object],
        *,
        timeout: float,
        max_rows: int,
        cancel: Cancel | None = None,
    ) -> Result:
        """Run one statement read-only; stop it at the source after ``timeout`` seconds, or when ``cancel`` is called.

        Raises QueryTimeout, QueryCancelled, QueryFailed, SourceUnavailable, ResultTooLarge.
        """

    def close(self, connection: Connection) -> None:
        """Let go of everything that is kept open for a connection."""

    def sweep(self) -> None:
        """Let go of everything that nobody has used for long. Called every second."""


def checked_fields(fields: Sequence[Field], connection: Connection) -> dict[str, str]:
    """Return the texts of exactly the engine's fields. Raises BadConnection for unknown, missing or odd ones."""
    unknown = sorted(set(connection) - {field.name for field in fields})
    if unknown:
        raise BadConnection(f"A connection has no field {unknown[0][:40]}. Take it out.", field=unknown[0])
    return {field.name: _checked(field, connection.get(field.name, field.default)) for field in fields}


def _checked(field: Field, value: object) -> str:
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if field.required and not text:
        raise BadConnection(f"{field.label} is missing. Fill it in.", field=field.name)
    if any(ord(sign) < 32 for sign in text) or len(text) > 1000:
        problem = f"{field.label} holds a character that is not allowed, or is too long. Correct it."
        raise BadConnection(problem, field=field.name)
    if field.choices and text not in field.choices:
        raise BadConnection(f"{field.label} must be one of {', '.join(field.choices)}.", field=field.name)
    return text


def checked_file(fields: Sequence[Field], connection: Connection) -> dict[str, str]:
    """Return the ``path`` of an existing file. Raises BadConnection."""
    path = Path(checked_fields(fields, connection)["path"])
    if not path.is_absolute() or not path.is_file():
        raise BadConnection("The path must be absolute and name an existing file on the server.", field="path")
    return {"path": str(path)}


def grouped(rows: Iterable[tuple[str, str, str, str, str]]) -> Catalog:
    """Return the catalog for rows of (schema, table, column, type, collation) in order."""
    tables: dict[tuple[str, str], list[Column]] = {}
    for schema, table, column, kind, collation in rows:
        tables.setdefault((schema, table), []).append(Column(column, kind, collation))
    return Catalog(tuple(Table(schema, name, tuple(columns)) for (schema, name), columns in tables.items()))
