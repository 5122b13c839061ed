"""Dashboards as code over the REST API: documents in and out, in YAML and JSON, with the line of every mistake."""

import copy
import json
import time
import uuid
from typing import Any

import pytest
import yaml
from django.test import Client
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types

from dashboards.models import Dashboard, DashboardVersion
from secrets_admin.models import AuditRecord
from tests.api.caller import Backend, Yaml, assert_problem, backend, places
from tests.world import World

pytestmark = pytest.mark.django_db
BOARDS = "/api/v1/dashboards/"
ABSENT = "00000000-0000-4000-8000-000000000000"
NEW = """
title: New
slug: new
settings:
  viewers_may_export: true
  cache_seconds: 60
panels:
  - id: total
    type: number
    title: Total
    source: warehouse
    sql: |
      SELECT sum(amount) AS total
      FROM tradewind.orders
    encoding:
      value: total
"""


def path_of(world: World, name: str = "sales") -> str:
    return f"{BOARDS}{world.a.dashboards[name].embed_id}"


def document(world: World, **changes: Any) -> dict[str, Any]:
    """Return alice's dashboard as it was saved, changed."""
    stored = world.a.dashboards["sales"].versions.latest("number").document
    return {**copy.deepcopy(stored), **changes}


def audited() -> list[tuple[str, str, Any]]:
    rows = AuditRecord.objects.filter(action__startswith="dashboard.").order_by("id")
    return [(row.action, row.subject, row.detail) for row in rows]


def state() -> list[Any]:
    """Return everything that saving a dashboard could change."""
    boards = Dashboard.objects.order_by("id").values_list(
        "embed_id", "title", "origins", "cache_seconds", "archived_at"
    )
    return [*boards, DashboardVersion.objects.count(), AuditRecord.objects.count()]


def test_a_document_is_saved_as_a_version_and_the_same_one_is_none(ours: Backend, world: World) -> None:
    path = path_of(world)
    changed = ours.call("put", path, document(world, title="Sales 2"))
    assert (changed.status_code, changed.json()["title"], changed.json()["version"]) == (200, "Sales 2", 2)
    assert changed.headers["ETag"] == ours.call("get", path).headers["ETag"]
    for same in (document(world), Yaml(yaml.safe_dump(document(world)))):
        again = ours.call("put", path, same)
        assert (again.json()["version"], again.headers["ETag"]) == (2, changed.headers["ETag"])
    assert ours.told("get", f"{path}/versions/2")["document"] == document(world)
    embed_id = str(world.a.dashboards["sales"].embed_id)
    assert audited() == [("dashboard.saved", embed_id, {"version": 2})]
    assert AuditRecord.objects.latest("id").actor_email == f"API key {ours.key.key_id}"


def test_a_dashboard_is_made_once_under_its_slug_with_its_settings(ours: Backend, world: World) -> None:
    answer = ours.call("post", BOARDS, Yaml(NEW), Idempotency_Key="once")
    made = answer.json()
    assert (answer.status_code, made["slug"], made["version"]) == (201, "new", 1)
    assert answer.headers["Location"] == f"{BOARDS}{made['embed_id']}"
    settings = made["settings"]
    assert (settings["viewers_may_export"], settings["cache_seconds"], settings["serve_stale_seconds"]) == (
        True,
        60,
        86400,
    )
    assert ours.call("post", BOARDS, Yaml(NEW), Idempotency_Key="once").status_code == 201
    again = ours.told("post", BOARDS, yaml.safe_load(NEW))
    assert (again["embed_id"], again["version"]) == (made["embed_id"], 1)
    assert Dashboard.objects.filter(slug="new").count() == 1
    assert [action for action, _, _ in audited()] == ["dashboard.embed_settings_changed", "dashboard.created"]
    reused = ours.refused("post", BOARDS, Yaml(NEW.replace("New", "Newer")), status=409, Idempotency_Key="once")
    assert reused["code"] == "idempotency_key_reused"
    assert (
        "/iframe/"
        in ours.told("post", "/api/v1/embed-tokens/", {"dashboard": made["embed_id"], "customer": "acme"}, status=201)[
            "iframe_url"
        ]
    )


