"""Server processes and a worker with open connections under customers' own logins: a change closes them in each."""

import os
import time
import urllib.request
from collections.abc import Iterator

import pytest

from dashboards.models import Dashboard
from datasources.models import DataSource
from datasources.services import delete_source
from datasources.walls import set_customer_login, set_login_per_customer
from secrets_admin.access import SYSTEM
from tests.embed.counted_source import Counted, counted_dashboard, counted_source
from tests.servers import Server, serving, url_of_the_test_database
from tests.workers import Worker, broker
from tests.world import World

__all__ = ["broker"]  # a fixture

pytestmark = pytest.mark.django_db(transaction=True)

#: The feed is read twice a second and the house kept every second; the rest is for a busy machine.
SECONDS = 3.0


@pytest.fixture
def counted(postgres_url: str, world: World) -> Iterator[tuple[Counted, Dashboard, dict[str, str]]]:
    name = f"closed_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}_{os.getpid()}"
    with counted_source(postgres_url, name) as (database, connection):
        logins = {customer: f"{name}_{customer}" for customer in ("acme", "globex")}
        for login in logins.values():
            database.server.execute(f"CREATE ROLE {login} LOGIN PASSWORD 'own'")
            database.server.execute(f"GRANT SELECT ON quick TO {login}")
        yield database, counted_dashboard(world.a, connection), logins
        for login in logins.values():
            sql = "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity WHERE usename = %s"
            database.server.execute(sql, [login])
            database.server.execute(f"DROP OWNED BY {login}")
            database.server.execute(f"DROP ROLE {login}")


@pytest.fixture
def servers(counted: object) -> Iterator[list[Server]]:
    """Each with a cache of its own, so that each asks the database."""
    env = {
        "DATABASE_URL": url_of_the_test_database(),
        "REDIS_URL": "",
        "DATA_SOURCE_NETWORKS": "127.0.0.1/32",
        "LOG_LEVEL": "ERROR",
    }
    with serving(env, 2) as running:
        yield running


@pytest.fixture
def worker(counted: object, broker: str) -> Iterator[Worker]:
    env = {
        "DATABASE_URL": url_of_the_test_database(),
        "REDIS_URL": broker,
        "DATA_SOURCE_NETWORKS": "127.0.0.1/32",
        "LOG_LEVEL": "ERROR",
    }
    worker = Worker(env, broker, include="tests.embed.asking_tasks")
    worker.start()
    yield worker
    worker.kill()


def ask(server: Server, token: str) -> int:
    headers = {"Host": os.environ["EMBED_HOST"], "Authorization": f"Bearer {token}"}
    request = urllib.request.Request(f"{server.url}/data/explo_jwe/panels/quick", headers=headers)
    while True:
        with urllib.request.urlopen(request, timeout=30) as answer:
            if answer.status != 202:
                return int(answer.status)
        time.sleep(0.1)


def connections(database: Counted, login: str) -> int:
    row = database.server.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = %s", [login]).fetchone()
    return int(row[0]) if row else 0


def settled(database: Counted, login: str, number: int, seconds: float = SECONDS) -> None:
    """Wait until all processes together have so many connections of a login."""
    began = time.monotonic()
    while (found := connections(database, login)) != number:
        assert time.monotonic() - began < seconds, f"{found} connections are open"
        time.sleep(0.02)


def test_a_login_that_is_taken_away_and_a_deleted_source_lose_their_connections_in_every_process(
    world: World, counted: tuple[Counted, Dashboard, dict[str, str]], servers: list[Server]
) -> None:
    database, board, logins = counted
    source = DataSource.objects.get(name="counted")
    set_login_per_customer(source, True, actor=SYSTEM)
    for customer, login in logins.items():
        set_customer_login(source, customer, user=login, password="own", actor=SYSTEM)
        token = world.a.token(customer, dsh=str(board.embed_id))
        assert [ask(server, token) for server in servers] == [200, 200]
        assert connections(database, login) == 2
    set_customer_login(source, "acme", user="", password="", actor=SYSTEM)
    settled(database, logins["acme"], 0)
    assert connections(database, logins["globex"]) == 2
    delete_source(source, actor=SYSTEM)
    settled(database, logins["globex"], 0)


def test_a_workers_process_closes_what_is_idle_and_what_changed_as_a_web_servers_does(
    world: World, counted: tuple[Counted, Dashboard, dict[str, str]], worker: Worker
) -> None:
    database, _, logins = counted
    source = DataSource.objects.get(name="counted")
    set_login_per_customer(source, True, actor=SYSTEM)
    for customer, login in logins.items():
        set_customer_login(source, customer, user=login, password="own", actor=SYSTEM)
        worker.send("tests.ask", world.a.workspace.id, "counted", customer, 3600)
        settled(database, login, 1, 60)
    set_customer_login(source, "acme", user="", password="", actor=SYSTEM)
    settled(database, logins["acme"], 0)
    assert connections(database, logins["globex"]) == 1
    worker.send("tests.ask", world.a.workspace.id, "counted", "globex", 0)
    settled(database, logins["globex"], 0)
