"""Where a dashboard may be embedded, read and set as at Superset."""

from django.test import Client

from dashboards.models import Dashboard
from dashboards.services import update_embed_settings
from secrets_admin.feed import feed
from secrets_admin.models import AuditRecord
from tests.embed.superset import access, send, told
from tests.embed.surfaces import code_of, masked
from tests.world import HOST_ORIGIN, World


def test_the_embedding_of_a_dashboard_is_read_by_id_slug_and_uuid(world: World, embed_client: Client) -> None:
    key, sales = access(embed_client, world.a, "read"), world.a.dashboards["sales"]
    expected: dict[str, object] = {
        "uuid": str(sales.embed_id),
        "dashboard_id": str(sales.id),
        "allowed_domains": [],
        "changed_by": None,
    }
    paths = [f"/api/v1/dashboard/{name}/embedded" for name in (sales.id, "sales")]
    for path in (*paths, f"{paths[0]}/", f"/api/v1/embedded_dashboard/{sales.embed_id}"):
        result = told(send(embed_client, path, access=key, method="get"))["result"]
        assert result.pop("changed_on").startswith("20")
        assert result == expected


def test_allowed_domains_narrow_the_dashboards_origins(world: World, embed_client: Client) -> None:
    sales, other = world.a.dashboards["sales"], "https://eu.a.test"
    world.a.workspace.origins = [HOST_ORIGIN, other]
    world.a.workspace.save()
    feed.reset()
    key = access(embed_client, world.a, "write")
    path = f"/api/v1/dashboard/{sales.id}/embedded"
    changes: list[tuple[str, list[str], list[str]]] = [
        ("post", [f"{other}/"], [other]),
        ("put", [HOST_ORIGIN, other], [HOST_ORIGIN, other]),
        ("post", [], []),
    ]
    for method, domains, kept in changes:
        body = {"allowed_domains": domains, "unknown": 1}
        result = told(send(embed_client, path, body, key, method))["result"]
        assert result["allowed_domains"] == kept
        assert result["changed_by"]["first_name"].startswith("API key ak_")
        sales.refresh_from_db()
        assert sales.origins == (kept or None)
    assert AuditRecord.objects.filter(action="dashboard.embed_settings_changed").count() == 3


def test_a_narrowed_dashboard_is_shown_there_alone(world: World, embed_client: Client) -> None:
    world.a.workspace.origins = [HOST_ORIGIN, "https://eu.a.test"]
    world.a.workspace.save()
    feed.reset()
    key, path = access(embed_client, world.a, "write"), "/api/v1/dashboard/sales/embedded"
    told(send(embed_client, path, {"allowed_domains": ["https://eu.a.test"]}, key))
    answer = embed_client.get(f"/iframe/{world.a.token()}")
    assert "frame-ancestors https://eu.a.test" in answer.headers["Content-Security-Policy"]
    told(send(embed_client, path, {}, key, "delete"))
    answer = embed_client.get(f"/iframe/{world.a.token()}")
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_a_domain_that_is_not_on_the_workspaces_list_is_400(world: World, embed_client: Client) -> None:
    key = access(embed_client, world.a, "write")
    for domain in ("https://evil.test", "http://app.a.test", "*", "app.a.test", "https://app.a.test/x", ""):
        answer = send(embed_client, "/api/v1/dashboard/sales/embedded", {"allowed_domains": [domain]}, key)
        assert (answer.status_code, code_of(answer)) == (400, "origin_invalid"), domain
    broken: list[object] = [{}, {"allowed_domains": None}, {"allowed_domains": HOST_ORIGIN}, {"allowed_domains": [1]}]
    for body in broken:
        answer = send(embed_client, "/api/v1/dashboard/sales/embedded", body, key)
        assert (answer.status_code, code_of(answer)) == (400, "bad_request"), body
    assert Dashboard.objects.exclude(origins=None).count() == 0


def test_a_deleted_embedding_is_not_there_until_it_is_made_again(world: World, embed_client: Client) -> None:
    key, path = access(embed_client, world.a), "/api/v1/dashboard/sales/embedded"
    assert told(send(embed_client, path, access=key, method="delete")) == {"message": "OK"}
    for method in ("get", "delete"):
        assert send(embed_client, path, access=key, method=method).status_code == 404
    uuid = told(send(embed_client, path, {"allowed_domains": []}, key))["result"]["uuid"]
    assert uuid == str(world.a.dashboards["sales"].embed_id)
    assert send(embed_client, path, access=key, method="get").status_code == 200


def test_what_belongs_to_somebody_else_is_not_there(world: World, embed_client: Client) -> None:
    theirs = world.b.dashboards["sales"]
    key = access(embed_client, world.a)
    names = (
        theirs.id,
        999_999,
        10**30,
        "ops-of-nobody",
        "%00",
        "sa%00les",
        f"0{world.a.dashboards['sales'].id}",
        "SALES",
        "1%20OR%201=1",
        "-1",
        "٣",
    )
    answers = [send(embed_client, f"/api/v1/dashboard/{name}/embedded", access=key, method="get") for name in names]
    uuids = (theirs.embed_id, "00000000-0000-4000-8000-000000000000")
    answers += [send(embed_client, f"/api/v1/embedded_dashboard/{each}", access=key, method="get") for each in uuids]
    for method in ("post", "put", "delete"):
        path = f"/api/v1/dashboard/{theirs.id}/embedded"
        answers.append(send(embed_client, path, {"allowed_domains": []}, key, method))
    assert {masked(answer)[:2] for answer in answers} == {masked(answers[0])[:2]}
    assert (answers[0].status_code, code_of(answers[0])) == (404, "not_found")
    assert not AuditRecord.objects.filter(action="dashboard.embed_settings_changed").exists()


def test_reading_and_writing_need_their_scopes(world: World, embed_client: Client) -> None:
    path, body = "/api/v1/dashboard/sales/embedded", {"allowed_domains": [HOST_ORIGIN]}
    reader, writer = access(embed_client, world.a, "read"), access(embed_client, world.a, "write")
    for method in ("post", "put", "delete"):
        answer = send(embed_client, path, body, reader, method)
        assert (answer.status_code, code_of(answer)) == (403, "forbidden")
    for read in (path, f"/api/v1/embedded_dashboard/{world.a.dashboards['sales'].embed_id}"):
        assert send(embed_client, read, access=writer, method="get").status_code == 403


def test_one_workspace_s_key_leaves_the_other_workspaces_sites_as_they_are(world: World, embed_client: Client) -> None:
    """Dashboards are the organization's, so a key may change its own workspace's part of a list and no other."""
    second = world.a.organization.workspaces.create(name="Second", origins=["https://two.a.test"])
    sales, path = world.a.dashboards["sales"], "/api/v1/dashboard/sales/embedded"
    update_embed_settings(sales, origins=["https://two.a.test"])
    feed.reset()
    key = access(embed_client, world.a, "write")
    changes: list[tuple[str, list[str], set[str]]] = [
        ("post", [HOST_ORIGIN], {"https://two.a.test", HOST_ORIGIN}),
        ("delete", [], {"https://two.a.test"}),
    ]
    for method, domains, kept in changes:
        told(send(embed_client, path, {"allowed_domains": domains}, key, method))
        sales.refresh_from_db()
        assert set(sales.origins or ()) == kept
    assert second.origins == ["https://two.a.test"]
