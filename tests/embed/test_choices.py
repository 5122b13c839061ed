"""Choices that a query offers: under the viewer's own Grant, cached, logged, cascading."""

import json

import pytest
from django.test import Client

from dashboards.models import Dashboard
from dashboards.services import save_version
from dashboards.spec import SpecError
from embed.usage_models import AccessRecord
from embedhost.lib import journal
from tests.embed.filters import choices, make_filters, notes, offered, token
from tests.embed.surfaces import assert_clean, code_of, data, page, text_of
from tests.world import World, canary


@pytest.fixture
def board(world: World) -> Dashboard:
    return make_filters(world.a)


def own(customer: str) -> list[str]:
    return [canary("tradewind", customer, number) for number in range(3)]


def test_p_dv_12_a_query_offers_values_of_the_customers_own_rows(
    world: World, board: Dashboard, embed_client: Client
) -> None:
    for customer in ("globex", "acme", "globex", "acme"):
        answer = choices(embed_client, token(world.a, board, customer), variable="order")
        assert_clean(answer, world, "tradewind", customer)
        assert offered(answer) == own(customer)


def test_p_dv_12_choices_of_another_organization_are_its_own(
    world: World, board: Dashboard, embed_client: Client
) -> None:
    theirs = make_filters(world.b)
    assert offered(choices(embed_client, token(world.a, board), variable="order")) == own("acme")
    answer = choices(embed_client, token(world.b, theirs), variable="order")
    assert_clean(answer, world, "northwind", "acme")
    assert offered(answer)[0] == canary("northwind", "acme", 0)


def test_a_second_column_labels_what_is_offered(world: World, board: Dashboard, embed_client: Client) -> None:
    body = json.loads(text_of(choices(embed_client, token(world.a, board), variable="order")))
    assert body["choices"][0] == {"value": canary("tradewind", "acme", 0), "label": "Order of North"}
    assert (body["variable"], body["truncated"]) == ("order", False)
    assert body["as_of"].endswith("Z")


def test_a_cascading_choice_offers_what_fits_the_other_values(
    world: World, board: Dashboard, embed_client: Client
) -> None:
    opened = token(world.a, board)
    assert offered(choices(embed_client, opened)) == ["North", "South", "West"]
    narrowed = choices(embed_client, opened, variable="order", variables='{"regions": ["South", "West"]}')
    assert offered(narrowed) == own("acme")[1:]
    assert offered(choices(embed_client, opened, variable="order", variables='{"regions": []}')) == []


def test_an_authors_list_is_answered_in_the_same_shape(world: World, board: Dashboard, embed_client: Client) -> None:
    assert offered(choices(embed_client, token(world.a, board), variable="region")) == ["North", "South", "West"]
    body = text_of(choices(embed_client, token(world.a, board), variable="sort"))
    assert offered(choices(embed_client, token(world.a, board), variable="sort")) == ["note", "latest", "amount"]
    assert "DESC" not in body


def test_p_dv_04_what_a_viewer_may_not_choose_offers_nothing(
    world: World, board: Dashboard, embed_client: Client
) -> None:
    opened = token(world.a, board)
    expected = {"plan": 403, "floor": 404, "search": 404, "nowhere": 404, "choices:regions": 404, "1 OR 1=1": 404}
    for name, status in expected.items():
        assert choices(embed_client, opened, variable=name).status_code == status, name
    may_not = token(world.a, board, rts=[])
    assert code_of(choices(embed_client, may_not)) == "variable_locked"
    assert data(embed_client, opened, panel="choices:regions").status_code == 404


def test_choices_are_kept_and_flown_like_panels(world: World, board: Dashboard, embed_client: Client) -> None:
    opened = token(world.a, board)
    first, second = (json.loads(text_of(choices(embed_client, opened)))["as_of"] for _ in range(2))
    assert first == second


def test_a_query_for_choices_is_in_the_access_log(world: World, board: Dashboard, embed_client: Client) -> None:
    choices(embed_client, token(world.a, board))
    journal.drain()
    lines = AccessRecord.objects.filter(panel="choices:regions").order_by("event")
    assert [(line.event, line.external_id, line.tables, line.rows) for line in lines] == [
        ("panel", "acme", ["tradewind.orders"], 3),
        ("query", "acme", ["tradewind.orders"], 3),
    ]


def test_a_page_carries_the_choices_that_are_ready_and_no_sql(
    world: World, board: Dashboard, embed_client: Client
) -> None:
    opened = token(world.a, board)
    for name in ("regions", "order"):
        choices(embed_client, opened, variable=name)
    body = assert_clean(page(embed_client, opened), world, "tradewind", "acme")
    boot = json.loads(body.partition('<script id="boot" type="application/json">')[2].partition("</script>")[0])
    shown = {variable["name"]: variable for variable in boot["variables"]}
    assert [choice["value"] for choice in shown["regions"]["choices"]] == ["North", "South", "West"]
    assert (shown["order"]["depends"], shown["regions"]["depends"]) == (["regions"], [])
    assert "floor" not in shown
    assert "SELECT" not in body
    assert "warehouse" not in body
    journal.drain()
    assert AccessRecord.objects.filter(event="page").exists()


