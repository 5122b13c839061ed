"""A task that asks a data source as a panel does, for the worker of test_closed_connections.py."""

from celery import shared_task

from datasources import opened
from datasources.access import source_for
from datasources.engines import ENGINES, pool


@shared_task(name="tests.ask")
def ask(workspace_id: str, source: str, customer: str, idle_seconds: float) -> None:
    """Ask under a customer's login; from then on this process keeps what is idle for so long (seconds)."""
    pool.MAX_IDLE_SECONDS = idle_seconds
    found = source_for(workspace_id, source, customer)
    opened.note(found)
    ENGINES[found.engine].run(found.connection, "SELECT 1 AS a", (), timeout=5, max_rows=5)
