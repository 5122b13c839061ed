"""The last look at the text: it must read back as what was checked, in listed words only."""

import pytest
import sqlglot

from datasources.engines import ENGINES
from datasources.errors import QueryRejected
from datasources.gate.seal import write
from datasources.snapshot import SourceSnapshot
from tests.datasources.world import Ask


@pytest.mark.parametrize(
    ("engine", "sql"),
    [
        ("postgresql", "SELECT median(amount) FROM orders"),
        ("postgresql", "SELECT try_cast(note AS integer) FROM orders"),
        ("postgresql", "SELECT count_if(amount > 1) FROM orders"),
        ("sqlite", "SELECT CAST(day AS date) FROM orders"),
        ("sqlite", "SELECT note FROM orders WHERE note ILIKE 'x'"),
        ("duckdb", "SELECT trim(BOTH 'x' FROM note) FROM orders"),
    ],
)
def test_what_does_not_read_back_as_it_was_is_refused(
    sources: dict[str, SourceSnapshot], engine: str, sql: str
) -> None:
    with pytest.raises(QueryRejected) as caught:
        Ask(sources[engine])(sql)
    assert "written back exactly" in caught.value.problem or "cast to" in caught.value.problem


@pytest.mark.parametrize(
    ("engine", "sql", "word"),
    [
        ("sqlite", "SELECT date_trunc('month', day) FROM orders", "DATE_TRUNC"),
        ("sqlite", "SELECT stddev(amount) FROM orders", "STDDEV"),
        ("sqlite", "SELECT left(note, 1) FROM orders", "LEFT"),
        ("sqlite", "SELECT grouping(note) FROM orders GROUP BY note", "GROUPING"),
        ("sqlite", "SELECT make_date(1, 2, 3) FROM orders", "make_date"),
        ("postgresql", "SELECT arg_max(note, amount) FROM orders", "ARG_MAX"),
        ("postgresql", "SELECT any_value(note) FROM orders", "ANY_VALUE"),
        ("postgresql", "SELECT monthname(day) FROM orders", "MONTHNAME"),
        ("postgresql", "SELECT note FROM orders QUALIFY row_number() OVER () = 1", ""),
        ("duckdb", "SELECT to_char(day, 'YYYY') FROM orders", ""),
        ("duckdb", "SELECT width_bucket(amount, 1, 2, 3) FROM orders", "WIDTH_BUCKET"),
    ],
)
def test_a_word_that_another_database_knows_is_refused(
    sources: dict[str, SourceSnapshot], engine: str, sql: str, word: str
) -> None:
    with pytest.raises(QueryRejected) as caught:
        Ask(sources[engine])(sql)
    assert word in caught.value.problem


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT PG_READ_FILE('x')",
        "SELECT CURRENT_USER",
        'SELECT 1 FROM "t" FOR UPDATE',
        'SELECT 1 INTO "t"',
        "SELECT CAST('orders' AS REGCLASS)",
        'SELECT 1 FROM "t" TABLESAMPLE SYSTEM (1)',
        "SELECT GENERATE_SERIES(1, 2)",
        "SELECT RANGE(1, 2)",
        'SELECT 1 FROM "t" SEMI JOIN "u" ON TRUE',
        'SELECT 1 OPERATOR(PG_CATALOG.=) "t"."a"',
        'DELETE FROM "t"',
        "SELECT E'a'",
        "SELECT :x",
        'SELECT "t"."a" ? 1 FROM "t"',
        "SELECT ARRAY_AGG(1)",
        'SELECT 1 AS "eh_bind_2"',
        'SELECT 1 AS "eh_var_0"',
        "SELECT 'eh_bind_1'",
    ],
)
def test_the_seal_refuses_by_itself_what_the_gate_would_not_let_through(sql: str) -> None:
    dialect = ENGINES["postgresql"].dialect
    with pytest.raises(QueryRejected):
        write(sqlglot.parse_one(sql, dialect=dialect.grammar), dialect, 0)


def test_the_seal_writes_a_placeholder_for_every_mark_and_for_nothing_else() -> None:
    dialect = ENGINES["postgresql"].dialect
    tree = sqlglot.parse_one('SELECT "eh_bind_2" AS "a", "eh_bind_1" AS "b"', dialect=dialect.grammar)
    assert write(tree, dialect, 2) == 'SELECT $2 AS "a", $1 AS "b"'
    for wrong in (1, 3):
        with pytest.raises(QueryRejected):
            write(tree, dialect, wrong)
