"""PostgreSQL through psycopg 3: binary results, a read-only transaction that is always rolled back."""

import datetime
import decimal
import os
import select
import socket
import ssl
import struct
from collections.abc import Sequence
from typing import Any, ClassVar

import psycopg
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult
from psycopg.types.numeric import Int4, Int8
from psycopg.types.string import StrDumper

from datasources.dialect import Dialect
from datasources.engines.base import CONNECT_SECONDS, Connection, Field
from datasources.engines.postgresql_line import Line
from datasources.engines.postgresql_sql import CATALOG, CLEAN, DIALECT, KINDS, ROLE, begin
from datasources.engines.server import Found, Server, server_fields
from datasources.engines.sockets import connected, handshake_problem
from datasources.errors import SourceUnavailable
from datasources.result import check_characters, check_columns

#: How a client asks the server for TLS; the server answers with the letter S.
_SSL_REQUEST = struct.pack(">II", 8, 80877103)
#: Rows that are read at once; what all of them may take is bounded too (postgresql_line.py).
_CHUNK = 64
#: Cells up to this size are numbers, dates and short texts, of which rows and columns are limited (bytes).
_SMALL = 16
#: SQLSTATEs that say that the server or the database cannot be used, whatever the statement is.
_UNREACHABLE = ("08", "28", "3D000", "53300", "57P")


class PostgreSQL(Server[Line]):
    """One round trip begins and checks a transaction, one reads; that the session is clean is known by the next."""

    name: ClassVar[str] = "postgresql"
    dialect: ClassVar[Dialect] = DIALECT
    fields: ClassVar[tuple[Field, ...]] = server_fields("5432")
    errors: ClassVar[tuple[type[Exception], ...]] = (psycopg.Error,)
    catalog_sql: ClassVar[str] = CATALOG
    role_sql: ClassVar[str] = ROLE

    def connect(self, connection: Connection, addresses: Sequence[str]) -> Line:
        line = Line.connect(**_conninfo(connection, addresses), autocommit=True, prepare_threshold=None)
        line.adapters.register_dumper(str, StrDumper)  # Text is bound as text, never as a type the server guesses.
        return line

    def certificate_problem(self, error: Exception, connection: Connection, addresses: Sequence[str]) -> str:
        """libpq says only that a certificate was refused, so one more handshake asks why."""
        if "certificate" not in str(error):
            return ""
        try:
            with connected(addresses, connection["port"]) as line:
                line.sendall(_SSL_REQUEST)
                return handshake_problem(line, connection["host"]) if line.recv(1) == b"S" else ""
        except OSError:
            return ""

    def begin(self, line: Line, timeout: float) -> None:
        _await_clean(line)
        answer = _sent(line, begin(timeout))
        if (answer.get_value(0, 0), answer.get_value(0, 1)) != (b"on", b"t"):
            raise SourceUnavailable("The session could not be made read-only.")

    def read(self, line: Line, sql: str, params: Sequence[object], max_rows: int) -> Found:
        """Read in chunks, so that a result or a cell too large is given up before it fills the memory."""
        capped = f'SELECT * FROM ({sql}) AS "eh_all" LIMIT {max_rows + 1:d}'  # noqa: S608  # sql comes from the gate only
        with line.raising_overflow():
            return _fetch(line, capped, [_adapted(value) for value in params])

    def clean(self, line: Line) -> None:
        """Have the server clean the session while whoever asked has their rows; ``begin`` sees that it did."""
        line.pgconn.send_query(CLEAN.encode())
        line.pgconn.flush()

    def hang_up(self, line: Line) -> None:
        with socket.socket(fileno=os.dup(line.fileno())) as copy:
            copy.shutdown(socket.SHUT_RDWR)

    def stop(self, line: Line) -> None:
        line.cancel_safe(timeout=CONNECT_SECONDS)

    def timed_out(self, error: Exception) -> bool:
        return isinstance(error, psycopg.errors.QueryCanceled)

    def unreachable(self, error: Exception) -> bool:
        state = error.sqlstate if isinstance(error, psycopg.Error) else None
        if state is None:  # The driver's own words: the connection is lost.
            return isinstance(error, psycopg.OperationalError)
        return state.startswith(_UNREACHABLE)