def test_what_is_read_can_be_put_back_as_it_is(ours: Backend, world: World) -> None:
    path = path_of(world)
    etag = ours.call("get", path).headers["ETag"]
    as_yaml, as_json = (ours.call("get", f"{path}/document?format={name}") for name in ("yaml", "json"))
    assert [one.headers["ETag"] for one in (as_yaml, as_json)] == [etag, etag]
    assert as_yaml.headers["Content-Type"] == "application/yaml"
    assert yaml.safe_load(as_yaml.content) == as_json.json()
    for body in (Yaml(as_yaml.content.decode()), as_json.json()):
        assert ours.call("put", path, body, If_Match=etag).headers["ETag"] == etag
    assert ours.call("get", f"{path}/document", If_None_Match=etag).status_code == 304
    assert world.a.dashboards["sales"].versions.count() == 1
    assert audited() == []


def test_settings_and_origins_are_changed_alone_and_by_the_document(ours: Backend, world: World) -> None:
    path = path_of(world)
    [origin] = world.a.workspace.origins
    told = ours.told("patch", path, {"origins": [origin], "settings": {"cache_seconds": 5}})
    assert (told["origins"], told["settings"]["cache_seconds"], told["version"]) == ([origin], 5, 1)
    assert ours.told("patch", path, {})["origins"] == [origin]
    told = ours.told("put", path, document(world, settings={"viewers_may_export": True}))
    assert (told["origins"], told["version"]) == ([origin], 1)
    assert (told["settings"]["cache_seconds"], told["settings"]["viewers_may_export"]) == (5, True)
    assert ours.told("patch", path, {"origins": []})["origins"] == []
    assert ours.told("patch", path, {"origins": None})["origins"] is None
    assert {action for action, _, _ in audited()} == {"dashboard.embed_settings_changed"}
    before = state()
    assert ours.refused("patch", path, {"origins": ["https://evil.test"]}, status=409)["code"] == "origin_not_listed"
    for body, place in (
        ({"origins": "x"}, "#/origins"),
        ({"settings": {"cache_seconds": -1}}, "#/settings/cache_seconds"),
        ({"settings": {"cache_seconds": 86_401}}, "#/settings/cache_seconds"),
        ({"settings": {"viewers_may_export": 1}}, "#/settings/viewers_may_export"),
        ({"settings": {"title": "x"}}, "#/settings/title"),
        ({"title": "x"}, "#/title"),
    ):
        assert places(ours.refused("patch", path, body, status=400)) == [place]
    assert state() == before


def test_every_mistake_is_told_with_pointer_line_and_column_in_yaml_and_json(ours: Backend, world: World) -> None:
    path, before = BOARDS, state()
    for body in (Yaml(NEW.replace("60", "-1")), yaml.safe_load(NEW.replace("60", "-1"))):
        [error] = ours.refused("post", path, body, status=400)["errors"]
        assert error["pointer"] == "#/settings/cache_seconds"
        text = body if isinstance(body, Yaml) else json.dumps(body)
        assert text.split("\n")[error["line"] - 1][error["column"] - 1 :][:2] == "-1"
    shape = NEW.replace("type: number", "type: cake").replace("slug: new", "slug: New")
    said = ours.refused("post", path, Yaml(shape), status=400)
    assert {one["pointer"]: (one["line"], one["column"]) for one in said["errors"]} == {
        "#/slug": (3, 7),
        "#/panels/0/type": (9, 11),
    }
    assert state() == before


