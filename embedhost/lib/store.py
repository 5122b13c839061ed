"""Shared short-lived bytes and leases: in Redis when there is one, else in this process with the same meaning.

Redis only spares work. When it does not answer, a breaker leaves it alone after one short timeout: for a moment, then
for longer each time. Meanwhile this process keeps what it makes for itself and grants every lease (threats.md S-01).
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Protocol, TypeVar

import redis
from django.conf import settings

from embedhost.lib.redis_lines import RedisLines

logger = logging.getLogger(__name__)
T = TypeVar("T")

TIMEOUT_SECONDS = 0.25
#: How long Redis is left alone: after one failure, which a busy machine brings about by itself, and at most.
FIRST_BREAK_SECONDS, LONGEST_BREAK_SECONDS = 0.25, 5.0
#: What a process keeps for itself while Redis is away, so that its absence is no flood of queries.
MEANWHILE_BYTES = 16 * 1024 * 1024
#: An owner that does not renew its lease for so long is dead.
LEASE_SECONDS = 3.0

_FINISH = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
redis.call('DEL', KEYS[1])
return 1
"""
_RENEW = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0"


class Store(Protocol):
    """Bytes by key for a number of seconds, and leases that one owner holds at a time."""

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]: ...

    def put_many(self, entries: Sequence[tuple[str, bytes, float]]) -> None: ...

    def put_new(self, key: str, value: bytes, seconds: float) -> bool:
        """Put ``value`` only where nothing is, and tell whether it was put."""
        ...

    def count(self, added: Sequence[tuple[str, int, float]]) -> list[int] | None:
        """Add to counters, which last so many seconds, and return them; None where no other process shares them."""
        ...

    def take_lease(self, key: str, owner: str) -> bool: ...

    def take_lease_and_look(self, key: str, owner: str, keys: Sequence[str]) -> list[bytes | None] | None:
        """Take a lease and return what is under ``keys`` from then on; None when another owner holds it."""
        ...

    def renew_lease(self, key: str, owner: str) -> bool: ...

    def finish(self, lease: str, owner: str, key: str, value: bytes, seconds: float) -> bool:
        """Put ``value`` and give the lease back in one step, only while ``owner`` still holds it (fencing)."""
        ...


