"""Guest tokens that a backend asks for as at Superset: whom they open what for, and everything that makes none."""

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from embed import inspector
from embed.models import Embed
from embed.stages import Stage
from embedhost.lib import journal
from secrets_admin.access import SYSTEM
from secrets_admin.feed import feed
from secrets_admin.models import EmbedSecret, Organization
from secrets_admin.services import reset_secret
from secrets_admin.workspaces import set_token_lifetime
from tests.embed.superset import (
    GUEST,
    LOGIN,
    access,
    claims_of,
    guest,
    minted,
    new_key,
    order,
    rows,
    send,
    told,
)
from tests.embed.surfaces import assert_clean, code_of, masked
from tests.world import World, add_dashboard
from tokens.urls import MAX_URL


@pytest.fixture
def secret(world: World) -> EmbedSecret:
    """Alice's workspace has a secret of the Superset format."""
    return world.a.secret_of("superset_guest")


def test_a_guest_token_opens_the_dashboard_for_its_customer_alone(
    world: World, embed_client: Client, secret: EmbedSecret
) -> None:
    token = told(guest(embed_client, world.a))["token"]
    claims = claims_of(token)
    assert claims["type"] == "guest"
    assert claims["exp"] - claims["iat"] == 300
    assert claims["user"] == {"username": "viewer-7"}
    assert claims["rls_rules"] == [{"clause": "cst = 'acme'"}]
    answer = rows(embed_client, token, world.a.dashboards["sales"])
    assert answer.status_code == 200
    assert "CANARY-tradewind-acme-0" in assert_clean(answer, world, "tradewind", "acme")
    assert rows(embed_client, token, world.a.dashboards["ops"]).status_code == 404


def test_a_guest_token_is_in_the_mint_log_and_counts_no_embed(
    world: World, embed_client: Client, secret: EmbedSecret
) -> None:
    key, value = new_key(world.a, "mint")
    token = told(send(embed_client, LOGIN, {"username": key.key_id, "password": value}))["access_token"]
    told(guest(embed_client, world.a, key=token))
    (record,) = minted()
    assert (record.organization_id, record.key_id) == (world.a.organization.id, key.key_id)
    assert (record.external_id, record.lifetime) == ("acme", 300)
    assert record.dashboard_id == world.a.dashboards["sales"].id
    assert not Embed.objects.exists()


def test_a_guest_token_for_twenty_dashboards_opens_each_of_them_though_no_address_had_room_for_it(
    world: World, embed_client: Client, secret: EmbedSecret
) -> None:
    boards = [add_dashboard(world.a.organization, f"board{number}", f"Board {number}") for number in range(20)]
    feed.reset()
    resources = [{"type": "dashboard", "id": str(board.embed_id)} for board in boards]
    user = {"username": "first.last@customer.example.com"}
    token = told(guest(embed_client, world.a, resources=resources, user=user))["token"]
    assert len(token) > MAX_URL
    for board in (boards[0], boards[19]):
        assert "CANARY-tradewind-acme-0" in assert_clean(rows(embed_client, token, board), world, "tradewind", "acme")
    assert rows(embed_client, token, world.a.dashboards["sales"]).status_code == 404
    finding = inspector.inspect(token, world.a.organization)
    assert finding.outcome.error is None
    assert f"{len(token):,} of 8,000 characters" in finding.notes[Stage.FORMAT]


def test_a_guest_token_may_be_for_several_dashboards(world: World, embed_client: Client, secret: EmbedSecret) -> None:
    sales, ops = world.a.dashboards["sales"], world.a.dashboards["ops"]
    resources = [{"type": "dashboard", "id": str(board.embed_id)} for board in (sales, ops, sales)]
    token = told(guest(embed_client, world.a, resources=resources))["token"]
    assert [rows(embed_client, token, board).status_code for board in (sales, ops)] == [200, 200]
    assert {record.dashboard_id for record in minted()} == {sales.id, ops.id}


def test_a_guest_token_never_outlives_the_workspaces_ceiling(
    world: World, embed_client: Client, secret: EmbedSecret
) -> None:
    set_token_lifetime(world.a.workspace, 120, actor=SYSTEM)
    feed.reset()
    claims = claims_of(told(guest(embed_client, world.a))["token"])
    assert claims["exp"] - claims["iat"] == 120


@pytest.mark.parametrize(
    "clause",
    ["cst = 'acme'", "cst='acme'", "  cst =  'acme' ", "\"cst\" = 'acme'"],
    ids=["plain", "tight", "wide", "quoted"],
)
def test_a_rule_names_the_customer_by_one_equality(
    world: World, embed_client: Client, secret: EmbedSecret, clause: str
) -> None:
    token = told(guest(embed_client, world.a, clause=clause))["token"]
    assert claims_of(token)["rls_rules"] == [{"clause": "cst = 'acme'"}]


