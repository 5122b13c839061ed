"""Who may call the REST API: P-CU-01, scopes, and what every call has in common."""

import json
from base64 import b64encode
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from customers.models import Customer
from embedhost.lib.budgets import budgets
from secrets_admin.access import SYSTEM
from secrets_admin.api_key_services import create_api_key, revoke_api_key
from secrets_admin.key_budget import TooManyCalls
from secrets_admin.models import ApiKey, AuditRecord, User
from tests.api.caller import CUSTOMERS, Backend, assert_problem, backend, places
from tests.embed.surfaces import masked
from tests.world import World

pytestmark = pytest.mark.django_db


def test_p_cu_01_whoever_brings_no_good_key_gets_one_and_the_same_401(
    ours: Backend, world: World, embed_client: Client, alice: User
) -> None:
    revoked = backend(world.a)
    revoke_api_key(revoked.key, actor=SYSTEM)
    ended = backend(world.a)
    ApiKey.objects.filter(id=ended.key.id).update(expires_at=timezone.now() - timedelta(seconds=1))
    value = ours.value
    headers = {
        "none": "",
        "empty": "Bearer ",
        "wrong": "Bearer ehk_wrong",
        "wrong with a right prefix": f"Bearer {value[:-1]}x",
        "another case": f"Bearer {value.swapcase()}",
        "revoked": f"Bearer {revoked.value}",
        "ended": f"Bearer {ended.value}",
        "an embed secret": f"Bearer {world.a.secret.value().decode()}",
        "an embed token": f"Bearer {world.a.token()}",
        "a customer's token": f"Bearer {world.a.customers['acme'].token()}",
        "basic": f"Basic {b64encode(f'{ours.key.key_id}:{value}'.encode()).decode()}",
        "token": f"Token {value}",
        "twice": f"Bearer {value}, Bearer {value}",
        "joined": f"Bearer {value},Bearer {value}",
        "two spaces": f"Bearer  {value}",
        "with a line": f"Bearer {value}\n",
        "the id": f"Bearer {ours.key.key_id}",
        "not latin": "Bearer é",
    }
    answers = {name: embed_client.get(CUSTOMERS, headers={"Authorization": text}) for name, text in headers.items()}
    answers["in the query"] = embed_client.get(f"{CUSTOMERS}?api_key={value}&token={value}")
    embed_client.force_login(alice)
    answers["a console session"] = embed_client.get(CUSTOMERS)
    expected = masked(answers["none"])
    assert {name for name, answer in answers.items() if masked(answer) != expected} == set()
    for answer in answers.values():
        assert_problem(answer, 401, "not_authenticated")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert value not in answer.content.decode()


def test_p_cu_01_a_revoked_key_is_over_with_its_next_call(ours: Backend) -> None:
    ours.told("get", CUSTOMERS)
    revoke_api_key(ours.key, actor=SYSTEM)
    ours.refused("get", CUSTOMERS, status=401)


def test_the_word_bearer_is_read_in_any_case(ours: Backend) -> None:
    for word in ("bearer", "BEARER"):
        assert ours.call("get", CUSTOMERS, Authorization=f"{word} {ours.value}").status_code == 200


def test_each_call_needs_its_scope_and_no_other_will_do(world: World) -> None:
    calls = {
        "read": [("get", CUSTOMERS), ("get", f"{CUSTOMERS}acme"), ("get", f"{CUSTOMERS}acme/source")],
        "write": [
            ("post", CUSTOMERS),
            ("put", f"{CUSTOMERS}acme"),
            ("patch", f"{CUSTOMERS}acme"),
            ("delete", f"{CUSTOMERS}acme"),
            ("post", f"{CUSTOMERS}bulk"),
            ("post", f"{CUSTOMERS}acme/token"),
            ("post", f"{CUSTOMERS}acme/revoke"),
            ("put", f"{CUSTOMERS}acme/source"),
            ("put", f"{CUSTOMERS}acme/dashboards"),
        ],
    }
    for scope, listed in calls.items():
        others = backend(world.a, *({"read", "write", "mint", "customer_tokens"} - {scope}))
        for method, path in listed:
            said = others.refused(method, path, {} if method != "get" else None, status=403)
            assert said["code"] == "forbidden", (method, path)
    assert Customer.objects.filter(deleted_at=None).count() == 4
    assert not AuditRecord.objects.filter(action__startswith="customer.", actor_email__startswith="API key").exists()


def test_a_body_that_is_no_strict_json_object_is_refused(ours: Backend) -> None:
    bodies = [
        b"[]",
        b"null",
        b'"x"',
        b"{",
        b'{"external_id": "a", "external_id": "b"}',
        b'{"external_id": NaN}',
        b'{"external_id": "\\ud800"}',
        b'{"external_id": "\xff"}',
        b"\xef\xbb\xbf{}",
        b'{"properties": ' + b'{"a":' * 20 + b"1" + b"}" * 20 + b"}",
    ]
    for body in bodies:
        answer = ours.client.generic(
            "POST", CUSTOMERS, body, "application/json", headers={"Authorization": f"Bearer {ours.value}"}
        )
        assert_problem(answer, 400, "request_invalid")


