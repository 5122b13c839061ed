"""What saving a dashboard over the REST API locks, and how much of it there may be."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from dashboards.models import Dashboard, DashboardVersion
from datasources.models import DataSource
from secrets_admin.feed import feed
from secrets_admin.models import AuditRecord
from tests.api.caller import Backend
from tests.world import World

pytestmark = pytest.mark.django_db
BOARDS = "/api/v1/dashboards/"
PANELS = 3
TEXT = {"id": "about", "type": "text", "title": "About", "text": "Words."}


def board(**changes: Any) -> dict[str, Any]:
    """Return a document whose panels each ask the data source."""
    panels = [
        {
            "id": f"rows-{number}",
            "type": "table",
            "title": f"Rows {number}",
            "source": "warehouse",
            "sql": f"SELECT region FROM tradewind.orders WHERE amount > {number}",
        }
        for number in range(PANELS)
    ]
    return {"title": "New", "slug": "new", "panels": panels, **changes}


def state() -> list[Any]:
    """Return what saving could change."""
    boards = Dashboard.objects.order_by("id").values_list("embed_id", "title", "cache_seconds", "archived_at")
    return [*boards, DashboardVersion.objects.count(), AuditRecord.objects.count()]


def test_sql_is_compiled_before_anything_is_locked(ours: Backend, world: World) -> None:
    path = f"{BOARDS}{world.a.dashboards['sales'].embed_id}"
    calls: list[tuple[str, str, dict[str, Any], dict[str, str]]] = [
        ("post", BOARDS, board(), {"Idempotency_Key": "first"}),
        ("post", BOARDS, board(title="Newer"), {}),
        ("put", path, board(slug="sales"), {"If_Match": ours.call("get", path).headers["ETag"]}),
    ]
    for method, address, body, headers in calls:
        with CaptureQueriesContext(connection) as done:
            assert ours.call(method, address, body, **headers).status_code in (200, 201)
        texts = [query["sql"] for query in done.captured_queries]
        # Each panel is compiled after its source was read, so after the last one at most one is left.
        reads = [place for place, text in enumerate(texts) if f'FROM "{DataSource._meta.db_table}"' in text]
        begins = [place for place, text in enumerate(texts) if text.startswith("SAVEPOINT")]
        assert len(reads) == PANELS
        assert max(reads) < min(begins), texts


def test_a_repetition_compiles_nothing(ours: Backend, world: World) -> None:
    made = ours.told("post", BOARDS, board(), status=201, Idempotency_Key="first")
    world.a.source.delete()
    feed.read()
    again = ours.told("post", BOARDS, board(), status=201, Idempotency_Key="first")
    assert again == made
    ours.refused("post", BOARDS, board(), status=422, Idempotency_Key="second")


def at_once(api: Backend, method: str, path: str, bodies: list[dict[str, Any]], **headers: str) -> list[Any]:
    def send(body: dict[str, Any]) -> Any:
        try:
            return api.call(method, path, body, **headers)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(send, bodies))


@pytest.mark.django_db(transaction=True)
def test_of_several_that_save_at_once_one_is_first_and_the_others_hear_of_it(ours: Backend, world: World) -> None:
    path = f"{BOARDS}{world.a.dashboards['sales'].embed_id}"
    etag = ours.call("get", path).headers["ETag"]
    bodies = [board(slug="sales", title=f"Take {number}") for number in range(4)]
    saved = at_once(ours, "put", path, bodies, If_Match=etag)
    assert Counter(answer.status_code for answer in saved) == {200: 1, 412: 3}
    assert ours.told("get", path)["version"] == 2
    made = at_once(ours, "post", BOARDS, [board() for _ in range(4)], Idempotency_Key="once")
    assert {answer.status_code for answer in made} == {201}
    assert {(answer.json()["embed_id"], answer.json()["version"]) for answer in made} == {
        (made[0].json()["embed_id"], 1)
    }


def test_an_organization_has_a_bounded_number_of_dashboards_deleted_ones_included(
    ours: Backend, theirs: Backend, world: World, settings: Settings
) -> None:
    settings.MAX_DASHBOARDS = 3
    path = ours.call("post", BOARDS, board()).headers["Location"]
    before = state()
    more = board(slug="more")
    assert ours.refused("post", BOARDS, more, status=409, Idempotency_Key="more")["code"] == "too_many_dashboards"
    assert state() == before
    assert ours.told("post", BOARDS, board(title="Newer"))["version"] == 2
    ours.told("delete", path, status=204)
    for slug in ("more", "new"):
        assert "MAX_DASHBOARDS" in ours.refused("post", BOARDS, board(slug=slug), status=409)["detail"]
    assert ours.told("put", path, board(), status=201)["version"] == 3
    theirs.told("post", BOARDS, {**more, "panels": [TEXT]}, status=201)
    settings.MAX_DASHBOARDS = 0
    ours.told("post", BOARDS, more, status=201, Idempotency_Key="more")


def test_a_dashboard_has_a_bounded_number_of_versions_and_none_goes_for_another(
    ours: Backend, world: World, settings: Settings
) -> None:
    settings.MAX_VERSIONS = 2
    path = ours.call("post", BOARDS, board()).headers["Location"]
    assert ours.told("put", path, board(title="Second"))["version"] == 2
    before, third = state(), board(title="Third", settings={"cache_seconds": 7})
    for method, address in (("put", path), ("post", BOARDS)):
        assert ours.refused(method, address, third, status=409)["code"] == "too_many_versions"
    assert state() == before
    # What makes no version is taken all the same.
    same = ours.told("put", path, board(title="Second", settings={"cache_seconds": 7}))
    assert (same["version"], same["settings"]["cache_seconds"]) == (2, 7)
    assert [one["number"] for one in ours.told("get", f"{path}/versions/")["items"]] == [2, 1]
    ours.told("delete", path, status=204)
    ours.refused("put", path, third, status=409)
    ours.refused("get", path, status=404)


def test_the_operators_command_says_when_there_is_no_room(world: World, settings: Settings, tmp_path: Path) -> None:
    settings.MAX_DASHBOARDS = 2
    file = tmp_path / "more.yml"
    file.write_text(yaml.safe_dump({"title": "More", "slug": "more", "panels": [TEXT]}), encoding="utf-8")
    with pytest.raises(CommandError, match=r"Nothing was saved\..*MAX_DASHBOARDS"):
        call_command("import_dashboard", str(file), organization=world.a.organization.slug)
