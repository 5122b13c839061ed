"""What the cache keeps made older than it is, so that nobody has to wait for it to be stale."""

import re
import time

import orjson

from dashboards.cache import Entry, EntryScope, pack
from dashboards.flights import flights
from dashboards.near import _nears
from embedhost.lib.store import MemoryStore, RedisStore, store

_ENTRY = re.compile(r"eh:(?:data|card):[0-9a-f]{64}")
_HEAD = 20


def landed() -> None:
    """Wait until the cache has what was answered here: who asked does not wait for that."""
    deadline = time.monotonic() + 10
    while any(flight.answered for flight in list(flights()._flights.values())):
        assert time.monotonic() < deadline
        time.sleep(0.001)


def keys() -> list[str]:
    """Return the keys of all that the cache keeps: results and drawings."""
    landed()
    shared = store()
    if isinstance(shared, RedisStore):
        far = shared._try(lambda: shared._one("KEYS", "eh:*"), list)
        found = [key.decode() for key in far] + list(shared._meanwhile._entries)
    else:
        assert isinstance(shared, MemoryStore)
        found = list(shared._entries)
    return sorted(key for key in found if _ENTRY.fullmatch(key))


def make_older(seconds: float) -> None:
    """Make everything in the cache so many seconds older, for every process that shares it."""
    names, shared = keys(), store()
    for name, raw in zip(names, shared.get_many(names), strict=True):
        if raw is not None:
            shared.put_many([(name, pack(name, _older(raw, seconds)), 600)])
    _nears.pop(shared, None)


def _older(raw: bytes, seconds: float) -> Entry:
    sealed = raw[_HEAD:]
    length = int.from_bytes(sealed[:4])
    named, at, rows = orjson.loads(sealed[4 : 4 + length])
    return Entry(EntryScope(*named), at - seconds, rows, sealed[4 + length :])
