"""Viewers change variables, or try to: what is open, what is locked, and values that are SQL."""

import json

import pytest
from django.test import Client

from dashboards.models import Dashboard
from dashboards.services import update_embed_settings
from tests.about import about
from tests.embed.surfaces import CALLS, Surface, assert_clean, card, code_of, data, page, text_of
from tests.world import World


@pytest.fixture(autouse=True)
def _exports(world: World) -> None:
    Dashboard.objects.update(viewers_may_export=True)


def open_up() -> None:
    for dashboard in Dashboard.objects.all():
        update_embed_settings(dashboard, origins=None, viewers_may_apply_variables=True)


@pytest.fixture
def opened(world: World) -> None:
    """Let viewers apply variables from the start, before anybody could know otherwise."""
    Dashboard.objects.update(viewers_may_apply_variables=True)


calls = pytest.mark.parametrize("call", list(CALLS.values()), ids=list(CALLS))


def columns(answer: object) -> dict[str, list[object]]:
    body = json.loads(text_of(answer))  # type: ignore[arg-type]  # a test client's answer
    return {column["name"]: column["values"] for column in body["data"]["columns"]}


def total(client: Client, token: str, **values: object) -> object:
    answer = data(client, token, panel="total", variables=json.dumps(values))
    assert answer.status_code == 200, text_of(answer)
    return columns(answer)["total"][0]


@calls
def test_p_dv_03_nothing_can_be_changed_while_the_switch_is_off(
    call: Surface, world: World, embed_client: Client
) -> None:
    answer = call(embed_client, world.a.token(), variables='{"region": "North"}')
    assert (answer.status_code, code_of(answer)) == (403, "variable_locked")
    assert_clean(call(embed_client, world.a.token()), world, "tradewind", "acme")
    assert total(embed_client, world.a.token()) == 300


@calls
def test_p_dv_04_only_open_declared_variables_change(call: Surface, world: World, embed_client: Client) -> None:
    open_up()
    token = world.a.token(var={"secret_floor": 1})
    expected = {"region": 200, "secret_floor": 403, "floor": 403, "nowhere": 400}
    for name, status in expected.items():
        value = "North" if name == "region" else 5
        answer = call(embed_client, token, variables=json.dumps({name: value}))
        assert answer.status_code == status, name
    assert total(embed_client, token, region="North") == 100


def test_a_token_sets_locked_and_hidden_variables(world: World, embed_client: Client) -> None:
    assert total(embed_client, world.a.token(var={"floor": 50})) == 300
    assert total(embed_client, world.a.token(var={"floor": 101})) is None
    assert total(embed_client, world.a.token(var={"secret_floor": 101})) is None


@pytest.mark.parametrize("variables", [{"nowhere": 1}, {"region": "Mars"}, {"floor": "1"}, {"floor": True}])
def test_a_token_with_a_bad_variable_is_refused(
    variables: dict[str, object], world: World, embed_client: Client
) -> None:
    assert data(embed_client, world.a.token(var=variables)).status_code == 400
    assert page(embed_client, world.a.token(var=variables)).status_code == 400


def test_on_the_address_a_variable_that_is_not_open_is_ignored(world: World, embed_client: Client) -> None:
    answer = page(embed_client, world.a.token(), region="North", floor="500", nowhere="1")
    body = assert_clean(answer, world, "tradewind", "acme")
    assert "CANARY-tradewind-acme-2" in body
    open_up()
    narrowed = text_of(page(embed_client, world.a.token(), search='"CANARY-tradewind-acme-1"'))
    assert "CANARY-tradewind-acme-1" in narrowed
    assert "CANARY-tradewind-acme-2" not in narrowed


NASTY = [
    "' OR '1'='1", "1; DROP TABLE orders", "1) UNION SELECT note FROM orders--", "\\'", "'/*", "%27",
    "{{7*7}}", "%s", "%(x)s", ":x", "$1", "?", "{{ search }}", "[[", "%", "_",
]  # fmt: skip


@pytest.mark.usefixtures("opened")
@calls
def test_p_dv_05_sql_in_a_text_is_matched_literally(call: Surface, world: World, embed_client: Client) -> None:
    for text in NASTY:
        with about(text):
            answer = call(embed_client, world.a.token(), variables=json.dumps({"search": text}))
            assert answer.status_code == 200
            assert "CANARY" not in assert_clean(answer, world, "tradewind", "acme")


