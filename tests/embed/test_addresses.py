"""How each vendor's address names things beside the token, and what happens when they disagree."""

import json
import time
from base64 import b64encode, urlsafe_b64decode
from dataclasses import replace
from urllib.parse import quote

import pytest
from django.test import Client

from dashboards.as_code import load
from dashboards.lists import bind_secret
from dashboards.models import Dashboard
from dashboards.services import save_version
from embed import inspector
from embed.models import Embed
from secrets_admin.access import SYSTEM
from secrets_admin.feed import feed
from tests.embed.every_format import Way
from tests.embed.surfaces import assert_clean, code_of, masked, text_of
from tests.tokens.makers import MAKERS, Claims, Papermap
from tests.world import World, canary
from tokens.errors import Reason

PAPERMAP = Papermap()


def shows(answer: object, world: World, customer: str) -> bool:
    body = assert_clean(answer, world, "tradewind", customer)  # type: ignore[arg-type]  # what the client answered
    return canary("tradewind", customer, 0) in body


def test_chartio_takes_its_token_in_the_path_and_in_two_parameters(world: World, embed_client: Client) -> None:
    token = world.a.token_of("chartio_jwt", "globex")
    base, board = "/d/tradewind/sales", world.a.dashboards["sales"]
    for address in (
        f"{base}/{token}",
        f"{base}/?embed_token={token}",
        f"{base}?embed_token={token}",
        f"{base}/?token={token}",
        f"{base}/{token}?embed_token={token}",
        f"/d/{board.id}/{token}",
    ):
        assert shows(embed_client.get(address), world, "globex"), address
    assert Embed.objects.count() == 1


#: Each place of an address that holds a token, by format: ``{}`` twice is one address with two tokens.
PLACES = {
    "chartio_jwt": (
        "/d/tradewind/sales/{}?embed_token={}",
        "/d/tradewind/sales/{}?token={}",
        "/d/{id}/{}?token={}",
        "/d/tradewind/sales/?embed_token={}&token={}",
        "/d/tradewind/sales/?embed_token={}&embed_token={}",
        "/d/tradewind/sales?token={}&token={}",
    ),
    "papermap_hmac": ("/embedded/dashboard?embedded-token={}&embedded-token={}",),
}
PLACED = [(format, place) for format, places in PLACES.items() for place in places]


@pytest.mark.parametrize(("format", "place"), PLACED, ids=[place for _, place in PLACED])
def test_two_tokens_in_one_address_that_differ_are_refused_wherever_they_stand(
    format: str, place: str, world: World, embed_client: Client
) -> None:
    good, other = world.a.token_of(format, "acme"), world.a.token_of(format, "globex")
    board = world.a.dashboards["sales"].id
    for pair in ((good, other), (other, good), ("zzz", good), (good, "zzz")):
        address = place.format(*pair, id=board)
        answer = embed_client.get(address)
        assert (answer.status_code, code_of(answer)) == (400, "token_claims"), pair
        assert_clean(answer, world, "tradewind", None)
        finding = inspector.inspect(f"https://embed.test{address}", world.a.organization)
        assert finding.outcome.error is not None
        assert finding.outcome.error.reason is Reason.CLAIM_INVALID
        assert "two tokens that differ" in " ".join(finding.notes.values())
    assert not Embed.objects.exists()
    assert shows(embed_client.get(place.format(good, good, id=board)), world, "acme")
    assert shows(embed_client.get(place.format(good, "", id=board)), world, "acme")


def test_p_ts_05_slugs_and_ids_that_disagree_with_the_token_are_not_found(world: World, embed_client: Client) -> None:
    token, ops = world.a.token_of("chartio_jwt"), world.a.dashboards["ops"]
    absent = masked(embed_client.get(f"/d/nobody/nothing/{token}"))
    assert absent[0] == 404
    for address in (
        f"/d/northwind/sales/{token}",
        f"/d/tradewind/ops/{token}",
        f"/d/Tradewind/sales/{token}",
        f"/d/tradewind/SALES/{token}",
        f"/d/tradewind/s%61les%20/{token}",
        f"/d/{ops.id}/{token}",
        f"/d/999999/{token}",
    ):
        assert masked(embed_client.get(address)) == absent, address
    assert shows(embed_client.get(f"/d/tradewind/s%61les/{token}"), world, "acme")