def test_what_is_wrong_with_sql_is_told_inside_the_panels_statement(ours: Backend, world: World) -> None:
    path, before = path_of(world), state()
    for sql, status in (("FROM tradewind.private_notes", 422), ("FROM northwind.orders", 422), ("FORM orders", 422)):
        text = NEW.replace("FROM tradewind.orders", sql)
        for body in (Yaml(text), yaml.safe_load(text)):
            said = ours.refused("post", BOARDS, body, status=status)
            [error] = said["errors"]
            assert error["pointer"] == "#/panels/0/sql"
            sent = body if isinstance(body, Yaml) else json.dumps(body)
            line = sent.split("\n")[error["line"] - 1]
            assert "Line 2, column" in error["detail"]
            start = line.index("FROM" if "FROM" in sql else "FORM")
            assert start <= error["column"] - 1 <= start + len(sql), (error, line)
    said = ours.refused(
        "put", path, document(world, panels=[{**document(world)["panels"][0], "source": "no"}]), status=422
    )
    assert places(said) == ["#/panels/0/source"]
    said = ours.refused("put", path, document(world, customer_variable="region"), status=422)
    assert places(said) == ["#/customer_variable"]
    assert state() == before


def test_identifiers_that_multiply_to_more_than_anybody_could_wait_for_are_refused(ours: Backend, world: World) -> None:
    before, begun = state(), time.thread_time()
    offered = [{"value": f"v{number}", "sql": "region"} for number in range(300)]
    sort = {"type": "choice", "identifier": True, "default": "v0", "choices": offered}
    sql = "SELECT region FROM tradewind.orders ORDER BY {{{{ s{} }}}}, {{{{ s{} }}}}"
    chart = {"type": "table", "source": "warehouse"}
    wide = {
        "variables": [{"name": f"s{number}", **sort} for number in range(5)],
        "panels": [
            {**chart, "id": f"p{number}", "title": f"P{number}", "sql": sql.format(number % 5, (number + 1) % 5)}
            for number in range(60)
        ],
    }
    said = ours.refused("post", BOARDS, {"title": "Wide", "slug": "wide", **wide}, status=422)
    assert places(said) == ["#/variables"]
    assert "36,060 statements" in said["errors"][0]["detail"]
    assert time.thread_time() - begun < 10
    assert state() == before


def test_a_body_that_is_no_document_is_refused_for_what_it_is(ours: Backend, world: World) -> None:
    path, before = path_of(world), state()
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{name}: &{name} [{','.join([f'*{last}'] * 9)}]\n" for last, name in zip("abcdef", "bcdefg", strict=True)
    )
    for text, place in (
        (bomb, (6, 8)),
        ("title: 1\ntitle: 2", (2, 1)),
        ("[" * 100_000, (1, 9)),
        ("title: !!python/name:os.system", (1, 8)),
        ("- 1", (1, 1)),
        ("", None),
    ):
        [error] = ours.refused("put", path, Yaml(text), status=400)["errors"]
        assert (error.get("line"), error.get("column")) == (place or (None, None)), text[:30]
    [error] = assert_problem(_send(ours, path, b'{"title":\n "a",}', "application/json"), 400)["errors"]
    assert (error["line"], error["column"]) == (2, 6)
    assert_problem(_send(ours, path, b"a: " + b"x" * 2**20, "application/yaml"), 413, "body_too_large")
    for kind in ("text/yaml", "text/plain", "application/xml", "multipart/form-data; boundary=x"):
        said = assert_problem(_send(ours, path, NEW.encode(), kind), 415, "unsupported_media_type")
        assert "application/yaml" in said["detail"]
    assert "yaml" not in ours.refused("patch", path, Yaml("origins: null"), status=415)["detail"]
    assert state() == before


def _send(ours: Backend, path: str, body: bytes, kind: str) -> Any:
    headers = {"Authorization": f"Bearer {ours.value}"}
    return ours.client.generic("PUT", path, body, content_type=kind, headers=headers)


