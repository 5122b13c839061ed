"""Around a request a thread looks after the database connections that it opened, and after nobody else's."""

import threading
from collections.abc import Iterator

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection, reset_queries
from django.db.backends.signals import connection_created
from django.dispatch import Signal

from embedhost.lib import own_connections


@pytest.fixture
def taken_over() -> Iterator[None]:
    own_connections.look_after_own_connections()
    yield
    connection_created.disconnect(own_connections._remember)
    for signal in (request_started, request_finished):
        signal.disconnect(own_connections.close_old_connections_of_this_thread)
        signal.connect(close_old_connections)
    request_started.connect(reset_queries)
    own_connections._mine.opened.clear()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("taken_over")
@pytest.mark.parametrize("signal", [request_started, request_finished], ids=["started", "finished"])
def test_a_connection_past_its_time_is_closed_by_its_own_thread_only(signal: Signal) -> None:
    connection.close()
    connection.ensure_connection()
    connection.close_at = 0.0
    elsewhere = threading.Thread(target=lambda: signal.send(sender=None))
    elsewhere.start()
    elsewhere.join()
    assert connection.connection is not None
    signal.send(sender=None)
    assert connection.connection is None
