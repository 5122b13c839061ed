"""What a warm request costs: a fixed number of round trips, whatever the number of panels and customers."""

import time
from collections.abc import Callable, Sequence

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from embedhost.lib.store import MemoryStore
from tests.embed.every_format import WAYS, open_to_vendors
from tests.embed.surfaces import card, data, page
from tests.embed.test_handover import FORMATS, exchange, shell_path
from tests.world import World
from tokens.formats import FORMATS as EVERY_FORMAT


class Counting(MemoryStore):
    """A store that counts its round trips; each of its methods is one command or one pipeline in Redis."""

    trips = 0

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        self.trips += bool(keys)
        return super().get_many(keys)

    def put_many(self, entries: Sequence[tuple[str, bytes, float]]) -> None:
        self.trips += bool(entries)
        super().put_many(entries)

    def take_lease_and_look(self, key: str, owner: str, keys: Sequence[str]) -> list[bytes | None] | None:
        self.trips += 1  # take_lease goes this way, too.
        return super().take_lease_and_look(key, owner, keys)


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Counting:
    # The feed is read off the request path; on a busy machine a second passes between two requests here.
    settings.REVOCATION_POLL_SECONDS = 3600
    monkeypatch.setattr("secrets_admin.feed.MAX_AGE", 3600.0)
    store = Counting(10_000_000)
    for module in ("dashboards.queries", "dashboards.drawings", "dashboards.flights"):
        monkeypatch.setattr(f"{module}.store", lambda: store)
    return store


def cost(counting: Counting, request: Callable[[], object]) -> tuple[int, int]:
    before = counting.trips
    with CaptureQueriesContext(connection) as queries:
        request()
    return len(queries), counting.trips - before


def test_a_page_whose_token_was_seen_costs_one_read_of_the_store(
    world: World, embed_client: Client, counting: Counting
) -> None:
    token = world.a.token()
    page(embed_client, token)
    assert cost(counting, lambda: page(embed_client, token)) == (0, 1)


def test_a_new_token_costs_one_insert_more(world: World, embed_client: Client, counting: Counting) -> None:
    page(embed_client, world.a.token())
    assert cost(counting, lambda: page(embed_client, world.a.token())) == (1, 1)


@pytest.mark.parametrize("call", [data, card], ids=["data", "card"])
def test_a_warm_call_costs_one_read_of_the_store(
    call: Callable[..., object], world: World, embed_client: Client, counting: Counting
) -> None:
    token = world.a.token()
    call(embed_client, token)
    assert cost(counting, lambda: call(embed_client, token)) == (0, 1)


@pytest.mark.parametrize(("show", "reads"), [(data, 1), (card, 2), (page, 2)], ids=["data", "card", "page"])
def test_what_is_stale_is_shown_without_asking_for_more_than_what_is_kept(
    show: Callable[..., object],
    reads: int,
    world: World,
    embed_client: Client,
    counting: Counting,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = world.a.token()
    show(embed_client, token)
    for module in ("dashboards.queries", "dashboards.drawings"):
        monkeypatch.setattr(f"{module}.fresh_from", lambda item, now: now + 1)
    # Beside the request a thread asks for the refresh; that is not what is counted here.
    wanted: list[object] = []
    monkeypatch.setattr("embedhost.lib.jobs.Jobs.aside", lambda jobs, work: wanted.append(work))
    assert cost(counting, lambda: show(embed_client, token)) == (0, reads)
    assert len(wanted) == (3 if show is page else 1)


@pytest.mark.parametrize("format", FORMATS)
def test_a_token_by_message_costs_what_one_in_an_address_does(
    world: World, embed_client: Client, counting: Counting, format: str
) -> None:
    token = world.a.token_of(format)
    exchange(embed_client, format, token)
    assert cost(counting, lambda: exchange(embed_client, format, token)) == (0, 1)


@pytest.mark.parametrize(("format", "reads"), [("viasocket_jwt", 0), ("superset_guest", 1)])
def test_a_shell_costs_no_store_and_at_most_its_sites(
    world: World, embed_client: Client, counting: Counting, format: str, reads: int
) -> None:
    embed_client.get(shell_path(world.a, format))
    assert cost(counting, lambda: embed_client.get(shell_path(world.a, format))) == (reads, 0)


@pytest.mark.parametrize("format", EVERY_FORMAT)
def test_i4_a_refused_token_of_any_format_writes_nothing_anywhere_on_its_way(
    format: str, world: World, embed_client: Client, counting: Counting
) -> None:
    vendors = open_to_vendors(world.a)
    good = vendors.token(format)
    assert vendors.statuses(embed_client, format, good) == {200}
    if format == "customer_token":
        bad = {"unknown": "0" * 64}
    else:
        forged = vendors.token(format, customer="globex")
        bad = {"forged": f"{forged[:-6]}AAAAAA", "ended": vendors.token(format, ago=600, ends=time.time() - 100)}
    for cause, token in bad.items():
        for way in (way for way in WAYS if way.format == format):
            trips = counting.trips
            with CaptureQueriesContext(connection) as asked:
                answer = way.open(embed_client, world.a, token)
            assert answer.status_code == 401, (cause, way)
            written = [query["sql"] for query in asked if not query["sql"].startswith("SELECT")]
            assert (written, counting.trips - trips) == ([], 0), (cause, way)
