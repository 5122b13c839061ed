"""Jobs: whoever enqueues one never waits, and it is done whatever the broker does."""

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import redis

from embedhost.lib import jobs as jobs_module
from embedhost.lib.jobs import Jobs
from tests.workers import broker

__all__ = ["broker"]  # a fixture


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What this process did of the one task that these tests enqueue, all of it in the thread for jobs."""
    done: list[str] = []

    def do(name: str) -> None:
        assert threading.current_thread().name == "jobs"
        done.append(name)

    monkeypatch.setattr("dashboards.tasks.refresh", do)
    return done


@pytest.fixture
def made() -> Iterator[Callable[[str], Jobs]]:
    every: list[Jobs] = []

    def make(url: str) -> Jobs:
        every.append(Jobs(url))
        return every[-1]

    yield make
    for jobs in every:
        jobs.end()


def waited(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 30
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    return condition()


def test_without_redis_a_thread_of_the_process_does_them_in_their_order(
    made: Callable[[str], Jobs], done: list[str]
) -> None:
    jobs = made("")
    for number in range(20):
        assert jobs.enqueue("dashboards.refresh", str(number))
    assert waited(lambda: len(done) == 20)
    assert done == [str(number) for number in range(20)]


def test_a_broker_that_refuses_or_never_answers_holds_up_nobody_and_the_jobs_are_done_here(
    made: Callable[[str], Jobs], done: list[str]
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        for url in ("redis://127.0.0.1:1/0", f"redis://127.0.0.1:{silent.getsockname()[1]}/0"):
            done.clear()
            jobs, began = made(url), time.monotonic()
            for number in range(50):
                assert jobs.enqueue("dashboards.refresh", str(number))
            # The broker that never answers is waited for a second at least, once, beside whoever enqueues.
            assert time.monotonic() - began < 1, url
            assert waited(lambda: len(done) == 50), url
            assert jobs._alone_until > time.monotonic()


def test_a_broker_that_answers_gets_them_with_an_end_and_is_tried_again_after_a_while_without(
    made: Callable[[str], Jobs], done: list[str], broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_module, "ALONE_SECONDS", 0.2)
    jobs = made(broker)
    with redis.Redis.from_url(broker) as queue:
        assert jobs.enqueue("dashboards.refresh", "one")
        assert waited(lambda: queue.llen("celery") == 1)
        assert b'"expires": "' in queue.lrange("celery", 0, 0)[0]
        jobs.go_alone("no worker took the last one")
        assert jobs.enqueue("dashboards.refresh", "two")
        assert waited(lambda: done == ["two"])
        assert waited(lambda: time.monotonic() > jobs._alone_until)
        assert jobs.enqueue("dashboards.refresh", "three")
        assert waited(lambda: queue.llen("celery") == 2)
        assert done == ["two"]


def test_too_many_are_refused_and_one_that_fails_does_not_end_the_others(
    made: Callable[[str], Jobs], done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_module, "MOST_WAITING", 3)
    jobs, held, go = made(""), threading.Event(), threading.Event()

    def hold() -> None:
        held.set()
        go.wait(30)
        raise RuntimeError("a fault of ours")

    assert jobs.aside(hold)
    assert held.wait(30)
    assert [jobs.enqueue("dashboards.refresh", name) for name in "abcd"] == [True, True, True, False]
    go.set()
    assert waited(lambda: done == ["a", "b", "c"])


def test_the_thread_ends_when_there_is_nothing_to_do_and_begins_again(
    made: Callable[[str], Jobs], done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_module, "IDLE_SECONDS", 0.05)
    jobs = made("")
    for name in "ab":
        jobs.enqueue("dashboards.refresh", name)
        assert waited(lambda: done[-1:] == [name])  # noqa: B023 -- it is over before the next one
        assert waited(lambda: jobs._thread is None)