def test_a_user_is_optional_and_unknown_members_are_ignored(
    world: World, embed_client: Client, secret: EmbedSecret
) -> None:
    key = access(embed_client, world.a, "mint")
    body = order(world.a, aud="x", exp=99999999999, lifetime=86400, type="admin", rls_rules=[{"clause": "1=1"}])
    rule = {"clause": "cst = 'acme'", "id": 7, "dataset": None}
    for user in (None, {}, {"username": ""}, {"username": None}):
        claims = claims_of(told(send(embed_client, GUEST, {**body, "user": user, "rls": [rule]}, key))["token"])
        assert claims["exp"] - claims["iat"] == 300
        assert claims["rls_rules"] == [{"clause": "cst = 'acme'"}]
    del body["user"]
    assert told(send(embed_client, GUEST, body, key))["token"]


#: Rules that are SQL, that name nobody, or that say more than one thing.
NO_RULES: list[object] = [
    "1=1",
    "1 = 1",
    "",
    " ",
    "cst",
    "cst = acme",
    "cst = ''",
    "cst = 'acme' OR 1=1",
    "cst = 'acme' OR '1'='1'",
    "cst = 'acme' AND region = 'North'",
    "cst = 'acme'--",
    "cst = 'acme' -- ",
    "cst = 'acme' /* x */",
    "/**/cst = 'acme'",
    "cst = 'acme';",
    "cst = 'acme'; DROP TABLE orders",
    "cst = 'acme\\' OR 1=1 --'",
    "cst = 'acme'''",
    "cst = '''' OR 1=1 --'",
    "cst IN ('acme')",
    "cst IN ('acme', 'globex')",
    "cst LIKE 'acme'",
    "cst = 'acme' COLLATE nocase",
    "cst != 'globex'",
    "cst <> 'globex'",
    "cst >= 'acme'",
    "cst IS NOT NULL",
    "NOT cst = 'globex'",
    "lower(cst) = 'acme'",
    "cst = lower('ACME')",
    "cst = concat('ac', 'me')",
    "cst = (SELECT 'acme')",
    "cst = $1",
    "cst = :x",
    "cst = E'acme'",
    "cst = N'acme'",
    "cst = X'61636d65'",
    "cst = $$acme$$",
    'cst = "acme"',
    "cst = `acme`",
    "`cst` = 'acme'",
    "[cst] = 'acme'",
    "o.cst = 'acme'",
    "'acme' = cst",
    "cst = 'acme' = 'acme'",
    "(cst = 'acme')",
    "cst = ‘acme’",
    "cst = 'acme’",
    "cst = ＇acme＇",
    "cst ＝ 'acme'",
    "ｃｓｔ = 'acme'",
    "cst = 'acme\u0000'",
    "cst = '\u200bacme'",
    "cst = ' acme'",
    "cst = 'ACME'",
    "cst = 'аcme'",
    "cst = 'nobody'",
    "cst = 'initech'",
    "cst = '%'",
    "region = 'acme'",
    "id = '1'",
    "CST = 'acme'",
    "customer_id = 'acme'",
    "{{ cst }} = 'acme'",
    None,
    1,
    True,
    ["cst = 'acme'"],
    {"cst": "acme"},
]


def test_no_other_sql_is_taken_and_nothing_is_minted(world: World, embed_client: Client, secret: EmbedSecret) -> None:
    key = access(embed_client, world.a, "mint")
    for clause in NO_RULES:
        answer = guest(embed_client, world.a, key=key, clause=clause)
        assert (answer.status_code, code_of(answer)) == (400, "token_claims"), clause
        text = assert_clean(answer, world, "tradewind", None)
        assert "token" not in json.loads(text)
        assert not isinstance(clause, str) or len(clause) < 6 or clause not in json.loads(text)["message"]
    assert minted() == []


def test_exactly_one_rule_for_all_tables_is_taken(world: World, embed_client: Client, secret: EmbedSecret) -> None:
    key, acme = access(embed_client, world.a, "mint"), {"clause": "cst = 'acme'"}
    wrong: list[object] = [
        [],
        None,
        {},
        acme,
        "cst = 'acme'",
        [acme, acme],
        [acme, {"clause": "cst = 'globex'"}],
        [acme, {"clause": "1=1"}],
        [{**acme, "dataset": 1}],
        [{**acme, "dataset": "orders"}],
        [{"dataset": 1}],
        [{}],
        [None],
        [["cst = 'acme'"]],
        ["cst = 'acme'"],
    ]
    for rules in wrong:
        answer = guest(embed_client, world.a, key=key, rls=rules)
        assert (answer.status_code, code_of(answer)) == (400, "token_claims"), rules
    missing = order(world.a)
    del missing["rls"]
    assert send(embed_client, GUEST, missing, key).status_code == 400
    assert minted() == []