def test_every_type_narrows_the_rows(world: World, board: Dashboard, embed_client: Client) -> None:
    acme = own("acme")
    expected: list[tuple[dict[str, object], list[str]]] = [
        ({}, acme),
        ({"regions": ["South", "North"]}, acme[:2]),
        ({"regions": []}, []),
        ({"regions": None}, acme),
        ({"order": acme[1]}, acme[1:2]),
        ({"order": "nowhere"}, []),
        ({"least": 100.5}, []),
        ({"cheap": True}, acme),
        ({"cheap": False}, []),
        ({"since": "2026-02-15"}, acme[1:]),
        ({"since": "9999-12-31"}, []),
        ({"period": {"start": "2026-02-15", "end": "2026-02-15"}}, acme[1:2]),
        ({"region": "West"}, acme[2:]),
        ({"sort": "latest"}, acme[::-1]),
    ]
    for values, rows in expected:
        assert notes(embed_client, token(world.a, board), **values) == rows, values


def test_p_dv_06_identifiers_come_from_the_authors_list_alone(
    world: World, board: Dashboard, embed_client: Client
) -> None:
    opened = token(world.a, board)
    for bad in ("amount; --", '"amount" DESC, (SELECT 1)', "1", "random()", "nothing", "day DESC", "note,note"):
        for name in ("sort", "grain"):
            answer = data(embed_client, opened, variables=json.dumps({name: bad}))
            assert (answer.status_code, code_of(answer)) == (400, "variable_invalid"), (name, bad)
    assert data(embed_client, opened, variables='{"sort": null}').status_code == 400


def test_p_dv_07_wildcards_are_matched_literally(world: World, board: Dashboard, embed_client: Client) -> None:
    opened = token(world.a, board)
    assert notes(embed_client, opened, search="acme-1") == own("acme")[1:2]
    for text in ("%", "_", "\\", "100%", "a\\", "CANARY%", "CANARY_tradewind"):
        assert notes(embed_client, opened, search=text) == [], text


def test_p_dv_08_a_list_in_the_words_of_the_database_is_one_text(
    world: World, board: Dashboard, embed_client: Client
) -> None:
    opened = token(world.a, board)
    assert notes(embed_client, opened, regions=["{North,South}"]) == []
    for bad in (["a", 1], [["North"]], "North", {"0": "North"}, [None], ["North"] * 10_001):
        answer = data(embed_client, opened, variables=json.dumps({"regions": bad}))
        assert answer.status_code in (400, 414), bad


def test_a_panel_waits_for_what_is_required(world: World, board: Dashboard, embed_client: Client) -> None:
    opened = token(world.a, board)
    assert code_of(data(embed_client, opened, panel="waits")) == "variable_missing"
    assert "Choose Needed first" in text_of(page(embed_client, opened))
    assert data(embed_client, opened, panel="waits", variables='{"needed": "x"}').status_code == 200
    assert data(embed_client, opened, panel="waits", variables='{"needed": null}').status_code == 400


def test_an_address_sets_lists_and_choices_named_like_numbers(
    world: World, board: Dashboard, embed_client: Client
) -> None:
    opened = token(world.a, board)
    for query in ('regions=["North"]', "regions=North", "regions=North&regions=North", "order=" + own("acme")[0]):
        body = text_of(embed_client.get(f"/iframe/{opened}?{query}"))
        assert own("acme")[0] in body, query
        assert "variable_invalid" not in body, query
        # The order stays in the list of choices, its row goes.
        assert own("acme")[1] not in body.partition('<script id="boot"')[0], query


def asking(name: str, sql: str) -> dict[str, object]:
    return {"name": name, "type": "choice", "choices_from": {"source": "warehouse", "sql": sql}}


ORDERS = "SELECT note FROM tradewind.orders"
LISTED = {
    "name": "sort",
    "type": "choice",
    "identifier": True,
    "default": "a",
    "choices": [{"value": "a", "sql": "nope"}],
}
WRONG = {
    "a circle": [asking("a", f"{ORDERS} WHERE note = {{{{ b }}}}"), asking("b", f"{ORDERS} WHERE note = {{{{ a }}}}")],
    "itself": [asking("a", f"{ORDERS} WHERE note = {{{{ a }}}}")],
    "a hidden table": [asking("a", "SELECT note FROM tradewind.private_notes")],
    "no such variable": [asking("a", f"{ORDERS} WHERE note = {{{{ x }}}}")],
    "an unknown column": [LISTED],
}


@pytest.mark.parametrize("name", list(WRONG))
def test_queries_of_variables_are_checked_when_they_are_saved(name: str, world: World) -> None:
    sql = "SELECT region FROM tradewind.orders" + (" ORDER BY {{ sort }}" if WRONG[name] == [LISTED] else "")
    panel = {"id": "p", "type": "table", "title": "P", "source": "warehouse", "sql": sql}
    with pytest.raises(SpecError):
        save_version(world.a.organization, {"title": "W", "slug": "w", "variables": WRONG[name], "panels": [panel]})
