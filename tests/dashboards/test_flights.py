"""One flight per key: across threads, and across processes that share a Redis."""

import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from pytest_django import Settings

from dashboards.flights import Flights, Job, TooBusy
from dashboards.flights import flights as flights_of_this_process
from datasources.errors import QueryCancelled, QueryFailed
from embedhost.background import keep_house_once
from embedhost.lib import store as store_module
from embedhost.lib.store import MemoryStore, RedisStore, Store


def job(key: str, work: object, keep: float = 30) -> Job:
    return Job(key, "source", work, lambda raw: raw is not None, keep)  # type: ignore[arg-type]  # tests pass callables


@pytest.fixture
def key() -> str:
    return f"test:{uuid.uuid4().hex}"


@pytest.fixture
def shared(redis_url: str) -> RedisStore:
    return RedisStore(redis_url)


class Gate:
    """A query that runs until it is let go, and counts how often it was sent."""

    def __init__(self, answer: bytes = b"rows") -> None:
        self.begun, self.go, self.sent, self.answer = threading.Event(), threading.Event(), 0, answer

    def __call__(self) -> bytes:
        self.sent += 1
        self.begun.set()
        assert self.go.wait(20)
        return self.answer


def test_a_hundred_viewers_at_once_send_one_query(key: str) -> None:
    flights, query = Flights(MemoryStore(1_000_000)), Gate()
    waiting = [flights.join(job(key, query)) for _ in range(100)]
    query.go.set()
    assert {future.result(10) for future in waiting} == {b"rows"}
    assert query.sent == 1


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.002)
    assert is_so()


class SlowToKeep(MemoryStore):
    """A store that keeps rows only when it is let."""

    def __init__(self) -> None:
        super().__init__(1_000_000)
        self.keep = threading.Event()

    def finish(self, lease: str, owner: str, key: str, value: bytes, seconds: float) -> bool:
        assert self.keep.wait(20)
        return super().finish(lease, owner, key, value, seconds)


def test_who_waits_does_not_wait_for_the_store_and_who_comes_meanwhile_has_the_rows_too(key: str) -> None:
    store = SlowToKeep()
    flights, query = Flights(store), Gate()
    query.go.set()
    assert flights.join(job(key, query)).result(10) == b"rows"
    assert flights.join(job(key, query)).result(10) == b"rows"
    assert (query.sent, store.get_many([key])) == (1, [None])
    store.keep.set()
    wait_until(lambda: not flights._flights)
    assert store.get_many([key]) == [b"rows"]


def test_what_has_landed_and_waits_for_the_store_takes_no_room(key: str, settings: Settings) -> None:
    settings.LIMIT_QUERIES_AT_ONCE = 1
    store = SlowToKeep()
    flights, query = Flights(store), Gate()
    query.go.set()
    for number in range(3):
        assert flights.join(job(f"{key}:{number}", query)).result(10) == b"rows"
    store.keep.set()


