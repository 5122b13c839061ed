"""What a process read lately from Redis is used again while it is fresh, and for nobody else."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from dashboards.cache import Entry, EntryScope, make_entry, pack
from dashboards.near import Near, Wanted, look_up
from embedhost.lib.store import MemoryStore, RedisStore

SCOPE = EntryScope(1, "ws_1", 7, 1)
KEY = "eh:data:near"


def wanted(fresh_from: float = 50.0, scope: EntryScope = SCOPE, key: str = KEY) -> Wanted:
    return Wanted(key, scope, fresh_from)


def entry(at: float, body: bytes = b"rows", scope: EntryScope = SCOPE) -> Entry:
    return make_entry(scope, at, 1, body)


@pytest.fixture
def shared(redis_url: str) -> RedisStore:
    return RedisStore(redis_url)


def put(store: RedisStore, at: float, body: bytes = b"rows") -> None:
    store.put_many([(KEY, pack(KEY, entry(at, body)), 60.0)])


def found(store: RedisStore | MemoryStore, one: Wanted) -> bytes | None:
    [entry] = look_up(store, [one])
    return None if entry is None else entry.plain()


def test_a_fresh_entry_is_read_once(shared: RedisStore) -> None:
    put(shared, 100.0, b"first")
    assert found(shared, wanted()) == b"first"
    put(shared, 100.0, b"second")
    assert found(shared, wanted()) == b"first"


def test_what_is_not_fresh_is_looked_up_so_that_a_newer_one_is_found(shared: RedisStore) -> None:
    put(shared, 100.0, b"old")
    assert found(shared, wanted()) == b"old"
    put(shared, 200.0, b"new")
    assert found(shared, wanted(fresh_from=150.0)) == b"new"
    assert found(shared, wanted()) == b"new"


def test_a_stale_entry_is_returned_and_not_kept(shared: RedisStore) -> None:
    put(shared, 10.0, b"stale")
    assert found(shared, wanted()) == b"stale"
    put(shared, 10.0, b"other")
    assert found(shared, wanted()) == b"other"


def test_an_entry_is_for_its_scope_alone(shared: RedisStore) -> None:
    put(shared, 100.0)
    assert found(shared, wanted()) == b"rows"
    for scope in (replace(SCOPE, customer_id=8), replace(SCOPE, generation=2), replace(SCOPE, workspace_id="ws_2")):
        assert found(shared, wanted(scope=scope)) is None


def test_what_was_tampered_with_is_not_taken_in(shared: RedisStore) -> None:
    packed = pack(KEY, entry(100.0))
    shared.put_many([(KEY, packed[:-1] + bytes([packed[-1] ^ 1]), 60.0)])
    assert found(shared, wanted()) is None
    put(shared, 100.0, b"whole")
    assert found(shared, wanted()) == b"whole"


def test_several_keys_come_in_their_order_with_one_read(shared: RedisStore, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[list[str]] = []
    read = shared.get_many

    def counted(keys: Sequence[str]) -> list[bytes | None]:
        reads.append(list(keys))
        return read(keys)

    monkeypatch.setattr(shared, "get_many", counted)
    put(shared, 100.0)
    missing = wanted(key="eh:data:missing")
    for _ in range(2):
        assert [entry is None for entry in look_up(shared, [missing, wanted()])] == [True, False]
    assert reads == [["eh:data:missing", KEY], ["eh:data:missing"]]
    assert look_up(shared, []) == []


def test_a_store_in_this_process_has_nothing_in_front_of_it() -> None:
    store = MemoryStore(1_000_000)
    for body in (b"first", b"second"):
        store.put_many([(KEY, pack(KEY, entry(100.0, body)), 60.0)])
        assert found(store, wanted()) == body


def test_the_bytes_are_bounded_and_the_least_used_goes_first() -> None:
    near = Near(3000)
    for name in "abc":
        near.keep(name, Entry(SCOPE, 100.0, 1, b"x" * 600))
        near.get(wanted(key="a"))
    assert [near.get(wanted(key=name)) is not None for name in "abc"] == [True, False, True]
    near.keep("d", Entry(SCOPE, 100.0, 1, b"x" * 5000))
    assert [near.get(wanted(key=name)) is not None for name in "abcd"] == [False] * 4