def test_a_change_without_a_body_is_refused_and_resets_nothing(ours: Backend) -> None:
    ours.told("patch", f"{CUSTOMERS}acme", {"name": "Kept", "properties": {"region": "EU"}})
    for method in ("put", "patch"):
        assert places(ours.refused(method, f"{CUSTOMERS}acme", status=400)) == ["#"]
    kept = ours.told("get", f"{CUSTOMERS}acme")
    assert (kept["name"], kept["properties"]) == ("Kept", {"region": "EU"})


def test_a_body_of_another_type_is_refused(ours: Backend) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/html"):
        answer = ours.client.generic(
            "POST", CUSTOMERS, b'{"external_id": "a"}', kind, headers={"Authorization": f"Bearer {ours.value}"}
        )
        assert_problem(answer, 415, "unsupported_media_type")
    assert Customer.objects.count() == 4


def test_a_body_over_the_calls_limit_is_refused(ours: Backend) -> None:
    said = ours.refused("post", CUSTOMERS, {"external_id": "a", "name": "x" * 65_536}, status=413)
    assert said["code"] == "body_too_large"
    assert "64 KB" in said["detail"]


def test_p_cu_03_fields_that_are_not_known_are_refused_by_name_everywhere(ours: Backend, world: World) -> None:
    extra = ("org_id", "organization", "token", "id", "is_active", "created_at", "role", "api_key", "workspace_id")
    before = list(Customer.objects.order_by("id").values())
    calls: list[tuple[str, str, dict[str, object]]] = [
        ("post", CUSTOMERS, {"external_id": "new"}),
        ("put", f"{CUSTOMERS}acme", {}),
        ("patch", f"{CUSTOMERS}acme", {}),
        ("post", f"{CUSTOMERS}acme/token", {}),
        ("post", f"{CUSTOMERS}acme/revoke", {}),
        ("put", f"{CUSTOMERS}acme/source", {"source": None}),
        ("put", f"{CUSTOMERS}acme/dashboards", {"dashboards": []}),
        ("post", f"{CUSTOMERS}bulk", {"customers": []}),
    ]
    for method, path, body in calls:
        said = ours.refused(method, path, {**body, **dict.fromkeys(extra, "1")}, status=400)
        assert sorted(places(said)) == sorted(f"#/{name}" for name in extra), (method, path)
    told = ours.told("post", f"{CUSTOMERS}bulk", {"customers": [{"external_id": "new", "token": "0" * 64}]})
    assert told["customers"][0]["result"] == "refused"
    assert list(Customer.objects.order_by("id").values()) == before


def test_a_parameter_that_is_not_known_or_given_twice_is_refused_by_name(ours: Backend) -> None:
    assert places(ours.refused("get", f"{CUSTOMERS}?serach=a", status=400)) == ["serach"]
    assert places(ours.refused("get", f"{CUSTOMERS}?limit=1&limit=2", status=400)) == ["limit"]
    for limit in ("0", "1001", "x", "", "1.5"):
        assert places(ours.refused("get", f"{CUSTOMERS}?limit={limit}", status=400)) == ["limit"]


def test_a_method_that_is_not_there_is_405_and_says_which_are(ours: Backend) -> None:
    for method in ("put", "patch", "delete", "options", "trace"):
        answer = ours.call(method, CUSTOMERS)
        assert_problem(answer, 405, "method_not_allowed")
        assert answer.headers["Allow"] == "GET, HEAD, POST"


def test_head_answers_as_get_without_a_body(ours: Backend) -> None:
    answer = ours.call("head", f"{CUSTOMERS}acme")
    assert answer.status_code == 200
    assert answer.headers["ETag"] == ours.call("get", f"{CUSTOMERS}acme").headers["ETag"]


def test_an_address_that_is_not_there_is_a_problem_too(ours: Backend) -> None:
    for path in ("/api/v1/nothing", "/api/v1/", "/api/v1/customers/a/b/c"):
        said = ours.refused("get", path, status=404)
        assert said["code"] == "not_found"


def test_a_key_has_a_budget_of_its_own_and_is_told_how_long_to_wait(
    ours: Backend, world: World, settings: Settings
) -> None:
    budgets.forget()
    settings.LIMIT_KEY_REQUESTS = 3
    for _ in range(3):
        ours.told("get", CUSTOMERS)
    answer = ours.call("get", CUSTOMERS)
    assert assert_problem(answer, 429, "rate_limited")["detail"] == TooManyCalls.message
    assert int(answer.headers["Retry-After"]) > 0
    backend(world.a).told("get", CUSTOMERS)
    without_scope = backend(world.a, "mint")
    assert [without_scope.call("get", CUSTOMERS).status_code for _ in range(4)] == [403, 403, 403, 429]
    budgets.forget()


def test_an_answer_is_json_whatever_the_client_accepts(ours: Backend) -> None:
    for accepted in ("text/html", "application/xml", "*/*", "nonsense"):
        answer = ours.call("get", f"{CUSTOMERS}acme?", Accept=accepted)
        assert answer.headers["Content-Type"] == "application/json"
    assert json.loads(ours.call("get", f"{CUSTOMERS}acme?format=html").content)["code"] == "request_invalid"


def test_a_key_of_a_workspace_sees_that_workspace_alone(world: World) -> None:
    other = world.a.organization.workspaces.create()
    _, value = create_api_key(other, name="Staging", scopes=["read"], actor=SYSTEM)
    assert Backend(world.a, ApiKey.objects.get(workspace=other), value).told("get", CUSTOMERS)["items"] == []