@pytest.mark.usefixtures("opened")
@calls
@pytest.mark.parametrize("name", ["least", "region", "period"])
def test_p_dv_05_sql_in_other_types_is_refused(name: str, call: Surface, world: World, embed_client: Client) -> None:
    for text in NASTY:
        with about(text):
            answer = call(embed_client, world.a.token(), variables=json.dumps({name: text}))
            assert (answer.status_code, code_of(answer)) == (400, "variable_invalid")


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("least", "1"), ("least", True), ("least", [1]), ("least", {}), ("least", "NaN"), ("least", 10**17),
        ("region", 1), ("region", ["North"]), ("region", "north"), ("region", "North "),
        ("period", "now"), ("period", "infinity"), ("period", {"start": "2026-01-01"}), ("period", []),
        ("period", {"start": "2026-02-30", "end": "2026-03-01"}),
        ("period", {"start": "2026-03-02", "end": "2026-03-01"}),
        ("period", {"start": "0000-01-01", "end": "2026-03-01"}),
        ("period", {"start": "2026-01-01", "end": "10000-01-01"}),
        ("search", 1), ("search", ["a"]), ("search", "a\0b"), ("search", "a" * 1001),
    ],
)  # fmt: skip
def test_p_dv_09_values_of_a_wrong_type_or_size_are_refused(
    name: str, value: object, world: World, embed_client: Client
) -> None:
    answer = data(embed_client, world.a.token(), variables=json.dumps({name: value}))
    assert (answer.status_code, code_of(answer)) == (400, "variable_invalid")


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize(
    "text", ["[]", "1", '"x"', "{", '{"least": NaN}', '{"least": 1, "least": 2}', "x" * 1000, f'{{"least": {10**20}}}']
)
def test_variables_that_are_no_json_object_are_refused(text: str, world: World, embed_client: Client) -> None:
    assert data(embed_client, world.a.token(), variables=text).status_code == 400


def test_a_period_includes_its_last_day(world: World, embed_client: Client) -> None:
    open_up()
    period = {"period": {"start": "2026-01-15", "end": "2026-02-15"}}
    rows = columns(data(embed_client, world.a.token(), variables=json.dumps(period)))
    assert rows["note"] == ["CANARY-tradewind-acme-0", "CANARY-tradewind-acme-1"]


@calls
def test_p_dv_02_another_customer_cannot_be_named(call: Surface, world: World, embed_client: Client) -> None:
    for name in ("cst", "customer", "customer_id", "tenant_id", "org", "organization", "workspace_id"):
        answer = call(embed_client, world.a.token(), **{name: "globex"})
        assert answer.status_code == 400, name
        assert_clean(answer, world, "tradewind", None)
        answer = call(embed_client, world.a.token(), variables=json.dumps({name: "globex"}))
        assert answer.status_code == 400, name
    headers = {"Authorization": f"Bearer {world.a.token()}", "X-Customer": "globex", "X-Tenant-ID": "globex"}
    answer = embed_client.generic(
        "GET", "/data/explo_jwe/panels/rows", '{"cst": "globex"}', content_type="application/json", headers=headers
    )
    assert "CANARY-tradewind-acme-0" in assert_clean(answer, world, "tradewind", "acme")


def test_p_dv_02_parameters_on_the_address_change_nothing(world: World, embed_client: Client) -> None:
    answer = page(embed_client, world.a.token(), cst="globex", customer_id="globex", tenant_id="globex", org="2")
    assert "CANARY-tradewind-acme-0" in assert_clean(answer, world, "tradewind", "acme")


@calls
@pytest.mark.parametrize("panel", ["1 OR 1=1", "-1", "100000000000000000000", "nowhere", "rows'", "ROWS", "%2e%2e"])
def test_p_dv_01_other_panels_are_not_found(panel: str, call: Surface, world: World, embed_client: Client) -> None:
    answer = call(embed_client, world.a.token(), panel=panel)
    assert (answer.status_code, code_of(answer)) == (404, "not_found")


def test_p_dv_01_a_token_reaches_the_panels_of_its_own_dashboard_only(world: World, embed_client: Client) -> None:
    document = world.a.dashboards["ops"].versions.get()
    document.document["panels"][0]["id"] = "only-ops"
    type(document).objects.filter(id=document.id).update(document=document.document)
    assert data(embed_client, world.a.token(dashboard="ops"), panel="only-ops").status_code == 200
    assert data(embed_client, world.a.token(dashboard="sales"), panel="only-ops").status_code == 404
    assert data(embed_client, world.b.token("acme"), panel="only-ops").status_code == 404


def test_a_right_in_the_token_overrules_the_dashboards_default(world: World, embed_client: Client) -> None:
    may = world.a.token(rts=["variables"])
    assert total(embed_client, may, region="North") == 100
    open_up()
    may_not = world.a.token(rts=[])
    assert data(embed_client, may_not, panel="total", variables='{"region": "North"}').status_code == 403
    assert card(embed_client, may_not, panel="total").status_code == 200
