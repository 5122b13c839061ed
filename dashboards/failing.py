"""Since when a data source cannot be asked, as far as this process knows: what cards of old numbers say.

Whoever's query fails, a worker for example, notes it and tells the store. Whoever shows old numbers looks there, off
the request path.
"""

import math

from dashboards.cache import digest_of
from embedhost.lib.memory import Recent
from embedhost.lib.store import store

#: A source as one login reaches it: its id and the login.
Reached = tuple[int, str]

#: The store forgets it after so long without another failure (seconds), longer than a breaker waits with its probes.
_KEPT_SECONDS = 3600.0

_since: Recent[Reached, float] = Recent(10_000)


def since(reached: Reached) -> float | None:
    """Return since when the flights to a source fail (database time, seconds); None while they do not."""
    return _since.get(reached)


def failed(reached: Reached, at: float) -> None:
    """Note that a source could not be asked ``at`` this time (database time, seconds)."""
    first = _since.get(reached) or at
    _since.put(reached, first)
    store().put_many([(mark(reached), str(first).encode(), _KEPT_SECONDS)])


def answered(reached: Reached) -> None:
    """Note that a source answered; the store is asked only where it is known to have failed."""
    if _since.get(reached) is not None:
        _since.drop(reached)
        store().put_many([(mark(reached), b"", _KEPT_SECONDS)])


def learn(reached: Reached, noted: bytes | None) -> None:
    """Take over what the store has under ``mark``; nothing there says nothing."""
    if noted is None:
        return
    at = _time(noted)
    if at is None:
        _since.drop(reached)
    else:
        _since.put(reached, at)


def mark(reached: Reached) -> str:
    """Return the store's key for a source as one login reaches it."""
    return digest_of("failing", reached)


def forget() -> None:
    """Forget everything, as a new process would."""
    _since.clear()


def _time(noted: bytes) -> float | None:
    try:
        at = float(noted)
    except ValueError:
        return None
    return at if math.isfinite(at) else None
