"""Open connections to one database. What is borrowed is clean, what failed is closed, and their number is bounded."""

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from datasources.errors import ServerBusy, SourceUnavailable

Line = TypeVar("Line")

#: An idle connection is kept so long (seconds).
MAX_IDLE_SECONDS = 120.0
#: How long a statement waits for a connection when all are borrowed.
WAIT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Handling(Generic[Line]):
    """What a pool asks of its driver. ``clean`` undoes whatever a statement could have left in the session.

    Whether it was done may be known only by whoever begins the next statement, who then fails (``Pool.take``).

    All of them raise one of ``errors`` when the connection cannot be used any more.
    """

    connect: Callable[[], Line]
    clean: Callable[[Line], None]
    close: Callable[[Line], None]
    errors: tuple[type[Exception], ...]


class Room:
    """At most ``size`` connections to one server, whichever logins they have: an idle one makes room for another."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._open = 0
        self._left = threading.Condition()

    def enter(self, make_room: Callable[[], bool]) -> None:
        """Count one connection more. ``make_room`` closes one that is idle and tells whether there was one.

        Raises ServerBusy when all have been busy for WAIT_SECONDS.
        """
        deadline = time.monotonic() + WAIT_SECONDS
        while not self._entered():
            if make_room():
                continue
            if time.monotonic() > deadline:
                raise ServerBusy("All connections to this server are in use (SERVER_CONNECTIONS).")
            with self._left:
                self._left.wait(0.02)

    def _entered(self) -> bool:
        with self._left:
            free = self._open < self._size
            self._open += free
            return free

    def leave(self) -> None:
        """Count one connection less."""
        with self._left:
            self._open -= 1
            self._left.notify()


class Pool(Generic[Line]):
    """At most ``size`` connections; what is idle for long is closed by ``sweep``."""

    def __init__(self, handling: Handling[Line], size: int) -> None:
        self._handling = handling
        self._places = threading.BoundedSemaphore(size)
        #: When it was given back, and the connection; the longest idle one first.
        self._idle: list[tuple[float, Line]] = []
        self._lock = threading.Lock()
        self._borrowed = 0
        self._closed = False

    @property
    def idle_since(self) -> float:
        """When its longest idle connection was given back (monotonic); infinite when none is idle."""
        with self._lock:
            return self._idle[0][0] if self._idle else float("inf")

    @property
    def is_unused(self) -> bool:
        """Whether nothing of it is open."""
        with self._lock:
            return not self._idle and not self._borrowed

    def take(self, begin: Callable[[Line], None]) -> Line:
        """Return a connection after ``begin`` made and checked its session. Raises SourceUnavailable."""
        if not self._places.acquire(timeout=WAIT_SECONDS):
            raise SourceUnavailable("All connections to this source are in use.")
        with self._lock:
            self._borrowed += 1
        try:
            return self._begun(begin)
        except BaseException as error:
            self._release()
            if isinstance(error, self._handling.errors):
                raise SourceUnavailable(str(error)) from None
            raise

    def give(self, line: Line) -> None:
        """Take a connection back, reset; it is closed when that fails."""
        try:
            self._handling.clean(line)
        except self._handling.errors:
            self.drop(line)
            return
        with self._lock:
            keep = not self._closed
            if keep:
                self._idle.append((time.monotonic(), line))
        if not keep:
            self._close(line)
        self._release()

    def drop(self, line: Line) -> None:
        """Close a borrowed connection that nobody may use again."""
        self._close(line)
        self._release()

    def close(self) -> None:
        """Close what is idle now, and what is given back later."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for _, line in idle:
            self._close(line)

    def sweep(self) -> None:
        """Close what has been idle for MAX_IDLE_SECONDS."""
        old = time.monotonic() - MAX_IDLE_SECONDS
        with self._lock:
            stale = [line for since, line in self._idle if since <= old]
            self._idle = [kept for kept in self._idle if kept[0] > old]
        for line in stale:
            self._close(line)

    def close_one(self) -> bool:
        """Close the connection that is idle for longest, and tell whether there was one."""
        with self._lock:
            found = [self._idle.pop(0)[1]] if self._idle else []
        for line in found:
            self._close(line)
        return bool(found)

    def _release(self) -> None:
        with self._lock:
            self._borrowed -= 1
        self._places.release()

    def _begun(self, begin: Callable[[Line], None]) -> Line:
        stale: tuple[type[Exception], ...] = (*self._handling.errors, SourceUnavailable)
        while (line := self._pop()) is not None:
            try:
                begin(line)
            except stale:
                self._close(line)
            else:
                return line
        line = self._handling.connect()
        try:
            begin(line)
        except BaseException:
            self._close(line)
            raise
        return line

    def _pop(self) -> Line | None:
        self.sweep()
        with self._lock:
            return self._idle.pop()[1] if self._idle else None

    def _close(self, line: Line) -> None:
        with contextlib.suppress(*self._handling.errors):
            self._handling.close(line)
