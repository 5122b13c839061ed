"""A DuckDB file that is replaced while the server runs is read anew."""

from pathlib import Path

import duckdb

from datasources.engines import ENGINES
from datasources.result import Result


def write(path: Path, number: int) -> None:
    """Replace the file in one step, as a nightly export does."""
    fresh = path.with_suffix(".new")
    with duckdb.connect(str(fresh)) as connection:
        connection.execute(f"CREATE TABLE numbers AS SELECT {number} AS number")
    fresh.replace(path)


def read(path: Path) -> Result:
    engine = ENGINES["duckdb"]
    return engine.run({"path": str(path)}, "SELECT number FROM main.numbers", (), timeout=5, max_rows=10)


def test_the_next_query_reads_the_new_file(tmp_path: Path) -> None:
    path = tmp_path / "nightly.duckdb"
    for number in (1, 2, 3):
        write(path, number)
        assert read(path).values == ([number],)
        assert read(path).values == ([number],)
