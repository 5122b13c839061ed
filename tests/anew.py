"""What a process remembers, forgotten: tests, and cases in a test, begin as in a new process."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

import redis
from django.conf import settings
from django.db import transaction

from dashboards import failing, limits, refreshing
from dashboards import flights as flights_module
from dashboards.drawings import texts
from dashboards.facts import specs
from embed import usage
from embedhost.lib import jobs as jobs_module
from embedhost.lib import store as store_module
from secrets_admin.feed import feed


def begin_anew(redis_url: str) -> None:
    """Forget what this process recalls, caches and flies, and what its Redis holds."""
    feed.reset()
    usage.forget()
    specs.clear()
    texts.clear()
    if redis_url:
        # Other tests' worlds have the same ids.
        _redis(redis_url).flushdb()
    store_module.store.cache_clear()
    flights_module.flights.cache_clear()
    limits.forget()
    failing.forget()
    refreshing.forget()


@cache
def _redis(url: str) -> "redis.Redis":
    """Return the one connection with which a process empties its Redis."""
    return redis.Redis.from_url(url)


def end_jobs() -> None:
    """End the thread of jobs: it has a connection of its own, and would go on in the next test's world."""
    if jobs_module.jobs.cache_info().currsize:
        jobs_module.jobs().end()
        jobs_module.jobs.cache_clear()


class Committing:
    """Django's transactions for the revocation feed: a test's never commits, and what it announces is yet in force."""

    def on_commit(self, read: Callable[[], None], *, robust: bool) -> None:
        """Let the next question read the feed, as everybody does after a commit."""
        feed._trusted_until = float("-inf")
        transaction.on_commit(read, robust=robust)


@contextmanager
def undone() -> Iterator[None]:
    """Undo what a case in a test wrote, so that the next one finds the world as it was."""
    with rolled_back():
        yield
    end_jobs()
    begin_anew(settings.REDIS_URL)


@contextmanager
def rolled_back() -> Iterator[None]:
    """Undo what the block writes."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]  # as TestCase's own: deeds that must be outermost may run
    with block:
        yield
        transaction.set_rollback(True)
