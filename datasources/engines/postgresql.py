"""PostgreSQL through psycopg 3: binary results, a read-only transaction that is always rolled back."""

import datetime
import decimal
import os
import re
import socket
import ssl
from collections.abc import Sequence
from typing import Any, ClassVar

import psycopg
from psycopg.types.numeric import Int4, Int8

from datasources.catalog import Catalog
from datasources.dialect import Dialect
from datasources.digests import digest
from datasources.engines.base import CONNECT_SECONDS, INSPECT_SECONDS, Connection, Field, Role, checked_fields, grouped
from datasources.engines.postgresql_pool import Pool
from datasources.engines.postgresql_sql import CATALOG, DIALECT, KINDS, ROLE, begin
from datasources.errors import BadConnection, QueryFailed, QueryTimeout, SourceUnavailable
from datasources.result import Result, check_characters, make_result
from embedhost.lib.deadline import Deadline

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._:-]{0,251}[A-Za-z0-9])?")
#: The server's own limit comes first; the line is only cut when the server does not answer any more.
_GRACE_SECONDS = 1.0
_CHUNK = 500


class PostgreSQL:
    """A small pool per connection; its size is bounded by the threads that run statements of one source."""

    name: ClassVar[str] = "postgresql"
    label: ClassVar[str] = "PostgreSQL"
    dialect: ClassVar[Dialect] = DIALECT
    fields: ClassVar[tuple[Field, ...]] = (
        Field("host", "Host"),
        Field("port", "Port", default="5432"),
        Field("dbname", "Database"),
        Field("user", "User"),
        Field("password", "Password", secret=True, required=False),
        Field("sslmode", "TLS", default="verify-full", choices=("verify-full", "require", "disable")),
    )

    def __init__(self) -> None:
        self._pools: dict[str, Pool] = {}

    def check(self, connection: Connection) -> dict[str, Any]:
        """Return host, port, dbname, user, password and sslmode. Raises BadConnection."""
        fields = checked_fields(self.fields, connection)
        if not _HOST.fullmatch(fields["host"]):
            raise BadConnection("Host must be one host name or address, without a path, a comma or a space.")
        if not fields["port"].isascii() or not fields["port"].isdigit() or not 0 < int(fields["port"]) < 65536:
            raise BadConnection("Port must be a number from 1 to 65535.")
        if "=" in fields["dbname"] or "://" in fields["dbname"]:
            raise BadConnection("Database must be a plain name, not a connection string.")
        return {**fields, "port": int(fields["port"])}

    def catalog(self, connection: Connection) -> Catalog:
        """Read every table and view that the login may read, outside of the system's schemas."""
        return grouped(self._read(connection, CATALOG))

    def check_role(self, connection: Connection) -> Role:
        """Say whether the login may write, owns tables, is a superuser or bypasses row security."""
        return Role(*self._read(connection, ROLE)[0])

    def run(
        self, connection: Connection, sql: str, params: Sequence[object], *, timeout: float, max_rows: int
    ) -> Result:
        """Run one statement in a read-only transaction; the server stops it when its time is over."""
        capped = f'SELECT * FROM ({sql}) AS "eh_all" LIMIT {max_rows + 1:d}'  # noqa: S608  # sql comes from the gate only
        columns, rows = self._stream(connection, capped, params, timeout)
        return make_result(columns, rows, max_rows)

    def close(self, connection: Connection) -> None:
        """Close the idle connections of a source."""
        pool = self._pools.pop(_key(connection), None)
        if pool is not None:
            pool.close()

    def _read(self, connection: Connection, sql: str) -> list[tuple[Any, ...]]:
        return self._stream(connection, sql, (), INSPECT_SECONDS)[1]

    def _stream(
        self, connection: Connection, sql: str, params: Sequence[object], timeout: float
    ) -> tuple[list[tuple[str, str]], list[tuple[Any, ...]]]:
        pool = self._pool(connection)
        line = pool.take(begin(timeout))
        with Deadline(timeout + _GRACE_SECONDS, lambda: _hang_up(line)) as deadline:
            try:
                found = _fetch(line, sql, [_adapted(value) for value in params])
            except psycopg.Error as error:
                line.close()
                raise _failure(error, timed_out=deadline.passed) from None
            except BaseException:
                line.close()
                raise
        pool.give(line)
        return found

    def _pool(self, connection: Connection) -> Pool:
        key = _key(connection)
        pool = self._pools.get(key)
        if pool is None:
            pool = self._pools.setdefault(key, Pool(_conninfo(connection)))
        return pool


def _key(connection: Connection) -> str:
    """A pool never crosses a fork, and another password is another pool."""
    return digest(os.getpid(), dict(connection))


def _conninfo(connection: Connection) -> dict[str, Any]:
    """Return every parameter that libpq would otherwise take from its surroundings."""
    verified = connection["sslmode"] == "verify-full"
    return {
        **connection,
        "hostaddr": "",
        "options": "",
        "passfile": f"{os.devnull}/none",
        "gssencmode": "disable",
        "require_auth": "scram-sha-256,md5,none",
        "sslrootcert": (ssl.get_default_verify_paths().cafile or "system") if verified else "",
        "application_name": "embedhost",
        "client_encoding": "UTF8",
        "connect_timeout": CONNECT_SECONDS,
        "tcp_user_timeout": 10_000,
    }


def _fetch(
    line: "psycopg.Connection[tuple[Any, ...]]", sql: str, params: Sequence[object]
) -> tuple[list[tuple[str, str]], list[tuple[Any, ...]]]:
    """Read in chunks, so that a result too large is given up before it fills the memory."""
    columns: list[tuple[str, str]] = []
    rows: list[tuple[Any, ...]] = []
    characters = 0
    with psycopg.RawCursor(line) as cursor:
        for row in cursor.stream(sql.encode(), params, binary=True, size=_CHUNK):
            rows.append(row)
            if len(rows) % _CHUNK == 0:
                characters += sum(len(cell) for each in rows[-_CHUNK:] for cell in each if isinstance(cell, str))
                check_characters(characters)
        if not rows:  # A stream without rows does not tell its columns; the planner runs nothing for LIMIT 0.
            empty = f'SELECT * FROM ({sql}) AS "eh_none" LIMIT 0'  # noqa: S608  # sql comes from the gate only
            cursor.execute(empty.encode(), params, binary=True)
        columns = [(column.name, KINDS.get(column.type_code, "text")) for column in cursor.description or ()]
    return columns, rows


def _hang_up(line: "psycopg.Connection[tuple[Any, ...]]") -> None:
    with socket.socket(fileno=os.dup(line.fileno())) as copy:
        copy.shutdown(socket.SHUT_RDWR)


def _adapted(value: object) -> object:
    """Bind numbers as the server reads them in a statement: integer, else bigint, and numeric for fractions."""
    if isinstance(value, tuple):
        return [_adapted(item) for item in value]
    if isinstance(value, float):
        return decimal.Decimal(repr(value))
    if isinstance(value, bool | datetime.date) or not isinstance(value, int):
        return value
    return Int4(value) if -(2**31) <= value < 2**31 else Int8(value)


def _failure(error: psycopg.Error, *, timed_out: bool) -> Exception:
    if timed_out or isinstance(error, psycopg.errors.QueryCanceled):
        return QueryTimeout(str(error))
    if isinstance(error, psycopg.OperationalError):
        return SourceUnavailable(str(error))
    return QueryFailed(str(error))
