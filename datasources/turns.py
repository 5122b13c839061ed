"""Turns at a database server that several organizations use: none of them may fill SERVER_CONNECTIONS (P-DL-05).

Logins and idle connections count in datasources/engines/pool.py; here count statements that run, which nobody can end
for somebody else. An organization takes up to half of the room at once, and more only while a quarter stays free.
"""

import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from datasources.engines.pool import WAIT_SECONDS
from datasources.errors import ServerBusy
from datasources.snapshot import SourceSnapshot

#: A server as this process reaches it: process id, host, port.
_Place = tuple[int, str, int]

_changed = threading.Condition()
_running: dict[_Place, Counter[int]] = {}


@contextmanager
def turn_at(source: SourceSnapshot) -> Iterator[None]:
    """Hold one of an organization's turns at its source's server; a file has no server and as many as are wanted.

    Raises ServerBusy when there has been none for WAIT_SECONDS.
    """
    if "host" not in source.connection:
        yield
        return
    place = (os.getpid(), str(source.connection["host"]).lower(), int(source.connection["port"]))
    _take(place, source.organization_id)
    try:
        yield
    finally:
        _give_back(place, source.organization_id)


def _take(place: _Place, organization_id: int) -> None:
    with _changed:
        if not _changed.wait_for(lambda: _is_free(place, organization_id), WAIT_SECONDS):
            raise ServerBusy("The organization has its share of this server's connections in use (SERVER_CONNECTIONS).")
        _running.setdefault(place, Counter())[organization_id] += 1


def _is_free(place: _Place, organization_id: int) -> bool:
    running, size = _running.get(place, Counter[int]()), settings.SERVER_CONNECTIONS
    within_half = running[organization_id] < max(1, size // 2)
    return within_half or running.total() < size - max(1, size // 4)


def _give_back(place: _Place, organization_id: int) -> None:
    with _changed:
        left = _running[place] - Counter([organization_id])
        if left:
            _running[place] = left
        else:
            del _running[place]
        _changed.notify_all()
