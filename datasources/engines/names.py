"""What address a host's name has now, asked for in bounded time: a slow name holds up nobody but who uses it.

The system's look-up knows no time limit and cannot be stopped, so it runs in threads of its own. Running sources and
the console's checks have different ones: whoever types names into a form cannot take away those of running sources.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextvars import ContextVar
from functools import partial

from datasources.errors import SourceUnavailable
from embedhost.lib.memory import Recent

RESOLVE_SECONDS = 2.0
#: How long a good answer serves running sources. Its addresses are checked at every connection all the same.
KEPT_SECONDS = 30.0


class Lookups:
    """A few threads that ask for addresses; one name never holds more than one of them."""

    def __init__(self, threads: int, name: str) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._under_way: dict[str, Future[list[str]]] = {}
        self._lock = threading.Lock()

    def ask(self, host: str) -> list[str]:
        """Return a host's addresses. Raises SourceUnavailable after RESOLVE_SECONDS."""
        asked = self._asked(host)
        try:
            return list(asked.result(RESOLVE_SECONDS))
        except (OSError, NotYet, CancelledError, UnicodeError) as error:
            asked.cancel()  # What still waits for a thread would only keep others waiting.
            raise SourceUnavailable(f"{host} has no address: {error}") from None

    def _asked(self, host: str) -> Future[list[str]]:
        with self._lock:
            asked = self._under_way.get(host)
            if asked is not None:
                return asked
            asked = self._under_way[host] = self._threads.submit(_addresses, host)
        # Outside of the lock: when it is done already, this runs at once.
        asked.add_done_callback(partial(self._done, host))
        return asked

    def _done(self, host: str, asked: Future[list[str]]) -> None:
        with self._lock:
            if self._under_way.get(host) is asked:
                del self._under_way[host]


def _addresses(host: str) -> list[str]:
    rows = socket.getaddrinfo(host, None, 0, socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]).partition("%")[0] for row in rows))


_running = Lookups(16, "resolve")
_checks = Lookups(4, "resolve-check")
_checking: ContextVar[bool] = ContextVar("checking", default=False)
_known: Recent[str, tuple[float, list[str]]] = Recent(1000)


@contextlib.contextmanager
def checking() -> Iterator[None]:
    """Ask with the threads of the console's checks, and never from memory."""
    before = _checking.set(True)
    try:
        yield
    finally:
        _checking.reset(before)


def resolve(host: str) -> list[str]:
    """Return a host's addresses, none of them checked. Raises SourceUnavailable."""
    if _checking.get():
        return _checks.ask(host)
    at, found = _known.get(host) or (float("-inf"), [])
    if time.monotonic() - at >= KEPT_SECONDS:
        found = _running.ask(host)
        _known.put(host, (time.monotonic(), found))
    return found


def forget() -> None:
    """Forget all answers, as a new process would."""
    _known.clear()