def _conninfo(connection: Connection, addresses: Sequence[str]) -> dict[str, Any]:
    """Return every parameter that libpq would otherwise take from its surroundings."""
    verified = connection["sslmode"] == "verify-full"
    return {
        **connection,
        "host": ",".join([connection["host"]] * len(addresses)),
        "hostaddr": ",".join(addresses),
        "options": "",
        "passfile": f"{os.devnull}/none",
        "gssencmode": "disable",
        "require_auth": "scram-sha-256,md5,none",
        "sslrootcert": (ssl.get_default_verify_paths().cafile or "system") if verified else "",
        "application_name": "embedhost",
        "client_encoding": "UTF8",
        "connect_timeout": max(2, (CONNECT_SECONDS - 1) // len(addresses)),
        "tcp_user_timeout": 10_000,
    }


def _fetch(line: Line, sql: str, params: Sequence[object]) -> Found:
    columns: list[tuple[str, str]] = []
    rows: list[tuple[Any, ...]] = []
    characters = 0
    with psycopg.RawCursor(line) as cursor:
        for row in cursor.stream(sql.encode(), params, binary=True, size=_CHUNK):
            if len(rows) % _CHUNK == 0:
                characters += _weight(cursor.pgresult)
                check_characters(characters)
            rows.append(row)
        if not rows:  # A stream without rows does not tell its columns; the planner runs nothing for LIMIT 0.
            empty = f'SELECT * FROM ({sql}) AS "eh_none" LIMIT 0'  # noqa: S608  # sql comes from the gate only
            cursor.execute(empty.encode(), params, binary=True)
        columns = [(column.name, KINDS.get(column.type_code, "text")) for column in cursor.description or ()]
    return columns, rows


def _weight(chunk: PGresult | None) -> int:
    """Return the bytes of a chunk's large cells, as they came. Raises ResultTooLarge for too many columns."""
    if chunk is None:
        return 0
    check_columns(chunk.nfields)
    cells = (chunk.get_value(row, column) for row in range(chunk.ntuples) for column in range(chunk.nfields))
    return sum(len(cell) for cell in cells if cell is not None and len(cell) > _SMALL)


def _sent(line: Line, statements: str) -> PGresult:
    """Send statements in one go and return the last one's answer. Raises psycopg.OperationalError.

    Past the driver's cursors, which cost more than the server needs for all of it.
    """
    return _good(line.pgconn.exec_(statements.encode()))


def _await_clean(line: Line) -> None:
    """Take what the server answered to ``clean``, if it was asked. Raises psycopg.OperationalError."""
    while True:
        while line.pgconn.is_busy():
            if not _is_readable(line, CONNECT_SECONDS):
                raise psycopg.OperationalError("The server does not end cleaning a session.")
            line.pgconn.consume_input()
        answer = line.pgconn.get_result()
        if answer is None:
            return
        _good(answer)


def _is_readable(line: Line, seconds: float) -> bool:
    poller = select.poll()
    poller.register(line.fileno(), select.POLLIN)
    return bool(poller.poll(seconds * 1000))


def _good(answer: PGresult) -> PGresult:
    if answer.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
        raise psycopg.OperationalError(answer.error_message.decode(errors="replace"))
    return answer


def _adapted(value: object) -> object:
    """Bind numbers as the server reads them in a statement: integer, else bigint, and numeric for fractions."""
    if isinstance(value, tuple):
        return [_adapted(item) for item in value]
    if isinstance(value, float):
        return decimal.Decimal(repr(value))
    if isinstance(value, bool | datetime.date) or not isinstance(value, int):
        return value
    return Int4(value) if -(2**31) <= value < 2**31 else Int8(value)
