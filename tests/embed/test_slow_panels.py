"""A panel whose query takes long does not hold up the page: it comes later."""

import json
import threading
import time
from typing import Any

import pytest
from django.test import Client

from dashboards.models import Dashboard
from datasources.cancel import Cancel
from datasources.errors import QueryCancelled, SourceUnavailable
from datasources.run import run_statement
from tests.embed import metabase
from tests.embed.surfaces import assert_clean, card, code_of, data, page, text_of
from tests.world import World


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Hold every query at its source until the gate opens."""
    opened = threading.Event()

    def held(*arguments: Any, **options: Any) -> Any:
        assert opened.wait(60)
        return run_statement(*arguments, **options)

    monkeypatch.setattr("dashboards.queries.run_statement", held)
    for name in ("embed.views.PAGE_WAIT", "embed.data.LONGEST_WAIT", "dashboards.queries.LONGEST_WAIT"):
        monkeypatch.setattr(name, 0.05)
    return opened


def test_the_page_arrives_with_its_texts_and_the_panels_follow(
    world: World, embed_client: Client, gate: threading.Event
) -> None:
    token = world.a.token()
    body = assert_clean(page(embed_client, token), world, "tradewind", None)
    assert body.count('data-state="pending"') == 3
    assert body.count('data-state="ready"') == 1
    assert '<noscript><meta http-equiv="refresh"' in body
    waiting = data(embed_client, token)
    assert (waiting.status_code, waiting.headers["Retry-After"]) == (202, "1")
    drawn = card(embed_client, token)
    assert drawn.status_code == 202
    assert waiting.headers["Embedhost-Cache"] == drawn.headers["Embedhost-Cache"] == "miss"
    gate.set()
    deadline = time.monotonic() + 30
    while (answer := data(embed_client, token)).status_code == 202:
        assert time.monotonic() < deadline
    assert "CANARY-tradewind-acme-0" in text_of(answer)


def test_p_dl_04_a_viewer_who_says_that_they_leave_is_not_waited_for(
    world: World, embed_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    running: list[Cancel] = []
    over = threading.Event()

    def held(*_arguments: Any, cancel: Cancel, **_options: Any) -> Any:
        running.append(cancel)
        with cancel.stopping(over.set):
            assert over.wait(20)
        raise QueryCancelled

    monkeypatch.setattr("dashboards.queries.run_statement", held)
    monkeypatch.setattr("dashboards.flights.WANTED_SECONDS", 60.0)
    for name in ("embed.data.LONGEST_WAIT", "dashboards.queries.LONGEST_WAIT"):
        monkeypatch.setattr(name, 0.05)
    mine, theirs = world.a.token(), world.a.token()
    for token in (mine, theirs):
        assert data(embed_client, token).status_code == 202

    def leave(token: str, panels: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return embed_client.get("/data/explo_jwe/leave", {"panels": panels}, headers=headers).status_code

    assert leave(mine, "rows,about,nowhere") == 204
    assert not over.wait(0.5)
    assert leave(theirs, "rows") == 204
    assert over.wait(10)
    assert len(running) == 1


def test_a_card_of_metabases_says_that_it_is_not_ready_and_shows_no_rows(
    world: World, embed_client: Client, gate: threading.Event
) -> None:
    Dashboard.objects.update(viewers_may_export=True)
    token = metabase.token(world)
    for waiting in (metabase.card(embed_client, token), metabase.download(embed_client, token, "json", metabase.TOTAL)):
        assert (waiting.status_code, waiting.headers["Retry-After"]) == (202, "1")
        assert json.loads(text_of(waiting)) == {"status": "pending"}
    gate.set()
    deadline = time.monotonic() + 30
    while json.loads(text_of(answer := metabase.card(embed_client, token)))["status"] == "pending":
        assert time.monotonic() < deadline
    assert metabase.total(answer) == 300


def test_a_card_of_metabases_that_fails_says_so_with_its_status(
    world: World, embed_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_arguments: Any, **_options: Any) -> Any:
        raise SourceUnavailable

    monkeypatch.setattr("dashboards.queries.run_statement", away)
    answer = metabase.card(embed_client, metabase.token(world))
    assert (answer.status_code, code_of(answer)) == (503, "data_source_unavailable")
