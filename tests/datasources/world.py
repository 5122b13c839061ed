"""The data of threats.md 1.4 on every engine: orders whose notes are canaries, and tables that nobody may read.

Organization a has the customers acme and globex, organization b has acme (the same id on purpose) and initech.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import duckdb
import psycopg
import pymysql

from datasources.compile import bind_values, compile_query
from datasources.engines import ENGINES
from datasources.result import Result
from datasources.rules import Kind, Rules, TableRule
from datasources.run import run_statement
from datasources.scope import PropertyValue, Scope
from datasources.snapshot import SourceSnapshot

#: Row counts per customer: a count of another customer's rows is then another number.
ROWS = {"acme": 3, "globex": 5}
FOREIGN = ("globex", "CANARY-b-", "CANARY-hidden", "initech")

_SCHEMA = """
    CREATE TABLE orders (id integer, cst {text}, region {text}, amount {number}, note {text}, day date, ratio {double});
    CREATE TABLE regions (region {text}, name {text});
    CREATE TABLE staff (cst {text}, note {text});
    CREATE TABLE b_orders (id integer, cst {text}, note {text});
    CREATE TABLE numbered (cst integer, note {text});
    CREATE TABLE areas (area {text}, note {text});
    CREATE VIEW all_orders AS SELECT * FROM orders;
"""


def rows(customers: tuple[str, ...] = tuple(ROWS)) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield (table, row) of everything, with orders of these customers only."""
    number = 0
    for customer in customers:
        count = ROWS[customer]
        for place in range(count):
            number += 1
            region = ("North", "South")[place % 2]
            note = f"CANARY-a-{customer}-{place}"
            day = f"2026-0{place + 1}-15"
            yield "orders", (number, customer, region, 100 * number, note, day, number / 4)
            yield "areas", (region if customer == "acme" else "East", note)
    yield from (("b_orders", (n, c, f"CANARY-b-{c}-{n}")) for n, c in enumerate(("acme", "initech")))
    yield from (("regions", (name, f"The {name}")) for name in ("North", "South", "West"))
    yield "staff", ("acme", "CANARY-hidden-staff")
    yield from (("numbered", (n, f"CANARY-a-{'acme' if n == 1 else 'globex'}-n{n}")) for n in (1, 10, 11))


def _fill(
    execute: Any, mark: str, text: str, number: str, double: str, customers: tuple[str, ...] = tuple(ROWS)
) -> None:
    for statement in _SCHEMA.format(text=text, number=number, double=double).split(";"):
        if statement.strip():
            execute(statement)
    for table, row in rows(customers):
        execute(f"INSERT INTO {table} VALUES ({', '.join([mark] * len(row))})", row)


def make_duckdb(folder: Path, customers: tuple[str, ...] = tuple(ROWS)) -> dict[str, Any]:
    path = folder / "orders.duckdb"
    path.write_bytes(_duckdb_file(customers))
    return {"path": str(path)}


@cache
def _duckdb_file(customers: tuple[str, ...]) -> bytes:
    """Fill a file once in a process: it takes a tenth of a second, and many tests begin with one."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "orders.duckdb"
        with duckdb.connect(str(path)) as database:
            _fill(database.execute, "?", "VARCHAR", "DECIMAL(12, 2)", "DOUBLE", customers)
        return path.read_bytes()


def make_sqlite(folder: Path, customers: tuple[str, ...] = tuple(ROWS)) -> dict[str, Any]:
    path = folder / "orders.sqlite3"
    database = sqlite3.connect(path)
    _fill(database.execute, "?", "TEXT", "NUMERIC", "REAL", customers)
    database.commit()
    database.close()
    return {"path": str(path)}


@contextmanager
def postgresql(url: str, name: str) -> Iterator[dict[str, Any]]:
    """A database of its own, and a login that may only SELECT in it."""
    reader = f"{name}_reader"
    with psycopg.connect(url, autocommit=True) as server:
        _drop(server, name, reader)
        server.execute(f"CREATE DATABASE {name}")
        server.execute(f"CREATE ROLE {reader} LOGIN PASSWORD 'look-only'")
        fields = {key: server.info.__getattribute__(key) for key in ("host", "port", "user", "password")}
        try:
            _make_postgresql(url, name, reader)
            yield {**fields, "dbname": name, "user": reader, "password": "look-only", "sslmode": "disable"}
        finally:
            ENGINES["postgresql"].close({**fields, "dbname": name, "user": reader})
            _drop(server, name, reader)


def _drop(server: Any, name: str, reader: str) -> None:
    server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    server.execute(f"DROP ROLE IF EXISTS {reader}")


@contextmanager
def mariadb(url: str, name: str) -> Iterator[dict[str, Any]]:
    """A database of its own, and a login that may only SELECT in it."""
    parts = urlsplit(url)
    user = f"{name}_r"[-32:]
    fields = {"host": parts.hostname or "", "port": parts.port or 3306, "user": user}
    with mariadb_root(url) as cursor:
        _drop_mariadb(cursor, name, user)
        try:
            # Texts of this database compare without case, accents and trailing spaces.
            cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci")
            cursor.execute(f"USE {name}")
            _fill(cursor.execute, "%s", "varchar(100)", "decimal(12, 2)", "double")
            cursor.execute(f"GRANT SELECT ON {name}.* TO '{user}'@'%' IDENTIFIED BY 'look-only'")
            yield {**fields, "dbname": name, "password": "look-only", "sslmode": "disable"}
        finally:
            _drop_mariadb(cursor, name, user)


@contextmanager
def mariadb_root(url: str, name: str | None = None) -> Iterator[Any]:
    """A cursor that may do everything, in one of the server's databases."""
    parts = urlsplit(url)
    fields: dict[str, Any] = {"user": parts.username, "password": parts.password or "", "host": parts.hostname}
    with pymysql.connect(
        **fields, port=parts.port or 3306, database=name, autocommit=True, charset="utf8mb4"
    ) as server:
        yield server.cursor()


