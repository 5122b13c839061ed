"""DuckDB in its own process: what it may reach, and that a web process outlives whatever happens to it."""

import os
import shutil
import signal
import threading
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from datasources.cancel import Cancel
from datasources.engines import ENGINES, duckdb_child, duckdb_process
from datasources.errors import (
    DataSourceError,
    ProcessLost,
    QueryCancelled,
    QueryFailed,
    QueryTimeout,
    ResultTooLarge,
    SourceUnavailable,
)
from datasources.result import Result
from tests.about import about
from tests.datasources.test_engine_contract import ENDLESS
from tests.datasources.world import make_duckdb

ENGINE = ENGINES["duckdb"]


@pytest.fixture
def orders(tmp_path: Path) -> dict[str, Any]:
    return make_duckdb(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> dict[str, Any]:
    """Parquet and CSV files of an organization, beside a neighbour's."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    theirs.mkdir()
    with duckdb.connect() as database:
        database.execute("CREATE TABLE t AS SELECT 'acme' AS cst, 7 AS amount, DATE '2026-01-15' AS day")
        database.execute(f"COPY t TO '{ours / 'orders.parquet'}'")
        database.execute(f"COPY t TO '{ours}/it''s \"odd\".csv'")
        database.execute("UPDATE t SET cst = 'CANARY'")
        database.execute(f"COPY t TO '{theirs / 'orders.parquet'}'")
    (ours / "link.parquet").symlink_to(theirs / "orders.parquet")
    (ours / "notes.txt").write_text("CANARY")
    return {"path": str(ours)}


def run(connection: dict[str, Any], sql: str, *, timeout: float = 60, cancel: Cancel | None = None) -> Result:
    return ENGINE.run(connection, sql, (), timeout=timeout, max_rows=100, cancel=cancel)


def test_p_sq_13_a_folders_files_are_its_tables_and_nothing_else_is_read(folder: dict[str, Any]) -> None:
    catalog = ENGINE.catalog(ENGINE.check(folder))
    assert sorted(table.name for table in catalog.tables) == ['it\'s "odd"', "orders"]
    assert run(folder, "SELECT cst, amount, day FROM main.orders").values == (["acme"], [7], ["2026-01-15"])
    assert run(folder, 'SELECT amount FROM "it\'s ""odd"""').values == ([7],)
    theirs = Path(folder["path"]).parent / "theirs" / "orders.parquet"
    for source in (
        f"read_parquet('{theirs}')",
        f"'{theirs}'",
        "read_text('/etc/passwd')",
        f"read_text('{folder['path']}/notes.txt')",
        f"read_parquet('{folder['path']}/link.parquet')",
        f"read_parquet('{folder['path']}/../theirs/orders.parquet')",
        "glob('/*')",
        "read_csv('http://127.0.0.1:1/x.csv')",
    ):
        with pytest.raises((QueryFailed, SourceUnavailable)):
            run(folder, f"SELECT * FROM {source}")


def test_a_new_file_of_a_folder_is_a_table_at_once(folder: dict[str, Any]) -> None:
    assert len(ENGINE.catalog(folder).tables) == 2
    (Path(folder["path"]) / "more.csv").write_text("a,b\n1,2\n")
    assert len(ENGINE.catalog(folder).tables) == 3
    assert run(folder, "SELECT a, b FROM more").values == ([1], [2])


def test_p_sq_13_the_configuration_is_locked(orders: dict[str, Any], folder: dict[str, Any]) -> None:
    for sql in (
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "SET allowed_paths = ['/']",
        "SET memory_limit = '10GB'",
        "ATTACH '/tmp/x.duckdb'",
        "COPY (SELECT 1) TO '/tmp/eh_stolen.csv'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "CREATE SECRET x (TYPE s3)",
    ):
        for connection in (orders, folder):
            with about(sql), pytest.raises((QueryFailed, SourceUnavailable)):
                run(connection, sql)
    assert not Path("/tmp/eh_stolen.csv").exists()


def test_the_child_knows_no_secret_of_ours(orders: dict[str, Any]) -> None:
    run(orders, "SELECT 1")
    environment = Path(f"/proc/{duckdb_process.child(orders['path']).pid}/environ").read_bytes()
    assert dict(pair.split(b"=", 1) for pair in environment.split(b"\x00") if pair) == {
        name.encode(): value.encode() for name, value in duckdb_process.Child.environment.items()
    }


def test_both_sides_mean_the_same_frames() -> None:
    assert duckdb_child.LENGTH.format == duckdb_process.LENGTH.format
    assert duckdb_child.MAX_ANSWER == duckdb_process.MAX_ANSWER


def test_what_a_killed_child_owed_is_asked_once_more_and_then_fails(orders: dict[str, Any]) -> None:
    caught: list[DataSourceError] = []

    def ask() -> None:
        try:
            run(orders, ENDLESS, timeout=60)
        except DataSourceError as error:
            caught.append(error)

    run(orders, "SELECT 1")
    first = duckdb_process.child(orders["path"])
    asking = [threading.Thread(target=ask) for _ in range(3)]
    for thread in asking:
        thread.start()
    until(lambda: len(first._owed) == 3)
    os.kill(first.pid, signal.SIGKILL)
    until(lambda: not first.lives)
    until(lambda: len(duckdb_process.child(orders["path"])._owed) == 3)
    assert not caught
    os.kill(duckdb_process.child(orders["path"]).pid, signal.SIGKILL)
    for thread in asking:
        thread.join(5)
    assert [type(error) for error in caught] == [ProcessLost] * 3
    assert run(orders, "SELECT count(*) AS n FROM orders").values == ([8],)
    assert duckdb_process.child(orders["path"]).pid != first.pid


def test_a_child_that_does_not_answer_is_ended(orders: dict[str, Any]) -> None:
    run(orders, "SELECT 1")
    stuck = duckdb_process.child(orders["path"])
    os.kill(stuck.pid, signal.SIGSTOP)
    started = time.monotonic()
    with pytest.raises(QueryTimeout):
        run(orders, "SELECT 1", timeout=0.3)
    assert time.monotonic() - started < 3
    assert run(orders, "SELECT 1 AS a").values == ([1],)
    assert duckdb_process.child(orders["path"]).pid != stuck.pid


def test_a_query_that_needs_too_much_memory_fails_alone(
    orders: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duckdb_process, "MEMORY_MB", 64)
    duckdb_process.child(orders["path"]).kill()
    huge = "SELECT count(*) FROM (SELECT DISTINCT range::VARCHAR || repeat('x', 200) AS a FROM range(3000000)) AS t"
    with pytest.raises(ResultTooLarge):
        run(orders, huge, timeout=30)
    assert run(orders, "SELECT count(*) AS n FROM orders").values == ([8],)
    duckdb_process.child(orders["path"]).kill()


def test_p_dl_03_a_giant_cell_is_too_large_and_stays_in_the_child(orders: dict[str, Any]) -> None:
    before = resident()
    with pytest.raises((ResultTooLarge, QueryFailed)):
        run(orders, "SELECT repeat('a', 150000000) AS a")
    assert resident() - before < 200
    assert run(orders, "SELECT 1 AS a").values == ([1],)


def resident() -> int:
    """Return this process's memory in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


def test_p_dl_04_a_cancelled_statement_ends_in_the_child(orders: dict[str, Any]) -> None:
    cancel = Cancel()
    run(orders, "SELECT 1")
    threading.Timer(0.3, cancel).start()
    started = time.monotonic()
    with pytest.raises(QueryCancelled):
        run(orders, ENDLESS, timeout=60, cancel=cancel)
    assert time.monotonic() - started < 5
    until(lambda: not duckdb_process.child(orders["path"])._owed)


def test_a_long_statement_holds_up_no_other(orders: dict[str, Any]) -> None:
    cancel, run_long = Cancel(), []

    def ask() -> None:
        with pytest.raises(QueryCancelled):
            run(orders, ENDLESS, timeout=60, cancel=cancel)
        run_long.append(True)

    long = threading.Thread(target=ask)
    long.start()
    for number in range(5):
        assert run(orders, f"SELECT {number} AS a").values == ([number],)
    assert not run_long
    cancel()
    long.join(5)
    assert run_long


def test_a_cancel_stops_a_statement_that_has_not_begun_yet(orders: dict[str, Any]) -> None:
    for _ in range(3):
        ENGINE.close(orders)
        cancel, child = Cancel(), duckdb_process.child(orders["path"])
        long = threading.Thread(target=endless, args=(orders, cancel))
        long.start()
        until(lambda child=child: not child.idle)
        cancel()
        long.join(30)
        assert not long.is_alive()


def test_a_forked_process_starts_a_child_of_its_own(orders: dict[str, Any]) -> None:
    run(orders, "SELECT 1")
    mine = duckdb_process.child(orders["path"]).pid
    reading, writing = os.pipe()
    forked = os.fork()
    if forked == 0:
        answer = b"failed"
        try:
            run(orders, "SELECT 1")
            answer = str(duckdb_process.child(orders["path"]).pid).encode()
            duckdb_process.child(orders["path"]).kill()
        finally:
            os.write(writing, answer)
            os._exit(0)
    os.waitpid(forked, 0)
    assert int(os.read(reading, 20)) != mine
    assert duckdb_process.child(orders["path"]).pid == mine
    assert run(orders, "SELECT 1 AS a").values == ([1],)


def until(condition: Any) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def neighbour(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Another organization's file."""
    return make_duckdb(tmp_path_factory.mktemp("neighbour"))


def test_a_statement_that_cannot_be_stopped_ends_nothing_of_another_file(
    orders: dict[str, Any], neighbour: dict[str, Any]
) -> None:
    run(neighbour, "SELECT 1")
    theirs, answers = duckdb_process.child(neighbour["path"]), []
    slow = "SELECT count(*) FROM range(8000) AS a, range(8000) AS b WHERE (a.range * b.range) % 7 = 1"
    asking = threading.Thread(target=lambda: answers.append(run(neighbour, slow, timeout=60).rows))
    asking.start()
    run(orders, "SELECT 1")
    os.kill(duckdb_process.child(orders["path"]).pid, signal.SIGSTOP)
    with pytest.raises(QueryTimeout):
        run(orders, "SELECT 1", timeout=0.2)
    assert theirs.lives
    asking.join(60)
    assert answers == [1]


def test_who_asked_the_same_file_as_a_statement_that_cannot_be_stopped_is_asked_again(orders: dict[str, Any]) -> None:
    run(orders, "SELECT 1")
    answers: list[Any] = []
    os.kill(duckdb_process.child(orders["path"]).pid, signal.SIGSTOP)
    asking = threading.Thread(target=lambda: answers.append(run(orders, "SELECT 5 AS a", timeout=30).values))
    asking.start()
    with pytest.raises(QueryTimeout):
        run(orders, "SELECT 1", timeout=0.2)
    asking.join(10)
    assert answers == [([5],)]


def test_children_are_few_and_only_idle_ones_are_ended(
    orders: dict[str, Any], neighbour: dict[str, Any], folder: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duckdb_process, "MAX_CHILDREN", 2)
    monkeypatch.setattr(duckdb_process, "WAIT_SECONDS", 0.2)
    cancels = [Cancel(), Cancel()]
    first, idle = duckdb_process.child(orders["path"]), duckdb_process.child(neighbour["path"])
    long = [threading.Thread(target=endless, args=(orders, cancels[0]))]
    long[0].start()
    until(lambda: not first.idle)
    assert run(folder, "SELECT 1 AS a").values == ([1],)
    assert first.lives
    assert not idle.lives
    long.append(threading.Thread(target=endless, args=(folder, cancels[1])))
    long[1].start()
    until(lambda: not duckdb_process.child(folder["path"]).idle)
    with pytest.raises(DataSourceError) as refused:
        run(neighbour, "SELECT 1")
    assert type(refused.value) is DataSourceError  # Which no breaker counts.
    for cancel, thread in zip(cancels, long, strict=True):
        cancel()
        thread.join(10)
    assert run(neighbour, "SELECT 1 AS a").values == ([1],)


def endless(connection: dict[str, Any], cancel: Cancel) -> None:
    """Ask for what takes days, and no memory."""
    sql = "SELECT count(*) FROM range(1000000000000000) AS r(n) WHERE hash(n) = 1"
    with pytest.raises(QueryCancelled):
        run(connection, sql, timeout=60, cancel=cancel)


def test_a_closed_file_has_no_process(orders: dict[str, Any]) -> None:
    run(orders, "SELECT 1")
    theirs = duckdb_process.child(orders["path"])
    ENGINE.close(orders)
    assert not theirs.lives
    assert run(orders, "SELECT 1 AS a").values == ([1],)


def test_copies_of_a_file_share_a_process(orders: dict[str, Any], tmp_path: Path) -> None:
    copies = [{"path": str(tmp_path / name), "beside": str(tmp_path)} for name in ("one.duckdb", "two.duckdb")]
    for copy in copies:
        shutil.copyfile(orders["path"], copy["path"])
        assert run(copy, "SELECT current_database() AS a").values == ([Path(copy["path"]).stem],)
        assert copy["path"] not in duckdb_process._children
    shared = duckdb_process._children[str(tmp_path)]
    for copy in copies:
        ENGINES.close("duckdb", copy)
        assert not shared.lives
    assert str(tmp_path) not in duckdb_process._children
