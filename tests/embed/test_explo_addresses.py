"""Explo's own addresses, as its guides write them: a slash stands before the question mark."""

from collections.abc import Mapping

import pytest
from django.test import Client

from embed import inspector
from embed.models import Embed
from secrets_admin.feed import feed
from tests.embed.surfaces import assert_clean, text_of
from tests.world import World, canary

pytestmark = pytest.mark.django_db
PATTERNS = ("/iframe/{jwt}", "/iframe/{jwt}/prod", "/iframe/{id}/{customer}", "/iframe/{id}/{customer}/prod")
QUERIES = ("", "?region=%22North%22", "?refresh-minutes=5&locale_code=fr-fr")


def given(world: World) -> Mapping[str, str]:
    sales = str(world.a.dashboards["sales"].embed_id)
    return {"jwt": world.a.token_of("explo_jwe"), "id": sales, "customer": world.a.token_of("customer_token")}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_slash_before_the_question_mark_opens_the_same_page(pattern: str, world: World, embed_client: Client) -> None:
    path = pattern.format(**given(world))
    for query in QUERIES:
        answer = embed_client.get(f"{path}/{query}")
        assert answer.status_code == 200, query
        assert canary("tradewind", "acme", 0) in assert_clean(answer, world, "tradewind", "acme")
    assert Embed.objects.count() == (len(QUERIES) if "customer" in pattern else 1)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_inspector_reads_the_address_as_it_was_pasted(pattern: str, world: World) -> None:
    path = pattern.format(**given(world))
    feed.reset()
    for query in QUERIES:
        finding = inspector.inspect(f"https://embed.test{path}/{query}", world.a.organization)
        assert finding.outcome.error is None, (query, finding.hints)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_slash_opens_nothing_more(pattern: str, world: World, embed_client: Client) -> None:
    there = given(world)
    for changes in ({"jwt": "x.y", "customer": "0" * 64}, {"id": str(world.b.dashboards["sales"].embed_id), "jwt": ""}):
        path = pattern.format(**{**there, **changes})
        plain, slashed = embed_client.get(path), embed_client.get(f"{path}/")
        assert plain.status_code == slashed.status_code in (401, 404)
        assert_clean(slashed, world, "tradewind", None)
    assert embed_client.get(pattern.format(**there) + "//").status_code == 404
    assert not Embed.objects.exists()


def test_the_small_page_asks_for_a_token_with_a_slash_too(world: World, embed_client: Client) -> None:
    for pattern in PATTERNS:
        answer = embed_client.get(pattern.format(**{**given(world), "jwt": "-", "customer": "-"}) + "/")
        assert answer.status_code == 200
        assert "data-ask" in text_of(answer)
