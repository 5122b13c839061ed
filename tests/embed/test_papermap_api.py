"""Papermap's calls: for whom a backend gets which token, and what each tenant used."""

import time
from datetime import UTC, date, datetime

import pytest
from django.http import HttpResponseBase
from django.test import Client

from customers.services import delete_customer
from dashboards.lists import set_customer_dashboards
from embed.models import Embed
from embed.usage_models import DayUsage, MintRecord
from embedhost.lib import journal
from secrets_admin import api_keys
from secrets_admin.access import SYSTEM
from secrets_admin.api_key_services import SCOPES, create_api_key, revoke_api_key
from secrets_admin.feed import feed
from secrets_admin.workspaces import set_token_lifetime
from tests.embed.explo import new_key
from tests.embed.papermap import GENERATE, IFRAME_TOKEN, fields_of, get, post, told, usage_of
from tests.embed.surfaces import assert_clean, code_of, masked
from tests.world import Tenant, World

SHORT = IFRAME_TOKEN[1]


def _give(tenant: Tenant, customer: str = "acme", *slugs: str) -> None:
    """Say which dashboards a customer has, the first one its default."""
    boards = [tenant.dashboards[slug] for slug in slugs or ("sales",)]
    set_customer_dashboards(tenant.customers[customer], boards, default=boards[0], actor=SYSTEM)


@pytest.fixture
def key(world: World) -> str:
    """A key that mints, for a workspace whose customer acme has the dashboard "sales"."""
    _give(world.a)
    return new_key(world.a, "mint")


def _body(world: World, **changes: object) -> dict[str, object]:
    return {"tenant_id": "acme", "workspace_id": world.a.workspace.id, **changes}


def _ask(client: Client, world: World, key: str, **changes: object) -> HttpResponseBase:
    return post(client, key, SHORT, _body(world, **changes))


def _page(client: Client, token: str) -> HttpResponseBase:
    return client.get("/embedded/dashboard", {"embedded-token": token})


def _embed_id(tenant: Tenant, slug: str) -> str:
    return str(tenant.dashboards[slug].embed_id)


def test_both_paths_and_both_casings_give_a_token_that_opens_the_tenants_dashboard(
    world: World, embed_client: Client, key: str
) -> None:
    camel = {"tenantId": "acme", "workspaceId": world.a.workspace.id, "dashboardId": _embed_id(world.a, "sales")}
    for path in (*IFRAME_TOKEN, f"{SHORT}/"):
        for body in (_body(world), camel, {**camel, **_body(world)}):
            said = told(post(embed_client, key, path, body))
            assert said.keys() == {"token", "dashboard_id", "expires_at"}
            assert said["dashboard_id"] == _embed_id(world.a, "sales")
            assert type(said["expires_at"]) is int
            assert 3590 < said["expires_at"] - time.time() <= 3600
            assert fields_of(said["token"])["valid_until"] == said["expires_at"]
    shown = assert_clean(_page(embed_client, said["token"]), world, "tradewind", "acme")
    assert "CANARY-tradewind-acme-0" in shown
    assert Embed.objects.count() == 1


def test_p_cu_08_a_token_opens_just_its_tenant_and_dashboard(world: World, embed_client: Client, key: str) -> None:
    token = told(_ask(embed_client, world, key))["token"]
    other = embed_client.get(
        "/embedded/dashboard", {"embedded-token": token, "dashboard-id": _embed_id(world.a, "ops")}
    )
    assert other.status_code == 404
    fields = fields_of(token)
    assert (fields["tenant_id"], fields["workspace_id"]) == ("acme", world.a.workspace.id)
    assert fields["version"] == 2


def test_p_cu_07_every_token_is_another_one_in_the_mint_log(world: World, embed_client: Client, key: str) -> None:
    tokens = {told(_ask(embed_client, world, key))["token"] for _ in range(3)}
    assert len({fields_of(token)["api_key_id"] for token in tokens}) == 1
    journal.drain()
    rows = MintRecord.objects.values_list("organization_id", "external_id", "dashboard_id", "lifetime")
    assert list(rows) == [(world.a.organization.id, "acme", world.a.dashboards["sales"].id, 3600)] * len(tokens)
    assert len(tokens) == 3