class MemoryStore:
    """The store of a single process, bounded by the bytes it holds."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._entries: OrderedDict[str, tuple[float, bytes]] = OrderedDict()
        self._leases: dict[str, tuple[float, str]] = {}
        self._lock = threading.Lock()

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        with self._lock:
            return [self._get(key) for key in keys]

    def _get(self, key: str) -> bytes | None:
        until, value = self._entries.get(key, (0.0, b""))
        if until <= time.monotonic():
            self._remove(key)
            return None
        self._entries.move_to_end(key)
        return value

    def put_many(self, entries: Sequence[tuple[str, bytes, float]]) -> None:
        with self._lock:
            for key, value, seconds in entries:
                self._put(key, value, seconds)

    def put_new(self, key: str, value: bytes, seconds: float) -> bool:
        with self._lock:
            if self._get(key) is not None:
                return False
            self._put(key, value, seconds)
            return True

    def _put(self, key: str, value: bytes, seconds: float) -> None:
        self._remove(key)
        self._entries[key] = (time.monotonic() + seconds, value)
        self._bytes += len(value)
        while self._bytes > self._max_bytes and self._entries:
            self._remove(next(iter(self._entries)))

    def _remove(self, key: str) -> None:
        _, value = self._entries.pop(key, (0.0, b""))
        self._bytes -= len(value)

    def count(self, added: Sequence[tuple[str, int, float]]) -> list[int] | None:
        return None

    def take_lease(self, key: str, owner: str) -> bool:
        return self.take_lease_and_look(key, owner, ()) is not None

    def take_lease_and_look(self, key: str, owner: str, keys: Sequence[str]) -> list[bytes | None] | None:
        with self._lock:
            until, _ = self._leases.get(key, (0.0, ""))
            if until > time.monotonic():
                return None
            self._leases[key] = (time.monotonic() + LEASE_SECONDS, owner)
            return [self._get(key) for key in keys]

    def renew_lease(self, key: str, owner: str) -> bool:
        with self._lock:
            if self._leases.get(key, (0.0, ""))[1] != owner:
                return False
            self._leases[key] = (time.monotonic() + LEASE_SECONDS, owner)
            return True

    def finish(self, lease: str, owner: str, key: str, value: bytes, seconds: float) -> bool:
        with self._lock:
            if self._leases.get(lease, (0.0, ""))[1] != owner:
                return False
            del self._leases[lease]
            self._put(key, value, seconds)
            return True


class RedisStore:
    """The store that processes and replicas share."""

    def __init__(self, url: str) -> None:
        self._lines = RedisLines(url, TIMEOUT_SECONDS)
        self._meanwhile = MemoryStore(MEANWHILE_BYTES)
        self._broken_until = 0.0
        self._break_seconds = FIRST_BREAK_SECONDS

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        return self._try(lambda: self._one("MGET", *keys), lambda: self._meanwhile.get_many(keys)) if keys else []

    def put_many(self, entries: Sequence[tuple[str, bytes, float]]) -> None:
        puts = [("SET", key, value, "PX", int(seconds * 1000)) for key, value, seconds in entries]
        if puts:
            self._try(lambda: self._lines.ask(*puts), lambda: self._meanwhile.put_many(entries))

    def put_new(self, key: str, value: bytes, seconds: float) -> bool:
        put = ("SET", key, value, "NX", "PX", int(seconds * 1000))
        return self._try(lambda: self._one(*put) is not None, lambda: self._meanwhile.put_new(key, value, seconds))

    def count(self, added: Sequence[tuple[str, int, float]]) -> list[int] | None:
        if not added:
            return None
        adds = [(("INCRBY", key, number), ("EXPIRE", key, int(seconds))) for key, number, seconds in added]
        commands = [command for pair in adds for command in pair]
        return self._try(lambda: [int(total) for total in self._lines.ask(*commands)[::2]], lambda: None)

    def take_lease(self, key: str, owner: str) -> bool:
        return self._try(lambda: self._one(*_taking(key, owner)) is not None, lambda: True)

    def take_lease_and_look(self, key: str, owner: str, keys: Sequence[str]) -> list[bytes | None] | None:
        def ask() -> list[bytes | None] | None:
            taken, found = self._lines.ask(_taking(key, owner), ("MGET", *keys))
            return None if taken is None else list(found)

        return self._try(ask, lambda: self._meanwhile.get_many(keys))

    def renew_lease(self, key: str, owner: str) -> bool:
        renew = ("EVAL", _RENEW, 1, key, owner, int(LEASE_SECONDS * 1000))
        return self._try(lambda: bool(self._one(*renew)), lambda: False)

    def finish(self, lease: str, owner: str, key: str, value: bytes, seconds: float) -> bool:
        finish = ("EVAL", _FINISH, 2, lease, key, owner, value, int(seconds * 1000))
        return self._try(lambda: bool(self._one(*finish)), lambda: self._finish_meanwhile(key, value, seconds))

    def _finish_meanwhile(self, key: str, value: bytes, seconds: float) -> bool:
        self._meanwhile.put_many([(key, value, seconds)])
        return False

    def _one(self, *command: str | bytes | int) -> Any:
        return self._lines.ask(command)[0]

    def _try(self, call: Callable[[], T], otherwise: Callable[[], T]) -> T:
        if time.monotonic() < self._broken_until:
            return otherwise()
        try:
            answer = call()
        except redis.RedisError as error:
            self._leave_alone(error)
            return otherwise()
        self._break_seconds = FIRST_BREAK_SECONDS
        return answer

    def _leave_alone(self, error: redis.RedisError) -> None:
        now = time.monotonic()
        if now < self._broken_until:
            return  # Another thread noticed first.
        self._broken_until = now + self._break_seconds
        self._break_seconds = min(2 * self._break_seconds, LONGEST_BREAK_SECONDS)
        logger.warning("Redis does not answer; going on without it", extra={"error": type(error).__name__})


def _taking(key: str, owner: str) -> tuple[str | int, ...]:
    return ("SET", key, owner, "NX", "PX", int(LEASE_SECONDS * 1000))


@cache
def store() -> Store:
    """Return the process's store, as the settings name it."""
    if settings.REDIS_URL:
        return RedisStore(settings.REDIS_URL)
    return MemoryStore(settings.CACHE_MEMORY_MB * 1024 * 1024)
