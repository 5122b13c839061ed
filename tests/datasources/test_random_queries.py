"""Whatever SELECT an author composes, acme sees no foreign canary, and the same as if nobody else had any rows."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from random import Random
from typing import Any, Protocol

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasources.compile import Compiled, bind_values, compile_query
from datasources.errors import DataSourceError
from datasources.scope import Scope
from datasources.snapshot import SourceSnapshot
from tests.datasources.grammar import Author
from tests.datasources.world import FOREIGN, shared, with_rules

Rows = list[tuple[Any, ...]]
#: Trees of one example: hypothesis draws every choice of the first, and a seed from which the others grow.
EACH = 25
QUIET = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
MOST_ROWS = 200


class Connection(Protocol):
    def execute(self, sql: str, parameters: Sequence[Any], /) -> Any: ...


class Database:
    """An engine's rows through one connection of our own: what is asked of it are the gate's texts and nothing else."""

    def __init__(self, source: SourceSnapshot, connection: Connection) -> None:
        self.source = source
        self._connection = connection

    def __call__(self, sql: str, rules: SourceSnapshot | None = None) -> Rows | None:
        """Return what acme sees; None for a statement that the gate or the database refuses."""
        try:
            compiled = self._compiled(sql, rules or self.source)
            params = bind_values(compiled, values={}, reserved={}, scope=Scope(1, "acme", 1))
            cursor = self._connection.execute(compiled.text, list(params))
            return list(cursor.fetchmany(MOST_ROWS))
        except (DataSourceError, sqlite3.Error, duckdb.Error):
            return None

    def _compiled(self, sql: str, source: SourceSnapshot) -> Compiled:
        return compile_query(
            sql,
            dialect=source.dialect,
            catalog=source.catalog,
            rules=source.rules,
            variables={},
            present=frozenset(),
        )


Databases = dict[str, Database]


def opened(sources: dict[str, SourceSnapshot], stack: ExitStack) -> Databases:
    light = sqlite3.connect(str(sources["sqlite"].connection["path"]))
    heavy = duckdb.connect(str(sources["duckdb"].connection["path"]), read_only=True, config={"threads": 1})
    stack.enter_context(closing(light))
    stack.enter_context(closing(heavy))
    return {"sqlite": Database(sources["sqlite"], light), "duckdb": Database(sources["duckdb"], heavy)}


@pytest.fixture(scope="module")
def pairs(
    sources: dict[str, SourceSnapshot], twins: dict[str, SourceSnapshot]
) -> Iterator[tuple[Databases, Databases]]:
    """Everybody's rows, and a database in which nobody but acme has any."""
    with ExitStack() as stack:
        yield opened(sources, stack), opened(twins, stack)


def check(everybody: Database, alone: Database, sql: str) -> None:
    rows = everybody(sql)
    if rows is None:
        return
    assert not [canary for canary in FOREIGN if canary in repr(rows)], sql
    if len(rows) < MOST_ROWS and settled(sql):
        again = alone(sql)
        assert again is not None, sql
        assert sorted(map(repr, rows)) == sorted(map(repr, again)), sql


def settled(sql: str) -> bool:
    """Tell whether a statement's rows do not depend on the order in which the database reads."""
    return not any(word in sql for word in ("LIMIT", "row_number", "ASOF"))


def author(chance: Any, engine: str) -> Author:
    return Author(chance, own=engine == "duckdb")


def trees(pairs: tuple[Databases, Databases], drawn: Random, seed: int, deepest: int) -> None:
    """Check as many trees as an example has, mostly on SQLite, which is quick."""
    for number in range(EACH):
        engine = "duckdb" if number % 5 == 0 else "sqlite"
        chance = drawn if number == 0 else Random(f"{seed}/{number}")
        check(pairs[0][engine], pairs[1][engine], author(chance, engine).statement(number % (deepest + 1)))


@pytest.mark.parametrize("part", range(2))
def test_5_000_random_selects_show_no_foreign_row(part: int, pairs: tuple[Databases, Databases]) -> None:
    """In parts that can run side by side; the same trees every time."""

    @given(drawn=st.randoms(use_true_random=False), seed=st.integers(part * 2**62, (part + 1) * 2**62))
    @settings(QUIET, max_examples=100, derandomize=True)
    def run(drawn: Random, seed: int) -> None:
        trees(pairs, drawn, seed, deepest=2)

    run()


@pytest.mark.deep
@pytest.mark.timeout(3000)
@given(drawn=st.randoms(use_true_random=False), seed=st.integers(0, 2**63))
@settings(QUIET, max_examples=8_000)
def test_200_000_random_selects_show_no_foreign_row(
    pairs: tuple[Databases, Databases], drawn: Random, seed: int
) -> None:
    trees(pairs, drawn, seed, deepest=3)


@pytest.mark.parametrize("engine", ["duckdb", "sqlite"])
def test_the_random_selects_find_a_wall_that_is_missing(pairs: tuple[Databases, Databases], engine: str) -> None:
    database = pairs[0][engine]
    without = with_rules(database.source, shared(database.source, "orders"), shared(database.source, "regions"))
    results = [database(author(seed, engine).statement(1), without) for seed in range(200)]
    assert sum(any(canary in repr(rows) for canary in FOREIGN) for rows in results if rows is not None) > 20


@pytest.mark.parametrize("engine", ["duckdb", "sqlite"])
def test_most_random_selects_pass_the_gate_and_run(pairs: tuple[Databases, Databases], engine: str) -> None:
    """Otherwise the tests above would look at refusals only."""
    ran = sum(pairs[0][engine](author(seed, engine).statement(seed % 3)) is not None for seed in range(150))
    assert ran > 85, ran