def test_p_cu_08_the_dashboard_is_one_of_the_tenants(world: World, embed_client: Client, key: str) -> None:
    _give(world.a, "acme", "ops", "sales")
    assert told(_ask(embed_client, world, key))["dashboard_id"] == _embed_id(world.a, "ops")
    for slug in ("sales", "ops"):
        named = _embed_id(world.a, slug)
        assert told(_ask(embed_client, world, key, dashboard_id=named))["dashboard_id"] == named
    _give(world.a, "acme", "ops")
    wrong = [
        _embed_id(world.a, "sales"),
        _embed_id(world.b, "sales"),
        "x",
        "",
        "\x00",
        str(world.a.dashboards["ops"].id),
    ]
    answers = [_ask(embed_client, world, key, dashboard_id=named) for named in wrong]
    answers.append(_ask(embed_client, world, key, tenant_id="globex"))
    assert {answer.status_code for answer in answers} == {404}
    assert [each for each in map(masked, answers) if each != masked(answers[0])] == []
    board = world.a.dashboards["ops"]
    set_customer_dashboards(world.a.customers["acme"], [board], default=None, actor=SYSTEM)
    assert _ask(embed_client, world, key).status_code == 404


def test_403_for_a_tenant_that_the_key_may_not_act_for_and_404_for_one_that_is_not_there(
    world: World, embed_client: Client, key: str
) -> None:
    _give(world.a, "globex")
    limited = new_key(world.a, "mint", customers=["acme"])
    assert told(_ask(embed_client, world, limited))["token"]
    answer = _ask(embed_client, world, limited, tenant_id="globex")
    assert (answer.status_code, code_of(answer)) == (403, "forbidden")
    absent = [_ask(embed_client, world, each, tenant_id="nobody") for each in (limited, key)]
    foreign = [_ask(embed_client, world, each, tenant_id="initech") for each in (limited, key)]
    assert [masked(each) for each in (*absent, *foreign)] == [masked(absent[0])] * 4
    assert (absent[0].status_code, code_of(absent[0])) == (404, "not_found")
    delete_customer(world.a.customers["acme"], actor=SYSTEM)
    assert _ask(embed_client, world, key).status_code == 404


def test_p_oc_02_another_workspace_is_absent(world: World, embed_client: Client, key: str) -> None:
    mine = world.a.organization.workspaces.create()
    for workspace in (world.b.workspace.id, mine.id, "ws_nobody", "", "\x00"):
        answer = _ask(embed_client, world, key, workspace_id=workspace)
        assert (answer.status_code, code_of(answer)) == (404, "not_found"), workspace
    foreign = post(embed_client, new_key(world.b, "mint"), SHORT, _body(world))
    assert (foreign.status_code, code_of(foreign)) == (404, "not_found")
    journal.drain()
    assert not MintRecord.objects.exists()


def test_valid_until_ends_the_token_just_then(world: World, embed_client: Client, key: str) -> None:
    until = int(time.time()) + 600
    for name in ("valid_until", "validUntil"):
        said = told(_ask(embed_client, world, key, **{name: until}))
        assert said["expires_at"] == fields_of(said["token"])["valid_until"] == until


def test_p_cu_08_what_is_no_time_ahead_makes_no_token(world: World, embed_client: Client, key: str) -> None:
    now = int(time.time())
    wrong: list[object] = [now - 10, 0, -1, now + 86_500, 10**12, str(now + 60), now + 60.5, True, [now + 60], {}, "x"]
    for value in wrong:
        answer = _ask(embed_client, world, key, valid_until=value)
        assert (answer.status_code, code_of(answer)) == (400, "token_claims"), value
    set_token_lifetime(world.a.workspace, 600, actor=SYSTEM)
    feed.reset()
    assert code_of(_ask(embed_client, world, key, valid_until=now + 3000)) == "token_claims"
    assert told(_ask(embed_client, world, key))["expires_at"] - now <= 602


def test_p_cu_04_members_of_another_type_or_that_differ_are_400(world: World, embed_client: Client, key: str) -> None:
    for name in ("tenant_id", "tenantId", "workspace_id", "workspaceId", "dashboard_id", "dashboardId"):
        others: list[object] = [1, 1.5, True, ["acme"], {"id": "acme"}]
        for value in others:
            assert code_of(_ask(embed_client, world, key, **{name: value})) == "bad_request", (name, value)
    assert code_of(_ask(embed_client, world, key, tenantId="globex")) == "bad_request"
    soon = int(time.time()) + 600
    assert code_of(_ask(embed_client, world, key, valid_until=soon, validUntil=soon + 1)) == "bad_request"
    assert told(_ask(embed_client, world, key, valid_until=soon, validUntil=soon))["expires_at"] == soon
    assert code_of(_ask(embed_client, world, key, tenant_id=None)) == "bad_request"
    for text in ("acme ", " acme", "a\x00", "a\u200bb", "x" * 256, "", "ACME"):
        assert _ask(embed_client, world, key, tenant_id=text).status_code == 404, text


def test_no_token_while_embedding_is_off(world: World, embed_client: Client, key: str) -> None:
    type(world.a.organization).objects.update(embedding_enabled=False)
    feed.reset()
    answer = _ask(embed_client, world, key)
    assert (answer.status_code, code_of(answer)) == (403, "forbidden")


