"""How often, and how many at once, people and API keys may try connections.

So nobody maps a network with them, and servers that answer slowly hold few of the web server's threads.
"""

import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.conf import settings

from datasources.errors import TooManyTries
from embedhost.lib.store import store
from secrets_admin.access import Actor
from secrets_admin.models import Workspace

#: Tries of one organization within the few seconds that a lease lasts.
TRIES: Final = 6
#: Tries of one organization that may be under way in one process. A try takes as long as a server lets it.
AT_ONCE: Final = 2

_lock = threading.Lock()
_under_way: Counter[int] = Counter()


@contextmanager
def a_try(workspace: Workspace, actor: Actor) -> Iterator[None]:
    """Let somebody try a connection. Raises TooManyTries; commands of the server itself may try as they like.

    It comes before anything that a connection's fields make us ask of others, the address of a name too.
    """
    if actor.is_server:
        yield
        return
    organization_id = workspace.organization_id
    _begin(organization_id)
    try:
        if not any(store().take_lease(f"source-try:{organization_id}:{n}", uuid.uuid4().hex) for n in range(TRIES)):
            raise TooManyTries
        yield
    finally:
        _end(organization_id)


def _begin(organization_id: int) -> None:
    with _lock:
        if _under_way.total() >= _most() or _under_way[organization_id] >= AT_ONCE:
            raise TooManyTries
        _under_way[organization_id] += 1


def _end(organization_id: int) -> None:
    with _lock:
        _under_way[organization_id] -= 1
        if not _under_way[organization_id]:
            del _under_way[organization_id]


def _most() -> int:
    """Return how many of this process's threads all tries together may hold: a quarter, as for queries."""
    return max(AT_ONCE, settings.WEB_THREADS // 4)
