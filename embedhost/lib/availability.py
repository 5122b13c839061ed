"""Asking the app database within the time that a request may wait for it (design.md section 6).

A server that is gone is noticed by the network. One that is stopped, or behind a line that takes bytes and forwards
none, would hold a request for ever; so the line is cut when the time is over.
"""

import os
import socket
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, InterfaceError, InternalError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from embedhost.lib.databases import CONNECT_SECONDS
from embedhost.lib.deadline import Deadline
from embedhost.lib.errors import ServiceUnavailable

T = TypeVar("T")


def ask(work: Callable[[], T]) -> T:
    """Return what ``work`` reads from or writes to the app database; it may be done twice.

    Raises ServiceUnavailable when the database does not answer within two seconds; the connection is closed then.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    was_open = connection.connection is not None and not connection.in_atomic_block
    # Django would ask first whether the line still works, for as long as the line is silent. The work itself tells.
    connection.health_check_done = True  # type: ignore[attr-defined]  # the stubs do not know it
    try:
        return _within_time(connection, work)
    except _LineLost:
        if not was_open:
            raise ServiceUnavailable from None
    # The server closed the line since it was last used, as after a restart; a new one tells.
    try:
        return _within_time(connection, work)
    except _LineLost:
        raise ServiceUnavailable from None


class _LineLost(Exception):
    """The connection ended before its time was over."""


def _within_time(connection: BaseDatabaseWrapper, work: Callable[[], T]) -> T:
    with Deadline(CONNECT_SECONDS, lambda: _hang_up(connection.connection)) as deadline:
        try:
            return work()
        except (OperationalError, InterfaceError, InternalError) as error:
            connection.close()
            raise (ServiceUnavailable() if deadline.passed else _LineLost()) from error


def _hang_up(line: Any) -> None:
    """Cut the line of a connection to a server; whoever waits for an answer gets an error at once."""
    if hasattr(line, "fileno"):  # SQLite has none: its file is on this machine.
        with socket.socket(fileno=os.dup(line.fileno())) as copy:
            copy.shutdown(socket.SHUT_RDWR)
