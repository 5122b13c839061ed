"""The part that all database servers share: connection fields, checked addresses, a pool, limits, typed failures.

A new one names its driver's errors and says how to connect, begin, read, clean and cut off; see mariadb.py.
"""

import contextlib
import os
import re
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar
from weakref import WeakValueDictionary

from django.conf import settings

from datasources.cancel import Cancel
from datasources.catalog import Catalog
from datasources.dialect import Dialect
from datasources.digests import digest
from datasources.engines.addresses import checked_addresses
from datasources.engines.base import INSPECT_SECONDS, Connection, Field, Role, checked_fields, grouped
from datasources.engines.names import checking
from datasources.engines.pool import Handling, Pool, Room
from datasources.errors import BadConnection, QueryCancelled, QueryFailed, QueryTimeout, SourceUnavailable
from datasources.result import Result, make_result
from embedhost.lib.deadline import Deadline

Line = TypeVar("Line")
#: Names and types of the columns, and the rows: at most one more than the cap.
Found = tuple[list[tuple[str, str]], list[tuple[Any, ...]]]

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._:-]{0,251}[A-Za-z0-9])?")
#: The server's own limit comes first; the line is only cut when the server does not answer any more.
_GRACE_SECONDS = 1.0
#: Connections of a login besides those of panels: the isolation report's.
_SPARE = 2
#: A server as this process reaches it: process id, host, port. Nothing that is open crosses a fork.
_Place = tuple[int, str, int]


def server_fields(port: str) -> tuple[Field, ...]:
    """Return the only fields that a connection to a server has. ``port`` is the usual one."""
    return (
        Field("host", "Host"),
        Field("port", "Port", default=port),
        Field("dbname", "Database"),
        Field("user", "User"),
        Field("password", "Password", secret=True, required=False),
        Field("sslmode", "TLS", default="verify-full", choices=("verify-full", "require", "disable")),
    )


@dataclass(frozen=True, slots=True)
class _Kept(Generic[Line]):
    place: _Place
    pool: Pool[Line]