def test_a_flight_that_waited_longer_than_its_lease_lasts_looks_again(
    key: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SOURCE_CONNECTIONS = 1
    monkeypatch.setattr("dashboards.flights.LEASE_SECONDS", 0.0)
    store = MemoryStore(1_000_000)
    flights, busy, query = Flights(store), Gate(), Gate()
    flights.join(job(f"{key}:busy", busy))
    waiting = flights.join(job(key, query))
    store.put_many([(key, b"landed elsewhere", 30)])
    busy.go.set()
    assert waiting.result(10) == b"landed elsewhere"
    assert query.sent == 0


def threads_of(source: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith(f"flight-{source}")]


def test_p_dl_05_the_threads_of_sources_that_nobody_asks_any_more_end(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    flights, query = Flights(MemoryStore(1_000_000)), Gate()
    for number in range(12):
        asked = Job(f"{key}:{number}", f"{key}-{number}", lambda: b"rows", lambda raw: raw is not None, 30)
        assert flights.join(asked).result(10) == b"rows"
    busy = flights.join(Job(key, f"{key}-busy", query, lambda raw: raw is not None, 30))
    assert query.begun.wait(10)
    flights.sweep()
    assert len(threads_of(key)) == 13, "they are kept for a while"
    monkeypatch.setattr("dashboards.flights.IDLE_SECONDS", 0.0)
    deadline = time.monotonic() + 10
    while len(threads_of(key)) > 1 and time.monotonic() < deadline:
        flights.sweep()
        time.sleep(0.01)
    assert len(threads_of(key)) == 1, "only the one that flies is left"
    query.go.set()
    assert busy.result(10) == b"rows"
    again = Job(f"{key}:again", f"{key}-0", lambda: b"more", lambda raw: raw is not None, 30)
    assert flights.join(again).result(10) == b"more"


def test_keeping_house_ends_them(key: str, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Job(key, key, lambda: b"rows", lambda raw: raw is not None, 30)
    assert flights_of_this_process().join(asked).result(10) == b"rows"
    monkeypatch.setattr("dashboards.flights.IDLE_SECONDS", 0.0)
    deadline = time.monotonic() + 10
    while threads_of(key) and time.monotonic() < deadline:
        keep_house_once()
        time.sleep(0.01)
    assert not threads_of(key)


def test_two_processes_send_one_query_between_them(key: str, shared: RedisStore, redis_url: str) -> None:
    here, there, query = Flights(shared), Flights(RedisStore(redis_url)), Gate()
    first = here.join(job(key, query))
    assert query.begun.wait(10)
    second = there.join(job(key, query))
    query.go.set()
    assert first.result(10) == second.result(10) == b"rows"
    assert query.sent == 1


def test_a_flight_that_landed_a_moment_ago_is_not_flown_again(key: str, shared: RedisStore) -> None:
    shared.put_many([(key, b"landed", 30)])
    query = Gate()
    assert Flights(shared).join(job(key, query)).result(10) == b"landed"
    assert query.sent == 0


def test_a_dead_holder_is_noticed_within_its_lease(
    key: str, shared: RedisStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "LEASE_SECONDS", 0.2)
    assert shared.take_lease(f"{key}:lease", "a process that died")
    query = Gate()
    query.go.set()
    assert Flights(shared).join(job(key, query)).result(10) == b"rows"


def test_a_late_holder_cannot_overwrite_its_successor(key: str, shared: RedisStore) -> None:
    lease = f"{key}:lease"
    assert shared.take_lease(lease, "successor")
    assert not shared.finish(lease, "late", key, b"old", 30)
    assert shared.get_many([key]) == [None]
    assert shared.finish(lease, "successor", key, b"new", 30)
    assert shared.get_many([key]) == [b"new"]


def test_a_failed_query_fails_for_all_who_wait_and_is_tried_again_next_time(key: str) -> None:
    flights = Flights(MemoryStore(1_000_000))

    def broken() -> bytes:
        raise ValueError("no such table")

    with pytest.raises(ValueError, match="no such table"):
        flights.join(job(key, broken)).result(10)
    query = Gate()
    query.go.set()
    assert flights.join(job(key, query)).result(10) == b"rows"


def test_without_an_answer_of_redis_a_process_flies_and_keeps_for_itself() -> None:
    nowhere = RedisStore("redis://127.0.0.1:1/0")
    query = Gate()
    query.go.set()
    assert Flights(nowhere).join(job("k", query)).result(10) == b"rows"
    assert nowhere.get_many(["k"]) == [b"rows"]


@pytest.mark.parametrize("kind", ["memory", "redis"])
def test_both_stores_keep_bytes_for_their_time_and_leases_for_one_owner(kind: str, key: str, redis_url: str) -> None:
    store: Store = MemoryStore(1_000_000) if kind == "memory" else RedisStore(redis_url)
    store.put_many([(key, b"a", 30), (f"{key}:b", b"b", 30)])
    assert store.get_many([key, f"{key}:b", f"{key}:c"]) == [b"a", b"b", None]
    assert store.take_lease(f"{key}:l", "one")
    assert not store.take_lease(f"{key}:l", "two")
    assert store.renew_lease(f"{key}:l", "one")
    assert not store.renew_lease(f"{key}:l", "two")
    assert not store.finish(f"{key}:l", "two", key, b"z", 30)
    assert store.finish(f"{key}:l", "one", key, b"y", 30)
    assert store.get_many([key]) == [b"y"]
    assert store.take_lease(f"{key}:l", "two")
    assert store.take_lease_and_look(f"{key}:l", "three", [key]) is None
    assert store.take_lease_and_look(f"{key}:m", "three", [f"{key}:c", key]) == [None, b"y"]
    assert not store.take_lease(f"{key}:m", "two")


def test_memory_forgets_the_oldest_bytes_first() -> None:
    store = MemoryStore(100)
    store.put_many([("a", b"x" * 60, 30), ("b", b"x" * 60, 30)])
    assert store.get_many(["a", "b"]) == [None, b"x" * 60]


def test_many_short_flights_of_two_processes_all_land_and_the_control_lives(shared: RedisStore, redis_url: str) -> None:
    both = [Flights(shared), Flights(RedisStore(redis_url))]
    keys = [f"test:{uuid.uuid4().hex}" for _ in range(4)]

    def fly(number: int) -> bytes:
        return both[number % 2].join(job(keys[number % 4], lambda: b"rows", keep=0.002)).result(20)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(fly, range(1500))) == {b"rows"}
    assert all(flights._control is not None and flights._control.is_alive() for flights in both)
    # The last ones have their answers, and leave the board when the store has them too.
    wait_until(lambda: not any(flights._flights for flights in both))


def test_a_busy_source_leaves_the_others_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboards.flights.MAX_WAITING", 3)
    flights, slow = Flights(MemoryStore(1_000_000)), Gate()
    for number in range(3):
        flights.join(Job(f"slow-{number}", "slow", slow, lambda raw: raw is not None, 30))
    with pytest.raises(TooBusy):
        flights.join(Job("slow-9", "slow", slow, lambda raw: raw is not None, 30))
    quick = Gate()
    quick.go.set()
    assert flights.join(Job("quick", "quick", quick, lambda raw: raw is not None, 30)).result(10) == b"rows"
    slow.go.set()


class Stopped:
    """A query that runs until it is stopped at its source."""

    def __init__(self) -> None:
        self.begun, self.over = threading.Event(), threading.Event()

    def __call__(self) -> bytes:
        self.begun.set()
        assert self.over.wait(20)
        raise QueryCancelled

    def job(self, key: str, viewer: str = "one", *, unattended: bool = False) -> Job:
        return Job(key, "source", self, lambda raw: raw is not None, 30, self.over.set, viewer, unattended)


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    # Long enough for the threads of a busy machine to get their turn in between.
    monkeypatch.setattr("dashboards.flights.WANTED_SECONDS", 1.5)


@pytest.mark.usefixtures("_impatient")
def test_a_flight_that_nobody_wants_any_more_is_stopped_at_its_source(key: str, shared: RedisStore) -> None:
    flights, query = Flights(shared), Stopped()
    future = flights.join(query.job(key))
    with pytest.raises(QueryCancelled):
        future.result(10)
    assert query.over.wait(5)
    # The next viewer begins anew.
    quick = Gate()
    quick.go.set()
    assert flights.join(job(key, quick)).result(10) == b"rows"


@pytest.mark.usefixtures("_impatient")
def test_whoever_asks_again_keeps_it_going_and_others_may_leave(key: str) -> None:
    flights, query = Flights(MemoryStore(1_000_000)), Stopped()
    future = flights.join(query.job(key, "one"))
    for _ in range(6):
        assert not query.over.wait(0.3)
        assert flights.join(query.job(key, "two")) is future
    flights.leave(key, "one")
    assert not query.over.wait(0.1)
    flights.leave(key, "two")
    assert query.over.wait(5)


@pytest.mark.usefixtures("_impatient")
def test_somebody_in_another_process_keeps_it_going(key: str, shared: RedisStore, redis_url: str) -> None:
    here, there, query = Flights(shared), Flights(RedisStore(redis_url)), Stopped()
    here.join(query.job(key))
    assert query.begun.wait(10)
    for _ in range(8):
        there.join(query.job(key))
        assert not query.over.wait(0.3)
    assert query.over.wait(10)
    assert not there._flights.get(key) or there._flights[key].holding is False


@pytest.mark.usefixtures("_impatient")
def test_a_refresh_goes_on_without_anybody(key: str) -> None:
    query = Stopped()
    Flights(MemoryStore(1_000_000)).join(query.job(key, unattended=True))
    assert not query.over.wait(2)
    query.over.set()


def test_a_flight_given_up_while_it_waits_for_its_turn_sends_nothing(
    key: str, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.SOURCE_CONNECTIONS = 1
    flights, busy, query = Flights(MemoryStore(1_000_000)), Gate(), Gate()
    flights.join(job(f"{key}:busy", busy))
    monkeypatch.setattr("dashboards.flights.WANTED_SECONDS", 0.1)
    with pytest.raises(QueryCancelled):
        flights.join(job(key, query)).result(10)
    busy.go.set()
    late = Gate()
    late.go.set()
    monkeypatch.setattr("dashboards.flights.WANTED_SECONDS", 5.0)
    assert flights.join(job(key, late)).result(10) == b"rows"
    assert query.sent == 0


def broken(sent: list[int]) -> Callable[[], bytes]:
    def query() -> bytes:
        sent.append(1)
        raise QueryFailed("the database's own words")

    return query


def test_a_failure_is_shared_between_processes(key: str, shared: RedisStore, redis_url: str) -> None:
    here, there, sent = Flights(shared), Flights(RedisStore(redis_url)), list[int]()
    for flights in (here, there, here, there):
        with pytest.raises(QueryFailed):
            flights.join(job(key, broken(sent))).result(10)
    assert len(sent) == 1


def test_a_failure_is_over_after_a_few_seconds(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboards.flights.FAILED_SECONDS", 0.1)
    flights, sent = Flights(MemoryStore(1_000_000)), list[int]()
    with pytest.raises(QueryFailed):
        flights.join(job(key, broken(sent))).result(10)
    time.sleep(0.15)  # Only the clock tells that it is over.
    query = Gate()
    query.go.set()
    assert flights.join(job(key, query)).result(10) == b"rows"


def test_a_failure_that_somebody_made_up_is_none(key: str, shared: RedisStore) -> None:
    query = Gate()
    query.go.set()
    shared.put_many([(f"{key}:failed", b"\xffSystemExit", 30)])
    assert Flights(shared).join(job(key, query)).result(10) == b"rows"