def test_p_ts_05_a_token_that_names_another_organization_is_not_authentic(world: World, embed_client: Client) -> None:
    way = Way("chartio_jwt", "page")
    world.b.token_of("chartio_jwt")
    for changes in ({"organization": world.b.organization.id}, {"organization": "1"}, {"organization": True}):
        token = world.a.token_of("chartio_jwt", **changes)
        assert way.open(embed_client, world.a, token).status_code == 401
    maker, key = MAKERS["chartio_jwt"], world.a.key_of("chartio_jwt")
    claims = maker.claims(key, world.a.wanted(), time.time())
    foreign = maker.seal({**claims, "dashboard": world.b.dashboards["sales"].id}, key)
    assert way.open(embed_client, world.a, foreign).status_code == 404


@pytest.mark.parametrize("env", [[], "x", 1, None, {f"v{number}": 1 for number in range(500)}])
def test_p_ts_10_an_env_of_an_odd_shape_is_refused(env: object, world: World, embed_client: Client) -> None:
    for surface in ("page", "data"):
        answer = Way("chartio_jwt", surface).open(embed_client, world.a, world.a.token_of("chartio_jwt", env=env))
        assert answer.status_code == (414 if surface == "page" and isinstance(env, dict) else 400) or (
            answer.status_code == 401
        )
        assert_clean(answer, world, "tradewind", None)


@pytest.mark.parametrize("format", ["chartio_jwt", "metabase_jwt", "explo_jwe"])
def test_p_ts_10_undeclared_names_and_values_of_a_wrong_type_are_refused(
    format: str, world: World, embed_client: Client
) -> None:
    name = {"chartio_jwt": "env", "metabase_jwt": "params", "explo_jwe": "var"}[format]
    good = {"CUSTOMER": "acme", "floor": 0, "secret_floor": 0}
    # Metabase writes one value as a list too.
    lists: list[Claims] = [] if format == "metabase_jwt" else [{"search": ["x"]}]
    wrongs: list[Claims] = [{"nobody": 1}, {"least": "5"}, {"floor": "5"}, {"region": "Mars"}, {"floor": {}}, *lists]
    for wrong in wrongs:
        changes: Claims = {name: {**good, **wrong}}
        token = world.a.token_of(format, "acme", "sales", **changes)
        for surface in ("page", "data", "export"):
            answer = Way(format, surface).open(embed_client, world.a, token)
            assert answer.status_code == 400, (wrong, surface)
            assert_clean(answer, world, "tradewind", None)


def test_chartio_s_hidden_variables_are_locked_and_visible_ones_are_defaults(
    world: World, embed_client: Client
) -> None:
    board = world.a.dashboards["sales"]
    token = world.a.token_of("chartio_jwt", env={"CUSTOMER": "acme", "secret_floor": 1000, "region": "North"})
    way = Way("chartio_jwt", "data")
    assert _total(way, embed_client, world, token) is None
    floor = json.dumps({"secret_floor": 0})
    assert way.open(embed_client, world.a, token, variables=floor).status_code == 403
    assert way.open(embed_client, world.a, token, variables=json.dumps({"region": "South"})).status_code == 403
    Dashboard.objects.filter(id=board.id).update(viewers_may_apply_variables=True)
    feed.reset()
    assert way.open(embed_client, world.a, token, variables=floor).status_code == 403
    assert way.open(embed_client, world.a, token, variables=json.dumps({"region": "South"})).status_code == 200
    assert way.open(embed_client, world.a, token, variables=json.dumps({"CUSTOMER": "globex"})).status_code == 403


