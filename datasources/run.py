"""Runs a compiled statement. It is called in a flight's thread (dashboards/flights.py), of which each source has few.

Frozen values go in and come out; nothing here or below touches the ORM.
"""

from datasources.cancel import Cancel
from datasources.compile import Compiled
from datasources.engines import ENGINES
from datasources.result import Result
from datasources.snapshot import SourceSnapshot
from datasources.turns import turn_at

__all__ = ["Cancel", "Result", "run_statement"]


def run_statement(
    source: SourceSnapshot,
    compiled: Compiled,
    params: tuple[object, ...],
    *,
    timeout: float,
    max_rows: int,
    cancel: Cancel | None = None,
) -> Result:
    """Run a statement and return at most ``max_rows`` rows. ``timeout`` is in seconds and holds at the source. Calling
    ``cancel`` from another thread stops it there.

    Raises QueryTimeout, QueryCancelled, QueryFailed, SourceUnavailable, ServerBusy, ResultTooLarge.
    """
    engine = ENGINES[source.engine]
    with turn_at(source):
        return engine.run(source.connection, compiled.text, params, timeout=timeout, max_rows=max_rows, cancel=cancel)
