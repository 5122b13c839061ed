"""MariaDB and MySQL through PyMySQL. Values never enter a statement's text: the server prepares it without them.

PyMySQL alone would write values into the text. Here a statement is prepared with a ``?`` for each value, and the values
go before it into variables of the session, in hexadecimal digits, so that no quote or character set can end one.
"""

import contextlib
import datetime
import decimal
import itertools
import re
import socket
import ssl
import struct
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NoReturn

import pymysql
from pymysql.constants import CR, ER, FIELD_TYPE
from pymysql.cursors import SSCursor

from datasources.dialect import Dialect
from datasources.engines.base import CONNECT_SECONDS, Connection, Field
from datasources.engines.mariadb_sql import CATALOG, DIALECT, KINDS, ROLE, begin
from datasources.engines.server import Found, Server, server_fields
from datasources.engines.sockets import certificate_problem, connected
from datasources.result import check_characters
from datasources.template import BIND_MARK

_MARK = re.compile(rf"`{BIND_MARK}(\d+)`")
_COM_RESET_CONNECTION = 0x1F
_STATEMENT_TIMEOUTS = (1969, 3024)  # MariaDB's and MySQL's numbers for a statement whose time was over.
_UNREACHABLE = (
    *(number for name, number in vars(CR).items() if name.startswith("CR_")),
    *(ER.CON_COUNT_ERROR, ER.DBACCESS_DENIED_ERROR, ER.ACCESS_DENIED_ERROR, ER.BAD_DB_ERROR, ER.SERVER_SHUTDOWN),
    0,
)

_DECODERS: dict[int, Callable[[str], object]] = {
    **dict.fromkeys((kind for kind, name in KINDS.items() if name == "number"), int),
    FIELD_TYPE.FLOAT: float,
    FIELD_TYPE.DOUBLE: float,
    FIELD_TYPE.DECIMAL: decimal.Decimal,
    FIELD_TYPE.NEWDECIMAL: decimal.Decimal,
    FIELD_TYPE.DATETIME: lambda text: text.replace(" ", "T", 1),
    FIELD_TYPE.TIMESTAMP: lambda text: text.replace(" ", "T", 1),
}


class _Refused:
    """Answers a server that asks for the password itself, or for a hash as weak as that. No server needs either."""

    def __init__(self, line: object) -> None:
        del line

    def authenticate(self, packet: object) -> NoReturn:
        del packet
        raise pymysql.OperationalError(CR.CR_AUTH_PLUGIN_CANNOT_LOAD, "The server asked for the password in clear.")


