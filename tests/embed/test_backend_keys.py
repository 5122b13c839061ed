"""P-CU and P-OC-02 over every call of the vendors' APIs: whose key it is, what it may, and what it never reaches."""

import json
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from customers.models import Customer
from customers.services import create_customer
from datasources.models import SourceRoute
from embed import backend_calls
from embed.models import Embed
from embed.usage_models import MintRecord
from embedhost.lib import journal
from secrets_admin.access import SYSTEM
from secrets_admin.api_key_services import SCOPES, create_api_key, revoke_api_key
from secrets_admin.models import ApiKey, AuditRecord, User
from tests.embed.backends import Surface, surfaces
from tests.embed.explo import CREATE, DELETE, DELETE_GROUP, END_USER, GET, JWT, LIST, PORTAL, REFRESH, UPDATE, new_key
from tests.embed.papermap import IFRAME_TOKEN
from tests.embed.surfaces import assert_clean, code_of, masked
from tests.world import Tenant, World


def _state() -> object:
    """Everything that a call could change."""
    journal.drain()
    customers = Customer.objects.order_by("id").values_list("external_id", "name", "token_hash", "deleted_at", "parent")
    return list(customers), MintRecord.objects.count(), AuditRecord.objects.count(), Embed.objects.count()


def _named(world: World, *paths: str) -> list[Surface]:
    return [surface for surface in surfaces(world.a) if surface.path in paths]


def test_every_call_works_with_a_key_of_its_scope(world: World, embed_client: Client) -> None:
    (create,) = _named(world, CREATE)
    for number, surface in enumerate(surfaces(world.a)):
        # As it is now: calls before may have deleted the customer or replaced its token.
        create.send(embed_client, new_key(world.a, "write"))
        answer = surfaces(world.a)[number].send(embed_client, new_key(world.a, surface.scope))
        assert answer.status_code == 200, (surface.path, answer.getvalue())


def test_p_cu_01_without_a_good_key_every_call_gets_one_answer_and_does_nothing(
    world: World, embed_client: Client, alice: User
) -> None:
    row, value = create_api_key(world.a.workspace, name="Backend", scopes=tuple(SCOPES), actor=SYSTEM)
    revoked, gone = create_api_key(world.a.workspace, name="Revoked", scopes=tuple(SCOPES), actor=SYSTEM)
    revoke_api_key(revoked, actor=SYSTEM)
    ended, over = create_api_key(world.a.workspace, name="Ended", scopes=tuple(SCOPES), actor=SYSTEM)
    ApiKey.objects.filter(id=ended.id).update(expires_at=timezone.now() - timedelta(seconds=1))
    logged_in = Client(HTTP_HOST=django_settings.EMBED_HOST)
    logged_in.force_login(alice)
    before = _state()
    for surface in surfaces(world.a):
        (name, good), *_ = surface.headers(value).items()
        wrong = [value[:-1], value[:13] + "A" * 43, "", gone, over, row.key_id, row.key_hash, "x" * 5000, "é"]
        wrong += [world.a.token(), world.a.secret.key_id, world.a.customers["acme"].token()]
        sets: list[dict[str, str]] = [{name: good.replace(value, each)} for each in wrong]
        sets += [{}, {name: value}, {name: f"Basic {value}"}, {name: f"{good}, {good}"}, {name: f" {good} "[1:] + "x"}]
        sets += [{"X-API-Key": value}, {"Cookie": f"key={value}"}]
        answers = [surface.ask(embed_client, headers) for headers in sets]
        answers += [surface.ask(embed_client, {}, query=f"?api_key={value}&token={value}")]
        answers += [surface.ask(logged_in, {}), surface.ask(embed_client, {}, api_key=value)]
        assert [each for each in map(masked, answers) if each != masked(answers[0])] == [], surface.path
        assert not any(answer.cookies for answer in answers)
        assert (answers[0].status_code, code_of(answers[0])) == (401, "not_authenticated")
        assert value not in answers[0].getvalue().decode()
    assert _state() == before


def test_a_key_does_what_its_scopes_say_and_no_more(world: World, embed_client: Client) -> None:
    before = _state()
    for surface in surfaces(world.a):
        others = [scope for scope in SCOPES if scope != surface.scope]
        answer = surface.send(embed_client, new_key(world.a, *others))
        assert (answer.status_code, code_of(answer)) == (403, "forbidden"), surface.path
    assert _without_keys(_state()) == _without_keys(before)


