"""Redis spares work and nothing depends on it: away, a process goes on by itself, and comes back soon (S-01)."""

import socket
import time
from collections.abc import Iterator

import pytest
import redis

from embedhost.lib.store import FIRST_BREAK_SECONDS, RedisStore


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a Redis that takes connections and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(50)
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def test_s_01_one_short_timeout_and_then_none(silent: str) -> None:
    store = RedisStore(silent)
    began = time.monotonic()
    assert store.get_many(["a", "b"]) == [None, None]
    store.put_many([("a", b"made here", 60.0)])
    assert store.get_many(["a", "b"]) == [b"made here", None]
    assert store.take_lease("lease", "me")
    assert store.finish("lease", "me", "b", b"flown here", 60.0) is False
    assert store.get_many(["b"]) == [b"flown here"]
    assert time.monotonic() - began < 0.25 + 0.15


def test_s_01_a_silent_redis_is_left_alone_for_longer_each_time(silent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("embedhost.lib.store.time.monotonic", lambda: now[0])
    store = RedisStore(silent)
    breaks = []
    for _ in range(7):
        store.get_many(["a"])
        breaks.append(store._broken_until - now[0])
        now[0] = store._broken_until
    assert breaks == [0.25, 0.5, 1.0, 2.0, 4.0, 5.0, 5.0]


def test_s_01_after_one_slow_answer_redis_is_asked_again_at_once(redis_url: str) -> None:
    store, other = RedisStore(redis_url), RedisStore(redis_url)
    other.put_many([("eh:slow", b"shared", 60.0)])
    store._leave_alone(redis.TimeoutError())
    assert store.get_many(["eh:slow"]) == [None]
    time.sleep(FIRST_BREAK_SECONDS)
    assert store.get_many(["eh:slow"]) == [b"shared"]
    store._leave_alone(redis.TimeoutError())
    assert store._broken_until - time.monotonic() < FIRST_BREAK_SECONDS + 0.01
