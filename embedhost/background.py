"""What a process does besides its work: reading the revocation feed, keeping house, warming up.

Keeping house is taking the journal, and ending connections to data sources and their threads that nobody uses any more.
"""

import atexit
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence

from django.conf import settings
from django.db import DatabaseError, close_old_connections

from dashboards.charts.drawer import DrawingFailed, drawer
from dashboards.flights import flights
from dashboards.turned_away import turned_away
from datasources import opened
from embed.chores import EVERY_HOUR, EVERY_MINUTE
from embed.left_out import left_out
from embedhost.lib import journal
from embedhost.lib.budgets import budgets
from embedhost.lib.store import store
from secrets_admin import idempotency, revocation
from secrets_admin.feed import feed, prune

logger = logging.getLogger(__name__)

HOUSE_SECONDS = 1.0
#: What is counted in memory and handed to the journal now and then.
TALLIES = (left_out, turned_away)

_started_in: list[int] = []
_lock = threading.Lock()


def ensure_started() -> None:
    """Start this process's background threads once; called by the first request, so that it is after a fork."""
    if os.getpid() in _started_in:
        return
    with _lock:
        if os.getpid() not in _started_in:
            _started_in.append(os.getpid())
            feed.start()
            threading.Thread(target=_warm, name="warm-drawer", daemon=True).start()
            start_keeping_house()


def start_keeping_house() -> None:
    """Keep house every second until the process ends; web servers and workers call it once per process."""
    threading.Thread(target=_keep_house, name="housekeeping", daemon=True).start()
    atexit.register(end_journal)


def end_journal() -> None:
    """Take what is left when the process ends in order; what cannot be taken now, another process takes later."""
    for tally in TALLIES:
        tally.write(now=True)
    _guarded(journal.close)


def _keep_house() -> None:
    clocks = [Clock(60.0, EVERY_MINUTE), Clock(3600.0, (prune, revocation.prune, idempotency.prune, *EVERY_HOUR))]
    while True:
        time.sleep(HOUSE_SECONDS)
        keep_house_once()
        # With Redis the scheduler does these; without it there is one process and this is it.
        for clock in [] if settings.REDIS_URL else clocks:
            clock.tick()


def keep_house_once() -> None:
    """Do what is done every second, in web servers and workers alike."""
    budgets.tell(store())
    for tally in TALLIES:
        tally.write()
    for chore in (journal.drain, opened.sweep, flights().sweep):
        _guarded(chore)


class Clock:
    """Does its chores whenever so many seconds have passed."""

    def __init__(self, seconds: float, chores: Sequence[Callable[[], object]]) -> None:
        self._seconds, self._chores = seconds, chores
        self._last = time.monotonic()

    def tick(self) -> None:
        if time.monotonic() - self._last < self._seconds:
            return
        self._last = time.monotonic()
        for chore in self._chores:
            _guarded(chore)


def _warm() -> None:
    try:
        drawer().warm()
    except DrawingFailed as problem:
        logger.warning("the drawing child is not warm", extra={"problem": str(problem)})


def _guarded(work: Callable[[], object]) -> None:
    try:
        close_old_connections()
        work()
    except (DatabaseError, OSError) as error:
        logger.warning("housekeeping goes on later", extra={"error": type(error).__name__})
    except Exception:  # One chore's fault must not end all others with the thread.
        logger.warning("a chore failed", exc_info=True)