def _without_keys(state: object) -> object:
    """The state but for audit records, of which making a key writes one."""
    assert isinstance(state, tuple)
    return state[0], state[1], state[3]


def test_p_cu_02_p_oc_02_another_organizations_things_are_absent(world: World, embed_client: Client) -> None:
    key = new_key(world.b)
    before = _state()
    a_token, uid = world.a.customers["globex"].token(), str(world.a.customers["globex"].uid)
    number = str(world.a.customers["globex"].pk)
    for surface in _named(world, GET, UPDATE, PORTAL, JWT):
        for name in ("globex", uid, number):
            own = {"embed_id": str(world.b.dashboards["sales"].embed_id)}
            answer = surface.send(embed_client, key, **{**own, "dashboard_embed_id": own["embed_id"]}, provided_id=name)
            absent = surface.send(embed_client, key, **own, provided_id="nobody")
            assert (answer.status_code, code_of(answer)) == (404, "not_found"), surface.path
            assert masked(answer)[0] == masked(absent)[0]
    for surface in _named(world, DELETE, DELETE_GROUP, REFRESH):
        foreign, absent = (surface.send(embed_client, key, current_token=each) for each in (a_token, "0" * 64))
        assert masked(foreign) == masked(absent), surface.path
        assert foreign.status_code == 404
    for surface in _named(world, UPDATE, CREATE, END_USER):
        more = {"provided_id": "new", "parent_provided_id": "globex", "customer_id": "globex"}
        assert surface.send(embed_client, key, **more).status_code == 404
    assert _state() == before
    (listing,) = _named(world, LIST)
    body = assert_clean(listing.send(embed_client, new_key(world.b, "read")), world, "northwind", None)
    assert "globex" not in body


def test_p_cu_02_get_or_create_of_a_foreign_id_makes_ones_own_customer(world: World, embed_client: Client) -> None:
    (create,) = _named(world, CREATE)
    body = json.loads(create.send(embed_client, new_key(world.b), provided_id="globex").getvalue())
    assert body["new_customer"] is True
    assert body["customer"]["token"] != world.a.customers["globex"].token()
    assert Customer.objects.filter(external_id="globex").count() == 2


def test_p_cu_03_members_that_nobody_asked_for_change_nothing(world: World, embed_client: Client) -> None:
    extra = {
        "org_id": world.b.organization.id,
        "organization": world.b.organization.slug,
        "workspace": world.b.workspace.id,
        "workspace_id": world.b.workspace.id,
        "token": "f" * 64,
        "token_hash": "f" * 64,
        "id": 1,
        "uid": "x",
        "generation": 99,
        "is_active": False,
        "deleted_at": "2020-01-01",
        "created_at": "2020-01-01",
        "role": "owner",
        "api_key": "x",
        "access_group": "Other",
        "computed_properties": {"a": 1},
    }
    key, kept = new_key(world.a), _tenant_state(world.a)
    for surface in _named(world, CREATE, GET, UPDATE, PORTAL):
        assert surface.send(embed_client, key, **extra).status_code == 200, surface.path
    assert _tenant_state(world.a) == kept


def _tenant_state(tenant: Tenant) -> object:
    return list(Customer.objects.order_by("id").values().filter(workspace=tenant.workspace))


def test_p_cu_04_an_id_is_taken_as_it_is_or_not_at_all(world: World, embed_client: Client) -> None:
    key, before = new_key(world.a), Customer.objects.count()
    wrong: list[object] = ["acme ", " acme", "\tacme", "a\x00", "a\u202eb", "a\u200bb", "x" * 256, "", 1, 1.5, True]
    wrong += [["acme"], {"id": "acme"}, None, "\ufeffacme", "acme\n"]
    for surface in _named(world, CREATE, END_USER):
        for value in wrong:
            answer = surface.send(embed_client, key, provided_id=value)
            assert answer.status_code == 400, (surface.path, value)
            body = '{"provided_id": "\\ud800", "customer_id": "acme"}'
            headers = surface.headers(key)
            lone = embed_client.post(surface.path, body, content_type="application/json", headers=headers)
            assert (lone.status_code, code_of(lone)) == (400, "bad_request")
    for surface in _named(world, GET, UPDATE, PORTAL, JWT):
        for value in wrong:
            assert surface.send(embed_client, key, provided_id=value).status_code in (400, 404), (surface.path, value)
    (update,) = _named(world, UPDATE)
    for value in wrong[:-3]:
        if value is not None:
            assert update.send(embed_client, key, new_provided_id=value).status_code == 400, value
    assert Customer.objects.count() == before


