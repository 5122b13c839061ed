"""Real databases of every engine with the same data, made once per test process."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from datasources.engines import ENGINES
from datasources.snapshot import SourceSnapshot
from tests.console.cast import erin, foreign_workspace, workspace  # noqa: F401 -- fixtures
from tests.datasources.world import Ask, make_duckdb, make_sqlite, mariadb, postgresql, snapshot


@pytest.fixture(scope="session")
def connections(
    tmp_path_factory: pytest.TempPathFactory, postgres_url: str, mariadb_url: str
) -> Iterator[dict[str, dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("sources")
    name = f"src_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}_{os.getpid()}"
    with postgresql(postgres_url, name) as server, mariadb(mariadb_url, name) as other:
        files = {"duckdb": make_duckdb(folder), "sqlite": make_sqlite(folder)}
        yield {**files, "postgresql": server, "mariadb": other}


@pytest.fixture(scope="session")
def sources(connections: dict[str, dict[str, Any]]) -> dict[str, SourceSnapshot]:
    return {engine: snapshot(engine, connection) for engine, connection in connections.items()}


@pytest.fixture(scope="session")
def twins(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SourceSnapshot]:
    """The same sources with nobody's orders but acme's in them: what acme sees must be the same there."""
    folder = tmp_path_factory.mktemp("twins")
    made = {"duckdb": make_duckdb(folder, ("acme",)), "sqlite": make_sqlite(folder, ("acme",))}
    return {engine: snapshot(engine, connection) for engine, connection in made.items()}


@pytest.fixture(params=sorted(ENGINES))
def source(request: pytest.FixtureRequest, sources: dict[str, SourceSnapshot]) -> SourceSnapshot:
    """Each engine in turn."""
    found: SourceSnapshot = sources[request.param]
    return found


@pytest.fixture
def ask(source: SourceSnapshot) -> Ask:
    """A viewer of acme."""
    return Ask(source)
