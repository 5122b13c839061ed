"""What every entry of ENGINES must do, below the gate: an engine is done when this is green for it."""

import datetime
import decimal
import json
import time
import traceback
from collections.abc import Callable

import pytest

from datasources.engines import ENGINES
from datasources.engines.base import Engine
from datasources.errors import (
    BadConnection,
    DataSourceError,
    QueryFailed,
    QueryTimeout,
    ResultTooLarge,
    SourceUnavailable,
)
from datasources.result import Result, make_result
from datasources.snapshot import SourceSnapshot
from tests.datasources.world import Ask, cells, schema_of

Run = Callable[..., Result]

#: A query that would take hours, and stays in the database all that time.
ENDLESS = "SELECT count(*) FROM " + ", ".join(f"orders AS o{n}" for n in range(13))


@pytest.fixture
def engine(source: SourceSnapshot) -> Engine:
    return ENGINES[source.engine]


@pytest.fixture
def run(engine: Engine, source: SourceSnapshot) -> Run:
    """Run text as it is, past the gate."""

    def _run(sql: str, params: tuple[object, ...] = (), *, timeout: float = 10, max_rows: int = 100) -> Result:
        schema = schema_of(source)
        text = sql.replace("orders", f"{schema}.orders")
        return engine.run(source.connection, text, params, timeout=timeout, max_rows=max_rows)

    return _run


def test_values_are_json_primitives_of_the_named_types(run: Run) -> None:
    result = run("SELECT id, amount, ratio, note, day FROM orders ORDER BY id")
    assert result.columns == (
        ("id", "number"),
        ("amount", "number"),
        ("ratio", "number"),
        ("note", "text"),
        ("day", "date"),
    )
    assert cells(result)[0] == (1, 100, 0.25, "CANARY-a-acme-0", "2026-01-15")
    assert json.loads(json.dumps(result.values)) == list(result.values)


def test_nothing_found_still_names_the_columns(run: Run) -> None:
    result = run("SELECT id, note FROM orders WHERE id < 0")
    assert ([name for name, _ in result.columns], result.values, result.rows) == (["id", "note"], ([], []), 0)


def test_null_not_a_number_and_infinity_become_none(engine: Engine, run: Run) -> None:
    assert run("SELECT CAST(NULL AS integer) AS a").values == ([None],)
    if engine.name in ("duckdb", "postgresql"):  # The others have no such numbers.
        result = run("SELECT CAST('NaN' AS double precision) AS a, CAST('-Infinity' AS double precision) AS b")
        assert result.values == ([None], [None])


@pytest.mark.parametrize(
    ("cells_in", "cells_out"),
    [
        (["1.00", "2.50"], [1, 2.5]),
        (["1.00", "NaN"], [1, None]),
        (["9007199254740993", "1"], [9007199254740993, 1]),
        (["Infinity", "-0.0"], [None, 0]),
        (["1E+3", None], [1000, None]),
    ],
)
def test_decimals_are_integers_when_they_are_whole(cells_in: list[str | None], cells_out: list[float | None]) -> None:
    rows = [(None if cell is None else decimal.Decimal(cell),) for cell in cells_in]
    found = make_result([("a", "number")], rows, 10).values[0]
    assert found == cells_out
    assert [type(cell) for cell in found] == [type(cell) for cell in cells_out]


def test_p_dl_03_rows_beyond_the_cap_are_cut_off_and_said(run: Run) -> None:
    result = run("SELECT id FROM orders ORDER BY id", max_rows=3)
    assert (result.rows, result.truncated, result.values) == (3, True, ([1, 2, 3],))


def test_exactly_as_many_rows_as_the_cap_are_not_truncated(run: Run) -> None:
    result = run("SELECT id FROM orders ORDER BY id DESC", max_rows=8)
    assert (result.rows, result.truncated, result.values[0][:2]) == (8, False, [8, 7])


def test_p_dl_04_the_timeout_stops_the_query_at_the_source(run: Run) -> None:
    started = time.monotonic()
    with pytest.raises(QueryTimeout):
        run(ENDLESS, timeout=0.3)
    assert time.monotonic() - started < 2.3
    assert run("SELECT count(*) AS n FROM orders").values == ([8],)


