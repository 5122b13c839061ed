"""Idle connections to one PostgreSQL database. What is borrowed is clean, and what failed is closed."""

import threading
import time
from typing import Any

import psycopg
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult
from psycopg.types.string import StrDumper

from datasources.errors import SourceUnavailable

Line = psycopg.Connection[tuple[Any, ...]]

MAX_IDLE = 8
MAX_AGE_SECONDS = 600

#: Undoes whatever a statement could have left in the session, in one round trip.
_CLEAN = "ROLLBACK; CLOSE ALL; RESET ALL; UNLISTEN *; DEALLOCATE ALL; SELECT pg_advisory_unlock_all()"


class Pool:
    """Connections that wait for their next statement; the callers bound how many are out at once."""

    def __init__(self, conninfo: dict[str, Any]) -> None:
        self._conninfo = conninfo
        self._idle: list[tuple[float, Line]] = []
        self._lock = threading.Lock()
        self._closed = False

    def take(self, begin: str) -> Line:
        """Return a connection inside a verified read-only transaction. Raises SourceUnavailable."""
        while (line := self._pop()) is not None:
            try:
                return _begun(line, begin)
            except (psycopg.Error, SourceUnavailable):
                line.close()
        return self._connect(begin)

    def give(self, line: Line) -> None:
        """Take a connection back, rolled back and reset; it is closed when that fails."""
        try:
            _sent(line, _CLEAN)
        except psycopg.Error:
            line.close()
            return
        with self._lock:
            keep = not self._closed and len(self._idle) < MAX_IDLE
            if keep:
                self._idle.append((time.monotonic(), line))
        if not keep:
            line.close()

    def close(self) -> None:
        """Close what is idle now, and what is given back later."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for _, line in idle:
            line.close()

    def _pop(self) -> Line | None:
        with self._lock:
            while self._idle:
                since, line = self._idle.pop()
                if time.monotonic() - since < MAX_AGE_SECONDS and not line.closed:
                    return line
                line.close()
        return None

    def _connect(self, begin: str) -> Line:
        try:
            line = psycopg.connect(**self._conninfo, autocommit=True, prepare_threshold=None)
        except psycopg.Error as error:
            raise SourceUnavailable(str(error)) from None
        line.adapters.register_dumper(str, StrDumper)  # Text is bound as text, never as a type the server guesses.
        try:
            return _begun(line, begin)
        except psycopg.Error as error:
            line.close()
            raise SourceUnavailable(str(error)) from None


def _begun(line: Line, begin: str) -> Line:
    answer = _sent(line, begin)
    if (answer.get_value(0, 0), answer.get_value(0, 1)) != (b"on", b"t"):
        line.close()
        raise SourceUnavailable("The session could not be made read-only.")
    return line


def _sent(line: Line, statements: str) -> PGresult:
    """Send statements in one go and return the last one's answer. Raises psycopg.OperationalError.

    Past the driver's cursors, which cost more than the server needs for all of it.
    """
    answer = line.pgconn.exec_(statements.encode())
    if answer.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
        raise psycopg.OperationalError(answer.error_message.decode(errors="replace"))
    return answer
