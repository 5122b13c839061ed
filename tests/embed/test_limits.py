"""P-DL-05: who asks too often is told when to come back, and costs nobody else anything."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Sum
from django.test import Client, override_settings
from pytest_django import Settings

from dashboards.limits import FAILURES, breaker_of
from dashboards.minting import TokenOrder, mint_token
from dashboards.turned_away import turned_away
from datasources.engines import ENGINES
from embed.ledger_models import RefusalCount
from embed.models import Embed
from embed.rollup import LIMITED
from embed.usage_models import DayUsage
from embedhost.lib import journal
from embedhost.lib.budgets import budgets
from secrets_admin.feed import feed
from secrets_admin.services import preview_secret
from tests.embed.every_format import WAYS, open_to_vendors
from tests.embed.surfaces import SURFACES, assert_clean, code_of, data, page, text_of
from tests.world import World
from tokens.formats import FORMATS


@pytest.mark.parametrize("format", FORMATS)
def test_p_dl_05_a_token_that_asks_too_often_is_told_when_to_come_back(
    format: str, world: World, embed_client: Client, settings: Settings
) -> None:
    vendors = open_to_vendors(world.a)
    greedy, other = vendors.token(format), vendors.token(format, customer="globex")
    settings.LIMIT_TOKEN_REQUESTS = 1
    ways = [way for way in WAYS if way.format == format]
    assert ways[1].open(embed_client, world.a, greedy).status_code == 200
    for way in ways:
        answer = way.open(embed_client, world.a, greedy)
        assert (answer.status_code, code_of(answer)) == (429, "rate_limited"), way
        assert int(answer.headers["Retry-After"]) >= 1
        assert_clean(answer, world, "tradewind", None)
    assert ways[1].open(embed_client, world.a, other).status_code == 200
    journal.drain()
    counts = RefusalCount.objects.filter(reason="rate_limited", customer="acme", verified=True)
    assert sum(counts.values_list("number", flat=True)) == len(ways)


@pytest.mark.parametrize("limit", ["LIMIT_CUSTOMER_REQUESTS", "LIMIT_ORGANIZATION_REQUESTS"])
def test_p_dl_05_the_budget_of_a_customer_and_of_an_organization_is_over_all_of_their_tokens(
    limit: str, world: World, embed_client: Client, settings: Settings
) -> None:
    setattr(settings, limit, 4)
    assert {page(embed_client, world.a.token()).status_code for _ in range(4)} == {200}
    for surface in SURFACES.values():
        assert surface(embed_client, world.a.token()).status_code == 429
    assert Embed.objects.count() == 4
    of_globex = 200 if limit == "LIMIT_CUSTOMER_REQUESTS" else 429
    assert page(embed_client, world.a.token("globex")).status_code == of_globex
    assert page(embed_client, world.b.token()).status_code == 200


def test_refused_tokens_spend_nothing(world: World, embed_client: Client, settings: Settings) -> None:
    settings.LIMIT_CUSTOMER_REQUESTS = 2
    for _ in range(5):
        assert page(embed_client, world.a.token(exp=1)).status_code == 401
    assert page(embed_client, world.a.token()).status_code == 200


def search(world: World, client: Client, text: str, customer: str = "acme") -> Any:
    """Ask for rows that nobody asked for before."""
    token = world.a.token(customer, rts=["variables"])
    return data(client, token, variables=json.dumps({"search": text}))


@pytest.mark.parametrize(("limit", "of_globex"), [("LIMIT_CUSTOMER_QUERIES", 200), ("LIMIT_ORGANIZATION_QUERIES", 429)])
def test_p_dl_05_queries_have_a_budget_and_what_is_cached_costs_none(
    limit: str, of_globex: int, world: World, embed_client: Client, settings: Settings
) -> None:
    setattr(settings, limit, 2)
    assert [search(world, embed_client, text).status_code for text in ("a", "b", "a", "b")] == [200] * 4
    refused = search(world, embed_client, "c")
    assert (refused.status_code, code_of(refused)) == (429, "rate_limited")
    assert int(refused.headers["Retry-After"]) >= 1
    assert search(world, embed_client, "a").status_code == 200
    assert search(world, embed_client, "a", "globex").status_code == of_globex
    body = assert_clean(page(embed_client, world.a.token()), world, "tradewind", None)
    assert body.count('data-state="failed"') == 3


class Source:
    """alice's warehouse, which can go away and counts who asks."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, world: World, tmp_path: Path) -> None:
        self._row, self._path = world.a.source, world.a.source.connection
        self._gone = {"path": str(tmp_path / "gone.duckdb")}
        self.id, self.asked, engine = self._row.id, 0, ENGINES["duckdb"]
        run = type(engine).run

        def counted(*arguments: Any, **options: Any) -> Any:
            self.asked += 1
            return run(*arguments, **options)

        monkeypatch.setattr(type(engine), "run", counted)

    def go(self) -> None:
        self._connect(self._gone)

    def come_back(self) -> None:
        self._connect(self._path)

    def _connect(self, connection: dict[str, Any]) -> None:
        self._row.connection = connection
        self._row.save()
        feed.reset()