def _total(way: Way, client: Client, world: World, token: str) -> object:
    path = f"/data/{way.format}/panels/total"
    answer = client.get(path, headers={"Authorization": f"Bearer {token}"})
    return json.loads(text_of(answer))["data"]["columns"][0]["values"][0]


def test_a_customer_variable_takes_a_whole_number_and_no_other_number(world: World, embed_client: Client) -> None:
    way = Way("chartio_jwt", "data")
    for value, status in ((7, 404), (True, 400), (7.0, 400), ("7", 404), ([7], 400)):
        token = world.a.token_of("chartio_jwt", env={"CUSTOMER": value})
        assert way.open(embed_client, world.a, token).status_code == status, value


def test_papermap_tokens_open_in_every_base64_spelling_and_count_once(world: World, embed_client: Client) -> None:
    token = world.a.token_of("papermap_hmac", "globex")
    data = urlsafe_b64decode(token)
    standard = b64encode(data).decode()
    for spelling in (token, token.rstrip("="), standard, standard.rstrip("="), standard.replace("+", " ")):
        answer = embed_client.get("/embedded/dashboard", {"embedded-token": spelling})
        assert shows(answer, world, "globex"), spelling
    raw = quote(standard, safe="+=/")
    assert shows(embed_client.get(f"/embedded/dashboard?embedded-token={raw}"), world, "globex")
    board, workspace = world.a.dashboards["sales"], world.a.workspace
    basic = f"?embedded-token={token}&workspace-id={workspace.id}&dashboard-id={board.embed_id}"
    assert shows(embed_client.get(f"/embedded/dashboard{basic}"), world, "globex")
    assert Embed.objects.count() == 1


def test_a_papermap_token_in_the_vendor_s_short_form_needs_a_bound_secret(world: World, embed_client: Client) -> None:
    secret, key, way = world.a.secret_of("papermap_hmac"), world.a.key_of("papermap_hmac"), Way("papermap_hmac", "page")
    claims = PAPERMAP.claims(key, world.a.wanted(), time.time())
    short = PAPERMAP.legacy(claims, key)
    assert way.open(embed_client, world.a, short).status_code == 401
    bind_secret(secret, world.a.customers["acme"], [world.a.dashboards["sales"]], actor=SYSTEM)
    feed.reset()
    assert shows(way.open(embed_client, world.a, short), world, "acme")
    nameless = {name: value for name, value in claims.items() if name != "tenant_id"}
    assert shows(way.open(embed_client, world.a, PAPERMAP.legacy(nameless, key)), world, "acme")
    ops = str(world.a.dashboards["ops"].embed_id)
    odd: list[Claims] = [{"dashboard_id": []}, {"dashboard_id": {}}, {"tenant_id": []}]
    for change in ({"tenant_id": "globex"}, {"dashboard_id": ops}, {"tenant_id": ""}, {"role": "x"}, *odd):
        answer = way.open(embed_client, world.a, PAPERMAP.legacy({**claims, **change}, key))
        assert answer.status_code == 401, change
        assert_clean(answer, world, "tradewind", None)


def test_a_bound_secret_opens_nothing_else_in_the_safe_form_either(world: World, embed_client: Client) -> None:
    secret, way = world.a.secret_of("papermap_hmac"), Way("papermap_hmac", "page")
    bind_secret(secret, world.a.customers["acme"], [world.a.dashboards["sales"]], actor=SYSTEM)
    feed.reset()
    assert shows(way.open(embed_client, world.a, world.a.token_of("papermap_hmac")), world, "acme")
    for token in (world.a.token_of("papermap_hmac", "globex"), world.a.token_of("papermap_hmac", "acme", "ops")):
        assert way.open(embed_client, world.a, token).status_code == 404


