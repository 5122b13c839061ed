"""Every answer says whether the cache had it, when it was read and how old it is; a cleared cache answers nothing."""

import threading

import pytest
from django.test import Client

from dashboards.models import Dashboard
from dashboards.services import clear_cache, update_embed_settings
from embedhost.lib.store import store
from secrets_admin.access import SYSTEM
from secrets_admin.feed import feed
from secrets_admin.models import User
from tests.console.cast import audited, text_of, visit
from tests.embed import metabase
from tests.embed.filters import choices, make_filters
from tests.embed.filters import token as filters_token
from tests.embed.surfaces import CALLS, Surface, data, page
from tests.world import World

calls = pytest.mark.parametrize("call", list(CALLS.values()), ids=list(CALLS))


@pytest.fixture(autouse=True)
def _exports(world: World) -> None:
    Dashboard.objects.update(viewers_may_export=True)


def facts(answer: object) -> tuple[str, str, str]:
    headers = answer.headers  # type: ignore[attr-defined]  # a test client's answer
    return headers["Embedhost-Cache"], headers["Embedhost-As-Of"], headers["Age"]


@calls
def test_a_call_says_miss_then_hit_then_stale(
    call: Surface, world: World, embed_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    update_embed_settings(world.a.dashboards["sales"], origins=None, cache_seconds=60)
    token = world.a.token()
    first, second = facts(call(embed_client, token)), facts(call(embed_client, token))
    assert (first[0], second[0]) == ("miss", "hit")
    assert first[1] == second[1]
    assert int(second[2]) <= 20
    now = feed.now
    monkeypatch.setattr(feed, "now", lambda: now() + 600)
    cache, at, age = facts(call(embed_client, token))
    assert (cache, at) == ("stale", first[1])
    assert 600 <= int(age) < 700


def test_rows_that_landed_and_that_the_store_does_not_have_yet_are_a_hit(
    world: World, embed_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, finish = threading.Event(), store().finish
    monkeypatch.setattr(store(), "finish", lambda *rows: keep.wait(20) and finish(*rows))
    token = world.a.token()
    assert [facts(data(embed_client, token, panel="total"))[0] for _ in range(2)] == ["miss", "hit"]
    keep.set()


def test_a_page_counts_its_panels_and_tells_its_oldest(world: World, embed_client: Client) -> None:
    token = world.a.token()
    data(embed_client, token, panel="total")
    cold, warm = page(embed_client, token), page(embed_client, token)
    assert cold.headers["Embedhost-Cache"] == "hit=1, miss=2"
    assert warm.headers["Embedhost-Cache"] == "hit=3"
    assert warm.headers["Embedhost-As-Of"] <= cold.headers["Embedhost-As-Of"]


def test_choices_and_the_vendors_calls_say_it_too(world: World, embed_client: Client) -> None:
    opened = filters_token(world.a, make_filters(world.a))
    assert [facts(choices(embed_client, opened))[0] for _ in range(2)] == ["miss", "hit"]
    token = metabase.token(world)
    assert [facts(metabase.card(embed_client, token))[0] for _ in range(2)] == ["miss", "hit"]
    assert facts(metabase.download(embed_client, token, "json", metabase.TOTAL))[0] == "hit"


@calls
def test_after_the_cache_was_cleared_nothing_kept_is_shown(call: Surface, world: World, embed_client: Client) -> None:
    sales, ops = (world.a.token("acme", slug) for slug in ("sales", "ops"))
    for token in (sales, ops):
        call(embed_client, token)
    clear_cache(world.a.dashboards["sales"], actor=SYSTEM)
    feed.read()
    assert [facts(call(embed_client, token))[0] for token in (sales, ops)] == ["miss", "hit"]


def test_an_owner_clears_a_dashboards_cache_and_it_is_written_down(
    world: World, alice: User, embed_client: Client
) -> None:
    data(embed_client, world.a.token())
    room = f"/o/tradewind/dashboards/{world.a.dashboards['sales'].id}/"
    client = visit(alice)
    answer = client.post(f"{room}cache/clear/")
    assert answer.headers["Location"] == f"{room}embed/"
    assert "The cache of Sales is cleared." in text_of(client.get(f"{room}embed/"))
    assert [(row.subject, row.actor_email) for row in audited("dashboard.cache_cleared")] == [
        (str(world.a.dashboards["sales"].embed_id), alice.email)
    ]
    feed.read()
    assert facts(data(embed_client, world.a.token()))[0] == "miss"


def test_p_ca_04_a_viewer_cannot_make_it_ask_again_before_its_time(world: World, embed_client: Client) -> None:
    update_embed_settings(world.a.dashboards["sales"], origins=None, cache_seconds=0)
    headers = {"Cache-Control": "no-cache", "Pragma": "no-cache", "Authorization": f"Bearer {world.a.token()}"}
    answers = [embed_client.get("/data/explo_jwe/panels/rows", headers=headers) for _ in range(3)]
    assert [facts(answer)[0] for answer in answers] == ["miss", "hit", "hit"]
