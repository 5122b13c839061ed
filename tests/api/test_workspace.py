"""A key's own workspace over the REST API: told, renamed, and nothing that only owners decide."""

import pytest

from secrets_admin.models import Workspace
from tests.api.caller import Backend, backend, places
from tests.console.cast import audited
from tests.world import World

pytestmark = pytest.mark.django_db
WORKSPACE = "/api/v1/workspace"


def test_it_is_renamed_and_everything_else_stays(ours: Backend, theirs: Backend, world: World) -> None:
    before = ours.call("get", WORKSPACE)
    etag = before.headers["ETag"]
    assert ours.call("get", WORKSPACE, If_None_Match=etag).status_code == 304
    foreign = theirs.told("get", WORKSPACE)
    told = ours.told("patch", WORKSPACE, {"name": "Größe & Söhne"}, If_Match=etag)
    assert told == {**before.json(), "name": "Größe & Söhne"} == ours.told("get", WORKSPACE)
    assert theirs.told("get", WORKSPACE) == foreign
    said = ours.refused("patch", WORKSPACE, {"name": "Later"}, status=412, If_Match=etag)
    assert said["code"] == "changed_meanwhile"
    assert ours.told("patch", WORKSPACE, {}) == told
    [record] = audited("workspace.renamed")
    assert (record.actor_email, record.subject) == (f"API key {ours.key.key_id}", world.a.workspace.id)
    assert record.detail == {"before": before.json()["name"], "name": "Größe & Söhne"}


def test_a_key_changes_nothing_that_is_for_owners_and_no_other_workspace(ours: Backend, world: World) -> None:
    before = list(Workspace.objects.order_by("id").values())
    for field, value in (
        ("origins", ["https://evil.example"]),
        ("max_token_lifetime", 60),
        ("customer_tokens_enabled", False),
        ("embedding_enabled", True),
        ("id", world.b.workspace.id),
        ("organization_id", world.b.organization.id),
    ):
        assert places(ours.refused("patch", WORKSPACE, {field: value}, status=400)) == [f"#/{field}"]
    for wrong in ("", " ", " a", "a\n", "a\u202eb", "a" * 201, 7, None, ["a"]):
        assert set(places(ours.refused("patch", WORKSPACE, {"name": wrong}, status=400))) == {"#/name"}, wrong
    for limited in (backend(world.a, customers=["acme"]), backend(world.a, "read"), backend(world.a, "mint")):
        limited.refused("patch", WORKSPACE, {"name": "Mine"}, status=403)
    for path in ("/api/v1/workspaces/", f"/api/v1/workspaces/{world.b.workspace.id}"):
        assert ours.client.get(path, headers={"Authorization": f"Bearer {ours.value}"}).status_code == 404
    assert list(Workspace.objects.order_by("id").values()) == before
    assert not audited("workspace.renamed")
