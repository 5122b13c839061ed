"""A real Celery worker over a test's database, with its broker in the tests' Redis."""

import os
import signal
from collections.abc import Mapping

import pytest
import redis
from celery import Celery

from tests.environment import redis_of_this_process
from tests.forked import Program


class Worker:
    """A Celery worker in a process group of its own, and the queue that it reads."""

    def __init__(self, env: Mapping[str, str], broker: str, *, include: str = "") -> None:
        self._env, self._queue, self._include = env, Celery(broker=broker), include
        self._process: Program | None = None

    def start(self) -> None:
        """Start it; ``include`` names a module with further tasks."""
        words = "--app=embedhost.celery --quiet worker --concurrency=1 --loglevel=ERROR --without-gossip"
        more = [f"--include={self._include}"] if self._include else []
        self._process = Program("celery", [*words.split(), *more], {**os.environ, **self._env})

    def send(self, task: str, *arguments: object) -> None:
        """Queue a task that is forgotten when nobody takes it soon."""
        self._queue.send_task(task, arguments, expires=60)

    def kill(self) -> None:
        """End it without a warning."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(20)
            self._process = None


@pytest.fixture
def broker(redis_url: str) -> str:
    """A database of the tests' Redis that nothing else queues into."""
    url = redis_of_this_process(redis_url, shift=8)
    with redis.Redis.from_url(url) as connection:
        connection.flushdb()
    return url
