"""No token of any kind makes a server error, shows foreign rows or is counted when it is refused (threats.md 1.3)."""

import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from django.db import connection
from django.db.models import Sum
from django.test import Client
from hypothesis import HealthCheck, given, seed
from hypothesis import settings as drawing
from pytest_django import Settings

from dashboards.models import Dashboard
from embed.models import Embed
from embed.rollup import COUNTED, roll_up
from embed.usage_models import AccessRecord, DayUsage
from embedhost.lib import journal
from embedhost.lib.store import MemoryStore, store
from secrets_admin.models import EmbedSecret
from tests.about import about
from tests.embed.ageing import landed
from tests.embed.door import AtTheDoor
from tests.embed.every_format import Way
from tests.embed.mutations import Mutator, Plan, plans
from tests.embed.surfaces import assert_headers, code_of, masked, text_of
from tests.world import World

STATUSES = {200, 400, 401, 403, 404, 414}
_CANARY = re.compile(r"CANARY(?:-|\\u002D)(\w+?)(?:-|\\u002D)(\w+?)(?:-|\\u002D)\d")
#: Parts run side by side. At every door of its format and one more, a token is tried at least five times: 20,000 tries
#: in ./dev test, 500,000 in ./dev test deep. Hypothesis draws a handful at once: its work for ten is that for one.
PARTS, FEW, MANY, HANDFUL = 8, 500, 12_500, 10
#: A file is forbidden for two reasons that a viewer may tell apart: nothing may be shown there, or no file be taken.
_WORDINGS = {("export", 403, "forbidden"): 2}


@pytest.fixture(autouse=True)
def _asked_twice_a_second(settings: Settings) -> None:
    """Let a process trust what it knows as long as in production: asking each time is a third of the work."""
    settings.REVOCATION_POLL_SECONDS = 0.5


@dataclass
class Tries:
    """What was tried and what came of it: how often each surface gave each status, and every body of a refusal."""

    world: World
    client: Client
    secrets: list[str]
    seen: Counter[tuple[int, str]] = field(default_factory=Counter)
    #: By format, surface, status and code: refusals of one kind look alike, whatever their reason.
    refused: dict[tuple[str, str, int, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    #: The newest refused token of each kind, to be tried once more.
    last: dict[tuple[str, str, int, str], tuple[Way, str]] = field(default_factory=dict)
    embeds: int = 0
    #: Since the embeds were counted, this thread asked the database something.
    asked: bool = False

    @property
    def statuses(self) -> set[int]:
        return {status for status, _ in self.seen}

    def given(self, *surfaces: str) -> int:
        """Return how often a token opened one of these surfaces, or any."""
        return sum(
            number for (status, name), number in self.seen.items() if status == 200 and name in (surfaces or {name})
        )

    def one(self, way: Way, token: str, slug: str) -> None:
        """Try a token at a door, and assert that it gave what it may give and no more."""
        answer = way.open(self.client, self.world.a, token)
        body, status = text_of(answer), answer.status_code
        assert status in STATUSES, (way, status, token)
        assert_headers(answer)
        assert {found[0] for found in _CANARY.findall(body)} <= {slug}, (way, token)
        assert len(set(_CANARY.findall(body))) <= (1 if status == 200 else 0), (way, token)
        assert not any(secret in body for secret in [*self.secrets, "Traceback"]), (way, token)
        assert not self._embeds_grew() or (status, way.surface) == (200, "page"), (way, token)
        self.seen[status, way.surface] += 1
        if status != 200:
            kind = (way.format, way.surface, status, code_of(answer))
            self.refused[kind].add(repr(masked(answer)))
            self.last[kind] = (way, token)

    def _embeds_grew(self) -> bool:
        """Count the embeds when a statement ran since: most tries ask the database nothing, so wrote nothing."""
        if not self.asked:
            return False
        before, self.embeds = self.embeds, _embeds()
        self.asked = False
        return before != self.embeds

    def hear(self, execute: Callable[..., object], *statement: object) -> object:
        """Note that a statement runs (Django's wrapper of statements)."""
        self.asked = True
        return execute(*statement)


def run(world: World, client: Client, tokens: int, begin: int) -> Tries:
    """Try so many tokens, which Hypothesis draws and, when one breaks something, makes plainer."""
    Dashboard.objects.update(viewers_may_export=True)
    mutator = Mutator(world)
    secrets = EmbedSecret.objects.filter(workspace__in=[world.a.workspace, world.b.workspace])
    tries = Tries(world, AtTheDoor(), [secret.value().decode() for secret in secrets])

    @seed(begin)
    @drawing(max_examples=tokens // HANDFUL, database=None, suppress_health_check=list(HealthCheck))
    @given(plans(HANDFUL))
    def nothing_breaks(drawn: list[Plan]) -> None:
        for plan in drawn:
            token, slug = mutator.token(plan)
            with about(plan):
                for way in plan.ways:
                    tries.one(way, token, slug)

    with connection.execute_wrapper(tries.hear):
        nothing_breaks()
    assert _embeds() == tries.embeds
    _nothing_but_what_opened_is_written_down(tries)
    _refused_once_more_nothing_changes(tries, client)
    assert {kind: bodies for kind, bodies in tries.refused.items() if len(bodies) > _WORDINGS.get(kind[1:], 1)} == {}
    return tries


def _nothing_but_what_opened_is_written_down(tries: Tries) -> None:
    """I4 over all tries: access log and usage hold a line for each token that opened something, and no other."""
    _written()
    shown = AccessRecord.objects.exclude(event=AccessRecord.Event.QUERY)
    assert shown.count() == tries.given()
    assert shown.filter(event=AccessRecord.Event.PAGE).count() == tries.given("page")
    assert DayUsage.objects.aggregate(number=Sum("exports"))["number"] == tries.given("export", "api")


def _refused_once_more_nothing_changes(tries: Tries, client: Client) -> None:
    """I4 for one token of every kind of refusal: no embed, no log, no usage, no query at the source, no entry kept.

    ``client`` is Django's, at whose door all are refused too.
    """
    before = _written()
    for way, token in tries.last.values():
        # Perhaps another one: what ended too late may have ended by now.
        assert way.open(client, tries.world.a, token).status_code >= 400, (way, token)
    assert _written() == before


def _written() -> list[object]:
    """Return all that a token that opens something leaves behind."""
    landed()
    journal.drain()
    roll_up()
    usage = DayUsage.objects.values_list(*COUNTED).order_by("id")
    kept = store()
    entries = len(kept._entries) if isinstance(kept, MemoryStore) else 0  # its bytes by key; Redis holds counters too
    return [_embeds(), AccessRecord.objects.count(), list(usage), entries]


def _embeds() -> int:
    """Count the embeds without Django's query, which costs as much as a try."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {Embed._meta.db_table}")
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("part", range(PARTS))
def test_nearly_right_tokens_break_nothing_in_20_000_tries(part: int, world: World, embed_client: Client) -> None:
    tries = run(world, embed_client, FEW, part)
    assert tries.statuses >= {200, 400, 401, 404}
    assert tries.seen.total() >= 20_000 / PARTS


@pytest.mark.deep
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("part", range(PARTS))
def test_nearly_right_tokens_break_nothing_in_500_000_tries(part: int, world: World, embed_client: Client) -> None:
    tries = run(world, embed_client, MANY, random.SystemRandom().randrange(2**40))
    assert tries.seen.total() >= 500_000 / PARTS
