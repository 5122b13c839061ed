"""P-DL-05 at a real server: while one customer asks for everything at once, everybody else is served as before."""

import itertools
import json
import os
import statistics
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

import pytest
from django.conf import settings as django_settings

from dashboards.models import Dashboard
from dashboards.services import save_version
from datasources.services import create_source, set_rule
from embed.data import RETRY_SECONDS
from secrets_admin.access import SYSTEM
from tests.embed.counted_source import PANELS, counted_source
from tests.servers import Server, serving, url_of_the_test_database
from tests.world import Tenant, World

pytestmark = pytest.mark.django_db(transaction=True)

GREEDY = 40
#: What the greedy customer may have under way at two connections: 2.4 seconds of work.
AT_ONCE, CONNECTIONS = 16, 2
#: What the crowd and everything else on the machine may take from two cores (seconds).
BUSY = 0.3
Ask = Callable[[], tuple[int, float]]


def dashboard(tenant: Tenant, connection: dict[str, str]) -> Dashboard:
    """A panel whose query takes 0.3 seconds, and another query for each value of its variable."""
    source = create_source(tenant.workspace, name="counted", engine="postgresql", connection=connection, actor=SYSTEM)
    set_rule(source, "public.quick", kind="scoped", column="cst", actor=SYSTEM)
    panel = {
        "id": "quick",
        "type": "number",
        "title": "Quick",
        "source": "counted",
        "sql": "SELECT sum(n) AS total FROM quick WHERE n <> {{ other }}",
        "encoding": {"value": "total"},
    }
    variables = [{"name": "other", "type": "number", "mode": "open", "label": "Other"}]
    return save_version(
        tenant.organization, {"title": "Quick", "slug": "quick", "variables": variables, "panels": [panel]}
    )


@pytest.fixture
def boards(postgres_url: str, world: World) -> Iterator[dict[str, Dashboard]]:
    name = f"fairness_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}_{os.getpid()}"
    with counted_source(postgres_url, name) as (_, connection):
        tenants = {"tradewind": world.a, "northwind": world.b}
        yield {slug: dashboard(tenant, connection) for slug, tenant in tenants.items()}


@pytest.fixture
def server(boards: object) -> Iterator[Server]:
    env = {
        "DATABASE_URL": url_of_the_test_database(),
        "REDIS_URL": django_settings.REDIS_URL,
        "DATA_SOURCE_NETWORKS": "127.0.0.1/32",
        "LIMIT_QUERIES_AT_ONCE": str(AT_ONCE),
        "SOURCE_CONNECTIONS": str(CONNECTIONS),
        "LOG_LEVEL": "ERROR",
    }
    with serving(env, 1) as (only,):
        yield only


_others = itertools.count(10_000)


def asking(server: Server, token: str, again: float) -> Ask:
    """Return how this viewer asks for rows that nobody asked for before: the status and how long it took.

    ``again`` is after how many seconds it asks anew for what is pending. A refusal that does not say when to come back
    counts as status 0.
    """

    def ask() -> tuple[int, float]:
        query = urlencode({"variables": json.dumps({"other": next(_others)})})
        address = f"{server.url}/data/explo_jwe/panels/quick?{query}"
        headers = {"Host": os.environ["EMBED_HOST"], "Authorization": f"Bearer {token}"}
        began = time.monotonic()
        while (status := _status(urllib.request.Request(address, headers=headers))) == 202:
            time.sleep(again)
        return status, time.monotonic() - began

    return ask


def _status(request: urllib.request.Request) -> int:
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code if error.headers["Retry-After"] else 0


@contextmanager
def stampede(ask: Ask) -> Iterator[Counter[int]]:
    """Ask with many threads at once, each again and again, until the block ends."""
    over, statuses = threading.Event(), Counter[int]()

    def go_on() -> None:
        while not over.is_set():
            status, _ = ask()
            statuses[status] += 1
            over.wait(1 if status == 429 else 0)

    crowd = [threading.Thread(target=go_on) for _ in range(GREEDY)]
    for viewer in crowd:
        viewer.start()
    try:
        time.sleep(1.5)
        yield statuses
    finally:
        over.set()
        for viewer in crowd:
            viewer.join(60)


def seconds(ask: Ask, times: int) -> list[float]:
    answers = [ask() for _ in range(times)]
    assert {status for status, _ in answers} == {200}
    return [took for _, took in answers]


def test_p_dl_05_a_greedy_customer_slows_neither_its_neighbours_nor_another_organization(
    world: World, boards: dict[str, Dashboard], server: Server
) -> None:
    def viewer(tenant: Tenant, slug: str, customer: str, again: float = 0.05) -> Ask:
        return asking(server, tenant.token(customer, dsh=str(boards[slug].embed_id), rts=["variables"]), again)

    greedy = viewer(world.a, "tradewind", "acme", RETRY_SECONDS)
    neighbour, unrelated = viewer(world.a, "tradewind", "globex"), viewer(world.b, "northwind", "acme")
    seconds(unrelated, 1)
    seconds(neighbour, 1)
    baseline = seconds(unrelated, 6)
    with stampede(greedy) as statuses:
        beside, near = seconds(unrelated, 8), seconds(neighbour, 5)
    assert statuses[429] > 0, statuses
    assert statuses[200] > 0, statuses
    assert statistics.median(beside) < 2 * statistics.median(baseline) + BUSY, (baseline, beside)
    assert max(beside) < 2 * max(baseline) + 3 * BUSY, (baseline, beside)
    # In one queue for all, the neighbour would wait behind all of the greedy customer's queries.
    assert statistics.median(near) < AT_ONCE / CONNECTIONS * PANELS["quick"] / 2, near
