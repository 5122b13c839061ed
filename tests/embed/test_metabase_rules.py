"""Metabase's three modes of a parameter: who may set what, what a blank means, and how dates are written."""

import json

import pytest
from django.test import Client

from dashboards.models import Dashboard
from secrets_admin.feed import feed
from tests.embed import metabase
from tests.embed.metabase import card, page, token, total
from tests.embed.surfaces import assert_clean, code_of
from tests.world import World


@pytest.fixture
def viewers_may(world: World) -> None:
    """Let viewers set the open variables of alice's dashboards."""
    Dashboard.objects.filter(organization=world.a.organization).update(viewers_may_apply_variables=True)
    feed.reset()


BLANKS: tuple[object, ...] = (None, "", "  ", [], [""], [None])


def told(client: Client, world: World, /, **params: object) -> set[tuple[int, str]]:
    """Ask page, dashboard and card with one token; return status and code of each refusal, once each."""
    one = token(world, **params)
    answers = [metabase.dashboard(client, one), card(client, one)]
    for answer in (*answers, page(client, one)):
        assert_clean(answer, world, "tradewind", None)
        assert answer.status_code == answers[0].status_code
    return {(answer.status_code, code_of(answer)) for answer in answers}


def test_a_token_must_set_every_locked_parameter_to_something(world: World, embed_client: Client) -> None:
    for name in ("floor", "secret_floor"):
        for value in (..., *BLANKS):
            assert told(embed_client, world, **{name: value}) == {(400, "token_claims")}, (name, value)


def test_a_token_must_name_its_customer_in_the_customer_variable(world: World, embed_client: Client) -> None:
    for value in (..., *BLANKS, ["acme"], True, 1.0, {"a": 1}):
        assert told(embed_client, world, CUSTOMER=value) == {(400, "token_claims")}, value


def test_a_customer_who_does_not_exist_is_not_found(world: World, embed_client: Client) -> None:
    for value in ("initech", "nobody", "acme'--", 7):
        assert told(embed_client, world, CUSTOMER=value) == {(404, "not_found")}, value


def test_a_token_may_set_known_parameters_to_fitting_values_only(world: World, embed_client: Client) -> None:
    for params in UNFIT:
        assert told(embed_client, world, **params) == {(400, "variable_invalid")}, params


UNFIT: list[dict[str, object]] = [
    {"unlisted": "x"},
    {"region": "Nowhere"},
    {"region": ["North", "South"]},
    {"region": [["North"]]},
    {"region": {"a": "b"}},
    {"least": "100"},
    {"floor": "0"},
    {"period": "exclude-days-Mon-Sun"},
    {"period": "past7hours"},
    {"period": "2024-02-30"},
    {"period": 7},
]


def test_a_locked_value_filters(world: World, embed_client: Client) -> None:
    assert total(card(embed_client, token(world))) == 300
    assert total(card(embed_client, token(world, floor=101))) is None
    assert total(card(embed_client, token(world, floor=[100]))) == 300
    assert total(card(embed_client, token(world, CUSTOMER="globex", secret_floor=200))) == 600


def test_a_token_may_set_an_enabled_parameter(world: World, embed_client: Client) -> None:
    assert total(card(embed_client, token(world, region="North"))) == 100
    assert total(card(embed_client, token(world, region=["North"]))) == 100
    for nothing in (None, "", " ", [], [""]):
        assert total(card(embed_client, token(world, region=nothing))) == 300


def test_a_viewer_may_not_set_anything_while_the_dashboard_does_not_allow_it(
    world: World, embed_client: Client
) -> None:
    answer = card(embed_client, token(world), region="North")
    assert (answer.status_code, code_of(answer)) == (400, "variable_invalid")


@pytest.mark.usefixtures("viewers_may")
def test_a_viewer_may_set_an_enabled_parameter_by_query_string_or_as_json(world: World, embed_client: Client) -> None:
    one = token(world)
    assert total(card(embed_client, one, region="North")) == 100
    assert total(card(embed_client, one, region=["North"])) == 100
    assert total(card(embed_client, one, parameters=json.dumps({"region": "North"}))) == 100
    assert total(card(embed_client, one, parameters=json.dumps({"region": ["North"]}))) == 100
    assert total(card(embed_client, one, least="101")) is None
    assert total(card(embed_client, one, least="100.0")) == 300
    assert total(card(embed_client, one, parameters=json.dumps({"least": 101}))) is None
    assert total(card(embed_client, one, parameters="{}")) == 300


@pytest.mark.usefixtures("viewers_may")
def test_with_parameters_as_json_the_rest_of_the_query_string_sets_nothing(world: World, embed_client: Client) -> None:
    answer = card(embed_client, token(world), parameters=json.dumps({"region": "North"}), region="South")
    assert total(answer) == 100


@pytest.mark.usefixtures("viewers_may")
def test_a_viewers_blank_is_no_value_whatever_the_parameter(world: World, embed_client: Client) -> None:
    one = token(world)
    for name in ("region", "floor", "secret_floor", "CUSTOMER", "unlisted"):
        assert total(card(embed_client, one, **{name: ""})) == 300
        assert total(card(embed_client, one, parameters=json.dumps({name: None}))) == 300


