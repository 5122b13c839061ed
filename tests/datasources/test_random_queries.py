"""Whatever SELECT an author composes, acme sees no foreign canary, and the same as if nobody else had any rows."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from itertools import count
from random import Random, SystemRandom
from typing import Any, Literal, Protocol

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasources.compile import Compiled, bind_values, compile_query
from datasources.errors import DataSourceError
from datasources.scope import Scope
from datasources.snapshot import SourceSnapshot
from embedhost.lib.deadline import Deadline
from tests.datasources.grammar import Author
from tests.datasources.world import FOREIGN, shared, with_rules

Rows = list[tuple[Any, ...]]
#: What came of a statement: its rows, a refusal of the gate, an error of the database, or no end in time.
Outcome = Literal["shown", "refused", "failed", "stopped"]
#: Trees of one example: hypothesis draws every choice of the first, and a seed from which the others grow.
EACH = 25
QUIET = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
MOST_ROWS = 200
#: Seconds for a statement: WITH RECURSIVE may have no end. Where only acme has rows, it may take longer.
PATIENCE, LONGER = 2.0, 20.0
#: Steps of DuckDB's planner that look at statistics.
BY_STATISTICS = "statistics_propagation,join_order,build_side_probe_side"
#: Parts of the long run, which processes share, and how many statements of each must have shown their rows.
PARTS, SHOWN = 8, 25_000


class Connection(Protocol):
    def execute(self, sql: str, parameters: Sequence[Any], /) -> Any: ...
    def interrupt(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Seen:
    """What acme saw of a statement, also of one that ended badly."""

    outcome: Outcome
    rows: Rows = field(default_factory=list)


class Database:
    """An engine's rows through one connection of our own: what is asked of it are the gate's texts and nothing else."""

    def __init__(self, source: SourceSnapshot, connection: Connection) -> None:
        self.source = source
        self._connection = connection

    def __call__(self, sql: str, rules: SourceSnapshot | None = None, *, patience: float = PATIENCE) -> Seen:
        try:
            compiled = self._compiled(sql, rules or self.source)
            params = bind_values(compiled, values={}, reserved={}, scope=Scope(1, "acme", 1))
        except DataSourceError:
            return Seen("refused")
        rows: Rows = []
        with Deadline(patience, self._connection.interrupt) as deadline:
            try:
                cursor = self._connection.execute(compiled.text, list(params))
                while len(rows) < MOST_ROWS and (row := cursor.fetchone()) is not None:
                    rows.append(row)
            except (sqlite3.Error, duckdb.Error):
                return Seen("stopped" if deadline.passed else "failed", rows)
        return Seen("shown", rows)

    def unplanned(self, sql: str) -> Seen:
        """Run a statement as it is written, without what DuckDB makes of its tables' statistics."""
        if self.source.dialect != "duckdb":
            return self(sql, patience=LONGER)
        self._connection.execute(f"SET disabled_optimizers = '{BY_STATISTICS}'", ())
        seen = self(sql, patience=LONGER)
        self._connection.execute("SET disabled_optimizers = ''", ())
        return seen

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
    light = sqlite3.connect(str(sources["sqlite"].connection["path"]), check_same_thread=False)
    limits: dict[str, Any] = {"threads": 1, "memory_limit": "500MB"}
    heavy = duckdb.connect(str(sources["duckdb"].connection["path"]), read_only=True, config=limits)
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


def check(everybody: Database, alone: Database, sql: str) -> Outcome:
    seen = everybody(sql)
    assert not [canary for canary in FOREIGN if canary in repr(seen.rows)], sql
    if seen.outcome in ("shown", "failed") and len(seen.rows) < MOST_ROWS and settled(sql):
        again = alone(sql, patience=LONGER)
        if seen.outcome != again.outcome:
            # Whether a cast of shared rows is reached can hang on what the planner knows of a table's size and values.
            seen, again = everybody.unplanned(sql), alone.unplanned(sql)
        # A failure would tell of somebody else's row as well.
        assert again.outcome == seen.outcome, sql
        assert seen.outcome == "failed" or sorted(map(repr, seen.rows)) == sorted(map(repr, again.rows)), sql
    return seen.outcome


def settled(sql: str) -> bool:
    """Tell whether a statement's rows do not depend on the order in which the database reads."""
    return not any(word in sql for word in ("LIMIT", "row_number", "ASOF"))


def author(chance: Any, engine: str) -> Author:
    return Author(chance, own=engine == "duckdb")


def tree(pairs: tuple[Databases, Databases], chance: Any, number: int, deepest: int) -> Outcome:
    """Check one tree, mostly on SQLite, which is quick."""
    engine = "duckdb" if number % 5 == 0 else "sqlite"
    return check(pairs[0][engine], pairs[1][engine], author(chance, engine).statement(number % (deepest + 1)))


def assert_telling(outcomes: Counter[Outcome]) -> None:
    """Refusals, failures and what never ends would say little."""
    print(dict(outcomes))
    assert outcomes["refused"] < outcomes.total() * 0.3, outcomes
    assert outcomes["failed"] < outcomes.total() * 0.1, outcomes
    assert outcomes["stopped"] < outcomes.total() * 0.005, outcomes


@pytest.mark.parametrize("part", range(2))
def test_5_000_random_selects_show_no_foreign_row(part: int, pairs: tuple[Databases, Databases]) -> None:
    """In parts that can run side by side; the same trees every time."""
    outcomes: Counter[Outcome] = Counter()

    @given(drawn=st.randoms(use_true_random=False), seed=st.integers(part * 2**62, (part + 1) * 2**62))
    @settings(QUIET, max_examples=100, derandomize=True)
    def run(drawn: Random, seed: int) -> None:
        for number in range(EACH):
            outcomes[tree(pairs, drawn if number == 0 else Random(f"{seed}/{number}"), number, 2)] += 1

    run()
    assert outcomes.total() >= 2_500
    assert_telling(outcomes)


@pytest.mark.deep
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("part", range(PARTS))
def test_200_000_random_selects_show_no_foreign_row(part: int, pairs: tuple[Databases, Databases]) -> None:
    """Other trees each time, from plain seeds: whatever is found is in the message, whole."""
    outcomes: Counter[Outcome] = Counter()
    seed, numbers = SystemRandom().getrandbits(64), count()
    while outcomes["shown"] < SHOWN:
        number = next(numbers)
        outcomes[tree(pairs, Random(f"{seed}/{part}/{number}"), number, 3)] += 1
    assert_telling(outcomes)


@pytest.mark.parametrize("engine", ["duckdb", "sqlite"])
def test_the_random_selects_find_a_wall_that_is_missing(pairs: tuple[Databases, Databases], engine: str) -> None:
    database = pairs[0][engine]
    without = with_rules(database.source, shared(database.source, "orders"), shared(database.source, "regions"))
    results = [database(author(seed, engine).statement(1), without) for seed in range(200)]
    assert sum(any(canary in repr(seen.rows) for canary in FOREIGN) for seen in results) > 20


@pytest.mark.parametrize("engine", ["duckdb", "sqlite"])
def test_most_random_selects_pass_the_gate_and_run(pairs: tuple[Databases, Databases], engine: str) -> None:
    """Otherwise the tests above would look at refusals only."""
    ran = sum(pairs[0][engine](author(seed, engine).statement(seed % 3)).outcome == "shown" for seed in range(150))
    assert ran > 85, ran
