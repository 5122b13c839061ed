"""What this process read from the shared store lately: while it is fresh, it costs neither a round trip nor a digest.

Only what passed ``unpack`` enters, and its scope is compared on every use as there. What is not fresh any more is never
taken from here, so that a newer one, which another process may have put meanwhile, is found.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from dashboards.cache import Entry, EntryScope, unpack
from embedhost.lib.store import RedisStore, Store

#: Bytes of one process: some 3,000 drawings or 20,000 small results.
MAX_BYTES = 12_000_000
#: What an entry takes besides its body, roughly.
_OVERHEAD = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """An entry to look up: its key, for whom it must have been made, and from when on it is fresh (seconds)."""

    key: str
    scope: EntryScope
    fresh_from: float


class Near:
    """The entries of one process that were used last, bounded by their bytes."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, wanted: Wanted) -> Entry | None:
        """Return the entry if it is here, fresh and for the scope that asks."""
        with self._lock:
            entry = self._entries.get(wanted.key)
            if entry is None or entry.at < wanted.fresh_from or entry.scope != wanted.scope:
                return None
            self._entries.move_to_end(wanted.key)
            return entry

    def keep(self, key: str, entry: Entry) -> None:
        """Keep an entry that ``unpack`` returned for this key, in place of an older one."""
        with self._lock:
            self._remove(key)
            self._entries[key] = entry
            self._bytes += len(entry.body) + _OVERHEAD
            while self._bytes > self._max_bytes:
                self._remove(next(iter(self._entries)))

    def _remove(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._bytes -= len(entry.body) + _OVERHEAD


_nears: WeakKeyDictionary[Store, Near] = WeakKeyDictionary()


def _near(store: Store) -> Near | None:
    """A store that is in this process needs no other one in front."""
    if not isinstance(store, RedisStore):
        return None
    return _nears.get(store) or _nears.setdefault(store, Near(MAX_BYTES))


def look_up(store: Store, wanted: Sequence[Wanted]) -> list[Entry | None]:
    """Return what is kept under each key, fresh or not; what is not near costs one read of the store for all."""
    near = _near(store)
    found = {one.key: near.get(one) if near else None for one in wanted}
    far = [one for one in wanted if found[one.key] is None]
    for one, raw in zip(far, store.get_many([one.key for one in far]) if far else (), strict=True):
        entry = found[one.key] = unpack(one.key, raw, one.scope)
        if near and entry is not None and entry.at >= one.fresh_from:
            near.keep(one.key, entry)
    return [found[one.key] for one in wanted]
