"""What this process keeps open, and for which source: what no data source stands behind any more is closed.

A change of a source or of a customer's login is announced in the revocation feed, which every process reads. Here each
process looks every second whether what it used lately is still so. It asks the facts in memory, so this costs nothing
until one of them has changed. Web servers read the feed beside; in a worker these looks read it, while there are any.
"""

import time
from collections.abc import Hashable
from dataclasses import dataclass

from datasources.access import is_in_force
from datasources.engines import ENGINES
from datasources.snapshot import SourceSnapshot
from embedhost.lib.errors import ServiceUnavailable

#: Longer than any statement runs and any connection is kept without being used.
_FORGOTTEN_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class _Use:
    source: SourceSnapshot
    at: float


_used: dict[Hashable, _Use] = {}


def note(source: SourceSnapshot) -> None:
    """Say that a statement is about to be sent over a source's connection."""
    who = (source.engine, source.id, source.login_of, *source.connection.items())
    _used[who] = _Use(source, time.monotonic())


def sweep() -> None:
    """Close what was idle for long, and what its source does not use any more. Called every second."""
    ENGINES.sweep()
    try:
        _close_what_changed()
    except ServiceUnavailable:
        return  # Nothing is known of any source now; a second later, perhaps.


def _close_what_changed() -> None:
    now = time.monotonic()
    for who, use in list(_used.items()):
        if now - use.at > _FORGOTTEN_SECONDS:
            _used.pop(who, None)
        elif not is_in_force(use.source):
            _used.pop(who, None)
            ENGINES.close(use.source.engine, use.source.connection)
