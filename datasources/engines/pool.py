"""Open connections to one database. What is borrowed is clean, what failed is closed, and their number is bounded."""

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from datasources.errors import SourceUnavailable

Line = TypeVar("Line")

MAX_AGE_SECONDS = 600
#: How long a statement waits for a connection when all are borrowed.
WAIT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Handling(Generic[Line]):
    """What a pool asks of its driver. ``clean`` undoes whatever a statement could have left in the session.

    All of them raise one of ``errors`` when the connection cannot be used any more.
    """

    connect: Callable[[], Line]
    clean: Callable[[Line], None]
    close: Callable[[Line], None]
    errors: tuple[type[Exception], ...]


class Pool(Generic[Line]):
    """At most ``size`` connections; those that are idle are kept for ten minutes."""

    def __init__(self, handling: Handling[Line], size: int) -> None:
        self._handling = handling
        self._places = threading.BoundedSemaphore(size)
        self._idle: list[tuple[float, Line]] = []
        self._lock = threading.Lock()
        self._closed = False

    def take(self, begin: Callable[[Line], None]) -> Line:
        """Return a connection after ``begin`` made and checked its session. Raises SourceUnavailable."""
        if not self._places.acquire(timeout=WAIT_SECONDS):
            raise SourceUnavailable("All connections to this source are in use.")
        try:
            return self._begun(begin)
        except BaseException as error:
            self._places.release()
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
        self._places.release()

    def drop(self, line: Line) -> None:
        """Close a borrowed connection that nobody may use again."""
        self._close(line)
        self._places.release()

    def close(self) -> None:
        """Close what is idle now, and what is given back later."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for _, line in idle:
            self._close(line)

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
        with self._lock:
            kept = [self._idle.pop()] if self._idle else []
            while kept and time.monotonic() - kept[0][0] >= MAX_AGE_SECONDS:
                self._close(kept.pop()[1])
                kept = [self._idle.pop()] if self._idle else []
        return kept[0][1] if kept else None

    def _close(self, line: Line) -> None:
        with contextlib.suppress(*self._handling.errors):
            self._handling.close(line)
