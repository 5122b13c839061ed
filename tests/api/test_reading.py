"""Dashboards, data sources, the workspace and the audit log over the REST API, to read."""

import copy

import pytest

from dashboards.models import Environment
from dashboards.services import clear_cache, save_version
from secrets_admin.access import SYSTEM
from secrets_admin.api_key_services import create_api_key
from secrets_admin.models import ApiKey
from tests.api.caller import CUSTOMERS, Backend, backend, places
from tests.world import HOST_ORIGIN, World

pytestmark = pytest.mark.django_db
BOARDS, SOURCES, WORKSPACE, AUDIT = (
    "/api/v1/dashboards/",
    "/api/v1/data-sources/",
    "/api/v1/workspace",
    "/api/v1/audit/",
)


def test_dashboards_are_listed_by_slug_in_pages(ours: Backend, theirs: Backend, world: World) -> None:
    page = ours.told("get", f"{BOARDS}?limit=1")
    rest = ours.told("get", f"{BOARDS}?limit=1&after={page['next']}")
    assert [one["slug"] for one in (*page["items"], *rest["items"])] == ["ops", "sales"]
    assert rest["next"] is None
    assert [one["slug"] for one in ours.told("get", f"{BOARDS}?search=OPERA")["items"]] == ["ops"]
    assert [one["embed_id"] for one in theirs.told("get", BOARDS)["items"]] == [
        str(world.b.dashboards["sales"].embed_id)
    ]
    sales = world.a.dashboards["sales"]
    assert rest["items"][0] == {
        "embed_id": str(sales.embed_id),
        "id": sales.id,
        "slug": "sales",
        "title": "Sales",
        "description": sales.description,
        "version": 1,
        "origins": None,
        "settings": {
            "viewers_may_apply_variables": sales.viewers_may_apply_variables,
            "viewers_may_export": sales.viewers_may_export,
            "cache_seconds": sales.cache_seconds,
            "serve_stale_seconds": sales.serve_stale_seconds,
        },
        "created_at": rest["items"][0]["created_at"],
    }


def test_a_dashboard_says_what_a_token_may_set_and_its_etag_changes_with_it(ours: Backend, world: World) -> None:
    sales = world.a.dashboards["sales"]
    path = f"{BOARDS}{sales.embed_id}"
    answer = ours.call("get", path)
    variables = {one["name"]: one for one in answer.json()["variables"]}
    assert variables["region"]["mode"] == "open"
    assert variables["floor"]["mode"] == "locked"
    assert "sql" not in answer.content.decode().lower()
    etag = answer.headers["ETag"]
    assert ours.call("get", path, If_None_Match=etag).status_code == 304
    document = copy.deepcopy(sales.versions.get().document)
    save_version(world.a.organization, {**document, "title": "Sales 2"})
    again = ours.call("get", path, If_None_Match=etag)
    assert (again.status_code, again.json()["title"], again.json()["version"]) == (200, "Sales 2", 2)


def test_versions_and_environments_say_what_is_open_where(ours: Backend, world: World) -> None:
    sales = world.a.dashboards["sales"]
    first = sales.versions.get()
    for number in (2, 3):
        save_version(world.a.organization, {**copy.deepcopy(first.document), "description": f"Take {number}"})
    Environment.objects.create(dashboard=sales, name="old", version=first)
    path = f"{BOARDS}{sales.embed_id}"
    page = ours.told("get", f"{path}/versions/?limit=2")
    rest = ours.told("get", f"{path}/versions/?limit=2&after={page['next']}")
    assert [one["number"] for one in (*page["items"], *rest["items"])] == [3, 2, 1]
    assert rest["next"] is None
    assert len(ours.told("get", f"{path}/versions/?after={10**17}")["items"]) == 3
    assert ours.told("get", f"{path}/versions/1")["document"] == first.document
    for missing in ("4", "0", str(2**31), "9" * 30):
        ours.refused("get", f"{path}/versions/{missing}", status=404)
    assert ours.told("get", f"{path}/environments/")["items"] == [
        {"name": "old", "version": 1, "pinned": True},
        {"name": "prod", "version": 3, "pinned": False},
    ]


