"""What saving a dashboard over the REST API locks, and that of several at once one is first."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from datasources.models import DataSource
from secrets_admin.feed import feed
from tests.api.caller import Backend
from tests.world import World

pytestmark = pytest.mark.django_db
BOARDS = "/api/v1/dashboards/"
PANELS = 3


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
