"""Two server processes, one Redis, one database: each panel of a tenant is asked for once, counted at the database."""

import json
import os
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from tempfile import TemporaryDirectory

import pytest

from dashboards.flights import WANTED_SECONDS
from dashboards.models import Dashboard
from embedhost.lib.store import LEASE_SECONDS
from tests.embed.counted_source import PANELS, Counted, counted_dashboard, counted_source
from tests.servers import free_port, start_server, url_of_the_test_database
from tests.world import AMOUNTS, World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def counted(postgres_url: str, world: World) -> Iterator[tuple[Counted, Dashboard]]:
    name = f"counted_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}_{os.getpid()}"
    with counted_source(postgres_url, name) as (database, connection):
        yield database, counted_dashboard(world.a, connection)


class Running:
    """A web server's process, and the calls of viewers to it."""

    def __init__(self, env: dict[str, str]) -> None:
        self.port = free_port()
        self.process = start_server(env, self.port)

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(20)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)

    def panel(self, token: str, panel: str) -> tuple[int, str]:
        """Ask for a panel's data once."""
        address = f"http://127.0.0.1:{self.port}/data/explo_jwe/panels/{panel}"
        headers = {"Host": os.environ["EMBED_HOST"], "Authorization": f"Bearer {token}"}
        try:
            with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def rows(self, token: str, panel: str) -> tuple[int, object]:
        """Ask until the panel is there, as a page does; returns the status and its one number, or the code."""
        deadline = time.monotonic() + 60
        while True:
            status, body = self.panel(token, panel)
            if status != 202:
                break
            assert time.monotonic() < deadline
            time.sleep(0.2)
        read = json.loads(body)
        return status, read["data"]["columns"][0]["values"][0] if status == 200 else read["code"]


@pytest.fixture
def servers(redis_url: str, counted: object) -> Iterator[list[Running]]:
    with ExitStack() as stack:
        env = {
            "DATABASE_URL": url_of_the_test_database(),
            "REDIS_URL": redis_url,
            "JOURNAL_DIR": stack.enter_context(TemporaryDirectory(prefix="embedhost-journal-")),
            "DATA_SOURCE_NETWORKS": "127.0.0.1/32",
            "REVOCATION_POLL_SECONDS": "0.5",
            "LOG_LEVEL": "ERROR",
        }
        with ThreadPoolExecutor(2) as starting:
            running = list(starting.map(Running, [env, env]))
        for server in running:
            stack.callback(server.end)
        yield running


def eventually(condition: Callable[[], bool], seconds: float) -> float:
    """Wait for a condition and return how long it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds
        time.sleep(0.05)
    return time.monotonic() - began


def test_p_dl_05_a_hundred_cold_viewers_send_one_query_per_panel_and_tenant(
    world: World, counted: tuple[Counted, Dashboard], servers: list[Running]
) -> None:
    database, board = counted
    tokens = {name: world.a.token(name, dsh=str(board.embed_id)) for name in ("acme", "globex")}
    viewers = [(servers[number % 2], ("acme", "globex")[number // 2 % 2]) for number in range(100)]

    def ask(panel: str) -> list[tuple[str, tuple[int, object]]]:
        with ThreadPoolExecutor(100) as crowd:
            return list(crowd.map(lambda viewer: (viewer[1], viewer[0].rows(tokens[viewer[1]], panel)), viewers))

    for panel in ("quick", "slow"):
        for customer, answer in ask(panel):
            assert answer == (200, AMOUNTS[customer])
        eventually(lambda: database.queries(panel) >= 2, 5)  # noqa: B023 -- called before the next turn
        assert database.queries(panel) == 2

    # A failure is as good as rows: a hundred viewers of a broken panel send one query for each tenant, too.
    assert {answer for _, answer in ask("broken")} == {(422, "query_rejected")}
    eventually(lambda: database.queries("broken") >= 2, 5)
    assert database.queries("broken") == 2


def test_a_killed_holders_waiters_get_their_rows_and_a_query_that_nobody_waits_for_is_cancelled(
    world: World, counted: tuple[Counted, Dashboard], servers: list[Running]
) -> None:
    database, board = counted
    token = world.a.token(dsh=str(board.embed_id))
    holder, other = servers
    assert holder.panel(token, "slow")[0] == 202
    eventually(lambda: database.running() == 1, 5)
    assert other.panel(token, "slow")[0] == 202
    holder.kill()
    began = time.monotonic()
    assert other.rows(token, "slow") == (200, 100)
    took = time.monotonic() - began
    # Its lease, the query once more, and what two busy cores take for it.
    assert took < LEASE_SECONDS + PANELS["slow"] + 2.5, took

    # A viewer who closes the tab never asks again.
    assert other.panel(token, "endless")[0] == 202
    eventually(lambda: database.running() == 1, 5)
    gone = eventually(lambda: database.running() == 0, WANTED_SECONDS + 5)
    assert gone < PANELS["endless"]
