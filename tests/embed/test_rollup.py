"""Usage by day: added up once, rolled up as often as one likes."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from embed import rollup
from embed.models import Embed
from embed.rollup import add, roll_up
from embed.usage_models import DayUsage
from embedhost.lib import journal

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def line(kind: str, at: datetime = NOON, **facts: Any) -> dict[str, Any]:
    return {"kind": kind, "at": at.timestamp(), "organization": 1, "dashboard": 7, "customer": 3, **facts}


def rows(*columns: str) -> list[tuple[Any, ...]]:
    return list(DayUsage.objects.order_by("day", "dashboard_id", "customer_id").values_list(*columns))


def embed(digest: str, at: datetime, customer: int | None = 3) -> None:
    row = Embed.objects.create(digest=digest, organization_id=1, dashboard_id=7, customer_id=customer, key_id="es_1")
    Embed.objects.filter(id=row.id).update(first_at=at)


def test_lines_are_added_up_by_day_dashboard_and_customer() -> None:
    add([line("page", panels=4, hits=1), line("panel", hit=True), line("panel", hit=False), line("query")])
    add([line("query"), line("answer", seconds=0.25, rows=10), line("answer", seconds=1.0, rows=None)])
    add([line("export"), line("query", customer=None), line("query", dashboard=8)])
    add([line("query", at=NOON + timedelta(days=1)), line("turned_away", limit="source", number=4)])
    assert rows("day", "dashboard_id", "customer_id", *rollup.COUNTED) == [
        (date(2026, 3, 10), 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0),
        (date(2026, 3, 10), 7, 3, 6, 2, 2, 1250, 10, 1, 0, 0, 4, 0),
        (date(2026, 3, 10), 8, 3, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0),
        (date(2026, 3, 11), 7, 3, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0),
    ]


def test_many_days_and_customers_fit_into_one_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollup, "_CHUNK", 7)
    lines = [line("query", customer=customer) for customer in range(1, 41)]
    add(lines)
    add(lines)
    assert rows("customer_id", "queries") == [(customer, 2) for customer in range(1, 41)]


def test_embeds_are_rolled_up_as_often_as_one_likes() -> None:
    embed("a", NOON)
    embed("b", NOON)
    embed("c", NOON, customer=None)
    add([line("query")])
    for _ in range(3):
        roll_up(NOON)
    assert rows("customer_id", "embeds", "queries") == [(0, 1, 0), (3, 2, 1)]
    embed("d", NOON + timedelta(minutes=1))
    roll_up(NOON + timedelta(minutes=2))
    assert rows("customer_id", "embeds", "queries") == [(0, 1, 0), (3, 3, 1)]


def test_an_embed_just_before_midnight_is_counted_although_its_row_came_late() -> None:
    midnight = datetime(2026, 3, 11, tzinfo=UTC)
    embed("a", midnight - timedelta(hours=2))
    roll_up(midnight + timedelta(minutes=1))
    embed("b", midnight - timedelta(seconds=1))
    embed("c", midnight + timedelta(seconds=1))
    roll_up(midnight + timedelta(minutes=2))
    assert rows("day", "embeds") == [(date(2026, 3, 10), 2), (date(2026, 3, 11), 1)]


def test_days_in_which_nothing_ran_are_caught_up() -> None:
    for day in range(5):
        embed(str(day), NOON + timedelta(days=day))
        if day == 1:
            roll_up(NOON + timedelta(days=day))
    roll_up(NOON + timedelta(days=20))
    assert rows("embeds") == [(1,)] * 5
    assert roll_up(NOON + timedelta(days=20)) == 0


def test_nothing_embedded_is_nothing_to_do() -> None:
    assert roll_up(NOON) == 0
    assert not DayUsage.objects.exists()


def test_the_same_lines_from_the_journal_count_once() -> None:
    for _ in range(3):
        journal.write("query", **{name: value for name, value in line("query").items() if name != "kind"})
        journal.drain()
        journal.drain()
    assert rows("queries") == [(3,)]