def _credentials(world: World, *scopes: str, **more: object) -> dict[str, object]:
    chosen, customers = scopes or tuple(SCOPES), more.pop("customers", None)
    row, value = create_api_key(world.a.workspace, name="B", scopes=chosen, customers=customers, actor=SYSTEM)  # type: ignore[arg-type]  # a list or none
    named = {"workspace_id": world.a.workspace.id, "dashboard_id": _embed_id(world.a, "sales"), "tenant_id": "acme"}
    return {"api_key_id": row.key_id, "secret_key": value, **named, **more}


def _generate(client: Client, body: dict[str, object], **changes: object) -> HttpResponseBase:
    return post(client, "", GENERATE, {**body, **changes})


def test_generate_token_takes_the_key_in_its_body(world: World, embed_client: Client) -> None:
    body = _credentials(world, "mint")
    said = told(_generate(embed_client, body))
    assert said.keys() == {"success", "message", "data"}
    assert said["success"] is True
    until = datetime.fromisoformat(said["data"]["expires_at"])
    assert 3590 < until.timestamp() - time.time() <= 3600
    assert "CANARY-tradewind-acme-0" in assert_clean(
        _page(embed_client, said["data"]["token"]), world, "tradewind", "acme"
    )
    short = told(_generate(embed_client, body, validity_duration=60))["data"]
    assert 50 < datetime.fromisoformat(short["expires_at"]).timestamp() - time.time() <= 60
    for wrong in (0, -1, 86_401, 1e9, "3600", 3600.5, True, [60]):
        assert code_of(_generate(embed_client, body, validity_duration=wrong)) == "token_claims", wrong


def test_generate_token_names_a_tenant_or_its_key_is_for_one(world: World, embed_client: Client) -> None:
    one = {**_credentials(world, "mint", customers=["globex"]), "tenant_id": None}
    assert fields_of(told(_generate(embed_client, one))["data"]["token"])["tenant_id"] == "globex"
    assert _generate(embed_client, one, tenant_id="acme").status_code == 403
    for many in (_credentials(world, "mint"), _credentials(world, "mint", customers=["globex", "acme"])):
        assert code_of(_generate(embed_client, {**many, "tenant_id": None})) == "bad_request"
        assert told(_generate(embed_client, {**many, "tenant_id": "acme"}))["success"]


def test_p_oc_02_generate_token_reaches_nothing_of_others(world: World, embed_client: Client) -> None:
    body = _credentials(world, "mint")
    for wrong in (
        {"workspace_id": world.b.workspace.id},
        {"dashboard_id": _embed_id(world.b, "sales")},
        {"dashboard_id": "\x00"},
        {"tenant_id": "initech"},
        {"tenant_id": "a\x00"},
    ):
        answer = _generate(embed_client, body, **wrong)
        assert (answer.status_code, code_of(answer)) == (404, "not_found"), wrong


def test_p_cu_01_a_wrong_key_in_the_body_gets_one_answer(
    world: World, embed_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_keys, "MOST_FAILURES", 100)
    body, other = _credentials(world), _credentials(world)
    revoked, gone = create_api_key(world.a.workspace, name="Gone", scopes=["mint"], actor=SYSTEM)
    revoke_api_key(revoked, actor=SYSTEM)
    value = str(body["secret_key"])
    pairs = [
        (body["api_key_id"], value[:-1]),
        (body["api_key_id"], ""),
        (body["api_key_id"], other["secret_key"]),
        (other["api_key_id"], value),
        (revoked.key_id, gone),
        ("ak_nobodyhasit", value),
        ("", value),
        ("\x00", value),
        (value, body["api_key_id"]),
        (world.a.secret.key_id, world.a.secret.value().decode()),
    ]
    answers = [_generate(embed_client, body, api_key_id=name, secret_key=word) for name, word in pairs]
    assert [each for each in map(masked, answers) if each != masked(answers[0])] == []
    assert (answers[0].status_code, code_of(answers[0])) == (401, "not_authenticated")
    assert _generate(embed_client, _credentials(world, "read")).status_code == 403
    for wrong in ({"secret_key": None}, {"api_key_id": 1}, {"secret_key": ["x"]}):
        assert code_of(_generate(embed_client, body, **wrong)) == "bad_request"


def test_many_wrong_keys_in_bodies_are_told_to_wait(world: World, embed_client: Client) -> None:
    body = _credentials(world)
    answers = [_generate(embed_client, body, secret_key="ehk_wrong") for _ in range(api_keys.MOST_FAILURES + 1)]
    assert (answers[-1].status_code, code_of(answers[-1])) == (429, "rate_limited")
    assert answers[-1].headers["Retry-After"] == "60"
    assert told(_generate(embed_client, body))["success"]