def test_bound_values_keep_their_type(engine: Engine, run: Run) -> None:
    mark = engine.dialect.placeholder.format
    values = ("acme' OR '1'='1", 7, datetime.date(2026, 1, 15), True, None)
    # SQLite types values and not expressions, and has no dates or booleans; MariaDB has other words for some.
    casts = {"sqlite": (), "mariadb": ("char", "signed", "date", "signed", "char")}.get(
        engine.name, ("text", "integer", "date", "boolean", "text")
    )
    items = [f"CAST({mark(n)} AS {kind})" for n, kind in enumerate(casts, 1)] or [mark(n) for n in range(1, 6)]
    result = run("SELECT " + ", ".join(f"{item} AS c{n}" for n, item in enumerate(items)), values)
    assert [column[0] for column in result.values] == ["acme' OR '1'='1", 7, "2026-01-15", True, None]


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO orders (id) VALUES (99)",
        "UPDATE orders SET note = 'x'",
        "DELETE FROM orders",
        "DROP TABLE orders",
        "CREATE TABLE more (a integer)",
    ],
)
def test_p_sq_14_a_write_fails_even_past_the_gate(run: Run, sql: str) -> None:
    with pytest.raises(QueryFailed):
        run(sql)
    assert run("SELECT count(*) AS n FROM orders").values == ([8],)


def test_a_drivers_words_never_reach_the_message(run: Run) -> None:
    with pytest.raises(QueryFailed) as caught:
        run("SELECT no_such_column FROM orders")
    assert "no_such_column" in caught.value.detail
    assert "no_such_column" not in f"{caught.value} {caught.value.message} {caught.value!r}"


def test_a_logged_traceback_holds_no_words_of_the_driver(run: Run) -> None:
    with pytest.raises(QueryFailed) as caught:
        run("SELECT no_such_column_" + "x" * 3 + " FROM orders")
    lines = traceback.TracebackException.from_exception(caught.value).format()
    assert "no_such_column_xxx" not in "".join(lines)


def test_p_sq_15_every_failure_of_a_statement_has_one_code_and_message(run: Run) -> None:
    outcomes = set()
    for sql in ("SELECT no_such FROM orders", "SELECT no_such_function(note) FROM orders", "SELECT ( FROM orders"):
        with pytest.raises(DataSourceError) as caught:
            run(sql)
        outcomes.add((caught.value.status, caught.value.code, caught.value.message))
    assert len(outcomes) == 1


def test_p_dl_03_too_much_text_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datasources.result.MAX_CHARACTERS", 50)
    with pytest.raises(ResultTooLarge):
        run("SELECT note FROM orders")


def test_the_catalog_names_every_table_and_view_and_no_system_table(source: SourceSnapshot) -> None:
    tables = {table.name for table in source.catalog.tables}
    assert {"orders", "regions", "staff", "b_orders", "numbered", "all_orders"} <= tables
    assert not [name for name in tables if name.startswith(("pg_", "sqlite_", "duckdb_"))]
    orders = source.catalog.by_key[f"{schema_of(source)}.orders"]
    assert [column.name for column in orders.columns] == ["id", "cst", "region", "amount", "note", "day", "ratio"]


def test_a_login_that_only_reads_has_no_warnings(engine: Engine, source: SourceSnapshot) -> None:
    assert engine.check_role(source.connection).warnings == ()


def test_p_ds_04_a_source_that_is_gone_is_unavailable_and_says_nothing_of_it(
    engine: Engine, source: SourceSnapshot
) -> None:
    gone = dict(source.connection)
    gone |= {"path": "/no/such/file"} if "path" in gone else {"port": 1}
    for call in (engine.catalog, engine.check_role if "port" in gone else engine.catalog):
        with pytest.raises(SourceUnavailable) as caught:
            call(gone)
        assert "/no/such" not in caught.value.message
        assert "127.0.0.1" not in caught.value.message


def test_p_ds_02_unknown_fields_of_a_connection_are_refused(engine: Engine, source: SourceSnapshot) -> None:
    for extra in ("hostaddr", "options", "service", "passfile", "config", "uri"):
        with pytest.raises(BadConnection):
            engine.check({**source.connection, extra: "x"})


def test_the_scope_holds_through_the_engine(ask: Ask) -> None:
    assert cells(ask("SELECT count(*), max(note) FROM orders")) == [(3, "CANARY-a-acme-2")]
