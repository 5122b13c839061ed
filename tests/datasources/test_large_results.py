"""P-DL-03: what a result may take of a web process's memory, measured in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from datasources.engines import ENGINES
from datasources.errors import QueryFailed, ResultTooLarge
from datasources.result import MAX_COLUMNS
from datasources.snapshot import SourceSnapshot


def grown(times: int) -> str:
    """Return an expression for nine characters, ten times as many for each of the ``times``."""
    expression = "'aaaaaaaaa'"
    for number in range(times):
        old, new = "ab"[number % 2], "ba"[number % 2]
        expression = f"replace({expression}, '{old}', '{new * 10}')"
    return expression


#: Six hundred rows of almost a megabyte each.
WIDE = {
    "postgresql": "SELECT repeat('a', 900000) || g AS a FROM generate_series(1, 600) AS g",
    "sqlite": "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 600) "
    f"SELECT {grown(5)} || n AS a FROM t",
}
#: How much larger the process may be than before it asked (MB).
MOST = 150

ASKING = """
import json, resource, sys
import tests.environment
import django
django.setup()
from datasources.engines import ENGINES
from datasources.errors import DataSourceError
engine, connection, small, *large = json.loads(sys.stdin.read())
def ask(sql):
    try:
        ENGINES[engine].run(connection, sql, (), timeout=20, max_rows=10_000)
    except DataSourceError as error:
        return type(error).__name__
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
ask(small)
before = peak()
print(json.dumps([[ask(sql) for sql in large], peak() - before]))
"""


def asked_apart(source: SourceSnapshot, *statements: str) -> tuple[list[str], int]:
    """Return how each statement fails in a process of its own, and by how many MB that grew at the most."""
    question = [source.engine, dict(source.connection), "SELECT 1 AS a", *statements]
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "embedhost.settings", "DATA_SOURCE_NETWORKS": "127.0.0.0/8"}
    asked = subprocess.run(
        [sys.executable, "-c", ASKING],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=env,
        cwd=Path(__file__).parents[2],
    )
    assert asked.returncode == 0, asked.stderr
    why, larger = json.loads(asked.stdout.splitlines()[-1])
    return why, larger


@pytest.mark.parametrize("engine", WIDE)
def test_p_dl_03_rows_of_a_megabyte_are_given_up_before_they_fill_the_memory(
    engine: str, sources: dict[str, SourceSnapshot]
) -> None:
    why, larger = asked_apart(sources[engine], WIDE[engine])
    assert (why, larger < MOST) == (["ResultTooLarge"], True), larger


def test_p_dl_03_a_huge_cell_never_enters_the_process(sources: dict[str, SourceSnapshot]) -> None:
    """The driver itself would hold all of it before anybody could count it, and copy it three times."""
    text = "repeat('a', 80000000)"
    why, larger = asked_apart(sources["postgresql"], f"SELECT {text} AS a", f"SELECT 1 AS one, ARRAY[{text}] AS a")
    assert (why, larger < MOST) == (["ResultTooLarge"] * 2, True), larger


def test_p_dl_03_a_connection_that_was_hung_up_on_is_not_used_again(sources: dict[str, SourceSnapshot]) -> None:
    engine, connection = ENGINES["postgresql"], sources["postgresql"].connection
    with pytest.raises(ResultTooLarge):
        engine.run(connection, "SELECT repeat('a', 60000000) AS a", (), timeout=20, max_rows=5)
    for length in (30_000_000, 1):
        result = engine.run(connection, f"SELECT repeat('a', {length}) AS a", (), timeout=20, max_rows=5)
        assert len(result.values[0][0]) == length


def test_p_dl_03_a_cell_that_sqlite_would_make_too_large_is_refused_as_such(sources: dict[str, Any]) -> None:
    with pytest.raises(ResultTooLarge):
        ENGINES["sqlite"].run(sources["sqlite"].connection, f"SELECT {grown(6)} AS a", (), timeout=5, max_rows=5)


@pytest.mark.parametrize("engine", ["postgresql", "sqlite", "mariadb"])
def test_more_columns_than_a_panel_holds_are_the_panels_own_error(
    engine: str, sources: dict[str, SourceSnapshot]
) -> None:
    for columns in (MAX_COLUMNS + 1, 1700, 5000):
        sql = "SELECT " + ", ".join(f"{number} AS a{number}" for number in range(columns))
        with pytest.raises((ResultTooLarge, QueryFailed)):
            ENGINES[engine].run(sources[engine].connection, sql, (), timeout=5, max_rows=5)
