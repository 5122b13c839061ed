"""The demo's warehouse: a DuckDB file of made-up orders, the same for the same last day."""

import csv
import hashlib
import json
from datetime import date
from pathlib import Path

import duckdb

HERE = Path(__file__).parent / "warehouse"
RECIPE = (HERE / "build.sql", HERE / "customers.csv", HERE / "products.csv")


def ensure_warehouse(path: Path, end_day: date) -> bool:
    """Make the DuckDB file at ``path`` with orders up to ``end_day``; return False when it is already so."""
    label = path.with_suffix(".json")
    wanted = {"end_day": end_day.isoformat(), "recipe": _recipe_digest()}
    if path.is_file() and label.is_file() and json.loads(label.read_text()) == wanted:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    build_warehouse(path, end_day)
    label.write_text(json.dumps(wanted))
    return True


def build_warehouse(path: Path, end_day: date) -> None:
    """Write the warehouse to ``path`` at once: a reader sees the old file or the whole new one."""
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    with duckdb.connect(str(unfinished)) as connection:
        connection.execute("SET VARIABLE end_day = CAST($1 AS DATE)", [end_day.isoformat()])
        connection.execute("SET VARIABLE customers_csv = $1", [str(HERE / "customers.csv")])
        connection.execute("SET VARIABLE products_csv = $1", [str(HERE / "products.csv")])
        connection.execute((HERE / "build.sql").read_text())
    unfinished.replace(path)


def read_customers() -> list[tuple[str, str]]:
    """Return external_id and name of the demo's customers, largest first."""
    with (HERE / "customers.csv").open(newline="") as rows:
        return [(row["external_id"], row["name"]) for row in csv.DictReader(rows)]


def _recipe_digest() -> str:
    digest = hashlib.sha256(duckdb.__version__.encode())
    for file in RECIPE:
        digest.update(file.read_bytes())
    return digest.hexdigest()
