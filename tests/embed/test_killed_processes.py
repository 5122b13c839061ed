"""Kill -9 of web and worker processes at random moments: what viewers were shown is counted and logged, exactly once.

A viewer's request that was answered has exactly one line in the access log; one that was under way at a kill has one or
none. Every number of the day's usage follows from those.
"""

import http.client
import os
import random
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.conf import settings
from django.db import OperationalError
from django.db.models import Sum
from pytest_django import Settings

from embed.models import Embed, JournalPosition
from embed.rollup import roll_up
from embed.usage_models import AccessRecord, DayUsage
from embedhost.lib import journal
from tests.servers import free_port, start_server, url_of_the_test_database
from tests.workers import Worker, broker
from tests.world import World
from tokens.claims import token_digest
from tokens.envelope import open_envelope

__all__ = ["broker"]  # a fixture

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
VIEWERS = 3


@dataclass
class Asked:
    """One request: its token's digest, and what came back; nothing when the connection broke."""

    kind: str
    digest: str
    panels: int | None = None


@dataclass
class Crowd:
    """Viewers who open pages and load panels, each with a token of its own, and remember what they were shown."""

    world: World
    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def shown(self) -> int:
        """How many panels the answers showed."""
        return sum(asked.panels or 0 for asked in self.asked)

    def look(self) -> None:
        moods = random.Random(threading.get_ident())
        while not self.over.is_set():
            kind = moods.choice(("page", "page", "panel", "export"))
            token = self.world.a.token(moods.choice(("acme", "globex")), rts=["export"])
            self._ask(kind, token)

    def _ask(self, kind: str, token: str) -> None:
        port = self.port
        if port == 0:
            time.sleep(0.01)
            return
        parts = open_envelope(token).parts
        asked = Asked(kind, token_digest("explo_jwe", self.world.a.secret.key_id, parts))
        try:
            asked.panels = self._answered(port, kind, token)
        except ConnectionRefusedError:
            return  # Nobody was there to ask.
        except (OSError, http.client.HTTPException):
            asked.panels = None
        self.asked.append(asked)

    def _answered(self, port: int, kind: str, token: str) -> int:
        """Return how many panels the answer shows. A refusal would be a fault of the test."""
        path = f"/iframe/{token}" if kind == "page" else f"/data/explo_jwe/{kind}{'s' * (kind == 'panel')}/rows"
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        headers = {"Host": os.environ["EMBED_HOST"], "Authorization": f"Bearer {token}"}
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        assert answer.status in (200, 202), (answer.status, body[:200])
        if kind == "page":
            return len(re.findall(r'data-state="(?:ready|empty)"', body))
        return int(answer.status == 200)


@pytest.fixture
def env(tmp_path: Path, settings: Settings, broker: str) -> dict[str, str]:
    settings.JOURNAL_DIR = tmp_path / "journal"
    # More web processes than one would share Redis; the worker needs it in any case.
    return {
        "DATABASE_URL": url_of_the_test_database(),
        "REDIS_URL": broker,
        "JOURNAL_DIR": str(settings.JOURNAL_DIR),
        "REVOCATION_POLL_SECONDS": "0.5",
        "LOG_LEVEL": "ERROR",
    }


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=[pytest.mark.deep, pytest.mark.timeout(1200)])])
def test_killed_web_and_worker_processes_lose_and_double_nothing(
    world: World, env: dict[str, str], broker: str, kills: int
) -> None:
    crowd, worker, moments = Crowd(world), Worker(env, broker), random.Random(kills)
    viewers = [threading.Thread(target=crowd.look, daemon=True) for _ in range(VIEWERS)]
    for viewer in viewers:
        viewer.start()
    try:
        for _ in range(kills):
            worker.start()
            _until_killed(crowd, worker, env, moments)
    finally:
        crowd.over.set()
        worker.kill()
    for viewer in viewers:
        viewer.join(30)
    _take_everything()
    assert_counted(crowd, kills)


