"""No token of any kind makes a server error, shows foreign rows or is counted when it is refused (threats.md 1.3)."""

import random
import re
from collections import Counter

import pytest
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, given, seed
from hypothesis import settings as drawing
from pytest_django import Settings

from dashboards.models import Dashboard
from embed.models import Embed
from tests.embed.every_format import Way
from tests.embed.mutations import Mutator, Plan, plans
from tests.embed.surfaces import assert_headers, text_of
from tests.world import World

STATUSES = {200, 400, 401, 403, 404, 414}
_CANARY = re.compile(r"CANARY(?:-|\\u002D)(\w+?)(?:-|\\u002D)(\w+?)(?:-|\\u002D)\d")
#: Parts run side by side. At every door of its format and one more, a token is tried at least five times: 20,000 tries
#: in ./dev test, 500,000 in ./dev test deep.
PARTS, FEW, MANY = 8, 500, 12_500


@pytest.fixture(autouse=True)
def _asked_twice_a_second(settings: Settings) -> None:
    """Let a process trust what it knows as long as in production: asking each time is a third of the work."""
    settings.REVOCATION_POLL_SECONDS = 0.5


def run(world: World, client: Client, tokens: int, begin: int) -> Counter[int]:
    """Try so many tokens, which Hypothesis draws and, when one breaks something, makes plainer; count the statuses."""
    Dashboard.objects.update(viewers_may_export=True)
    mutator, secrets, seen, counted = Mutator(world), [], Counter[int](), [0]
    for tenant in (world.a, world.b):
        secrets += [secret.value().decode() for secret in tenant.workspace.embed_secrets.all()]

    @seed(begin)
    @drawing(max_examples=tokens, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(plans())
    def nothing_breaks(plan: Plan) -> None:
        token, slug = mutator.token(plan)
        for way in plan.ways:
            seen[_tried(world, client, way, token, slug, secrets, counted)] += 1

    nothing_breaks()
    return seen


def _tried(
    world: World, client: Client, way: Way, token: str, slug: str, secrets: list[str], counted: list[int]
) -> int:
    """Try a token at a door, assert that it gave what it may give and no more, and return the status."""
    answer = way.open(client, world.a, token)
    body, status = text_of(answer), answer.status_code
    assert status in STATUSES, (way, status, token)
    assert_headers(answer)
    assert {found[0] for found in _CANARY.findall(body)} <= {slug}, (way, token)
    assert len(set(_CANARY.findall(body))) <= (1 if status == 200 else 0), (way, token)
    assert not any(secret in body for secret in [*secrets, "Traceback"]), (way, token)
    counted.append(_embeds())
    assert counted[-1] == counted[-2] or (status, way.surface) == (200, "page"), (way, token)
    return status


def _embeds() -> int:
    """Count the embeds, 20,000 times: without Django's query, which would be a sixth of the work."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {Embed._meta.db_table}")
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("part", range(PARTS))
def test_nearly_right_tokens_break_nothing_in_20_000_tries(part: int, world: World, embed_client: Client) -> None:
    seen = run(world, embed_client, FEW, part)
    assert set(seen) >= {200, 400, 401, 404}
    assert seen.total() >= 20_000 / PARTS


@pytest.mark.deep
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("part", range(PARTS))
def test_nearly_right_tokens_break_nothing_in_500_000_tries(part: int, world: World, embed_client: Client) -> None:
    seen = run(world, embed_client, MANY, random.SystemRandom().randrange(2**40))
    assert seen.total() >= 500_000 / PARTS