def test_a_tag_shows_the_listed_dashboards_and_its_default(world: World, embed_client: Client) -> None:
    token, path = world.a.token_of("viasocket_jwt"), "/data/viasocket_jwt/panels/rows"
    headers = {"Authorization": f"Bearer {token}"}
    boards = {slug: str(board.embed_id) for slug, board in world.a.dashboards.items()}
    assert embed_client.get(path, headers=headers).status_code == 200
    for slug in ("sales", "ops"):
        assert embed_client.get(path, {"dashboard": boards[slug]}, headers=headers).status_code == 200
    for other in (str(world.b.dashboards["sales"].embed_id), "sales", "x", "0"):
        assert embed_client.get(path, {"dashboard": other}, headers=headers).status_code == 404
    world.a.workspace.tag_dashboards.all().delete()
    feed.reset()
    assert embed_client.get(path, headers=headers).status_code == 404


def test_a_viasocket_token_names_its_customer_once(world: World, embed_client: Client) -> None:
    way = Way("viasocket_jwt", "data")
    renamed = world.a.token_of("viasocket_jwt", user_id=..., unique_identifier="globex")
    assert shows(way.open(embed_client, world.a, renamed), world, "globex")
    both = world.a.token_of("viasocket_jwt", unique_identifier="acme")
    assert shows(way.open(embed_client, world.a, both), world, "acme")
    for changes in ({"unique_identifier": "globex"}, {"org_id": world.a.organization.id}, {"org_id": "01"}):
        assert way.open(embed_client, world.a, world.a.token_of("viasocket_jwt", **changes)).status_code in (400, 401)


def test_a_superset_token_opens_each_of_its_dashboards_and_no_other(world: World, embed_client: Client) -> None:
    boards = {slug: str(board.embed_id) for slug, board in world.a.dashboards.items()}
    both = [{"type": "dashboard", "id": boards["sales"]}, {"type": "dashboard", "id": boards["ops"]}]
    token, path = world.a.token_of("superset_guest", resources=both), "/data/superset_guest/panels/rows"
    headers = {"Authorization": f"Bearer {token}"}
    for slug in ("sales", "ops"):
        assert embed_client.get(path, {"dashboard": boards[slug]}, headers=headers).status_code == 200
    alone = {"Authorization": f"Bearer {world.a.token_of('superset_guest')}"}
    for other in (boards["ops"], str(world.b.dashboards["sales"].embed_id)):
        assert embed_client.get(path, {"dashboard": other}, headers=alone).status_code == 404


RULES = [
    "1=1",
    "cst = 'acme' OR 1=1",
    "cst = 'acme'--",
    "cst = 'acme';",
    "cst IN ('acme', 'globex')",
    "cst = acme",
    'cst = "acme"',
    "lower(cst) = 'acme'",
    "orders.cst = 'acme'",
    "region = 'acme'",
    "note = 'acme'",
    "CST = 'acme'",
    "cst = 'acme' AND 1=1",
    "cst = ‘acme’",
    "'acme' = cst",
    "",
]


def test_superset_rules_are_one_equality_on_the_scope_s_column(world: World, embed_client: Client) -> None:
    way = Way("superset_guest", "data")
    for clause in RULES:
        token = world.a.token_of("superset_guest", rls_rules=[{"clause": clause}])
        answer = way.open(embed_client, world.a, token)
        assert answer.status_code == 400, clause
        assert_clean(answer, world, "tradewind", None)
    good = {"clause": "cst = 'acme'"}
    odd: list[object] = [[good, good], [], None, {}, [{**good, "dataset": 1}], [[]], ["cst = 'acme'"]]
    for rules in odd:
        token = world.a.token_of("superset_guest", rls_rules=rules)
        assert way.open(embed_client, world.a, token).status_code == 400, rules
    spaced = world.a.token_of("superset_guest", rls_rules=[{"clause": " \"cst\"  =  'globex' "}])
    assert shows(way.open(embed_client, world.a, spaced), world, "globex")