def test_the_signed_headers_of_the_vendor_open_nothing(world: World, embed_client: Client, key: str) -> None:
    """A viewer of the vendor's holds them: they are the fields of the token in the frame."""
    fields = fields_of(told(_ask(embed_client, world, key))["token"])
    headers = {
        "X-API-Key-ID": fields["api_key_id"],
        "X-Workspace-ID": fields["workspace_id"],
        "X-Valid-Until": str(fields["valid_until"]),
        "X-Signature": fields["signature"],
    }
    for path in (usage_of(world.a), *IFRAME_TOKEN):
        method = embed_client.get if path == usage_of(world.a) else embed_client.post
        answer = method(path, headers=headers)
        assert (answer.status_code, code_of(answer)) == (401, "not_authenticated")


def _day(tenant: Tenant, customer: str, day: date, embeds: int, slug: str = "sales") -> None:
    names = {"organization_id": tenant.organization.id, "customer_id": tenant.customers[customer].pk}
    counts = {"panels": 10 * embeds, "hits": 4, "queries": 3, "milliseconds": 250, "rows": 30, "exports": 1}
    DayUsage.objects.create(day=day, dashboard_id=tenant.dashboards[slug].id, embeds=embeds, **names, **counts)


def test_usage_is_told_by_tenant_and_month(world: World, embed_client: Client) -> None:
    for customer, day, embeds in (
        ("acme", date(2026, 9, 30), 1),
        ("acme", date(2026, 10, 1), 2),
        ("acme", date(2026, 10, 31), 3),
        ("globex", date(2026, 10, 2), 5),
        ("acme", date(2026, 12, 31), 7),
        ("acme", date(2027, 1, 1), 9),
    ):
        _day(world.a, customer, day, embeds)
    _day(world.b, "acme", date(2026, 10, 1), 100)
    key, path = new_key(world.a, "read"), usage_of(world.a)
    said = told(get(embed_client, key, path, from_period="2026-10", to_period="2026-12"))
    assert said["success"] is True
    assert {name: said["data"][name] for name in ("workspace_id", "page", "per_page", "total")} == {
        "workspace_id": world.a.workspace.id,
        "page": 1,
        "per_page": 50,
        "total": 3,
    }
    assert said["data"]["usage"][0] == {
        "tenant_id": "acme",
        "period": "2026-10",
        "embeds": 5,
        "panels": 50,
        "cached_panels": 8,
        "queries": 6,
        "query_milliseconds": 500,
        "rows": 60,
        "exports": 2,
    }
    rows = [(row["tenant_id"], row["period"], row["embeds"]) for row in said["data"]["usage"][1:]]
    assert rows == [("globex", "2026-10", 5), ("acme", "2026-12", 7)]
    pages = [
        told(get(embed_client, key, path, from_period="2026-10", to_period="2026-12", page=page, per_page="2"))
        for page in "123"
    ]
    assert [len(page["data"]["usage"]) for page in pages] == [2, 1, 0]
    limited = new_key(world.a, "read", customers=["globex"])
    seen = told(get(embed_client, limited, path, from_period="2026-09", to_period="2027-01"))["data"]["usage"]
    assert [row["tenant_id"] for row in seen] == ["globex"]


def test_usage_is_of_the_present_month_unless_asked_for_and_outlives_its_tenant(
    world: World, embed_client: Client
) -> None:
    now = datetime.fromtimestamp(feed.now(), UTC).date()
    _day(world.a, "acme", now, 4)
    delete_customer(world.a.customers["acme"], actor=SYSTEM)
    said = told(get(embed_client, new_key(world.a, "read"), usage_of(world.a)))["data"]["usage"]
    assert [(row["tenant_id"], row["embeds"]) for row in said] == [("acme", 4)]


def test_p_oc_02_usage_of_another_workspace_is_absent(world: World, embed_client: Client) -> None:
    key = new_key(world.a, "read")
    answers = [
        get(embed_client, key, usage_of(world.b)),
        get(embed_client, key, "/api/v1/external/workspaces/x/tenant-usage"),
    ]
    assert masked(answers[0]) == masked(answers[1])
    assert (answers[0].status_code, code_of(answers[0])) == (404, "not_found")
    wrong = [{"from_period": "2026-13"}, {"from_period": "2026"}, {"to_period": "26-01"}, {"page": "0"}]
    wrong += [{"per_page": "101"}, {"per_page": "x"}, {"from_period": "2026-02", "to_period": "2026-01"}]
    wrong += [{"from_period": "2026-01\x00"}, {"page": "-1"}, {"page": "9" * 30}]
    for query in wrong:
        assert code_of(get(embed_client, key, usage_of(world.a), **query)) == "bad_request", query