def test_p_cu_04_ids_that_look_alike_are_different_customers(world: World, embed_client: Client) -> None:
    key = new_key(world.a)
    (create,) = _named(world, CREATE)
    names = ["Acme", "ACME", "аcme", "caf\u00e9", "cafe\u0301", "*", "%", "01", "1", "1.0"]
    said = [json.loads(create.send(embed_client, key, provided_id=name).getvalue()) for name in names]
    assert all(answer["new_customer"] for answer in said)
    assert [answer["customer"]["provided_id"] for answer in said] == names
    assert len({answer["customer"]["token"] for answer in said}) == len(names)


def test_p_cu_06_without_the_scope_no_answer_holds_a_customers_token(world: World, embed_client: Client) -> None:
    key = new_key(world.a, "read", "write", "mint")
    for surface in surfaces(world.a):
        answer = surface.send(embed_client, key)
        text = answer.getvalue().decode()
        if surface.path not in IFRAME_TOKEN:
            assert '"token":' not in text, surface.path
        for row in Customer.objects.filter(workspace=world.a.workspace):
            assert row.token() not in text, surface.path


def test_a_key_for_some_customers_reaches_no_other(world: World, embed_client: Client) -> None:
    key, before = new_key(world.a, customers=["acme", "later"]), _state()
    for surface in _named(world, CREATE, GET, UPDATE, PORTAL, JWT, END_USER):
        for name in ("globex", "nobody"):
            answer = surface.send(embed_client, key, provided_id=name)
            assert (answer.status_code, code_of(answer)) == (403, "forbidden"), surface.path
    for surface in _named(world, DELETE, DELETE_GROUP, REFRESH):
        answer = surface.send(embed_client, key, current_token=world.a.customers["globex"].token())
        assert (answer.status_code, code_of(answer)) == (404, "not_found"), surface.path
    (update, create) = _named(world, UPDATE)[0], _named(world, CREATE)[0]
    assert update.send(embed_client, key, new_provided_id="globex-2").status_code == 403
    assert update.send(embed_client, key, parent_provided_id="globex").status_code == 403
    assert _state() == before
    (listing,) = _named(world, LIST)
    said = json.loads(listing.send(embed_client, key).getvalue())
    assert [row["provided_id"] for row in said["customers"]] == ["acme"]
    assert create.send(embed_client, key, provided_id="later").status_code == 200


def test_a_key_for_some_customers_deletes_no_family_with_others_in_it(world: World, embed_client: Client) -> None:
    (update, delete) = _named(world, UPDATE)[0], _named(world, DELETE)[0]
    assert (
        update.send(embed_client, new_key(world.a), provided_id="globex", parent_provided_id="acme").status_code == 200
    )
    before = _tenant_state(world.a)
    answer = delete.send(embed_client, new_key(world.a, customers=["acme"]))
    assert (answer.status_code, code_of(answer)) == (403, "forbidden")
    assert _tenant_state(world.a) == before
    assert delete.send(embed_client, new_key(world.a, customers=["acme", "globex"])).status_code == 200


def test_p_cu_02_a_key_for_some_customers_takes_nobody_out_of_another_ones_family(
    world: World, embed_client: Client
) -> None:
    (update,) = _named(world, UPDATE)
    every, limited = new_key(world.a), new_key(world.a, customers=["acme", "own"])
    create_customer(world.a.workspace, "own", actor=SYSTEM)
    assert update.send(embed_client, every, provided_id="acme", parent_provided_id="globex").status_code == 200
    before = _state()
    answer = update.send(embed_client, limited, provided_id="acme", parent_provided_id="own")
    assert (answer.status_code, code_of(answer)) == (403, "forbidden")
    assert _state() == before
    assert update.send(embed_client, limited, provided_id="own", parent_provided_id="acme").status_code == 200
    assert update.send(embed_client, limited, provided_id="own", parent_provided_id="acme").status_code == 200