def test_p_dl_05_a_source_that_does_not_answer_is_left_alone_and_then_probed(
    world: World, embed_client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source = Source(monkeypatch, world, tmp_path)
    source.go()
    for number in range(FAILURES + 20):
        answer = search(world, embed_client, f"{number}")
        assert (answer.status_code, code_of(answer)) == (503, "data_source_unavailable")
        assert int(answer.headers["Retry-After"]) >= 1
    assert source.asked == FAILURES
    journal.drain()
    assert DayUsage.objects.get().queries == FAILURES
    source.come_back()
    assert search(world, embed_client, "back").status_code == 503
    monkeypatch.setattr(breaker_of(source.id, ""), "_until", 0.0)
    assert search(world, embed_client, "probe").status_code == 200
    assert search(world, embed_client, "after").status_code == 200
    assert "CANARY-northwind-acme-0" in text_of(data(embed_client, world.b.token()))


def turned_away_today() -> dict[str, int]:
    """Return what the usage page counts, by whose limit it was."""
    turned_away.write(now=True)
    journal.drain()
    sums = DayUsage.objects.aggregate(**{name: Sum(name) for name in LIMITED})
    return {name.removeprefix("limited_"): number for name, number in sums.items() if number}


def test_every_kind_of_limit_is_counted_for_its_owner(
    world: World, embed_client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refused(times: int, *wanted: int) -> None:
        assert tuple(search(world, embed_client, f"{time.monotonic()}").status_code for _ in range(times)) == wanted

    for limit in ("LIMIT_CUSTOMER_REQUESTS", "LIMIT_CUSTOMER_QUERIES", "LIMIT_QUERIES_AT_ONCE"):
        with override_settings(**{limit: 0 if limit.endswith("ONCE") else 1}):
            budgets.forget()
            refused(2, *([429, 429] if limit.endswith("ONCE") else [200, 429]))
    assert turned_away_today() == {"customer": 4}
    for limit in ("LIMIT_ORGANIZATION_REQUESTS", "LIMIT_ORGANIZATION_QUERIES"):
        with override_settings(**{limit: 1}):
            budgets.forget()
            refused(2, 200, 429)
    with monkeypatch.context() as patch:
        patch.setattr("dashboards.flights.MAX_WAITING", 0)
        refused(3, 429, 429, 429)
    Source(monkeypatch, world, tmp_path).go()
    refused(FAILURES + 4, *[503] * (FAILURES + 4))
    assert turned_away_today() == {"customer": 4, "organization": 2, "source": 3, "breaker": 4}
    assert not DayUsage.objects.exclude(organization_id=world.a.organization.id).exists()
    assert set(DayUsage.objects.values_list("customer_id", flat=True)) == {world.a.customers["acme"].id}


def test_previews_have_the_same_budgets(world: World, embed_client: Client, settings: Settings) -> None:
    settings.LIMIT_CUSTOMER_REQUESTS = 1
    token = mint_token(preview_secret(world.a.workspace), world.a.dashboards["sales"], TokenOrder("acme"))
    assert [page(embed_client, token).status_code for _ in range(2)] == [200, 429]
