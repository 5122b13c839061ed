"""What a dashboard is refused for by the data source of another workspace stays behind that workspace's wall."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from datasources.services import set_rule
from secrets_admin.access import SYSTEM
from tests.api.caller import Backend, backend
from tests.world import HOST_ORIGIN, World, make_source

pytestmark = pytest.mark.django_db
BOARDS = "/api/v1/dashboards/"
_FOREIGN = (
    "another workspace's data source warehouse refuses this query. Why is told when it is saved with an API key of "
    "that workspace."
)
#: A table that is hidden, one that is not there, and of one that is visible a column, a place, a type, and no SQL.
REFUSED = (
    "SELECT note FROM tradewind.private_notes",
    "SELECT note FROM tradewind.absent",
    "SELECT o.amuont FROM tradewind.orders AS o",
    "SELECT region\nFROM tradewind.orders\nWHERE absent = 1",
    "SELECT sum(region) OVER w FROM tradewind.orders",
    "SELECT region FORM tradewind.orders",
    "SELECT pg_sleep(1) FROM tradewind.orders",
)


@pytest.fixture
def beside(world: World) -> Backend:
    """A backend of another workspace of alice's organization, which has no data source."""
    workspace = world.a.organization.workspaces.create(origins=[HOST_ORIGIN])
    return backend(replace(world.a, workspace=workspace))


def board(sql: str) -> dict[str, Any]:
    panel = {"id": "rows", "type": "table", "title": "Rows", "source": "warehouse", "sql": sql}
    return {"title": "New", "slug": "new", "panels": [panel]}


def choices(sql: str) -> dict[str, Any]:
    asked = {"source": "warehouse", "sql": sql}
    text = {"id": "about", "type": "text", "title": "About", "text": "Words."}
    offered = {"name": "region", "type": "choice", "mode": "open", "choices_from": asked}
    return {"title": "New", "slug": "new", "variables": [offered], "panels": [text]}


def test_why_another_workspaces_source_refuses_sql_is_not_told(beside: Backend, ours: Backend, world: World) -> None:
    path = f"{BOARDS}{world.a.dashboards['sales'].embed_id}"
    for make, spoken in ((board, "Panel rows"), (choices, "Variable region")):
        for method, address in (("post", BOARDS), ("put", path)):
            told = [beside.refused(method, address, make(sql), status=422) for sql in REFUSED]
            assert [error["detail"] for error in told[0]["errors"]] == [f"{spoken}: {_FOREIGN}"]
            # Lines and columns, too, are the same, whatever the SQL is refused for.
            assert all({**said, "reference": ""} == {**told[0], "reference": ""} for said in told)
    own = [ours.refused("post", BOARDS, board(sql), status=422)["errors"][0]["detail"] for sql in REFUSED]
    assert len(set(own)) == len(REFUSED)
    assert "tradewind.private_notes" in own[0]


def test_its_own_source_of_that_name_tells_why_and_the_others_do_not(
    beside: Backend, world: World, tmp_path: Path
) -> None:
    file = tmp_path / "beside.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("CREATE SCHEMA tradewind; CREATE TABLE tradewind.orders (cst VARCHAR, own_column INTEGER)")
        connection.execute("CREATE TABLE tradewind.regions (region VARCHAR); CREATE TABLE tradewind.other (n INTEGER)")
    source = make_source(beside.tenant.workspace, file, "tradewind")
    set_rule(source, "tradewind.other", kind="shared", actor=SYSTEM)
    for sql, words in (
        ("SELECT own_column FROM tradewind.orders", [_FOREIGN]),
        ("SELECT n FROM tradewind.other", [_FOREIGN]),
        ("SELECT amount FROM tradewind.orders", ["amount"]),
        ("SELECT absent FROM tradewind.orders", [_FOREIGN, "absent"]),
    ):
        details = [error["detail"] for error in beside.refused("post", BOARDS, board(sql), status=422)["errors"]]
        assert len(details) == len(words), (sql, details)
        assert all(word in detail for word, detail in zip(words, details, strict=True)), (sql, details)
    assert beside.told("post", BOARDS, board("SELECT cst FROM tradewind.orders"), status=201)["version"] == 1


def test_several_other_workspaces_refuse_as_one(beside: Backend, world: World) -> None:
    third = world.a.organization.workspaces.create(origins=[HOST_ORIGIN])
    make_source(third, world.orders_file, "tradewind")
    [error] = beside.refused("post", BOARDS, board(REFUSED[0]), status=422)["errors"]
    assert error["detail"] == f"Panel rows: {_FOREIGN}"
