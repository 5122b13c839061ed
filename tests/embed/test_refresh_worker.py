"""A real worker, a real queue and a source that counts: who refreshes, how often, and what if it dies meanwhile."""

import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
import redis
from django.test import Client
from pytest_django import Settings

from dashboards import refreshing
from dashboards.models import Dashboard
from dashboards.services import update_embed_settings
from datasources.run import run_statement
from embedhost.lib.store import LEASE_SECONDS
from secrets_admin.feed import feed
from tests.embed.ageing import keys, make_older
from tests.embed.counted_source import Counted, counted_dashboard, counted_source
from tests.embed.surfaces import data
from tests.embed.test_refresh import cached, forget_wishes, share, waited
from tests.servers import url_of_the_test_database
from tests.workers import Worker, broker
from tests.world import World

__all__ = ["broker"]  # a fixture

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def counted(postgres_url: str, world: World) -> Iterator[tuple[Counted, Dashboard]]:
    name = f"refreshed_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}_{os.getpid()}"
    with counted_source(postgres_url, name) as (database, connection):
        yield database, counted_dashboard(world.a, connection)


@pytest.fixture
def worker(counted: object, broker: str, settings: Settings) -> Iterator[Worker]:
    share(broker, settings)
    env = {
        "DATABASE_URL": url_of_the_test_database(),
        "REDIS_URL": broker,
        "DATA_SOURCE_NETWORKS": "127.0.0.1/32",
        "LOG_LEVEL": "ERROR",
    }
    worker = Worker(env, broker)
    worker.start()
    yield worker
    worker.kill()


def test_a_worker_refreshes_once_and_when_it_is_killed_the_page_heals_without_it(
    world: World,
    embed_client: Client,
    counted: tuple[Counted, Dashboard],
    worker: Worker,
    broker: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    database, board = counted
    update_embed_settings(board, origins=None, cache_seconds=60)
    feed.read()
    token, mine = world.a.token(dsh=str(board.embed_id)), _queries_of_this_process(monkeypatch)
    shown = {panel: partial(data, embed_client, token, panel=panel) for panel in ("quick", "steady")}
    for show in shown.values():
        assert show().status_code == 200
    # It takes a while to start; until then nothing here shall do its work.
    monkeypatch.setattr(refreshing, "BEGIN_SECONDS", 60.0)
    monkeypatch.setattr(refreshing, "TICKET_SECONDS", 60.0)

    assert _stale(shown["quick"]) == "stale"
    assert waited(lambda: cached(shown["quick"]()) == "hit", 60)
    assert (len(mine), database.queries("quick")) == (2, 2), (
        "both first views were queries of ours, the third the worker's"
    )

    assert _stale(shown["steady"]) == "stale"
    assert waited(lambda: database.running() == 1)
    monkeypatch.setattr(refreshing, "BEGIN_SECONDS", 0.5)
    worker.kill()
    with redis.Redis.from_url(broker) as shared:
        assert waited(lambda: not [key for key in keys() if shared.exists(f"{key}:lease")], LEASE_SECONDS + 5)
    forget_wishes()
    assert cached(shown["steady"]()) == "stale", "what is kept is shown meanwhile"
    assert waited(lambda: cached(shown["steady"]()) == "hit", 30)
    assert len(mine) == 3, "this process saw that no worker began, and did it itself"

    assert _stale(shown["quick"]) == "stale"
    assert waited(lambda: cached(shown["quick"]()) == "hit")
    assert len(mine) == 4, "and for a while it does not ask the queue"


def _stale(show: Callable[[], Any]) -> str:
    make_older(3600)
    forget_wishes()
    return cached(show())


def _queries_of_this_process(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    sent: list[float] = []

    def count(*given: Any, **more: Any) -> Any:
        sent.append(time.monotonic())
        return run_statement(*given, **more)

    monkeypatch.setattr("dashboards.queries.run_statement", count)
    return sent
