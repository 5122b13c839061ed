"""Stops a running statement at its source, from another thread."""

import contextlib
import threading
from collections.abc import Callable, Iterator

from datasources.errors import QueryCancelled


class Cancel:
    """Handed to ``run_statement`` by whoever may lose interest in its rows, and called by them once they did.

    >>> cancel = Cancel()
    >>> cancel()
    >>> cancel.requested
    True
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stop: Callable[[], object] | None = None
        self.requested = False

    def __call__(self) -> None:
        """Stop the statement if it runs, and keep it from running if it has not begun."""
        with self._lock:
            self.requested = True
            if self._stop is not None:
                with contextlib.suppress(Exception):  # A driver that cannot stop leaves it to the statement's timeout.
                    self._stop()

    @contextlib.contextmanager
    def stopping(self, stop: Callable[[], object]) -> Iterator[None]:
        """Let a call of this use ``stop`` for as long as the block runs. Raises QueryCancelled when it came before."""
        with self._lock:
            if self.requested:
                raise QueryCancelled
            self._stop = stop
        try:
            yield
        finally:
            with self._lock:
                self._stop = None
