"""The corpus' tables in real databases, and for every tenant a schema of views with only its rows."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import duckdb
import psycopg

from datasources.catalog import Catalog
from datasources.engines import ENGINES
from datasources.engines.base import grouped
from datasources.rules import Kind, Rules, TableRule
from tests.datasources.corpus.rows import TENANTS, every_row
from tests.datasources.world import mariadb_root

_SCHEMA = Path(__file__).parent / "schema.sql"
COLUMN = "tenant"
Rows = list[tuple[Any, ...]]

_CATALOG = """
    SELECT table_schema, table_name, column_name, lower(data_type), '' FROM information_schema.columns
    WHERE table_schema = '{schema}' ORDER BY table_name, ordinal_position
"""


class Database(Protocol):
    """One connection that tells what it holds and runs texts, with placeholders $1, $2 ..."""

    engine: str
    catalog: Catalog

    def run(self, sql: str, params: Sequence[object] = ()) -> tuple[list[str], Rows]: ...

    def as_twin(self, tenant: str | None) -> None: ...


class PostgreSQL:
    """A connection to a database of its own."""

    engine = "postgresql"

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        self._cursor = psycopg.RawCursor(connection)
        # One transaction for all of it: each one of its own would wait for the disk.
        with connection.transaction():
            _fill(lambda sql, row: connection.execute(sql.replace("?", "%s"), row), "jsonb", "public")
        connection.execute("ANALYZE")
        self.catalog = grouped(connection.execute(_CATALOG.format(schema="public").encode()).fetchall())

    def run(self, sql: str, params: Sequence[object] = ()) -> tuple[list[str], Rows]:
        bound = [list(value) if isinstance(value, tuple) else value for value in params]
        self._cursor.execute(sql.encode(), bound)
        return [column.name for column in self._cursor.description or ()], self._cursor.fetchall()

    def as_twin(self, tenant: str | None) -> None:
        self._cursor.execute(f"SET search_path = {f'twin_{tenant}' if tenant else 'pg_catalog'}".encode())


class DuckDB:
    """A database in memory."""

    engine = "duckdb"

    def __init__(self) -> None:
        self._connection = duckdb.connect(":memory:", config={"threads": 1})
        _fill(self._connection.execute, "json", "main")
        self.catalog = grouped(self._connection.execute(_CATALOG.format(schema="main")).fetchall())

    def run(self, sql: str, params: Sequence[object] = ()) -> tuple[list[str], Rows]:
        bound = [list(value) if isinstance(value, tuple) else value for value in params]
        cursor = self._connection.execute(sql, bound)
        return [str(column[0]) for column in cursor.description or ()], cursor.fetchall()

    def as_twin(self, tenant: str | None) -> None:
        self._connection.execute(f"SET schema = '{f'twin_{tenant}' if tenant else 'main'}'")


class MariaDB:
    """A database, and one for each tenant, since in MariaDB a schema is a database; through the engine itself."""

    engine = "mariadb"

    def __init__(self, connection: dict[str, Any]) -> None:
        self._connection = self._now = ENGINES["mariadb"].check(connection)
        self.catalog = ENGINES["mariadb"].catalog(self._connection)

    def run(self, sql: str, params: Sequence[object] = ()) -> tuple[list[str], Rows]:
        found = ENGINES["mariadb"].run(self._now, sql, params, timeout=20, max_rows=100_000)
        return [name for name, _ in found.columns], list(zip(*found.values, strict=True))

    def as_twin(self, tenant: str | None) -> None:
        name = self._connection["dbname"]
        self._now = {**self._connection, "dbname": f"{name}_{tenant}" if tenant else name}


@contextmanager
def mariadb(url: str, name: str) -> Iterator[MariaDB]:
    """Make the corpus' databases and drop them in the end."""
    names = [name, *(f"{name}_{tenant}" for tenant in TENANTS)]
    with mariadb_root(url) as cursor:
        _fill_mariadb(cursor, name)
        try:
            parts = urlsplit(url)
            fields = {"host": parts.hostname, "port": str(parts.port), "user": parts.username}
            yield MariaDB({**fields, "password": parts.password, "dbname": name, "sslmode": "disable"})
        finally:
            for each in names:
                cursor.execute(f"DROP DATABASE {each}")


def _fill_mariadb(cursor: Any, name: str) -> None:
    cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    cursor.execute(f"USE {name}")
    # Its timestamps are instants, and change by themselves.
    script = _SCHEMA.read_text(encoding="utf-8").replace("{json}", "json").replace(" timestamp", " datetime")
    for statement in re.sub(r"--.*", "", script).split(";"):
        cursor.execute(statement)
    for table, rows in _by_table().items():
        cursor.executemany(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(rows[0]))})", rows)
    for tenant in TENANTS:
        cursor.execute(f"CREATE DATABASE {name}_{tenant}")
        _make_twin(cursor.execute, name, f"{name}_{tenant}", tenant, script)


@contextmanager
def postgresql(url: str, name: str) -> Iterator[PostgreSQL]:
    """Make a database for the corpus and drop it in the end."""
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {name}")
        try:
            info = psycopg.conninfo.make_conninfo(url, dbname=name)
            with psycopg.connect(info, autocommit=True, options="-c jit=off") as connection:
                yield PostgreSQL(connection)
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def rules_for(catalog: Catalog) -> Rules:
    """Return one rule per table: scoped where there is the tenant's column, else shared."""
    return Rules.of(
        TableRule(table.key, Kind.SCOPED, COLUMN, column_type=column.type, collation=column.collation)
        if (column := table.column(COLUMN))
        else TableRule(table.key, Kind.SHARED)
        for table in catalog.tables
    )


def comparable(rows: Rows) -> list[tuple[str, ...]]:
    """Return rows in an order and spelling of their own: numbers to nine digits, whatever their type."""
    return sorted(tuple(_spelled(cell) for cell in row) for row in rows)


def _spelled(cell: object) -> str:
    if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        return f"{float(cell):.9g}"
    return repr(cell)


def _fill(execute: Any, json: str, schema: str) -> None:
    script = _SCHEMA.read_text(encoding="utf-8").replace("{json}", json)
    execute(script, None)
    for table, rows in _by_table().items():
        _insert(execute, table, rows)
    for tenant in TENANTS:
        execute(f"CREATE SCHEMA twin_{tenant}", None)
        _make_twin(execute, schema, f"twin_{tenant}", tenant, script)


def _by_table() -> dict[str, Rows]:
    rows: dict[str, Rows] = {}
    for table, row in every_row():
        rows.setdefault(table, []).append(row)
    return rows


def _insert(execute: Any, table: str, rows: Rows) -> None:
    marks = f"({', '.join('?' * len(rows[0]))})"
    execute(f"INSERT INTO {table} VALUES {', '.join([marks] * len(rows))}", [cell for row in rows for cell in row])


def _make_twin(execute: Any, schema: str, twin: str, tenant: str, script: str) -> None:
    for table in re.findall(r"CREATE TABLE (\w+)", script):
        scoped = f"CREATE TABLE {table} ({COLUMN} " in script
        condition = f" WHERE {COLUMN} = '{tenant}'" if scoped else ""
        execute(f"CREATE VIEW {twin}.{table} AS SELECT * FROM {schema}.{table}{condition}", None)
