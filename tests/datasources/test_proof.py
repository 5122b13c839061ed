"""A rewriter with a mistake in it is caught by reading its text, and an operator's functions stay harmless."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlglot
from pytest_django import Settings
from sqlglot import exp

from datasources import compile as compile_module
from datasources.binds import Bind
from datasources.catalog import Catalog, Column, Table
from datasources.compile import Compiled, compile_query
from datasources.engines import ENGINES
from datasources.errors import QueryRejected
from datasources.extra import faults
from datasources.gate import tables
from datasources.gate.proof import prove
from datasources.rules import Condition, Kind, Rules, TableRule
from embedhost.checks import extra_functions_are_harmless

CATALOG = Catalog(
    tuple(
        Table("public", name, (Column("id", "integer"), Column("cst", "text")))
        for name in ("orders", "places", "staff", "refunds", "both")
    )
)
RULES = Rules.of(
    [
        TableRule("public.orders", Kind.SCOPED, "cst", column_type="text"),
        TableRule("public.refunds", Kind.SCOPED, "cst", "region", column_type="text"),
        TableRule("public.places", Kind.SHARED),
        TableRule("public.both", Kind.SCOPED, "cst", column_type="text", also=(Condition("id", "region", "integer"),)),
    ]
)
BINDS = (
    Bind("scope", "external_id", "text"),
    Bind("scope", "region", "text", many=True),
    Bind("variable", "x", "text"),
)
LIST, FENCE = '"eh_rows"."cst" = ANY(CAST("eh_bind_2" AS TEXT[]))', " OFFSET 0"
GOOD = '"eh_rows"."cst" = CAST("eh_bind_1" AS TEXT)'


def proven(sql: str) -> bool:
    try:
        prove(sqlglot.parse_one(sql, dialect="postgres"), RULES, BINDS, ENGINES["postgresql"].dialect)
    except QueryRejected:
        return False
    return True


def behind(condition: str, table: str = '"public"."orders"', more: str = "", columns: str = '"eh_rows"."id"') -> str:
    inner = f'SELECT {columns} FROM {table} AS "eh_rows" WHERE {condition}{more}'
    return f'SELECT "eh_t1"."id" AS "id" FROM ({inner}) AS "eh_t1"'


@pytest.mark.parametrize(
    "sql",
    [
        behind(GOOD),
        behind(f"{GOOD} AND TRUE"),
        behind('"eh_rows"."cst" COLLATE "C" = CAST("eh_bind_1" AS TEXT)'),
        behind(LIST, '"public"."refunds"', FENCE),
        behind('"eh_rows"."cst" IN (SELECT "value" FROM JSON_EACH("eh_bind_2"))', '"public"."refunds"', FENCE),
        behind(f'{GOOD} AND "eh_rows"."id" = ANY("eh_bind_2")', '"public"."both"', FENCE),
        'SELECT "eh_t1"."id" FROM "public"."places" AS "eh_t1"',
        'WITH "eh_c1" AS (SELECT 1) SELECT * FROM "eh_c1" AS "eh_t2"',
    ],
)
def test_what_stands_behind_its_predicate_is_proven(sql: str) -> None:
    assert proven(sql)


@pytest.mark.parametrize(
    "sql",
    [
        behind(LIST, '"public"."refunds"'),
        behind(LIST, '"public"."refunds"', " OFFSET 1"),
        behind(LIST, '"public"."refunds"', " LIMIT 5 OFFSET 0"),
        behind(GOOD, more=FENCE),
        'SELECT * FROM "public"."orders" AS "eh_rows"',
        'SELECT * FROM "public"."staff" AS "eh_t1"',
        'SELECT * FROM "orders"',
        'SELECT * FROM "db"."public"."places"',
        f'SELECT * FROM "public"."places" AS "p" JOIN "public"."orders" AS "eh_rows" ON {GOOD}',
        behind("TRUE"),
        behind(f"{GOOD} OR TRUE"),
        behind(f"NOT {GOOD}"),
        behind('"eh_rows"."id" = "eh_bind_1"'),
        behind('"eh_rows"."cst" = "eh_bind_2"'),
        behind('"eh_rows"."cst" = "eh_bind_3"'),
        behind('"eh_rows"."cst" = \'acme\''),
        behind('"eh_rows"."cst" = "eh_rows"."cst"'),
        behind('"eh_rows"."cst" = COALESCE("eh_bind_1", "eh_rows"."cst")'),
        behind('"eh_rows"."cst" <> "eh_bind_1"'),
        behind('"eh_rows"."cst" IN ("eh_bind_1", "eh_rows"."cst")'),
        behind('"eh_rows"."cst" IN (SELECT "value" FROM "public"."places" AS "p" WHERE "eh_bind_1" = "eh_bind_1")'),
        behind('"eh_t9"."cst" = "eh_bind_1"'),
        behind(GOOD, '"public"."refunds"'),
        behind(GOOD, '"public"."both"'),
        behind('"eh_rows"."id" = ANY("eh_bind_2")', '"public"."both"'),
        behind(f'{GOOD} AND ("eh_rows"."id" = ANY("eh_bind_2") OR TRUE)', '"public"."both"'),
        behind(GOOD, more=' UNION ALL SELECT 1 FROM "public"."orders" AS "eh_rows"'),
        behind(GOOD, columns='COUNT("eh_rows"."id") OVER ()'),
        f'SELECT * FROM "public"."orders" AS "o" WHERE {GOOD}',
        f'SELECT 1 FROM "public"."orders" AS "eh_rows" LEFT JOIN "public"."places" AS "p" ON {GOOD} WHERE {GOOD}',
        "SELECT * FROM READ_CSV('x')",
    ],
)
def test_what_does_not_is_refused(sql: str) -> None:
    assert not proven(sql)


def compiled(sql: str) -> Compiled:
    compile_module._compiled.cache_clear()
    return compile_query(sql, dialect="postgresql", catalog=CATALOG, rules=RULES, variables={}, present=frozenset())


def without_condition(*_: Any) -> Any:
    return exp.true()


def of_another_column(_table: Any, rule: TableRule, binds: Any) -> Any:
    left = exp.column(exp.to_identifier("id", quoted=True), table=exp.to_identifier("eh_rows", quoted=True))
    return exp.EQ(this=left, expression=binds.mark(Bind("scope", rule.property, "text")))


@pytest.mark.parametrize("broken", [without_condition, of_another_column])
def test_p_sq_03_a_rewriter_that_loses_its_predicate_compiles_nothing(
    broken: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert compiled("SELECT id FROM orders").scoped
    monkeypatch.setattr(tables, "predicate", broken)
    with pytest.raises(QueryRejected) as caught:
        compiled("SELECT id FROM orders")
    assert "could not be limited" in caught.value.problem
    assert not compiled("SELECT id FROM places").scoped


@pytest.fixture
def extra(settings: Settings) -> Iterator[Settings]:
    yield settings
    compile_module._compiled.cache_clear()


def test_an_operator_may_add_a_function_for_one_engine(extra: Settings) -> None:
    with pytest.raises(QueryRejected) as caught:
        compiled("SELECT md5(cst) FROM orders")
    assert caught.value.column == 8
    extra.EXTRA_SQL_FUNCTIONS = ["postgresql:md5", "duckdb:sha256"]
    assert "MD5" in compiled("SELECT md5(cst) FROM orders").text
    with pytest.raises(QueryRejected):
        compiled("SELECT sha256(cst) FROM orders")


@pytest.mark.parametrize(
    "entry",
    [
        "pg_sleep",
        "oracle:md5",
        "postgresql:pg_read_file",
        "postgresql:query_to_xml",
        "postgresql:set_config",
        "postgresql:current_setting",
        "postgresql:dblink",
        "duckdb:read_csv_auto",
        "duckdb:query_table",
        "sqlite:load_extension",
        "mariadb:load_file",
        "postgresql:a b",
        "postgresql:md5;",
    ],
)
def test_an_operator_cannot_add_what_reads_runs_or_waits(extra: Settings, entry: str) -> None:
    extra.EXTRA_SQL_FUNCTIONS = [entry]
    assert len(faults([entry], frozenset(ENGINES))) == 1
    assert [message.id for message in extra_functions_are_harmless()] == ["embedhost.E003"]
    with pytest.raises(QueryRejected):
        compiled(f"SELECT {entry.rpartition(':')[2].strip(';')}(cst) FROM orders")
