"""Metabase's data routes: its shapes, a panel's place as its id, exports by right, and whose token opens what."""

import json
import urllib.request
from typing import Any

import pytest
from django.http import HttpResponseBase
from django.test import Client

from dashboards.models import Dashboard
from embed.data import ExportNotAllowed
from embed.models import Embed
from embed.pasted import read_pasted
from secrets_admin.feed import feed
from tests.conftest import Live
from tests.embed import metabase
from tests.embed.metabase import ABOUT, REGIONS, ROWS, TOTAL, card, download, search, token, total, values
from tests.embed.surfaces import assert_clean, assert_headers, code_of, masked
from tests.tokens.makers import MAKERS
from tests.world import HOST_ORIGIN, World
from tokens.formats import FORMATS
from tokens.urls import MAX_URL


def body(answer: HttpResponseBase, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.getvalue()
    assert answer.headers["Content-Type"] == "application/json"
    assert_headers(answer)
    read: dict[str, Any] = json.loads(answer.getvalue())
    return read


def allow(world: World, **rights: bool) -> None:
    Dashboard.objects.filter(organization=world.a.organization).update(**rights)
    feed.reset()


def test_a_dashboard_tells_its_cards_by_place(world: World, embed_client: Client) -> None:
    told = body(metabase.dashboard(embed_client, token(world)))
    assert (told["name"], told["tabs"], told["param_fields"]) == ("Sales", [], {})
    assert [(one["id"], one["card_id"], one["row"], one["col"], one["size_x"]) for one in told["dashcards"]] == [
        (1, 1, 0, 0, 8),
        (2, 2, 0, 8, 16),
        (3, 3, 6, 0, 24),
        (4, None, 12, 0, 24),
    ]
    assert [(one["card"]["name"], one["card"]["display"]) for one in told["dashcards"][:3]] == [
        ("Total of Sales", "scalar"),
        ("By region in Sales", "bar"),
        ("Orders of Sales", "table"),
    ]
    about = told["dashcards"][3]
    assert about["card"] is None
    assert about["visualization_settings"]["text"].startswith("Numbers of")


def test_a_dashboard_tells_neither_sql_nor_source_nor_what_is_locked(world: World, embed_client: Client) -> None:
    allow(world, viewers_may_apply_variables=True)
    text = assert_clean(metabase.dashboard(embed_client, token(world)), world, "tradewind", "acme")
    for word in ("SELECT", "select", "warehouse", "orders.", "floor", "CUSTOMER", "acme", "embed_id", "CANARY"):
        assert word not in text, word


def test_a_dashboard_tells_the_parameters_that_this_viewer_may_set(world: World, embed_client: Client) -> None:
    def told(**params: object) -> dict[str, Any]:
        parameters = body(metabase.dashboard(embed_client, token(world, **params)))["parameters"]
        return {parameter["slug"]: parameter for parameter in parameters}

    assert told() == {}
    allow(world, viewers_may_apply_variables=True)
    assert {slug: one["type"] for slug, one in told().items()} == {
        "region": "string/=",
        "search": "string/=",
        "least": "number/=",
        "period": "date/all-options",
    }
    region = told()["region"]
    assert (region["id"], region["name"], region["default"]) == ("region", "Region", None)
    assert region["values_source_config"] == {"values": [["North", "North"], ["South", "South"], ["West", "West"]]}
    assert told(region="North").keys() == {"search", "least", "period"}


def test_a_card_answers_202_with_rows_and_columns(world: World, embed_client: Client) -> None:
    told = body(card(embed_client, token(world), ROWS), 202)
    assert (told["status"], told["row_count"]) == ("completed", 3)
    assert told["data"]["rows"][0] == ["North", 100, "CANARY-tradewind-acme-0"]
    assert [(column["name"], column["display_name"], column["base_type"]) for column in told["data"]["cols"]] == [
        ("region", "region", "type/Text"),
        ("amount", "amount", "type/Float"),
        ("note", "note", "type/Text"),
    ]
    assert "rows_truncated" not in told["data"]


def test_a_cut_result_says_how_many_rows_there_are(
    world: World, embed_client: Client, settings: pytest.FixtureRequest
) -> None:
    settings.MAX_ROWS = 2  # type: ignore[attr-defined]  # pytest-django's settings
    told = body(card(embed_client, token(world), ROWS), 202)
    assert (told["row_count"], told["data"]["rows_truncated"]) == (2, 2)


def test_each_customer_gets_its_own_rows_alone(world: World, embed_client: Client) -> None:
    for customer, amount in (("acme", 300), ("globex", 600)):
        one = token(world, CUSTOMER=customer)
        assert total(card(embed_client, one)) == amount
        for place in (TOTAL, REGIONS, ROWS):
            assert_clean(card(embed_client, one, place), world, "tradewind", customer)


def test_a_place_that_is_no_card_of_this_dashboard_is_not_found(world: World, embed_client: Client) -> None:
    one = token(world)
    answers = [card(embed_client, one, place) for place in (0, ABOUT, 5, 99, 10**8, "01", "1x", -1, "1 OR 1=1", 10**20)]
    base = f"/api/embed/dashboard/{one}"
    answers += [
        embed_client.get(f"{base}/{path}")
        for path in (
            "dashcard/1/card/2",
            "dashcard/2/card/1",
            "dashcard/1",
            "dashcard/1/card/1/xlsx",
            "card/1",
            "cards",
        )
    ]
    answers += [download(embed_client, one, kind, 99) for kind in ("csv", "json")]
    assert {masked(answer)[:2] for answer in answers} == {masked(answers[0])[:2]}
    assert (answers[0].status_code, code_of(answers[0])) == (404, "not_found")


def test_a_card_is_of_the_tokens_own_dashboard(world: World, embed_client: Client) -> None:
    sales, ops = (body(card(embed_client, token(world, name), ROWS), 202) for name in ("sales", "ops"))
    assert sales["data"] == ops["data"]
    names = {
        name: body(metabase.dashboard(embed_client, token(world, name)))["dashcards"][0]["card"]["name"]
        for name in ("sales", "ops")
    }
    assert names == {"sales": "Total of Sales", "ops": "Total of Operations"}


def test_downloads_need_the_export_right(world: World, embed_client: Client) -> None:
    for kind in ("csv", "json"):
        answer = download(embed_client, token(world), kind)
        assert (answer.status_code, code_of(answer)) == (403, "forbidden")
        assert ExportNotAllowed.message in assert_clean(answer, world, "tradewind", None)
    allow(world, viewers_may_export=True)
    csv = download(embed_client, token(world), "csv", format_rows="true", pivot_results="false")
    assert (csv.status_code, csv.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert csv.headers["Content-Disposition"] == 'attachment; filename="rows.csv"'
    assert assert_clean(csv, world, "tradewind", "acme").splitlines()[1] == "North,100,CANARY-tradewind-acme-0"
    told = download(embed_client, token(world), "json")
    assert told.headers["Content-Disposition"] == 'attachment; filename="rows.json"'
    rows = json.loads(assert_clean(told, world, "tradewind", "acme"))
    assert rows[0] == {"region": "North", "amount": 100, "note": "CANARY-tradewind-acme-0"}


def test_downloads_take_a_viewers_values_and_refuse_what_is_locked(world: World, embed_client: Client) -> None:
    allow(world, viewers_may_export=True, viewers_may_apply_variables=True)
    assert len(json.loads(download(embed_client, token(world), "json", period="2026-02").getvalue())) == 1
    for query in ({"floor": "1"}, {"CUSTOMER": "globex"}, {"unlisted": "1"}):
        assert download(embed_client, token(world), "json", **query).status_code == 400


def test_the_choices_of_an_enabled_parameter_are_told_and_searched(world: World, embed_client: Client) -> None:
    allow(world, viewers_may_apply_variables=True)
    one = token(world)
    every = [["North", "North"], ["South", "South"], ["West", "West"]]
    assert body(values(embed_client, one, "region")) == {"values": every, "has_more_values": False}
    assert body(search(embed_client, one, "region", "oUt")) == {"values": [every[1]], "has_more_values": False}
    assert body(search(embed_client, one, "region", "%"))["values"] == []
    assert body(values(embed_client, one, "search")) == {"values": [], "has_more_values": False}


def test_no_choices_are_told_of_what_a_viewer_may_not_set(world: World, embed_client: Client) -> None:
    """Locked, hidden, unknown and the token's own parameters all look alike; so do all while viewers may set none."""
    closed = [values(embed_client, token(world), "region")]
    allow(world, viewers_may_apply_variables=True)
    names = ("floor", "secret_floor", "CUSTOMER", "unlisted", "customer_id", "%00", "' OR '1'='1", "a" * 300)
    closed += [values(embed_client, token(world), name) for name in names]
    closed += [search(embed_client, token(world), name, "a") for name in names]
    closed += [values(embed_client, token(world, region="North"), "region")]
    assert {masked(answer)[:2] for answer in closed} == {masked(closed[0])[:2]}
    assert (closed[0].status_code, code_of(closed[0])) == (404, "not_found")


def test_choices_hold_nothing_of_any_customers_rows(world: World, embed_client: Client) -> None:
    allow(world, viewers_may_apply_variables=True)
    for name in ("region", "search", "least", "period"):
        for customer in ("acme", "globex"):
            text = assert_clean(values(embed_client, token(world, CUSTOMER=customer), name), world, "tradewind", None)
            assert "CANARY" not in text


def test_calls_never_count_as_embeds_and_the_page_counts_once(world: World, embed_client: Client) -> None:
    allow(world, viewers_may_export=True, viewers_may_apply_variables=True)
    one = token(world)
    for answer in (
        metabase.dashboard(embed_client, one),
        card(embed_client, one),
        download(embed_client, one, "csv"),
        values(embed_client, one, "region"),
    ):
        assert answer.status_code in (200, 202)
    assert not Embed.objects.exists()
    assert metabase.page(embed_client, one).status_code == 200
    assert card(embed_client, one).status_code == 202
    assert Embed.objects.count() == 1


def test_every_other_formats_token_opens_nothing_here(world: World, embed_client: Client) -> None:
    for format in sorted(FORMATS.keys() - {metabase.FORMAT}):
        for open_ in (metabase.dashboard, card):
            answer = open_(embed_client, world.a.token_of(format))
            assert (answer.status_code, code_of(answer)) == (401, "token_invalid"), format
            assert_clean(answer, world, "tradewind", None)


def test_a_metabase_token_opens_no_door_of_another_format(world: World, embed_client: Client) -> None:
    one, sales = token(world), world.a.dashboards["sales"]
    addresses = [
        f"/iframe/{one}",
        f"/iframe/{sales.embed_id}/{one}",
        f"/d/{sales.id}/{one}",
        f"/d/tradewind/sales/{one}",
        f"/d/tradewind/sales/?embed_token={one}",
        f"/embedded/dashboard?embedded-token={one}",
    ]
    pages = [embed_client.get(address) for address in addresses]
    answers = []
    for format in sorted(FORMATS.keys() - {metabase.FORMAT}):
        for path in ("panels/total", "session"):
            headers = {"Authorization": f"Bearer {one}"}
            answers.append(embed_client.get(f"/data/{format}/{path}", headers=headers))
    assert {code_of(answer) for answer in answers} == {"token_invalid"}
    for answer in (*pages, *answers):
        assert answer.status_code == 401
        assert_clean(answer, world, "tradewind", None)


def test_another_organizations_secret_signs_nothing_for_alices_dashboard(world: World, embed_client: Client) -> None:
    maker = MAKERS[metabase.FORMAT]
    key, now = world.b.key_of(metabase.FORMAT), feed.now()
    forged = maker.token(key, world.a.wanted(), now)
    for open_ in (metabase.page, metabase.dashboard, card):
        answer = open_(embed_client, forged)
        assert answer.status_code == 401
        assert_clean(answer, world, "tradewind", None)


def test_an_address_over_the_limit_is_refused(world: World, embed_client: Client) -> None:
    allow(world, viewers_may_apply_variables=True)
    one = token(world)
    answer = card(embed_client, one, search="x" * MAX_URL)
    assert (answer.status_code, code_of(answer)) == (414, "url_too_long")
    answer = search(embed_client, one, "region", "é" * 700)
    assert (answer.status_code, code_of(answer)) == (414, "url_too_long")


def test_the_inspector_knows_a_calls_address(world: World) -> None:
    one = token(world)
    tails = ("", "/dashcard/1/card/1?region=North", "/dashcard/1/card/1/csv", "/params/region/values")
    for tail in (*tails, "/params/region/search/No"):
        pasted = read_pasted(f"https://embed.test/api/embed/dashboard/{one}{tail}")
        assert (pasted.token, pasted.door) == (one, "api/embed/dashboard"), tail


def test_only_get_is_taken_and_no_slash_is_added(world: World, embed_client: Client) -> None:
    path = f"/api/embed/dashboard/{token(world)}"
    for method in ("post", "put", "patch", "delete", "options"):
        answer = getattr(embed_client, method)(path)
        assert (answer.status_code, code_of(answer)) == (405, "method_not_allowed")
    assert embed_client.get(f"{path}/").status_code == 404


def test_a_call_from_a_site_that_is_not_on_the_list_is_refused(world: World, embed_client: Client) -> None:
    path = f"/api/embed/dashboard/{token(world)}"
    assert embed_client.get(path, headers={"Referer": f"{HOST_ORIGIN}/page"}).status_code == 200
    answer = embed_client.get(path, headers={"Referer": "https://evil.test/"})
    assert (answer.status_code, code_of(answer)) == (403, "forbidden")


def test_a_question_is_not_there(world: World, embed_client: Client) -> None:
    one = token(world)
    question = MAKERS[metabase.FORMAT].token(
        world.a.key_of(metabase.FORMAT), world.a.wanted(), feed.now(), resource={"question": 1}
    )
    for token_ in (one, question, "-", "x"):
        for path in (f"/embed/question/{token_}", f"/embed/question/{token_}.csv"):
            answer = embed_client.get(path)
            assert answer.status_code == 404
            assert answer.headers["Content-Type"].startswith("text/html")
            assert_clean(answer, world, "tradewind", None)
        for path in (f"/api/embed/card/{token_}", f"/api/embed/card/{token_}/query"):
            answer = embed_client.get(path)
            assert (answer.status_code, code_of(answer)) == (404, "not_found")
    for open_ in (metabase.page, metabase.dashboard):
        assert open_(embed_client, question).status_code in (400, 401)


@pytest.mark.django_db(transaction=True)
def test_a_real_server_answers_a_backend(live: Live) -> None:
    address = f"{live.embed_url}/api/embed/dashboard/{token(live.world)}"
    with urllib.request.urlopen(f"{address}/dashcard/{TOTAL}/card/{TOTAL}") as answer:
        assert answer.status == 202
        assert json.load(answer)["data"]["rows"] == [[300]]
    with urllib.request.urlopen(address) as answer:
        assert (answer.status, answer.headers["Set-Cookie"]) == (200, None)
        assert answer.headers["Access-Control-Allow-Origin"] is None