class Line(pymysql.Connection):
    """A connection that can be reset and cut off, and that gives up a server which sends more than a result holds."""

    def __init__(self, again: Callable[[], "Line"], **arguments: Any) -> None:
        self.again = again
        self.received = 0
        super().__init__(**arguments, defer_connect=True)

    def patience(self, seconds: float) -> None:
        """Wait this long for each answer from now on, and count what comes from zero."""
        self._read_timeout, self.received = seconds, 0

    def reset(self) -> None:
        """Let the server forget the session: transaction, settings, variables, prepared statements, locks."""
        self._execute_command(_COM_RESET_CONNECTION, b"")  # type: ignore[attr-defined]  # the stubs leave it out
        self._read_ok_packet()  # type: ignore[attr-defined]  # the stubs leave it out

    def abandon(self) -> None:
        """Close without reading what is left of a result; the driver would read it all."""
        result = self._result  # type: ignore[attr-defined]  # the stubs leave it out
        if result is not None:
            result.unbuffered_active = False
        self._force_close()  # type: ignore[attr-defined]  # the stubs leave it out

    def shut_down(self) -> None:
        self._sock.shutdown(socket.SHUT_RDWR)  # type: ignore[attr-defined]  # the stubs leave it out

    def _read_bytes(self, num_bytes: int) -> bytes:
        self.received += num_bytes
        check_characters(self.received // 2)  # Half of it, since the protocol's own bytes count here too.
        found: bytes = super()._read_bytes(num_bytes)  # type: ignore[misc]  # the stubs leave it out
        return found


class MariaDB(Server[Line]):
    """Five round trips: a read-only session, values, prepare, execute, reset."""

    name: ClassVar[str] = "mariadb"
    dialect: ClassVar[Dialect] = DIALECT
    fields: ClassVar[tuple[Field, ...]] = server_fields("3306")
    # Odd bytes of an untrusted server make the driver raise those after OSError.
    errors: ClassVar[tuple[type[Exception], ...]] = (
        *(pymysql.Error, OSError, struct.error, RuntimeError, ValueError, LookupError, TypeError, AttributeError),
    )
    catalog_sql: ClassVar[str] = CATALOG
    role_sql: ClassVar[str] = ROLE

    def connect(self, connection: Connection, addresses: Sequence[str]) -> Line:
        line = Line(
            lambda: self.connect(connection, addresses),
            **{name: connection[name] for name in ("host", "port", "user")},
            password=str(connection["password"]).encode(),
            database=connection["dbname"],
            charset="utf8mb4",
            autocommit=True,
            conv=_DECODERS,
            cursorclass=SSCursor,
            ssl=_tls(connection["sslmode"]),
            ssl_disabled=connection["sslmode"] == "disable",
            read_timeout=CONNECT_SECONDS,
            write_timeout=CONNECT_SECONDS,
            auth_plugin_map=dict.fromkeys(("mysql_clear_password", "mysql_old_password", "dialog"), _Refused),
            program_name="embedhost",
        )
        line.connect(connected(addresses, connection["port"]))
        return line

    def certificate_problem(self, error: Exception, connection: Connection, addresses: Sequence[str]) -> str:
        return certificate_problem(getattr(error, "original_exception", error))

    def begin(self, line: Line, timeout: float) -> None:
        line.patience(timeout + CONNECT_SECONDS)
        is_mariadb = "mariadb" in str(line.server_version).lower()  # type: ignore[attr-defined]  # the stubs leave it out
        _send(line, begin(timeout, is_mariadb=is_mariadb))

    def read(self, line: Line, sql: str, params: Sequence[object], max_rows: int) -> Found:
        text, values = _prepared(sql, params)
        named = {f"@eh{number}": _written(value) for number, value in enumerate(values)}
        session = {**named, "@eh_sql": _written(text), "sql_select_limit": str(max_rows + 1)}
        _send(line, "SET " + ", ".join(f"{name} = {value}" for name, value in session.items()))
        _send(line, "PREPARE eh FROM @eh_sql")
        cursor: Any = line.cursor()
        cursor.execute("EXECUTE eh" + (" USING " + ", ".join(named) if named else ""))
        columns = [(str(name), KINDS.get(kind, "text")) for name, kind, *_ in cursor.description or ()]
        rows = list(itertools.islice(cursor.fetchall_unbuffered(), max_rows + 1))
        if len(rows) > max_rows and cursor.fetchone() is not None:
            line.abandon()  # The statement's own LIMIT is larger: what is left of its rows is not worth reading.
        return columns, rows

    def clean(self, line: Line) -> None:
        line.reset()

    def shut(self, line: Line) -> None:
        line.abandon()

    def hang_up(self, line: Line) -> None:
        line.shut_down()

    def stop(self, line: Line) -> None:
        with contextlib.closing(line.again()) as other:
            number = int(line.server_thread_id[0])  # type: ignore[attr-defined]  # the stubs leave it out
            _send(other, f"KILL QUERY {number:d}")

    def timed_out(self, error: Exception) -> bool:
        return bool(error.args) and error.args[0] in _STATEMENT_TIMEOUTS

    def unreachable(self, error: Exception) -> bool:
        if isinstance(error, pymysql.Error):
            return not error.args or error.args[0] in _UNREACHABLE
        return isinstance(error, OSError)  # Whatever else the driver raises, bytes of this one answer have caused.


def _send(line: Line, statement: str) -> None:
    """Run a statement of ours, whose rows, if any, are not wanted."""
    line.query(statement)


def _prepared(sql: str, params: Sequence[object]) -> tuple[str, list[object]]:
    """Return the text with a ``?`` for every value, and the values in that order; a list has as many as it holds."""
    values: list[object] = []

    def mark(match: re.Match[str]) -> str:
        value = params[int(match.group(1)) - 1]
        if not isinstance(value, tuple):
            values.append(value)
            return "?"
        values.extend(value)
        return ", ".join("?" * len(value)) or "SELECT NULL FROM DUAL WHERE FALSE"

    return _MARK.sub(mark, sql), values


def _written(value: object) -> str:
    """Return the literal of one value, of digits only."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"X'{value.hex()}'"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        return format(decimal.Decimal(repr(value)), "f")
    text = value.isoformat() if isinstance(value, datetime.date) else str(value)
    return f"CONVERT(X'{text.encode().hex()}' USING utf8mb4)"


def _tls(mode: str) -> ssl.SSLContext | None:
    if mode == "disable":
        return None
    context = ssl.create_default_context()
    if mode == "require":
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