def test_only_living_dashboards_of_the_keys_organization_are_taken(
    world: World, embed_client: Client, secret: EmbedSecret
) -> None:
    key, sales = access(embed_client, world.a, "mint"), str(world.a.dashboards["sales"].embed_id)
    world.b.secret_of("superset_guest")
    foreign, nobodys = str(world.b.dashboards["sales"].embed_id), "00000000-0000-4000-8000-000000000000"
    good = {"type": "dashboard", "id": sales}
    answers = [
        guest(embed_client, world.a, key=key, resources=[{"type": "dashboard", "id": name}])
        for name in (foreign, nobodys, sales.upper(), "1", "sales", f" {sales}", "\x00", "' OR 1=1 --")
    ]
    answers += [guest(embed_client, world.a, key=key, resources=[good, {"type": "dashboard", "id": foreign}])]
    assert {(answer.status_code, code_of(answer)) for answer in answers} == {(400, "token_claims")}
    assert masked(answers[0])[:2] == masked(answers[1])[:2]
    broken: list[object] = [
        [],
        None,
        {},
        sales,
        [sales],
        [{"id": sales}],
        [{"type": "dataset", "id": sales}],
        [{"type": "dashboard"}],
        [{"type": "dashboard", "id": 1}],
        [{"type": "dashboard", "id": ""}],
        [{"type": "dashboard", "id": [sales]}],
        [{"type": "dashboard", "id": f"{sales}{number}"} for number in range(21)],
    ]
    for resources in broken:
        assert guest(embed_client, world.a, key=key, resources=resources).status_code == 400, resources
    for user in ("viewer", ["viewer"], 1, {"username": 1}, {"username": "a\x00"}, {"username": "x" * 300}):
        assert guest(embed_client, world.a, key=key, user=user).status_code == 400, user
    assert minted() == []


def test_another_organizations_key_makes_nothing_of_alices(
    world: World, embed_client: Client, secret: EmbedSecret
) -> None:
    world.b.secret_of("superset_guest")
    theirs = access(embed_client, world.b, "mint")
    answer = guest(embed_client, world.a, key=theirs)
    assert answer.status_code == 400
    assert_clean(answer, world, "tradewind", None)
    mixed = order(world.b, resources=order(world.a)["resources"])
    assert send(embed_client, GUEST, mixed, theirs).status_code == 400
    assert minted() == []


def test_a_key_without_the_scope_makes_nothing(world: World, embed_client: Client, secret: EmbedSecret) -> None:
    answer = guest(embed_client, world.a, key=access(embed_client, world.a, "read", "write", "customer_tokens"))
    assert (answer.status_code, code_of(answer)) == (403, "forbidden")
    assert minted() == []


def test_without_an_active_secret_of_the_format_nothing_is_made(world: World, embed_client: Client) -> None:
    answer = guest(embed_client, world.a)
    assert (answer.status_code, code_of(answer)) == (400, "token_claims")
    assert "no active embed secret" in told(answer, 400)["message"]


def test_after_a_reset_the_new_secret_makes_them(world: World, embed_client: Client, secret: EmbedSecret) -> None:
    before = told(guest(embed_client, world.a))["token"]
    reset_secret(secret, actor=SYSTEM)
    feed.reset()
    after = told(guest(embed_client, world.a))["token"]
    sales = world.a.dashboards["sales"]
    assert [rows(embed_client, token, sales).status_code for token in (before, after)] == [401, 200]


def test_while_embedding_is_off_nothing_is_made(world: World, embed_client: Client, secret: EmbedSecret) -> None:
    Organization.objects.update(embedding_enabled=False)
    feed.reset()
    answer = guest(embed_client, world.a)
    assert (answer.status_code, code_of(answer)) == (403, "forbidden")
    assert minted() == []


def test_a_guest_token_is_not_given_out_when_the_log_cannot_be_written(
    world: World, embed_client: Client, secret: EmbedSecret, settings: Settings, tmp_path: Any
) -> None:
    key = access(embed_client, world.a, "mint")
    blocked = tmp_path / "a file where the folder should be"
    blocked.write_text("")
    settings.JOURNAL_DIR = blocked / "journal"
    journal.forget()
    answer = guest(embed_client, world.a, key=key)
    assert (answer.status_code, code_of(answer)) == (503, "service_unavailable")
    assert "token" not in json.loads(answer.getvalue())


def test_a_holder_of_a_guest_token_is_told_who_they_are(
    world: World, embed_client: Client, secret: EmbedSecret
) -> None:
    token = told(guest(embed_client, world.a))["token"]
    for path in ("/api/v1/me/roles/", "/api/v1/me/roles"):
        result = told(embed_client.get(path, headers={"X-GuestToken": token}))["result"]
        assert (result["username"], result["roles"]) == ("viewer-7", {"Guest": []})
    wrong = [world.a.token_of(name) for name in ("explo_jwe", "metabase_jwt", "chartio_jwt")]
    for each in ("", "x", token[:-2], *wrong):
        answer = embed_client.get("/api/v1/me/roles/", headers={"X-GuestToken": each})
        assert (answer.status_code, code_of(answer)) == (401, "token_invalid")
    assert embed_client.get("/api/v1/me/roles/", headers={"Authorization": f"Bearer {token}"}).status_code == 401
