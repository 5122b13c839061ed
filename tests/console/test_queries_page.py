"""What a dashboard's queries become: for its organization's owners and editors, and for nobody else."""

import json
from typing import Any

import pytest

from dashboards.models import Dashboard
from dashboards.services import save_version
from datasources.services import delete_source, set_rule
from secrets_admin.access import SYSTEM
from secrets_admin.models import Role, User
from tests.conftest import make_member
from tests.console.cast import text_of, visit
from tests.embed.surfaces import SURFACES
from tests.world import World

pytestmark = pytest.mark.django_db


def address(board: Dashboard, tail: str = "queries/", slug: str = "tradewind") -> str:
    return f"/o/{slug}/dashboards/{board.id}/{tail}"


def explained(user: User, board: Dashboard, parts: str = "all") -> dict[str, Any]:
    answer = visit(user).get(address(board, "queries.json"), {"parts": parts})
    assert answer.status_code == 200
    return {query["id"]: query for query in json.loads(answer.content)["queries"]}


def test_an_author_sees_the_statement_its_values_by_name_and_the_rule_of_each_table(world: World, alice: User) -> None:
    query = explained(alice, world.a.dashboards["sales"])["regions"]
    assert query["sql"].startswith("SELECT r.zone AS zone")
    assert "FROM" in query["statement"]
    assert "{{" not in query["statement"]
    rules = {table["table"]: (table["kind"], table["rule"]) for table in query["tables"]}
    assert rules == {
        "tradewind.orders": ("scoped", "cst = external_id"),
        "tradewind.regions": ("shared", "every row, for every customer"),
    }
    assert query["bound"] == [{"origin": "Customer", "name": "external_id", "type": "text"}]
    assert (query["problem"], query["two_walls"]) == ("", False)


def test_optional_parts_are_shown_as_the_dashboard_opens_or_all_of_them(world: World, alice: User) -> None:
    board = world.a.dashboards["sales"]
    every, default = (explained(alice, board, parts)["rows"]["bound"] for parts in ("all", "default"))
    assert [value["name"] for value in every] == ["external_id", "search", "period.start", "period.end"]
    assert [value["name"] for value in default] == ["external_id"]
    assert {value["type"] for value in every} == {"text", "date_range"}


def test_the_page_shows_the_same_to_owner_and_editor(world: World, alice: User) -> None:
    board = world.a.dashboards["sales"]
    erin = make_member(world.a.organization, "erin@tradewind.example", Role.EDITOR)
    for user in (alice, erin):
        page = visit(user).get(address(board))
        text = text_of(page)
        assert explained(user, board)["total"]["statement"] in text
        assert "cst = external_id" in text
        assert "One wall" in text
        assert 'aria-current="page">Queries<' in page.content.decode()


def test_viewers_and_strangers_see_nothing_of_it(world: World, bob: User, charlie: User) -> None:
    board = world.a.dashboards["sales"]
    for tail in ("queries/", "queries.json"):
        assert visit(bob).get(address(board, tail)).status_code == 403
        for slug in ("tradewind", "northwind"):
            assert visit(charlie).get(address(board, tail, slug)).status_code == 404
    assert "queries/" not in visit(bob).get(address(board, "")).content.decode()


def test_no_answer_to_a_viewer_holds_any_of_it(world: World, alice: User, embed_client: Any) -> None:
    board = world.a.dashboards["sales"]
    Dashboard.objects.update(viewers_may_export=True)
    secret = ["SELECT", "tradewind.orders", *(query["statement"] for query in explained(alice, board).values())]
    for surface in SURFACES.values():
        body = surface(embed_client, world.a.token()).getvalue().decode()
        assert not any(text in body for text in secret)


def test_a_query_that_cannot_run_says_where_and_why_and_the_others_are_there(world: World, alice: User) -> None:
    board = world.a.dashboards["sales"]
    set_rule(world.a.source, "tradewind.regions", kind="hidden", actor=SYSTEM)
    queries = explained(alice, board)
    assert queries["regions"]["problem"].startswith("Line 1, column ")
    assert queries["regions"]["statement"] == ""
    assert queries["total"]["problem"] == ""
    page = text_of(visit(alice).get(address(board)))
    assert "Cannot run" in page
    assert queries["regions"]["problem"] in page


def test_odd_dashboards_are_explained_too(world: World, alice: User) -> None:
    panel = {"id": "p", "type": "number", "title": "P", "source": "warehouse", "encoding": {"value": "n"}}
    sql = "SELECT count(*) AS n FROM tradewind.orders WHERE region IN ({{ regions }}) AND region = {{ must }}"
    board = save_version(
        world.a.organization,
        {
            "title": "Odd",
            "slug": "odd",
            "variables": [
                {
                    "name": "regions",
                    "type": "multi_choice",
                    "mode": "open",
                    "label": "Regions",
                    "choices_from": {"source": "warehouse", "sql": "SELECT DISTINCT region FROM tradewind.orders"},
                },
                {"name": "must", "type": "text", "mode": "open", "label": "Must", "required": True},
            ],
            "panels": [{**panel, "sql": sql}],
        },
    )
    queries = explained(alice, board)
    named = [(value["name"], value["type"]) for value in queries["p"]["bound"]]
    assert ("regions", "list of multi_choice") in named
    assert ("must", "text") in named
    choices = next(query for name, query in queries.items() if name != "p")
    assert choices["tables"][0]["rule"] == "cst = external_id"
    delete_source(world.a.source, actor=SYSTEM)
    assert "no data source called warehouse" in explained(alice, board)["p"]["problem"]
