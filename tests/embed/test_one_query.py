"""Two server processes, one Redis, one database: each panel of a tenant is asked for once, counted at the database.

Meanwhile another organization's viewers, whose every call is a query of its own, hardly notice.
"""

import itertools
import json
import os
import signal
import statistics
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from tempfile import TemporaryDirectory

import pytest

from dashboards.flights import WANTED_SECONDS
from dashboards.models import Dashboard
from embed.data import RETRY_SECONDS
from embedhost.lib.store import LEASE_SECONDS
from tests.embed.counted_source import PANELS, Counted, counted_dashboard, counted_source, varied_dashboard
from tests.embed.viewers import Ask, asking, seconds
from tests.servers import free_port, start_server, url_of_the_test_database
from tests.world import AMOUNTS, World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def counted(postgres_url: str, world: World) -> Iterator[tuple[Counted, Dashboard, Dashboard]]:
    """The database as its server sees it, Tradewind's dashboard over it, and Northwind's."""
    name = f"counted_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}_{os.getpid()}"
    with counted_source(postgres_url, name) as (database, connection):
        yield database, counted_dashboard(world.a, connection), varied_dashboard(world.b, connection, "steady")


class Running:
    """A web server's process, and the calls of viewers to it."""

    def __init__(self, env: dict[str, str]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
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
        address = f"{self.url}/data/explo_jwe/panels/{panel}"
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
            time.sleep(RETRY_SECONDS)
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


def side_by_side(viewers: Sequence[Ask], rounds: int) -> list[float]:
    """Return how long each call took of viewers who ask at the same time, again and again (seconds)."""
    with ThreadPoolExecutor(len(viewers)) as asked:
        return list(itertools.chain.from_iterable(asked.map(lambda viewer: seconds(viewer, rounds), viewers)))


def p95(took: Sequence[float]) -> float:
    return statistics.quantiles(took, n=20)[-1]


def test_p_dl_05_a_hundred_cold_viewers_send_one_query_per_panel_and_tenant_and_slow_nobody_else_down(
    world: World, counted: tuple[Counted, Dashboard, Dashboard], servers: list[Running]
) -> None:
    database, board, unrelated = counted
    tokens = {name: world.a.token(name, dsh=str(board.embed_id)) for name in ("acme", "globex")}
    viewers = [(servers[number % 2], ("acme", "globex")[number // 2 % 2]) for number in range(100)]

    def ask(panel: str) -> list[tuple[str, tuple[int, object]]]:
        with ThreadPoolExecutor(100) as crowd:
            return list(crowd.map(lambda viewer: (viewer[1], viewer[0].rows(tokens[viewer[1]], panel)), viewers))

    def shown_once(panel: str, answers: list[tuple[str, tuple[int, object]]]) -> None:
        assert [answer for _, answer in answers] == [(200, AMOUNTS[customer]) for customer, _ in answers]
        eventually(lambda: database.queries(panel) >= 2, 5)
        assert database.queries(panel) == 2

    shown_once("quick", ask("quick"))
    others = world.b.token("acme", dsh=str(unrelated.embed_id), rts=["variables"])
    neighbours = [asking(server.url, others, "steady", again=0.05) for server in servers * 4]
    quiet = side_by_side(neighbours, rounds=2)
    with ThreadPoolExecutor(1) as aside:
        crowd = aside.submit(ask, "slow")
        beside = list[float]()
        while not crowd.done():
            beside += side_by_side(neighbours, rounds=1)
    shown_once("slow", crowd.result())
    quiet += side_by_side(neighbours, rounds=2)
    # Both in one run on the same cores, so that a busy machine slows both.
    assert p95(beside) < 2 * p95(quiet), (quiet, beside)

    # A failure is as good as rows: a hundred viewers of a broken panel send one query for each tenant, too.
    assert {answer for _, answer in ask("broken")} == {(422, "query_rejected")}
    eventually(lambda: database.queries("broken") >= 2, 5)
    assert database.queries("broken") == 2


def test_a_killed_holders_waiters_get_their_rows_and_a_query_that_nobody_waits_for_is_cancelled(
    world: World, counted: tuple[Counted, Dashboard, Dashboard], servers: list[Running]
) -> None:
    database, board, _ = counted
    token = world.a.token(dsh=str(board.embed_id))
    holder, other = servers
    other.rows(token, "quick")  # A process' first call takes longer, and the query must still run when it asks.
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
