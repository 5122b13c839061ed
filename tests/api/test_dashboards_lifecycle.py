"""Environments and the end of a dashboard over the REST API, and what tokens open afterwards."""

import copy
from typing import Any

import pytest
from django.test import Client

from dashboards.models import Dashboard
from secrets_admin.feed import feed
from secrets_admin.models import AuditRecord
from tests.api.caller import Backend, places
from tests.world import Tenant, World

pytestmark = pytest.mark.django_db
BOARDS = "/api/v1/dashboards/"


def path_of(world: World, name: str = "sales") -> str:
    return f"{BOARDS}{world.a.dashboards[name].embed_id}"


def document(tenant: Tenant, **changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(tenant.dashboards["sales"].versions.earliest("number").document), **changes}


def opened(client: Client, tenant: Tenant, token: str | None = None, *, environment: str = "") -> tuple[int, str]:
    """Open the page with a token and return status and body."""
    feed.read()
    answer = client.get(f"/iframe/{token or tenant.token()}{environment and '/' + environment}")
    return answer.status_code, answer.content.decode()


def test_an_environment_is_pinned_follows_and_goes(ours: Backend, embed_client: Client, world: World) -> None:
    path = path_of(world)
    ours.told("put", path, document(world.a, description="Take 2", panels=_renamed(world, "Second")))
    stays = f"{path}/environments/stays"
    assert ours.told("put", stays, {"version": 1}, status=201) == {"name": "stays", "version": 1, "pinned": True}
    assert "Total of Sales" in opened(embed_client, world.a, environment="stays")[1]
    assert "Second" in opened(embed_client, world.a, environment="prod")[1]
    assert ours.told("put", stays, {"version": None}) == {"name": "stays", "version": 2, "pinned": False}
    assert "Second" in opened(embed_client, world.a, environment="stays")[1]
    assert ours.told("put", f"{path}/environments/prod", {"version": 1})["pinned"]
    assert "Total of Sales" in opened(embed_client, world.a, environment="prod")[1]
    ours.told("delete", stays, status=204)
    ours.refused("delete", stays, status=404)
    assert opened(embed_client, world.a, environment="stays")[0] == 404
    assert [one["name"] for one in ours.told("get", f"{path}/environments/")["items"]] == ["prod"]
    rows = AuditRecord.objects.filter(action__startswith="dashboard.environment").order_by("id")
    assert [(row.action, row.detail) for row in rows] == [
        ("dashboard.environment_set", {"environment": "stays", "version": 1}),
        ("dashboard.environment_set", {"environment": "stays", "version": None}),
        ("dashboard.environment_set", {"environment": "prod", "version": 1}),
        ("dashboard.environment_removed", {"environment": "stays"}),
    ]


def _renamed(world: World, title: str) -> list[Any]:
    first, *rest = document(world.a)["panels"]
    return [{**first, "title": title}, *rest]


def test_an_environment_that_cannot_be_is_refused(ours: Backend, world: World) -> None:
    path = f"{path_of(world)}/environments"
    for version in (2, 2**31 - 1):
        ours.refused("put", f"{path}/prod", {"version": version}, status=404)
    for body in ({}, {"version": 0}, {"version": "1"}, {"version": 2**31}, {"version": True}, {"version": 1.5}):
        assert places(ours.refused("put", f"{path}/prod", body, status=400)) == ["#/version"]
    for name in ("PROD", "a.b", "x" * 33, "%C3%A9"):
        ours.refused("put", f"{path}/{name}", {"version": 1}, status=404)
    assert ours.told("get", f"{path}/")["items"] == [{"name": "prod", "version": 1, "pinned": False}]


def test_a_dashboard_has_a_bounded_number_of_environments(ours: Backend, world: World) -> None:
    sales = world.a.dashboards["sales"]
    sales.environments.bulk_create(sales.environments.model(dashboard=sales, name=f"e{n}") for n in range(99))
    said = ours.refused("put", f"{path_of(world)}/environments/more", {"version": None}, status=409)
    assert said["code"] == "too_many_environments"
    ours.told("put", f"{path_of(world)}/environments/e1", {"version": 1})


def test_a_deleted_dashboard_is_absent_for_every_call_and_token(
    ours: Backend, embed_client: Client, world: World
) -> None:
    path, token, absent = path_of(world), world.a.token(), f"{BOARDS}00000000-0000-4000-8000-000000000000"
    world.a.allow_tag("sales")
    own = f"/iframe/{world.a.dashboards['sales'].embed_id}/{world.a.customers['acme'].token()}"
    assert opened(embed_client, world.a, token)[0] == embed_client.get(own).status_code == 200
    ours.told("delete", path, status=204)
    assert opened(embed_client, world.a, token)[0] == embed_client.get(own).status_code == 404
    for method, tail, body in (
        ("get", "", None),
        ("get", "/document", None),
        ("get", "/versions/", None),
        ("get", "/environments/", None),
        ("patch", "", {"origins": []}),
        ("delete", "", None),
        ("put", "/environments/prod", {"version": 1}),
    ):
        gone, never = (ours.refused(method, f"{base}{tail}", body, status=404) for base in (path, absent))
        assert {**gone, "reference": ""} == {**never, "reference": ""}, (method, tail)
    assert [one["slug"] for one in ours.told("get", BOARDS)["items"]] == ["ops"]
    order = {"dashboard": path.rsplit("/", 1)[1], "customer": "acme"}
    ours.refused("post", "/api/v1/embed-tokens/", order, status=404)
    record = AuditRecord.objects.get(action="dashboard.deleted")
    assert (record.subject, record.detail) == (path.rsplit("/", 1)[1], {"slug": "sales"})


def test_what_comes_back_opens_for_new_tokens_alone(ours: Backend, embed_client: Client, world: World) -> None:
    path, old = path_of(world), world.a.token(iat=_seconds_ago(5))
    assert opened(embed_client, world.a, old)[0] == 200
    etag = ours.call("get", path).headers["ETag"]
    ours.told("delete", path, status=204, If_Match=etag)
    ours.refused("put", path, document(world.a), status=412, If_Match=etag)
    answer = ours.call("put", path, document(world.a))
    assert (answer.status_code, answer.headers["Location"], answer.json()["version"]) == (201, path, 1)
    assert opened(embed_client, world.a, old)[0] == 401
    assert opened(embed_client, world.a, world.a.token(iat=_seconds_ago(-2)))[0] == 200


def _seconds_ago(seconds: int) -> int:
    return int(feed.now()) - seconds


def test_a_deleted_dashboards_slug_is_free_and_never_two_have_it(ours: Backend, world: World) -> None:
    path = path_of(world)
    ours.told("delete", path, status=204)
    made = ours.told("post", BOARDS, document(world.a), status=201)
    assert f"{BOARDS}{made['embed_id']}" != path
    assert ours.refused("put", path, document(world.a), status=409)["code"] == "slug_conflict"
    assert Dashboard.objects.filter(organization=world.a.organization, slug="sales", archived_at=None).count() == 1
