"""The access log: every page, panel, query and export, for whom and from which tables, and never what it showed."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from dashboards.minting import TokenOrder, mint_token
from embed import access_log
from embed.access_log import prune, records, set_retention
from embed.usage_models import AccessRecord, MintRecord
from embedhost.lib import journal
from secrets_admin.services import preview_secret
from tests.embed.surfaces import card, data, export, page, text_of
from tests.world import World

pytestmark = pytest.mark.django_db
FACT = {
    "kind": "page",
    "at": 1.0,
    "dashboard": 1,
    "customer": None,
    "tables": [],
    "predicate": "",
    "rows": 0,
    "digest": "d",
    "request": "",
}
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def log(world: World, external_id: str = "") -> list[AccessRecord]:
    journal.drain()
    return list(reversed(records(world.a.organization.id, external_id)))


def events(rows: list[AccessRecord]) -> list[str]:
    return sorted(row.event for row in rows)


def test_a_page_is_one_line_and_each_query_another(world: World, embed_client: Client) -> None:
    answer = page(embed_client, world.a.token(vwr="user-7"))
    rows = log(world)
    assert events(rows) == ["page", "query", "query", "query"]
    shown = next(row for row in rows if row.event == "page")
    assert (shown.external_id, shown.viewer) == ("acme", "user-7")
    assert shown.customer_id == world.a.customers["acme"].id
    assert shown.dashboard_id == world.a.dashboards["sales"].id
    assert shown.tables == ["tradewind.orders", "tradewind.regions"]
    assert shown.rows == 1 + 3 + 3
    assert {row.request for row in rows} == {answer.headers["X-Request-Id"]}
    assert {row.panel: row.rows for row in rows} == {"": 7, "total": 1, "regions": 3, "rows": 3}
    assert len({row.digest for row in rows}) == 1


def test_what_the_cache_answers_is_logged_too(world: World, embed_client: Client) -> None:
    token = world.a.token()
    page(embed_client, token)
    log(world)
    AccessRecord.objects.all().delete()
    page(embed_client, token)
    data(embed_client, token)
    card(embed_client, token)
    export(embed_client, world.a.token(rts=["export"]))
    rows = log(world)
    assert events(rows) == ["export", "page", "panel", "panel"]
    assert {(row.panel, row.rows) for row in rows if row.event != "page"} == {("rows", 3)}


def test_each_customer_has_a_predicate_of_its_own(world: World, embed_client: Client) -> None:
    for customer in ("acme", "globex", "acme"):
        page(embed_client, world.a.token(customer))
    page(embed_client, world.b.token("acme"))
    rows = log(world)
    predicates = {name: {row.predicate for row in rows if row.external_id == name} for name in ("acme", "globex")}
    assert [len(found) for found in predicates.values()] == [1, 1]
    assert predicates["acme"] != predicates["globex"]
    assert all(len(row.predicate) == 32 for row in rows)


def test_a_query_that_fails_is_logged_without_rows(world: World, embed_client: Client, tmp_path: Path) -> None:
    source = world.a.source
    source.connection = {"path": str(tmp_path / "gone.duckdb")}
    source.save()
    page(embed_client, world.a.token())
    rows = log(world)
    assert {row.rows for row in rows if row.event == "query"} == {None}
    assert [row.rows for row in rows if row.event == "page"] == [0]


def test_neither_values_nor_tokens_are_written_anywhere(world: World, embed_client: Client) -> None:
    token = world.a.token(rts=["variables"])
    answer = data(embed_client, token, variables=json.dumps({"search": "CANARY-tradewind-acme-1"}))
    assert "CANARY-tradewind-acme-1" in text_of(answer)
    written = b"".join(path.read_bytes() for path in Path(settings.JOURNAL_DIR).iterdir()).decode()
    kept = str([vars(row) for row in log(world)])
    for text in (written, kept):
        assert "CANARY" not in text
        assert token not in text
        assert not any(part in text for part in token.split(".") if len(part) > 20)


def test_previews_and_refusals_are_not_in_it(world: World, embed_client: Client) -> None:
    page(embed_client, mint_token(preview_secret(world.a.workspace), world.a.dashboards["sales"], TokenOrder("acme")))
    page(embed_client, world.a.token("nobody"))
    assert log(world) == []


def test_another_organization_s_records_are_its_own(world: World, embed_client: Client) -> None:
    page(embed_client, world.b.token("acme"))
    assert log(world) == []
    assert records(world.b.organization.id).count() == 4


def test_what_cannot_be_logged_is_not_shown(
    world: World, embed_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = world.a.token(rts=["export"])
    page(embed_client, token)
    monkeypatch.setattr(journal, "MAX_LINE", 10)
    for surface in (page, data, card, export):
        answer = surface(embed_client, token)
        assert answer.status_code == 503
        assert "CANARY" not in answer.getvalue().decode()


def test_odd_names_are_kept_readable(world: World, embed_client: Client) -> None:
    page(embed_client, world.a.token(vwr="Zoë 🚀"))
    assert {row.viewer for row in log(world)} == {"Zoë 🚀"}
    odd = {"viewer": "a\x00b", "external_id": "\x00" * 300, "organization": 4711}
    access_log.keep([{**FACT, **odd}])
    row = records(4711).get()
    assert (row.viewer, row.external_id) == ("a\ufffdb", "\ufffd" * 255)


def record(world: World, days_ago: int, organization_id: int | None = None) -> None:
    names = {"organization_id": organization_id or world.a.organization.id, "at": NOW - timedelta(days=days_ago)}
    AccessRecord.objects.create(event="page", dashboard_id=1, digest="d", rows=0, **names)
    MintRecord.objects.create(key_id="k", external_id="acme", dashboard_id=1, lifetime=60, digest="d", **names)


def test_old_lines_go_when_their_organization_says(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_log, "_CHUNK", 2)
    other = world.b.organization.id
    for days in (1, 29, 31, 89, 91, 400):
        record(world, days)
        record(world, days, other)
    assert prune(NOW) == 2 * 2 * 2
    assert records(world.a.organization.id).count() == 4
    set_retention(world.a.organization.id, 30)
    assert prune(NOW) == 2 * 2
    assert records(world.a.organization.id).count() == 2
    assert records(other).count() == MintRecord.objects.filter(organization_id=other).count() == 4