def test_p_cu_02_another_organizations_dashboards_are_not_there(theirs: Backend, world: World) -> None:
    for tail in ("", "/versions/", "/versions/1", "/environments/"):
        foreign, absent = (
            theirs.refused("get", f"{BOARDS}{name}{tail}", status=404)
            for name in (world.a.dashboards["sales"].embed_id, "00000000-0000-4000-8000-000000000000")
        )
        assert {**foreign, "reference": ""} == {**absent, "reference": ""}


def test_data_sources_tell_their_rules_and_no_connection(ours: Backend, theirs: Backend, world: World) -> None:
    answer = ours.call("get", SOURCES)
    [source] = answer.json()["items"]
    assert (source["name"], source["engine"], source["login_per_customer"]) == ("warehouse", "duckdb", False)
    rules = {one["table"]: (one["rule"], one["column"], one["property"]) for one in source["tables"]}
    assert rules["tradewind.orders"] == ("scoped", "cst", "external_id")
    assert rules["tradewind.regions"] == ("shared", None, None)
    assert rules["northwind.orders"] == ("hidden", None, None)
    assert str(world.orders_file) not in answer.content.decode()
    assert theirs.told("get", SOURCES)["items"][0]["tables"] != source["tables"]


def test_the_workspace_of_a_key_is_told(ours: Backend, world: World) -> None:
    told = ours.told("get", WORKSPACE)
    expected = (world.a.workspace.id, "tradewind", world.a.organization.id, [HOST_ORIGIN], 86_400, True)
    names = ("id", "organization", "organization_id", "origins", "max_token_lifetime", "embedding_enabled")
    assert tuple(told[name] for name in names) == expected


def test_the_audit_log_names_the_key_and_is_the_organizations_own(ours: Backend, theirs: Backend) -> None:
    ours.told("post", CUSTOMERS, {"external_id": "new"}, status=201)
    newest = ours.told("get", f"{AUDIT}?limit=1")
    said = {name: newest["items"][0][name] for name in ("actor", "action", "subject", "address")}
    assert said == {
        "actor": f"API key {ours.key.key_id}",
        "action": "customer.created",
        "subject": "new",
        "address": "127.0.0.1",
    }
    older = ours.told("get", f"{AUDIT}?after={newest['next']}")["items"]
    assert older[0]["at"] <= newest["items"][0]["at"]
    assert "new" not in [one["subject"] for one in (*older, *theirs.told("get", AUDIT)["items"])]
    assert ours.value not in str(ours.told("get", f"{AUDIT}?limit=1000"))
    assert places(ours.refused("get", f"{AUDIT}?after=x", status=400)) == ["after"]


def test_the_audit_log_tells_nothing_of_another_workspace(ours: Backend, world: World) -> None:
    staging = world.a.organization.workspaces.create(name="Staging")
    _, value = create_api_key(staging, name="Staging", scopes=["read", "write"], actor=SYSTEM)
    theirs = Backend(world.a, ApiKey.objects.get(workspace=staging), value)
    ours.told("post", CUSTOMERS, {"external_id": "of main"}, status=201)
    theirs.told("post", CUSTOMERS, {"external_id": "of staging"}, status=201)
    clear_cache(world.a.dashboards["sales"], actor=SYSTEM)
    board = ("dashboard.cache_cleared", str(world.a.dashboards["sales"].embed_id))
    log = {
        name: [(one["action"], one["subject"]) for one in who.told("get", f"{AUDIT}?limit=1000")["items"]]
        for name, who in {"main": ours, "staging": theirs}.items()
    }
    staging_key = ApiKey.objects.get(workspace=staging).key_id
    assert log["staging"] == [board, ("customer.created", "of staging"), ("api_key.created", staging_key)]
    assert {board, ("customer.created", "of main"), ("api_key.created", ours.key.key_id)} <= set(log["main"])
    assert not {subject for _, subject in log["main"]} & {"of staging", staging_key}


def test_what_concerns_the_whole_workspace_is_not_for_a_key_of_some_customers(world: World) -> None:
    limited = backend(world.a, customers=["acme"])
    board = f"{BOARDS}{world.a.dashboards['sales'].embed_id}"
    for path in (SOURCES, WORKSPACE, AUDIT, f"{board}/versions/", f"{board}/versions/1"):
        limited.refused("get", path, status=403)
        backend(world.a, "write", "mint", "customer_tokens").refused("get", path, status=403)
    for path in (BOARDS, board, f"{board}/environments/"):
        limited.told("get", path)