def test_p_oc_02_another_organizations_dashboard_is_neither_told_from_an_absent_one_nor_touched(
    ours: Backend, theirs: Backend, world: World
) -> None:
    foreign, before = str(world.a.dashboards["sales"].embed_id), state()
    bodies: list[tuple[str, str, Any]] = [
        ("put", "", document(world)),
        ("put", "", Yaml(NEW)),
        ("put", "", {"title": 1}),
        ("patch", "", {"origins": []}),
        ("patch", "", {}),
        ("delete", "", None),
        ("get", "/document", None),
        ("get", "/document?format=yaml", None),
        ("put", "/environments/prod", {"version": 1}),
        ("put", "/environments/new", {"version": None}),
        ("delete", "/environments/prod", None),
    ]
    for method, tail, body in bodies:
        for headers in ({}, {"If_Match": '"x"'}, {"If_Match": "*"}):
            answers = [
                theirs.refused(method, f"{BOARDS}{name}{tail}", body, status=404, **headers)
                for name in (foreign, ABSENT)
            ]
            assert {**answers[0], "reference": ""} == {**answers[1], "reference": ""}, (method, tail)
    assert state() == before
    made = theirs.told(
        "post", BOARDS, Yaml(NEW.replace("tradewind", "northwind").replace("slug: new", "slug: ops")), status=201
    )
    assert made["embed_id"] != str(world.a.dashboards["ops"].embed_id)
    assert ours.told("get", path_of(world, "ops"))["version"] == 1


def test_who_may_not_write_changes_nothing(world: World) -> None:
    path, before = path_of(world), state()
    calls: list[tuple[str, str, Any]] = [
        ("post", BOARDS, Yaml(NEW)),
        ("put", path, document(world, title="x")),
        ("put", f"{BOARDS}{ABSENT}", document(world)),
        ("patch", path, {"origins": []}),
        ("delete", path, None),
        ("put", f"{path}/environments/prod", {"version": 1}),
        ("delete", f"{path}/environments/prod", None),
    ]
    for weak in (backend(world.a, "read", "mint", "customer_tokens"), backend(world.a, customers=["acme"])):
        before[-1] = AuditRecord.objects.count()
        for method, address, body in calls:
            assert weak.refused(method, address, body, status=403)["code"] == "forbidden"
        assert state() == before
    backend(world.a, customers=["acme"]).refused("get", f"{path}/document", status=403)


def test_if_match_refuses_to_save_over_what_changed_meanwhile(ours: Backend, world: World) -> None:
    path = path_of(world)
    etag = ours.call("get", path).headers["ETag"]
    after = ours.call("put", path, document(world, title="First"), If_Match=etag)
    assert after.status_code == 200
    for method, body in (
        ("put", document(world, title="Second")),
        ("patch", {"origins": []}),
        ("patch", {}),
        ("delete", None),
    ):
        assert ours.refused(method, path, body, status=412, If_Match=etag)["code"] == "changed_meanwhile"
    assert ours.told("get", path)["title"] == "First"
    assert ours.call("patch", path, {"origins": []}, If_Match=after.headers["ETag"]).status_code == 200


def test_a_slug_stays_with_its_dashboard(ours: Backend, world: World) -> None:
    before = state()
    for slug in ("ops", "other"):
        said = ours.refused("put", path_of(world), document(world, slug=slug), status=409)
        assert said["code"] == "slug_conflict"
    assert state() == before
    assert uuid.UUID(ours.told("get", path_of(world))["embed_id"]) == world.a.dashboards["sales"].embed_id


def test_the_schema_is_published_and_is_that_of_the_request(embed_client: Client, world: World) -> None:
    answer = embed_client.get(f"{BOARDS}schema.json")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/schema+json")
    schema = answer.json()
    assert schema["$id"].endswith(f"{BOARDS}schema.json")
    Draft202012Validator.check_schema(schema)
    assert Draft202012Validator(schema).is_valid(document(world))
    written = embed_client.get("/api/v1/schema/").json()
    content = written["paths"][f"{BOARDS}{{embed_id}}"]["put"]["requestBody"]["content"]
    assert content.keys() == {"application/json", "application/yaml"}
    name = content["application/yaml"]["schema"]["$ref"].rsplit("/", 1)[1]
    assert written["components"]["schemas"][name]["properties"] == schema["properties"]