@pytest.mark.usefixtures("viewers_may")
def test_an_empty_list_turns_an_enabled_filter_off_and_its_default_too(world: World, embed_client: Client) -> None:
    dashboard = world.a.dashboards["sales"]
    version = dashboard.versions.get()
    region = next(variable for variable in version.document["variables"] if variable["name"] == "region")
    region["default"] = "South"
    type(version).objects.filter(id=version.id).update(document=version.document)
    feed.reset()
    one = token(world)
    assert total(card(embed_client, one)) == 100
    assert total(card(embed_client, one, region="")) == 100
    assert total(card(embed_client, one, parameters=json.dumps({"region": []}))) == 300
    assert total(card(embed_client, token(world, region=[]))) == 300


FORBIDDEN: list[dict[str, object]] = [
    {"floor": "1"},
    {"secret_floor": "1"},
    {"CUSTOMER": "globex"},
    {"CUSTOMER": "acme"},
    {"unlisted": "x"},
    {"cst": "globex"},
    {"customer_id": "globex"},
    {"region": "Nowhere"},
    {"region": ["North", "South"]},
    {"region": "' OR '1'='1"},
    {"least": "x"},
    {"least": "1e9"},
    {"least": "0x10"},
    {"least": "NaN"},
    {"parameters": "["},
    {"parameters": "[]"},
    {"parameters": '{"region": "North", "region": "South"}'},
    {"parameters": '{"floor": []}'},
    {"parameters": '{"CUSTOMER": ["globex"]}'},
    {"parameters": '{"least": "101"}'},
    {"parameters": '{"region": {"a": 1}}'},
    {"period": "past7hours"},
    {"period": "exclude-days-Mon"},
    {"period": "2024-01-02T10:20"},
]


@pytest.mark.usefixtures("viewers_may")
def test_every_violation_of_a_viewer_is_400_and_shows_nothing(world: World, embed_client: Client) -> None:
    one = token(world)
    for query in FORBIDDEN:
        for answer in (card(embed_client, one, **query), metabase.values(embed_client, one, "region", **query)):
            assert answer.status_code == 400, query
            assert code_of(answer) in {"variable_invalid", "bad_request"}
            assert_clean(answer, world, "tradewind", None)


@pytest.mark.usefixtures("viewers_may")
def test_what_the_token_sets_a_viewer_may_not(world: World, embed_client: Client) -> None:
    one = token(world, region="North")
    assert total(card(embed_client, one)) == 100
    assert card(embed_client, one, region="South").status_code == 400
    assert card(embed_client, one, region="North").status_code == 400
    assert total(card(embed_client, one, region="")) == 100
    assert total(card(embed_client, token(world, region=""), region="South")) == 100


def test_the_reason_is_told_but_not_the_value(world: World, embed_client: Client) -> None:
    Dashboard.objects.update(viewers_may_apply_variables=True)
    feed.reset()
    text = card(embed_client, token(world), period="2024-01-02T10:20").getvalue().decode()
    assert "no times of day" in text
    assert "10:20" not in text


#: The world's orders are of the 15th of January, February and March 2026.
DATES = {
    "2026-02-15": {1},
    "2026-02-01~2026-03-31": {1, 2},
    "~2026-02-15": {0, 1},
    "2026-02-15~": {1, 2},
    "2026-03": {2},
    "Q1-2026": {0, 1, 2},
    "Q2-2026": set(),
    "next7days": set(),
    "": {0, 1, 2},
}


@pytest.mark.usefixtures("viewers_may")
def test_dates_are_written_as_at_metabase(world: World, embed_client: Client) -> None:
    for written, numbers in DATES.items():
        for answer in (
            card(embed_client, token(world), metabase.ROWS, period=written),
            card(embed_client, token(world), metabase.ROWS, parameters=json.dumps({"period": written})),
            card(embed_client, token(world, period=written), metabase.ROWS),
            page(embed_client, token(world), period=written),
            page(embed_client, token(world, period=written)),
        ):
            body = assert_clean(answer, world, "tradewind", "acme").replace("\\u002D", "-")
            shown = {number for number in range(3) if f"CANARY-tradewind-acme-{number}" in body}
            assert shown == numbers, written


def chosen(body: str) -> dict[str, object]:
    """Return the values that a page's variables begin with, without those that have none."""
    boot = json.loads(body.partition('id="boot"')[2].partition(">")[2].partition("</script>")[0])
    return {variable["name"]: variable["value"] for variable in boot["variables"] if variable["value"]}


@pytest.mark.usefixtures("viewers_may")
def test_a_page_opens_with_what_may_be_set_and_ignores_the_rest(world: World, embed_client: Client) -> None:
    one = token(world)
    for query in ({"region": "North"}, {"parameters": json.dumps({"region": "North"})}):
        body = assert_clean(page(embed_client, one, **query), world, "tradewind", "acme")
        assert chosen(body) == {"region": "North"}
    for query in ({"floor": "101"}, {"CUSTOMER": "globex"}, {"unlisted": "x"}, {"parameters": "["}, {"period": "now"}):
        answer = page(embed_client, one, **query)
        assert answer.status_code == 200
        body = assert_clean(answer, world, "tradewind", "acme")
        assert chosen(body) == {}


@pytest.mark.usefixtures("viewers_may")
def test_a_parameter_that_the_token_sets_has_no_widget(world: World, embed_client: Client) -> None:
    with_widget, without = (
        assert_clean(page(embed_client, one), world, "tradewind", "acme")
        for one in (token(world), token(world, region="North"))
    )
    assert '"name": "region"' in with_widget
    assert '"name": "region"' not in without