def _drop_mariadb(cursor: Any, name: str, reader: str) -> None:
    cursor.execute(f"DROP DATABASE IF EXISTS {name}")
    cursor.execute(f"DROP USER IF EXISTS '{reader}'@'%'")


def _make_postgresql(url: str, name: str, reader: str) -> None:
    info = psycopg.conninfo.make_conninfo(url, dbname=name)
    with psycopg.connect(info, autocommit=True) as database:
        _fill(database.execute, "%s", "text", "numeric(12, 2)", "double precision")
        database.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        database.execute("CREATE MATERIALIZED VIEW stored_orders AS SELECT * FROM orders")
        database.execute("CREATE TABLE parted (cst text, note text) PARTITION BY LIST (cst)")
        database.execute("CREATE TABLE parted_globex PARTITION OF parted FOR VALUES IN ('globex')")
        database.execute("INSERT INTO parted VALUES ('globex', 'CANARY-a-globex-p')")
        database.execute("CREATE TABLE children () INHERITS (orders)")
        database.execute("CREATE FUNCTION all_notes() RETURNS SETOF text LANGUAGE sql AS 'SELECT note FROM orders'")
        database.execute("CREATE FUNCTION x(orders) RETURNS text LANGUAGE sql AS 'SELECT $1.note'")
        database.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {reader}")
        database.execute("ANALYZE")


def snapshot(engine: str, connection: Mapping[str, Any], extra: tuple[TableRule, ...] = ()) -> SourceSnapshot:
    """Return a source with orders scoped, regions shared and everything else hidden, unless ``extra`` says more."""
    checked = ENGINES[engine].check(connection)
    catalog = ENGINES[engine].catalog(checked)
    bare = SourceSnapshot(1, 1, "ws_a", "warehouse", engine, checked, "", catalog, Rules())
    rules = (scoped(bare, "orders", "cst"), shared(bare, "regions"), *extra)
    return with_rules(bare, *rules)


def schema_of(source: SourceSnapshot) -> str:
    """Return the schema of the world's tables: a name of the test's own where a schema is a database."""
    return next(table.schema for table in source.catalog.tables)


def scoped(source: SourceSnapshot, table: str, column: str, property: str = "external_id") -> TableRule:
    key = f"{schema_of(source)}.{table}"
    found = source.catalog.by_key[key].column(column)
    assert found is not None
    return TableRule(key, Kind.SCOPED, column, property, found.type, found.collation)


def shared(source: SourceSnapshot, table: str) -> TableRule:
    return TableRule(f"{schema_of(source)}.{table}", Kind.SHARED)


def with_rules(source: SourceSnapshot, *rules: TableRule) -> SourceSnapshot:
    fields = ("id", "version", "workspace_id", "name", "engine", "connection", "role", "catalog")
    return SourceSnapshot(**{name: getattr(source, name) for name in fields}, rules=Rules.of(rules))


@dataclass(frozen=True)
class Ask:
    """What a viewer of a customer may ask of a source."""

    source: SourceSnapshot
    customer: str = "acme"
    properties: Mapping[str, PropertyValue] | None = None
    family: tuple[str, ...] | None = None

    def __call__(
        self,
        sql: str,
        types: Mapping[str, str] | None = None,
        values: Mapping[str, object] | None = None,
        *,
        timeout: float = 10,
        max_rows: int = 1000,
    ) -> Result:
        values = values or {}
        compiled = compile_query(
            sql,
            dialect=self.source.dialect,
            catalog=self.source.catalog,
            rules=self.source.rules,
            variables=types or {},
            present=frozenset(values),
        )
        scope = Scope(1, self.customer, 1, self.properties or {}, self.family)
        reserved = {"customer_id": self.customer, "customer_name": "Acme", "viewer_id": None, "time_zone": "UTC"}
        params = bind_values(compiled, values=values, reserved=reserved, scope=scope)
        return run_statement(self.source, compiled, params, timeout=timeout, max_rows=max_rows)


def assert_clean(result: Result) -> None:
    """Fail on any value that acme of organization a must not see."""
    text = repr(result)
    assert not [canary for canary in FOREIGN if canary in text], text[:2000]


def cells(result: Result) -> list[tuple[Any, ...]]:
    """Return the rows of a result."""
    return list(zip(*result.values, strict=True))
