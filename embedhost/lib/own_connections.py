"""What Django does with database connections around each request, done with those alone that the thread has opened."""

import threading

from django.core.signals import request_finished, request_started
from django.db import close_old_connections, reset_queries
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created


class _OfThisThread(threading.local):
    """The connections that this thread opened, by alias."""

    def __init__(self) -> None:
        self.opened: dict[str, BaseDatabaseWrapper] = {}


_mine = _OfThisThread()


def look_after_own_connections() -> None:
    """Take the place of Django's own receivers; web servers call it once per process.

    Those ask for the connections of every alias, three times a request: a twentieth of a warm data call.
    """
    connection_created.connect(_remember)
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
        signal.connect(close_old_connections_of_this_thread)
    # What it empties is only filled with DEBUG.
    request_started.disconnect(reset_queries)


def _remember(connection: BaseDatabaseWrapper, **_: object) -> None:
    _mine.opened[connection.alias] = connection


def close_old_connections_of_this_thread(**_: object) -> None:
    """Close what a request should not find, or leave: connections past their time, or with an error on them."""
    for connection in _mine.opened.values():
        connection.close_if_unusable_or_obsolete()