def test_s_14_a_server_that_is_told_to_stop_answers_and_counts_what_it_began(world: World, env: dict[str, str]) -> None:
    crowd = Crowd(world)
    web = start_server(env, port := free_port())
    crowd.port = port
    viewers = [threading.Thread(target=crowd.look, daemon=True) for _ in range(VIEWERS)]
    for viewer in viewers:
        viewer.start()
    deadline = time.monotonic() + 60
    while len(crowd.asked) < 30:
        assert time.monotonic() < deadline, "the server answers nothing"
        time.sleep(0.02)
    web.terminate()
    assert web.wait(20) is not None
    crowd.over.set()
    for viewer in viewers:
        viewer.join(30)
    _take_everything()
    assert_counted(crowd, 1)


def _until_killed(crowd: Crowd, worker: Worker, env: Mapping[str, str], moments: random.Random) -> None:
    """Serve until at least some panels are shown, and a random moment longer; then end both without a warning."""
    port = free_port()
    web = start_server(env, port)

    def kill_web() -> None:
        os.killpg(web.pid, signal.SIGKILL)
        crowd.port = 0

    shown = crowd.shown
    crowd.port = port
    try:
        deadline = time.monotonic() + 60
        while crowd.shown < shown + 10:
            assert time.monotonic() < deadline, "the server shows nothing"
            worker.send("embed.every_minute")
            time.sleep(0.05)
        time.sleep(moments.uniform(0, 1.5))
    finally:
        victims = [kill_web, worker.kill]
        moments.shuffle(victims)
        for kill in victims:
            kill()
            time.sleep(moments.uniform(0, 0.2))
        web.wait(20)


def _take_everything() -> None:
    deadline = time.monotonic() + 30
    while list(Path(settings.JOURNAL_DIR).glob("*.journal")):
        assert time.monotonic() < deadline, "a journal is left over"
        try:
            journal.drain()
        except OperationalError:
            time.sleep(0.1)
    roll_up()


def assert_counted(crowd: Crowd, kills: int) -> None:
    answered = [asked for asked in crowd.asked if asked.panels is not None]
    open_ends = [asked for asked in crowd.asked if asked.panels is None]
    assert len(answered) >= 10 * kills
    # Each viewer's request at a kill, and perhaps one more before it knows that nobody is there.
    assert len(open_ends) <= 2 * VIEWERS * kills
    _assert_logged(answered, open_ends)
    _assert_embeds(answered, open_ends)
    _assert_sums(answered, open_ends, kills)
    assert not JournalPosition.objects.exists()


def _assert_logged(answered: list[Asked], open_ends: list[Asked]) -> None:
    rows = Counter(AccessRecord.objects.exclude(event="query").values_list("event", "digest"))
    shown = Counter((asked.kind, asked.digest) for asked in answered if asked.kind == "page" or asked.panels)
    perhaps = {(asked.kind, asked.digest) for asked in open_ends}
    assert {key: rows[key] for key in shown} == dict(shown)
    assert set(rows) - set(shown) <= perhaps
    assert set(rows.values()) == {1}


def _assert_embeds(answered: list[Asked], open_ends: list[Asked]) -> None:
    recorded = set(Embed.objects.values_list("digest", flat=True))
    sure = {asked.digest for asked in answered if asked.kind == "page"}
    assert sure <= recorded
    assert recorded - sure <= {asked.digest for asked in open_ends if asked.kind == "page"}
    assert DayUsage.objects.aggregate(sum=Sum("embeds"))["sum"] == len(recorded)


def _assert_sums(answered: list[Asked], open_ends: list[Asked], kills: int) -> None:
    names = ("panels", "hits", "queries", "exports", "rows")
    sums = DayUsage.objects.aggregate(**{name: Sum(name) for name in names})
    panels = sum(asked.panels or 0 for asked in answered if asked.kind != "export")
    assert panels <= sums["panels"] <= panels + 4 * len(open_ends)
    exports = sum(asked.panels or 0 for asked in answered if asked.kind == "export")
    assert exports <= sums["exports"] <= exports + len(open_ends)
    ended = AccessRecord.objects.filter(event="query")
    # A query whose process was killed was sent and never ended.
    assert ended.count() <= sums["queries"] <= ended.count() + 8 * kills
    assert sums["rows"] == (ended.aggregate(sum=Sum("rows"))["sum"] or 0)
    assert sums["hits"] <= sums["panels"]
