"""What owners write gives the same rows as if each customer had tables of its own.

Every query of the corpus is run through the rewriter, and as it is over views that hold one customer's rows.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from datasources.compile import Compiled, bind_values, compile_query
from datasources.errors import QueryRejected
from datasources.scope import Scope
from tests.datasources.corpus.databases import Database, DuckDB, comparable, mariadb, postgresql, rules_for
from tests.datasources.corpus.queries import (
    ENGINES,
    LACKS_MARIADB,
    MARIADB,
    VARIABLES,
    Query,
    every_query,
    for_engine,
)
from tests.datasources.corpus.rows import TENANTS

#: What the gate refuses, and the word of its reason. At most a twentieth of the corpus.
REFUSED = {
    ("month spine and growth", "postgresql"): "EXPLODINGGENERATESERIES",
    ("one row per product as an array", "postgresql"): "BRACKET",
    ("first scans of the day, by position", "duckdb"): "BRACKET",
    ("pivot into unknown columns", "duckdb"): "Only one SELECT",
    ("unpivoted measures", "duckdb"): "Only one SELECT",
    ("columns by a pattern", "duckdb"): "COLUMNS",
    ("cleaned names", "mariadb"): "REGEXP_REPLACE",
}


@pytest.fixture(scope="module")
def databases(postgres_url: str, mariadb_url: str) -> Iterator[dict[str, Database]]:
    name = f"corpus_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}_{os.getpid()}"
    with postgresql(postgres_url, name) as server, mariadb(mariadb_url, name) as other:
        yield {"postgresql": server, "duckdb": DuckDB(), "mariadb": other}


def compiled(database: Database, query: Query) -> Compiled:
    return compile_query(
        query.sql,
        dialect=database.engine,
        catalog=database.catalog,
        rules=rules_for(database.catalog),
        variables={name: kind for name, (kind, _) in VARIABLES.items()},
        present=frozenset(VARIABLES),
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """What a tenant's query and its twin gave."""

    names: list[str]
    rows: list[tuple[str, ...]]


def rewritten(database: Database, query: Query, tenant: str) -> Seen:
    values, scope = {name: value for name, (_, value) in VARIABLES.items()}, Scope(1, tenant, 1)
    statement = compiled(database, query)
    params = bind_values(statement, values=values, reserved={"customer_id": tenant}, scope=scope)
    database.as_twin(None)
    names, rows = database.run(statement.text, params)
    return Seen(names, comparable(rows))


def by_hand(database: Database, query: Query, tenant: str) -> Seen:
    database.as_twin(tenant)
    names, rows = database.run(query.for_twin(tenant))
    return Seen(names, comparable(rows))


@pytest.mark.parametrize("engine", [*ENGINES, MARIADB])
def test_every_query_gives_what_a_customer_with_tables_of_its_own_would_see(
    databases: dict[str, Database], engine: str
) -> None:
    database, problems, telling = databases[engine], [], 0
    queries = [query for query in for_engine(engine) if (query.title, engine) not in REFUSED]
    for query in queries:
        expected = [by_hand(database, query, tenant) for tenant in TENANTS]
        found = [rewritten(database, query, tenant) for tenant in TENANTS]
        problems += [] if found == expected else [f"{query.title}: {found}\n and not {expected}"]
        telling += len({str(seen.rows) for seen in expected}) == len(TENANTS)
    assert not problems, "\n\n".join(problems)[:20_000]
    # Equal rows would say little if every customer had the same.
    assert telling > len(queries) * 0.75


@pytest.mark.parametrize("engine", [*ENGINES, MARIADB])
def test_what_is_refused_is_listed_with_its_reason_and_is_little(databases: dict[str, Database], engine: str) -> None:
    database, found = databases[engine], {}
    for query in for_engine(engine):
        try:
            compiled(database, query)
        except QueryRejected as error:
            found[query.title, engine] = error.problem
    listed = {place: why for place, why in REFUSED.items() if place[1] == engine}
    assert found.keys() == listed.keys()
    assert all(why in found[place] for place, why in listed.items()), found
    assert len(found) <= len(for_engine(engine)) * 0.05


def test_the_corpus_is_large_and_its_titles_are_unique() -> None:
    queries = every_query()
    assert len(queries) >= 150
    assert {len(for_engine(engine)) >= 150 for engine in (*ENGINES, MARIADB)} == {True}
    assert LACKS_MARIADB.keys() <= {query.title for query in queries}
    assert len({(query.title, engine) for query in queries for engine in query.engines}) == sum(
        len(query.engines) for query in queries
    )
