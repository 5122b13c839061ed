"""Connections to Redis for the hot path: taken, asked and put back without locks, timers or asking whether they live.

redis-py's client spends three times as long around a GET as the GET itself takes; its connections alone do not.
"""

import os
from collections import deque
from collections.abc import Sequence
from typing import Any

import redis

Command = Sequence[str | bytes | int]


class RedisLines:
    """Idle connections of one process to one Redis; as many are made as threads ask at once."""

    def __init__(self, url: str, timeout: float) -> None:
        """Connect on first use. ``timeout`` is in seconds, for connecting and for each answer."""
        self._pool = redis.ConnectionPool.from_url(
            url, socket_timeout=timeout, socket_connect_timeout=timeout, retry=None
        )
        #: Its pop and append are atomic, so it needs no lock.
        self._idle: deque[Any] = deque()

    def ask(self, *commands: Command) -> list[Any]:
        """Send commands in one go and return their answers in order. Raises RedisError.

        A connection that the server closed while it was idle is made anew, once. One that failed is never used again,
        so no answer can reach a question that it does not belong to.
        """
        line = self._take()
        if line is not None:
            try:
                return self._ask(line, commands)
            except redis.ConnectionError:
                self._idle.clear()
        return self._ask(self._pool.connection_class(**self._pool.connection_kwargs), commands)

    def _take(self) -> Any:
        while self._idle:
            try:
                line = self._idle.pop()
            except IndexError:  # Another thread was quicker.
                break
            if line.pid == os.getpid():
                return line
        return None

    def _ask(self, line: Any, commands: Sequence[Command]) -> list[Any]:
        try:
            line.send_packed_command(line.pack_commands(commands), check_health=False)
            answers = [line.read_response() for _ in commands]
        except BaseException:
            line.disconnect()
            raise
        self._idle.append(line)
        return answers
