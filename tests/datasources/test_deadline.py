"""Work past its time is stopped, and nothing else ever is."""

import threading

import pytest

from embedhost.lib.deadline import Deadline


def test_work_past_its_time_is_stopped_and_told() -> None:
    stopped = threading.Event()
    with Deadline(0.01, stopped.set) as deadline:
        assert stopped.wait(5)
    assert deadline.passed


def test_a_stop_is_repeated_until_the_work_ends() -> None:
    stops = threading.Semaphore(0)
    with Deadline(0.01, stops.release):
        assert all(stops.acquire(timeout=5) for _ in range(3))


def test_work_that_ended_in_time_is_never_stopped() -> None:
    stops: list[int] = []
    with Deadline(0.02, lambda: stops.append(1)) as deadline:
        pass
    later = threading.Event()
    with Deadline(0.05, later.set):
        assert later.wait(5)
    assert (stops, deadline.passed) == ([], False)


def test_a_stop_that_fails_does_not_end_the_watching() -> None:
    def broken() -> None:
        raise OSError

    stopped = threading.Event()
    with Deadline(0.01, broken), Deadline(0.03, stopped.set):
        assert stopped.wait(5)


def test_work_that_ended_in_time_does_not_wake_the_watcher(monkeypatch: pytest.MonkeyPatch) -> None:
    fired: list[Deadline] = []
    fire = Deadline.fire

    def noted(self: Deadline) -> bool:
        fired.append(self)
        return fire(self)

    monkeypatch.setattr(Deadline, "fire", noted)
    for _ in range(100):
        with Deadline(0.05, lambda: None):
            pass
    later = threading.Event()
    with Deadline(0.1, later.set) as last:
        assert later.wait(5)
    assert set(fired) <= {last}
