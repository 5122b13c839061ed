"""A connection to PostgreSQL that hangs up on a server which sends more at once than a result may hold.

libpq takes a row as a whole, up to a gigabyte a cell, before anybody sees any of it. What arrives is counted by the
kernel, whatever the types are and whatever TLS makes of it, so nothing is asked of the server and nothing of its rows.
"""

import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import ioctl
from termios import FIONREAD
from typing import Any, Final, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.errors import Error

from datasources.errors import ResultTooLarge
from datasources.result import MAX_CHARACTERS
from embedhost.lib.deadline import Deadline

T = TypeVar("T")

#: A result's text with what the protocol and TLS put around it: the most that one chunk of rows takes (bytes).
MOST_BYTES: Final = MAX_CHARACTERS + MAX_CHARACTERS // 32
#: How often it is looked how much came (seconds); a server on the same machine sends some megabytes meanwhile.
_LOOK_SECONDS: Final = 0.002
#: Linux counts a socket's bytes from its first one on (struct tcp_info of linux/tcp.h). Elsewhere nobody does.
_TCP_INFO: Final[int | None] = getattr(socket, "TCP_INFO", None)
_BYTES_RECEIVED: Final = struct.Struct("@128xQ")


class Line(psycopg.Connection[tuple[Any, ...]]):
    """As psycopg's, but a chunk of rows of more than MOST_BYTES ends the connection; ``overflowed`` then says so."""

    overflowed = False

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """Drive one step of the driver to its end, and count what arrives meanwhile."""
        return super().wait(self._counted(gen), interval, timeout)

    @contextmanager
    def raising_overflow(self) -> Iterator[None]:
        """Say of whatever fails after an overflow what it was. Raises ResultTooLarge."""
        try:
            yield
        except Error:
            if self.overflowed:
                raise ResultTooLarge(f"a row of more than {MOST_BYTES:,} bytes") from None
            raise

    def _counted(self, gen: PQGen[T]) -> PQGen[T]:
        """Pass on what the driver waits for; where some of a chunk came and not all of it, watch the rest come."""
        try:
            event = next(gen)
            while not (ready := (yield event)):
                event = gen.send(ready)
            event = gen.send(ready)
            most = self._held() + MOST_BYTES
            with Deadline(_LOOK_SECONDS, lambda: self._end_over(most), every=_LOOK_SECONDS):
                while True:
                    event = gen.send((yield event))
        except StopIteration as result:
            value: T = result.value
            return value

    def _end_over(self, most: int) -> None:
        """Hang up on who sent more; the driver then comes to the end of what was sent, and fails.

        Called by another thread: libpq reads on and on by itself as long as there is something to read.
        """
        if not self.overflowed and self._held() > most:
            self.overflowed = True
            with self._socket() as line:
                line.shutdown(socket.SHUT_RDWR)

    def _held(self) -> int:
        """Return how many bytes this process took over from the kernel since it connected."""
        if _TCP_INFO is None:
            return 0
        with self._socket() as line:
            info = line.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, _BYTES_RECEIVED.size)
        received: int = _BYTES_RECEIVED.unpack(info)[0]
        return received - int.from_bytes(ioctl(self.pgconn.socket, FIONREAD, bytes(4)), sys.byteorder)

    @contextmanager
    def _socket(self) -> Iterator[socket.socket]:
        line = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, fileno=self.pgconn.socket)
        try:
            yield line
        finally:
            line.detach()