def test_metabase_tokens_must_set_every_locked_variable(world: World, embed_client: Client) -> None:
    way, good = Way("metabase_jwt", "data"), {"CUSTOMER": "acme", "floor": 0, "secret_floor": 0}
    for params in ({**good, "floor": None}, {**good, "floor": ""}, {**good, "floor": []}, {"CUSTOMER": "acme"}, {}):
        token = world.a.token_of("metabase_jwt", params=params)
        assert way.open(embed_client, world.a, token).status_code == 400, params
    assert way.open(embed_client, world.a, world.a.token_of("metabase_jwt", params=...)).status_code == 400
    odd: list[object] = [{"question": 1}, {"dashboard": "1"}, {}, [], None, {"dashboard": 10**12}]
    for resource in odd:
        token = world.a.token_of("metabase_jwt", resource=resource)
        assert way.open(embed_client, world.a, token).status_code == 401, resource


def test_a_customer_token_counts_one_embed_per_page(world: World, embed_client: Client) -> None:
    way, token = Way("customer_token", "page"), world.a.token_of("customer_token")
    for opened in (1, 2, 3):
        assert shows(way.open(embed_client, world.a, token), world, "acme")
        assert Embed.objects.count() == opened
    assert Way("customer_token", "data").open(embed_client, world.a, token).status_code == 200
    assert Embed.objects.count() == 3


def test_a_customer_token_opens_no_dashboard_of_another_organization(world: World, embed_client: Client) -> None:
    token, foreign = world.a.token_of("customer_token"), world.b.dashboards["sales"].embed_id
    assert embed_client.get(f"/iframe/{foreign}/{token}").status_code == 404
    assert embed_client.get(f"/iframe/{world.a.dashboards['sales'].embed_id}/{token}/staging").status_code == 404
    assert shows(embed_client.get(f"/iframe/{world.a.dashboards['sales'].embed_id}/{token}/prod"), world, "acme")


def test_a_workspace_may_refuse_customer_tokens(world: World, embed_client: Client) -> None:
    way, token = Way("customer_token", "page"), world.a.token_of("customer_token")
    unknown = masked(way.open(embed_client, world.a, "0" * 64))
    world.a.workspace.customer_tokens_enabled = False
    world.a.workspace.save()
    feed.reset()
    for surface in ("page", "data"):
        assert Way("customer_token", surface).open(embed_client, world.a, token).status_code == 401
    assert masked(way.open(embed_client, world.a, token)) == unknown


@pytest.mark.parametrize("format", ["explo_jwe", "chartio_jwt", "papermap_hmac", "metabase_jwt", "customer_token"])
def test_the_address_after_load_asks_for_a_token(format: str, world: World, embed_client: Client) -> None:
    token = world.a.token_of(format)
    body = text_of(Way(format, "page").open(embed_client, world.a, token))
    board = world.a.dashboards["sales"]
    after = {
        "explo_jwe": "/iframe/-",
        "customer_token": f"/iframe/{board.embed_id}/-",
        "chartio_jwt": "/d/tradewind/sales/-",
        "papermap_hmac": "/embedded/dashboard?embedded-token=-",
        "metabase_jwt": "/embed/dashboard/-",
    }[format]
    assert token not in body
    asks = embed_client.get(after)
    assert asks.status_code == 200
    assert "data-ask" in text_of(asks)


NAMELESS = """
title: Nameless
slug: nameless
panels:
  - {{id: rows, type: table, title: Rows, width: 12, source: warehouse, sql: "SELECT {column} FROM {table}",
     encoding: {{columns: [{{name: {column}}}]}}}}
"""


@pytest.mark.parametrize("format", ["chartio_jwt", "metabase_jwt"])
def test_without_a_customer_variable_only_shared_tables_answer(format: str, world: World, embed_client: Client) -> None:
    name = {"chartio_jwt": "env", "metabase_jwt": "params"}[format]
    for column, table, status in (("zone", "tradewind.regions", 200), ("note", "tradewind.orders", 400)):
        board = save_version(world.a.organization, load(NAMELESS.format(column=column, table=table)))
        feed.reset()
        wanted, changes = replace(world.a.wanted(), dashboard_id=board.id), Claims({name: {}})
        token = MAKERS[format].token(world.a.key_of(format), wanted, time.time(), **changes)
        answer = embed_client.get(f"/data/{format}/panels/rows", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == status, table
        assert_clean(answer, world, "tradewind", None)
