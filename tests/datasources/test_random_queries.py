"""Whatever SELECT an author composes, acme sees no foreign canary, and the same as if nobody else had any rows."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasources.errors import DataSourceError
from datasources.result import Result
from datasources.snapshot import SourceSnapshot
from tests.datasources.grammar import Author
from tests.datasources.world import FOREIGN, Ask, assert_clean, cells, shared, with_rules

ENGINES_IN_PROCESS = ("duckdb", "sqlite")
Sources = dict[str, SourceSnapshot]
SEEDS = st.integers(0, 2**63)


def outcome(source: SourceSnapshot, sql: str) -> Result | None:
    try:
        return Ask(source)(sql, timeout=2, max_rows=200)
    except DataSourceError:
        return None


def check(sources: Sources, twins: Sources, seed: int, depth: int) -> None:
    sql = Author(seed).statement(depth)
    for engine in ENGINES_IN_PROCESS:
        result = outcome(sources[engine], sql)
        if result is not None:
            assert_clean(result)
            alone = outcome(twins[engine], sql)
            assert not settled(sql) or (alone is not None and table(alone) == table(result)), sql


def settled(sql: str) -> bool:
    """Tell whether a statement's rows do not depend on the order in which the database reads."""
    return "LIMIT" not in sql and "row_number" not in sql


def table(result: Result) -> list[str]:
    return sorted(map(repr, cells(result)))


@given(seed=SEEDS)
@settings(max_examples=300, deadline=None, database=None)
def test_no_random_select_shows_a_foreign_row(sources: Sources, twins: Sources, seed: int) -> None:
    check(sources, twins, seed, depth=2)


@pytest.mark.deep
@pytest.mark.timeout(1800)
@given(seed=SEEDS)
@settings(max_examples=30_000, deadline=None, database=None)
def test_no_random_select_shows_a_foreign_row_in_many_more(sources: Sources, twins: Sources, seed: int) -> None:
    check(sources, twins, seed, depth=3)


@pytest.mark.parametrize("engine", ENGINES_IN_PROCESS)
def test_the_random_selects_find_a_wall_that_is_missing(sources: dict[str, SourceSnapshot], engine: str) -> None:
    source = sources[engine]
    without = with_rules(source, shared(source, "orders"), shared(source, "regions"))
    results = (outcome(without, Author(seed).statement(2)) for seed in range(300))
    leaks = [result for result in results if result is not None and any(canary in repr(result) for canary in FOREIGN)]
    assert len(leaks) > 20


@pytest.mark.parametrize("engine", ENGINES_IN_PROCESS)
def test_most_random_selects_pass_the_gate_and_run(sources: dict[str, SourceSnapshot], engine: str) -> None:
    """Otherwise the tests above would look at refusals only."""
    ran = sum(outcome(sources[engine], Author(seed).statement(2)) is not None for seed in range(200))
    assert ran > 100, ran
