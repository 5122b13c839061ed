"""The demo's dashboards: every panel, for two customers, equals the same SQL run directly over that customer's rows."""

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from django.test import Client

from dashboards.as_code import load
from embedhost.demo.facts import DemoFacts, read_facts
from embedhost.demo.host import make_token
from embedhost.demo.seeding import DOCUMENTS

CUSTOMERS = ("alpenglow-outfitters", "camino-cie")
PANEL_TYPES = {"number", "line", "bar", "pie", "table", "text"}


@pytest.fixture
def facts(folder: Path, seeded: dict[str, Any]) -> DemoFacts:
    """The seeded demo."""
    found = read_facts(folder / "demo.json")
    assert found is not None
    return found


def ask(client: Client, facts: DemoFacts, slug: str, panel: str, customer: str, **variables: object) -> dict[str, Any]:
    """Return a panel's rows as the page in the frame gets them when its viewer chose these values."""
    dashboard = next(board for board in facts["dashboards"] if board["slug"] == slug)
    secret = next(one for one in facts["organization"]["embed_secrets"] if one["format"] == "explo_jwe")
    token = make_token(dict(secret), dashboard["embed_id"], customer)  # type: ignore[arg-type]  # a TypedDict of texts
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        answer = client.get(
            f"/data/explo_jwe/panels/{panel}",
            {"variables": json.dumps(variables)},
            headers={"Authorization": f"Bearer {token}"},
        )
        if answer.status_code != 202:
            break
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()["data"]
    return found


@pytest.fixture
def own_rows(todays_warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in which a test can make ``orders`` one customer's rows, by a plain WHERE clause."""
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{todays_warehouse}' AS warehouse (READ_ONLY)")
        for table in ("products", "calendar", "benchmarks"):
            connection.execute(f"CREATE VIEW {table} AS SELECT * FROM warehouse.{table}")
        yield connection


def directly(connection: duckdb.DuckDBPyConnection, sql: str, customer: str) -> list[list[Any]]:
    """Run an author's SQL over one customer's rows, with the period written into the text; return its columns."""
    connection.execute(
        f"CREATE OR REPLACE VIEW orders AS SELECT * FROM warehouse.orders WHERE customer_id = '{customer}'"
    )
    today = datetime.now(UTC).date()
    start = date(today.year - (today.month < 12), today.month % 12 + 1, 1)
    plain = re.sub(r"\[\[.*?\]\]", "", sql, flags=re.DOTALL)
    plain = plain.replace("{{ period.start }}", f"DATE '{start}'").replace("{{ period.end }}", f"DATE '{today}'")
    rows = connection.execute(plain).fetchall()
    return [[json_value(row[place]) for row in rows] for place in range(len(rows[0]))]


def json_value(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal | float):
        return pytest.approx(float(value))
    return value


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_every_panel_equals_its_sql_over_the_customers_own_rows(
    path: Path, facts: DemoFacts, own_rows: duckdb.DuckDBPyConnection, embed_client: Client
) -> None:
    for panel in load(path.read_text())["panels"]:
        if panel["type"] == "text":
            continue
        answers = []
        for customer in CUSTOMERS:
            data = ask(embed_client, facts, path.stem, panel["id"], customer)
            answers.append([column["values"] for column in data["columns"]])
            assert data["rows"] > 0, panel["id"]
            assert answers[-1] == directly(own_rows, panel["sql"], customer), panel["id"]
        assert answers[0] != answers[1], panel["id"]


def test_a_period_with_no_year_before_it_is_compared_with_nothing(
    facts: DemoFacts, own_rows: duckdb.DuckDBPyConnection, embed_client: Client
) -> None:
    first, last = own_rows.execute("SELECT min(day), max(day) FROM calendar").fetchall()[0]
    period = {"start": first.isoformat(), "end": last.isoformat()}
    for path in DOCUMENTS:
        compared = [panel for panel in load(path.read_text())["panels"] if "INTERVAL 1 YEAR" in panel.get("sql", "")]
        assert len(compared) > 2
        # A line has a month a year before each month, also where the whole period has none.
        for panel in (panel for panel in compared if panel["type"] != "line"):
            data = ask(embed_client, facts, path.stem, panel["id"], CUSTOMERS[0], period=period)
            columns = {column["name"]: set(column["values"]) for column in data["columns"]}
            assert data["rows"] > 0
            assert columns.get("year_before", columns.get("change")) == {None}, panel["id"]


def test_the_first_dashboard_has_every_panel_type_and_every_kind_of_bar() -> None:
    panels = load(DOCUMENTS[0].read_text())["panels"]
    bars = [panel["encoding"] for panel in panels if panel["type"] == "bar"]
    assert {panel["type"] for panel in panels} == PANEL_TYPES
    assert {bar["mode"] for bar in bars} == {"stacked", "grouped"}
    assert {bar["orientation"] for bar in bars} == {"horizontal", "vertical"}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_dashboard_has_six_to_eight_panels_and_needs_a_customer(path: Path) -> None:
    document = load(path.read_text())
    assert 6 <= len(document["panels"]) <= 8
    assert document["customer_variable"] == "CUSTOMER"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_the_choices_are_those_of_the_data(path: Path, own_rows: duckdb.DuckDBPyConnection) -> None:
    for variable in load(path.read_text())["variables"]:
        if variable["type"] == "choice":
            column = variable["name"]
            found = own_rows.execute(f"SELECT DISTINCT {column} FROM warehouse.orders").fetchall()
            assert {value for (value,) in found} == set(variable["choices"])
