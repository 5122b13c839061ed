"""P-OP-04 for every format: how often a token counts, whatever is done with it."""

import time

import pytest
from django.test import Client

from dashboards.models import Dashboard
from embed import usage
from embed.models import Embed
from embed.rollup import roll_up
from embed.usage_models import DayUsage
from embedhost.lib import journal
from tests.embed.every_format import CALLS, Way
from tests.embed.surfaces import text_of
from tests.world import World
from tokens.formats import FORMATS

every_format = pytest.mark.parametrize("format", FORMATS)
#: A token that does not end counts once for each page that it opens.
PER_PAGE = {"customer_token"}
OPENINGS = 10


@pytest.fixture(autouse=True)
def _may_export(world: World) -> None:
    Dashboard.objects.update(viewers_may_export=True)


def opened(client: Client, world: World, format: str, token: str, surface: str = "page") -> None:
    answer = Way(format, surface).open(client, world.a, token)
    assert answer.status_code == 200, text_of(answer)[:300]


def embeds() -> int:
    """What the table of tokens and the usage by day both say."""
    roll_up()
    number = Embed.objects.count()
    assert sum(DayUsage.objects.values_list("embeds", flat=True)) == number
    return number


@every_format
def test_p_op_04_a_token_opened_ten_times_counts_once(format: str, world: World, embed_client: Client) -> None:
    token = world.a.token_of(format)
    for _ in range(OPENINGS):
        opened(embed_client, world, format, token)
    assert embeds() == (OPENINGS if format in PER_PAGE else 1)


@every_format
def test_p_op_04_two_tokens_count_twice_and_each_for_its_customer(
    format: str, world: World, embed_client: Client
) -> None:
    for customer in ("acme", "globex"):
        token = world.a.token_of(format, customer)
        for _ in range(1 if format in PER_PAGE else 3):
            opened(embed_client, world, format, token)
    assert embeds() == 2
    ids = {world.a.customers[name].id for name in ("acme", "globex")}
    assert dict(DayUsage.objects.values_list("customer_id", "embeds")) == dict.fromkeys(ids, 1)


@every_format
def test_p_op_04_after_a_restart_of_every_process_the_token_is_still_one(
    format: str, world: World, embed_client: Client
) -> None:
    token = world.a.token_of(format)
    for _ in range(3):
        opened(embed_client, world, format, token)
        usage.forget()
        journal.forget()
    assert embeds() == (3 if format in PER_PAGE else 1)


@every_format
@pytest.mark.parametrize("surface", CALLS)
def test_p_op_04_calls_and_exports_count_no_embed(
    format: str, surface: str, world: World, embed_client: Client
) -> None:
    opened(embed_client, world, format, world.a.token_of(format), surface)
    journal.drain()
    assert embeds() == 0
    row = DayUsage.objects.get()
    assert (row.customer_id, row.queries) == (world.a.customers["acme"].id, 1)
    assert (row.panels, row.exports) == ((0, 1) if surface == "export" else (1, 0))


@pytest.mark.parametrize("format", [name for name in FORMATS if name != "customer_token"])
def test_p_op_04_refused_tokens_count_nothing(format: str, world: World, embed_client: Client) -> None:
    good = world.a.token_of(format)
    forged = good[:-6] + ("AAAAAA" if not good.endswith("AAAAAA") else "BBBBBB")
    for token in (forged, "x" * 64, "a.b.c"):
        for surface in ("page", *CALLS):
            assert Way(format, surface).open(embed_client, world.a, token).status_code >= 400
    journal.drain()
    assert embeds() == 0
    assert not DayUsage.objects.exists()


@every_format
def test_a_page_is_counted_with_its_customer_dashboard_and_panels(
    format: str, world: World, embed_client: Client
) -> None:
    before = time.time()
    opened(embed_client, world, format, world.a.token_of(format))
    journal.drain()
    assert embeds() == 1
    row = DayUsage.objects.get()
    assert (row.organization_id, row.dashboard_id) == (world.a.organization.id, world.a.dashboards["sales"].id)
    assert row.customer_id == world.a.customers["acme"].id
    assert (row.panels, row.queries, row.hits) == (4, 3, 0)
    assert 0 < row.milliseconds <= (time.time() - before + 1) * 3000
