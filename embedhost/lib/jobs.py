"""Work that nobody waits for: a worker does it where there is Redis, else a thread of this process does, the same way.

A job is the name of its task and ids: ``dashboards.refresh`` is ``refresh`` in dashboards/tasks.py. Whoever enqueues
one never waits for the broker; this process's one thread for jobs does. What the broker does not take, that thread does
itself, and for a while it does not try the broker again, nor after it was told that no worker begins what it sent. So
workers that were gone find no heap of old messages when they are back.

The thread is for what is short, or only begins something long. It ends when there was nothing to do for a while.
"""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from functools import cache, partial

from celery import Celery
from celery.exceptions import OperationalError
from django.conf import settings
from django.db import close_old_connections, connections
from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)

#: Jobs that wait in one process; further ones are refused, so that a broker that is away cannot fill the memory.
MOST_WAITING = 5_000
#: For how long the broker keeps a message that no worker takes (seconds).
EXPIRES_SECONDS = 60
#: For how long this process does its jobs itself after the broker or the workers let one lie (seconds).
ALONE_SECONDS = 30.0
#: The thread ends when there was nothing to do for so long (seconds).
IDLE_SECONDS = 5.0
#: How long the thread waits for the broker: to be connected, and for each answer (seconds).
_CONNECT_SECONDS, _ANSWER_SECONDS = 0.25, 1.0

Work = Callable[[], object]


class Jobs:
    """What one process has to do beside its requests."""

    def __init__(self, broker: str) -> None:
        """Hand jobs to the workers at ``broker``, a Redis URL; where it is empty, do them here."""
        self._queue = _queue(broker) if broker else None
        self._lock = threading.Lock()
        self._awake = threading.Condition(self._lock)
        self._waiting: list[tuple[float, int, Work]] = []
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None
        self._alone_until = 0.0
        self._ended = False

    def enqueue(self, name: str, *ids: str | int) -> bool:
        """Have a task done soon, by a worker if there is one. Returns at once; False when too much waits already."""
        return self.aside(partial(self._hand_over, name, ids))

    def aside(self, work: Work, *, after: float = 0.0) -> bool:
        """Have something short done by this process, ``after`` so many seconds. Returns as ``enqueue`` does."""
        with self._lock:
            if len(self._waiting) >= MOST_WAITING or self._ended:
                return False
            heapq.heappush(self._waiting, (time.monotonic() + after, next(self._numbers), work))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="jobs", daemon=True)
                self._thread.start()
            self._awake.notify()
            return True

    def go_alone(self, why: str) -> None:
        """Do jobs here for a while, since ``why``."""
        self._alone_until = time.monotonic() + ALONE_SECONDS
        logger.warning("jobs are done without the workers for a while", extra={"why": why})

    def end(self) -> None:
        """Forget what waits, and wait until the thread has ended."""
        with self._lock:
            self._ended, thread = True, self._thread
            self._waiting.clear()
            self._awake.notify()
        if thread is not None:
            thread.join()

    def _hand_over(self, name: str, ids: tuple[str | int, ...]) -> None:
        if self._queue is not None and time.monotonic() >= self._alone_until:
            try:
                self._queue.send_task(name, ids, expires=EXPIRES_SECONDS, ignore_result=True, retry=False)
            except OperationalError:
                self.go_alone("the broker does not answer")
            else:
                return
        do(name, *ids)

    def _work(self) -> None:
        while (work := self._next()) is not None:
            _guarded(work)
        connections.close_all()

    def _next(self) -> Work | None:
        """Return what is due, having waited for it; None when the thread shall end."""
        idle_at = time.monotonic() + IDLE_SECONDS
        with self._lock:
            while not self._ended:
                due = self._waiting[0][0] if self._waiting else idle_at
                if (left := due - time.monotonic()) > 0:
                    self._awake.wait(left)
                elif self._waiting:
                    return heapq.heappop(self._waiting)[2]
                else:
                    break
            self._thread = None
            return None


def do(name: str, *ids: str | int) -> None:
    """Do a task here and now, as a worker would."""
    app, _, task = name.partition(".")
    import_string(f"{app}.tasks.{task}")(*ids)


def _guarded(work: Work) -> None:
    close_old_connections()
    try:
        work()
    except Exception:  # One job's fault must not end the thread of all others.
        logger.warning("a job failed", exc_info=True)


def _queue(broker: str) -> Celery:
    """Return the sending end alone, which gives up soon. The workers' own settings are in embedhost/celery.py."""
    queue = Celery("embedhost", broker=broker, set_as_current=False)
    waits = {"socket_connect_timeout": _CONNECT_SECONDS, "socket_timeout": _ANSWER_SECONDS}
    once = {"max_retries": 1, "interval_start": 0.0, "interval_step": 0.0}
    queue.conf.broker_transport_options = {**waits, **once}
    return queue


@cache
def jobs() -> Jobs:
    """Return this process's jobs, made on first use so that it is after a fork."""
    return Jobs(settings.REDIS_URL)