class Server(ABC, Generic[Line]):
    """A pool per connection; a server gets a bounded number of connections over all logins (SERVER_CONNECTIONS).

    Whatever a session could keep from one statement to the next is undone in between.
    """

    name: ClassVar[str]
    dialect: ClassVar[Dialect]
    fields: ClassVar[tuple[Field, ...]]
    #: What the driver raises. Anything else that a server's bytes can cause in it belongs here too.
    errors: ClassVar[tuple[type[Exception], ...]]
    #: Statements without values: (schema, table, column, type, collation) in order; a Role's facts in order.
    catalog_sql: ClassVar[str]
    role_sql: ClassVar[str]

    def __init__(self) -> None:
        self._pools: dict[str, _Kept[Line]] = {}
        #: They live as long as a pool, or a connection of it, does.
        self._rooms: WeakValueDictionary[_Place, Room] = WeakValueDictionary()
        self._lock = threading.Lock()

    @abstractmethod
    def connect(self, connection: Connection, addresses: Sequence[str]) -> Line:
        """Connect to one of the checked addresses, verifying the certificate for the name."""

    @abstractmethod
    def certificate_problem(self, error: Exception, connection: Connection, addresses: Sequence[str]) -> str:
        """Return what was wrong with the server's certificate when connecting failed; nothing when something else."""

    @abstractmethod
    def begin(self, line: Line, timeout: float) -> None:
        """Begin a read-only transaction with a statement timeout in seconds, and check that it is one.

        Fails on a session that did not become clean.
        """

    @abstractmethod
    def read(self, line: Line, sql: str, params: Sequence[object], max_rows: int) -> Found:
        """Run a statement and read at most ``max_rows`` + 1 rows. Raises ResultTooLarge."""

    @abstractmethod
    def clean(self, line: Line) -> None:
        """Roll back and undo everything that the session kept; it may be done only when the next ``begin`` returns."""

    @abstractmethod
    def hang_up(self, line: Line) -> None:
        """Shut the socket down, from another thread."""

    @abstractmethod
    def stop(self, line: Line) -> None:
        """Cancel the running statement at the server, from another thread and over a connection of its own."""

    @abstractmethod
    def timed_out(self, error: Exception) -> bool:
        """Tell whether the server stopped a statement because its time was over."""

    @abstractmethod
    def unreachable(self, error: Exception) -> bool:
        """Tell whether an error is about the connection and not about the statement."""

    def shut(self, line: Line) -> None:
        """Close a connection."""
        line.close()  # type: ignore[attr-defined]  # every driver's connection has it

    def check(self, connection: Connection) -> dict[str, Any]:
        """Return host, port, dbname, user, password and sslmode. Raises BadConnection, AddressRefused."""
        fields = checked_fields(self.fields, connection)
        if not _HOST.fullmatch(fields["host"]):
            raise BadConnection(
                "Host must be one host name or address, without a path, a comma or a space.", field="host"
            )
        if not fields["port"].isascii() or not fields["port"].isdigit() or not 0 < int(fields["port"]) < 65536:
            raise BadConnection("Port must be a number from 1 to 65535.", field="port")
        if "=" in fields["dbname"] or "://" in fields["dbname"]:
            raise BadConnection("Database must be a plain name, not a connection string.", field="dbname")
        with contextlib.suppress(SourceUnavailable), checking():  # A name nobody knows is a matter of connecting.
            checked_addresses(fields["host"], int(fields["port"]))
        return {**fields, "port": int(fields["port"])}

    def catalog(self, connection: Connection) -> Catalog:
        """Read every table and view that the login may read, outside of the system's schemas."""
        return grouped(self._inspected(connection, self.catalog_sql, 1_000_000))

    def check_role(self, connection: Connection) -> Role:
        """Say what the login may do besides reading."""
        name, *facts = self._inspected(connection, self.role_sql, 1)[0]
        return Role(name, *map(bool, facts))

    def _inspected(self, connection: Connection, sql: str, most: int) -> list[tuple[Any, ...]]:
        """Ask over a connection that is closed at once: what somebody only tries is not kept.

        Raises SourceUnavailable, and BadConnection with what is wrong with a certificate.
        """
        pool = self._made(connection).pool
        try:
            with checking():
                return self._asked(pool, sql, (), INSPECT_SECONDS, most, Cancel())[1]
        except SourceUnavailable as error:
            raise (BadConnection(error.problem, error.detail) if error.problem else error) from None
        finally:
            pool.close()

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
        """Run one statement in a read-only transaction; the server stops it when its time is over."""
        columns, rows = self._asked(self._pool(connection), sql, params, timeout, max_rows, cancel or Cancel())
        return make_result(columns, rows, max_rows)

    def close(self, connection: Connection) -> None:
        """Close the idle connections of a source, and those that still run when they are done."""
        kept = self._pools.pop(_key(connection), None)
        if kept is not None:
            kept.pool.close()

    def sweep(self) -> None:
        """Close what has been idle for long, and forget the pools of which nothing is left."""
        for key, kept in list(self._pools.items()):
            if kept.place[0] != os.getpid():
                continue
            kept.pool.sweep()
            if kept.pool.is_unused:
                # Whoever borrows from it right now gets a connection that is closed after its statement.
                self._pools.pop(key, None)
                kept.pool.close()

    def _asked(
        self, pool: Pool[Line], sql: str, params: Sequence[object], timeout: float, max_rows: int, cancel: Cancel
    ) -> Found:
        line = pool.take(lambda fresh: self.begin(fresh, timeout))
        with Deadline(timeout + _GRACE_SECONDS, lambda: self.hang_up(line)) as deadline:
            try:
                with cancel.stopping(lambda: self.stop(line)):
                    found = self.read(line, sql, params, max_rows)
            except self.errors as error:
                pool.drop(line)
                raise self._failure(error, deadline.passed, cancel.requested) from None
            except BaseException:
                pool.drop(line)
                raise
        pool.give(line)
        return found

    def _failure(self, error: Exception, passed: bool, cancelled: bool) -> Exception:
        if cancelled:
            return QueryCancelled(str(error))
        if passed or self.timed_out(error):
            return QueryTimeout(str(error))
        return SourceUnavailable(str(error)) if self.unreachable(error) else QueryFailed(str(error))

    def _pool(self, connection: Connection) -> Pool[Line]:
        key = _key(connection)
        kept = self._pools.get(key)
        return (kept or self._pools.setdefault(key, self._made(connection))).pool

    def _made(self, connection: Connection) -> _Kept[Line]:
        fixed, place = dict(connection), (os.getpid(), str(connection["host"]).lower(), int(connection["port"]))
        with self._lock:
            room = self._rooms.setdefault(place, Room(settings.SERVER_CONNECTIONS))

        def connect() -> Line:
            room.enter(lambda: self._close_idle(place))
            try:
                return self._connected(fixed)
            except BaseException:
                room.leave()
                raise

        def close(line: Line) -> None:
            try:
                self.shut(line)
            finally:
                room.leave()

        handling = Handling(connect, self.clean, close, self.errors)
        return _Kept(place, Pool(handling, settings.SOURCE_CONNECTIONS + _SPARE))

    def _close_idle(self, place: _Place) -> bool:
        """Close the connection to a server that is idle for longest, whoever's login it has."""
        pools = [kept.pool for kept in list(self._pools.values()) if kept.place == place]
        return bool(pools) and min(pools, key=lambda pool: pool.idle_since).close_one()

    def _connected(self, connection: Mapping[str, Any]) -> Line:
        try:
            addresses = checked_addresses(connection["host"], connection["port"])
        except BadConnection as refused:  # The name meant another address when the source was saved.
            raise SourceUnavailable(refused.message) from None
        try:
            return self.connect(connection, addresses)
        except self.errors as error:
            raise SourceUnavailable(str(error), self.certificate_problem(error, connection, addresses)) from None


def _key(connection: Connection) -> str:
    """A pool never crosses a fork, and another password is another pool."""
    return digest(os.getpid(), dict(connection))
