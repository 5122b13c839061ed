"""Stops work that runs past its time: one watching thread per process, whatever the number of queries."""

import contextlib
import heapq
import os
import threading
import time
from collections.abc import Callable
from itertools import count

#: A stop is repeated, since a database ignores one that comes before its query has begun.
_REPEAT_SECONDS = 0.1


class Deadline:
    """Calls ``stop`` from the watching thread when ``seconds`` are over, then each ``every`` until the block is left.

    >>> with Deadline(0.01, lambda: None) as deadline:
    ...     passed_at_once = deadline.passed
    >>> passed_at_once
    False
    """

    def __init__(self, seconds: float, stop: Callable[[], object], *, every: float = _REPEAT_SECONDS) -> None:
        self._seconds = seconds
        self.every = every
        self._stop = stop
        self._lock = threading.Lock()
        self._open = False
        self.passed = False

    def __enter__(self) -> "Deadline":
        self._open = True
        _watcher().add(time.monotonic() + self._seconds, self)
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._open = False
            self._stop = _nothing  # The watcher remembers this deadline until it is due, and nothing of the work.

    def hurry(self) -> None:
        """Stop the work now, as if its time was over: again and again until the block is left."""
        _watcher().add(time.monotonic(), self)

    @property
    def is_over(self) -> bool:
        """Whether the block was left, so that there is nothing to stop any more."""
        return not self._open

    def fire(self) -> bool:
        """Stop the work and tell whether to look again; never stops anything after the block was left."""
        with self._lock:
            if not self._open:
                return False
            self.passed = True
            with contextlib.suppress(Exception):  # A driver's failure to stop must not end the one watching thread.
                self._stop()
            return True


def _nothing() -> None:
    """Stop nothing."""


class _Watcher:
    def __init__(self) -> None:
        self.pid = os.getpid()
        self._due: list[tuple[float, int, Deadline]] = []
        self._numbers = count()
        self._changed = threading.Condition()
        threading.Thread(target=self._watch, name="deadlines", daemon=True).start()

    def add(self, when: float, deadline: Deadline) -> None:
        with self._changed:
            heapq.heappush(self._due, (when, next(self._numbers), deadline))
            if self._due[0][2] is deadline:
                self._changed.notify()

    def _watch(self) -> None:
        while True:
            with self._changed:
                # Nearly all work ends in time: the watcher wakes for the first that may not, and not for each.
                while self._due and self._due[0][2].is_over:
                    heapq.heappop(self._due)
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is None or wait > 0:
                    self._changed.wait(wait)
                    continue
                deadline = heapq.heappop(self._due)[2]
            if deadline.fire():
                self.add(time.monotonic() + deadline.every, deadline)


_current: list[_Watcher] = []
_making = threading.Lock()


def _watcher() -> _Watcher:
    with _making:
        if not _current or _current[0].pid != os.getpid():
            _current[:] = [_Watcher()]
        return _current[0]
