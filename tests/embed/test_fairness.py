"""P-DL-05 at a real server: while one customer asks for everything at once, everybody else is served as before."""

import os
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings as django_settings

from dashboards.models import Dashboard
from embed.data import RETRY_SECONDS
from tests.embed.counted_source import PANELS, counted_source, varied_dashboard
from tests.embed.viewers import Ask, asking, seconds
from tests.servers import Server, serving, url_of_the_test_database
from tests.world import Tenant, World

pytestmark = pytest.mark.django_db(transaction=True)

GREEDY = 40
#: What the greedy customer may have under way at two connections: 2.4 seconds of work.
AT_ONCE, CONNECTIONS = 16, 2
#: What the crowd and everything else on the machine may take from two cores (seconds).
BUSY = 0.3


@pytest.fixture
def boards(postgres_url: str, world: World) -> Iterator[dict[str, Dashboard]]:
    name = f"fairness_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}_{os.getpid()}"
    with counted_source(postgres_url, name) as (_, connection):
        tenants = {"tradewind": world.a, "northwind": world.b}
        yield {slug: varied_dashboard(tenant, connection, "quick") for slug, tenant in tenants.items()}


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


def test_p_dl_05_a_greedy_customer_slows_neither_its_neighbours_nor_another_organization(
    world: World, boards: dict[str, Dashboard], server: Server
) -> None:
    def viewer(tenant: Tenant, slug: str, customer: str, again: float = 0.05) -> Ask:
        token = tenant.token(customer, dsh=str(boards[slug].embed_id), rts=["variables"])
        return asking(server.url, token, "quick", again)

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