def test_p_cu_02_a_key_for_some_customers_gives_none_another_data_source(world: World, embed_client: Client) -> None:
    limited = new_key(world.a, customers=["acme", "later"])
    for surface, name in ((_named(world, UPDATE)[0], "acme"), (_named(world, CREATE)[0], "later")):
        for mapping in ({"main": "warehouse"}, {}):
            answer = surface.send(embed_client, limited, provided_id=name, mapping=mapping)
            assert (answer.status_code, code_of(answer)) == (403, "forbidden"), (surface.path, mapping)
    assert not SourceRoute.objects.exists()
    assert not Customer.objects.filter(external_id="later").exists()
    assert _named(world, CREATE)[0].send(embed_client, limited, provided_id="later", mapping=None).status_code == 200


def test_a_key_for_one_customer_learns_nothing_of_what_is_above_it(world: World, embed_client: Client) -> None:
    (update,) = _named(world, UPDATE)
    every, below = new_key(world.a), new_key(world.a, customers=["globex"])
    update.send(embed_client, every, properties={"plan": "CANARY-plan"}, mapping={"main": "warehouse"})
    update.send(embed_client, every, provided_id="globex", parent_provided_id="acme")
    for surface in _named(world, GET, LIST):
        assert "CANARY-plan" in surface.send(embed_client, every, provided_id="globex").getvalue().decode()
        said = surface.send(embed_client, below, provided_id="globex").getvalue().decode()
        assert '"hierarchy_level": "User"' in said
        assert not [word for word in ("CANARY-plan", "acme", "warehouse") if word in said]
    (listing,) = _named(world, LIST)
    for name in ("acme", "nobody"):
        answer = listing.ask(embed_client, listing.headers(below), f"?parent_provided_id={name}")
        assert (answer.status_code, code_of(answer)) == (403, "forbidden")


def test_calls_of_one_key_are_limited_and_no_other_key_notices(
    world: World, embed_client: Client, settings: Settings
) -> None:
    settings.LIMIT_KEY_REQUESTS = 2
    for surface in surfaces(world.a):
        greedy, other = new_key(world.a, "read"), new_key(world.a, "read")
        answers = [surface.send(embed_client, greedy) for _ in range(3)]
        assert [answer.status_code == 429 for answer in answers] == [False, False, True], surface.path
        assert code_of(answers[2]) == "rate_limited"
        assert int(answers[2].headers["Retry-After"]) > 0
        assert surface.send(embed_client, other).status_code != 429


def test_only_json_of_a_modest_size_is_read(world: World, embed_client: Client) -> None:
    key = new_key(world.a)
    for surface in surfaces(world.a):
        if surface.method == "get":
            continue
        for body, kind in (
            (json.dumps(surface.body), "text/plain"),
            ("provided_id=acme", "application/x-www-form-urlencoded"),
            ("", "application/json"),
            ("[]", "application/json"),
            ("{", "application/json"),
            ('{"provided_id": "a", "provided_id": "b"}', "application/json"),
            ("[" * 100_00, "application/json"),
        ):
            headers = surface.headers(key)
            answer = embed_client.generic(
                surface.method.upper(), surface.path, body, content_type=kind, headers=headers
            )
            assert (answer.status_code, code_of(answer)) == (400, "bad_request"), (surface.path, body[:50])
        large = surface.send(embed_client, key, padding="x" * 70_000)
        assert (large.status_code, code_of(large)) == (413, "body_too_large")


def test_no_call_redirects_answers_another_origin_or_takes_another_method(world: World, embed_client: Client) -> None:
    key = new_key(world.a)
    for surface in surfaces(world.a):
        answer = surface.ask(embed_client, {**surface.headers(key), "Origin": "https://evil.test", "Cookie": "a=b"})
        assert not [name for name in answer.headers if name.startswith("Access-Control")]
        assert not answer.cookies
        for method in {"get", "post", "put", "patch", "delete", "options", "head"} - {surface.method}:
            refused = getattr(embed_client, method)(surface.path, headers=surface.headers(key))
            assert refused.status_code == 405, (surface.path, method)


def test_a_database_that_fails_in_the_middle_is_503_and_not_a_fault(
    world: World, embed_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(workspace_id: str) -> object:
        raise OperationalError("the server closed the connection")

    key = new_key(world.a)
    monkeypatch.setattr(backend_calls, "workspace_of_key", gone)
    monkeypatch.setattr("django.db.connection.close", lambda: None)
    (surface,) = _named(world, GET)
    answer = surface.send(embed_client, key)
    assert (answer.status_code, code_of(answer)) == (503, "service_unavailable")
    assert answer.headers["Retry-After"]
