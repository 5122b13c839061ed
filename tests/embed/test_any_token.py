"""No token of any kind makes a server error, shows foreign rows or is counted when it is refused (threats.md 1.3)."""

import itertools
import random
import re

import pytest
from django.test import Client

from dashboards.models import Dashboard
from embed.models import Embed
from tests.embed.mutations import Mutator
from tests.embed.surfaces import assert_headers, text_of
from tests.world import World

STATUSES = {200, 400, 401, 403, 404, 414}
_CANARY = re.compile(r"CANARY(?:-|\\u002D)(\w+?)(?:-|\\u002D)(\w+?)(?:-|\\u002D)\d")
#: 20,000 in ./dev test, in parts that can run side by side; 500,000 in ./dev test deep.
EACH = 2_500


def run(world: World, client: Client, seeds: range) -> set[int]:
    """Try as many tokens as there are seeds; return the statuses that were seen."""
    Dashboard.objects.update(viewers_may_export=True)
    mutator, secrets = Mutator(world), []
    for tenant in (world.a, world.b):
        secrets += [secret.value().decode() for secret in tenant.workspace.embed_secrets.all()]
    seen, counted = set(), 0
    for seed in seeds:
        way, token, slug = mutator.draw(seed)
        answer = way.open(client, world.a, token)
        body, status = text_of(answer), answer.status_code
        assert status in STATUSES, (seed, way, status)
        assert_headers(answer)
        assert {found[0] for found in _CANARY.findall(body)} <= {slug}, (seed, way)
        assert len(set(_CANARY.findall(body))) <= (1 if status == 200 else 0), (seed, way)
        assert not any(secret in body for secret in [*secrets, "Traceback"]), (seed, way)
        before, counted = counted, Embed.objects.count()
        assert counted == before or (status, way.surface) == (200, "page"), (seed, way)
        seen.add(status)
    return seen


@pytest.mark.parametrize("part", range(8))
def test_20_000_nearly_right_tokens_break_nothing(part: int, world: World, embed_client: Client) -> None:
    seen = run(world, embed_client, range(part * EACH, (part + 1) * EACH))
    assert seen >= {200, 400, 401, 404}


@pytest.mark.deep
@pytest.mark.parametrize("part", range(8))
def test_500_000_nearly_right_tokens_break_nothing(part: int, world: World, embed_client: Client) -> None:
    begin = random.SystemRandom().randrange(2**40)
    for block in itertools.count():
        if block * EACH >= 500_000 // 8:
            return
        run(world, embed_client, range(begin + block * EACH, begin + (block + 1) * EACH))
