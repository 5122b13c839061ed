"""Embeds are counted once per token, whatever happens to the page (P-OP-04)."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection, connections
from django.test import Client

from dashboards.minting import TokenOrder, mint_token
from embed import usage
from embed.access_log import records
from embed.models import Embed
from embed.usage_models import DayUsage
from embedhost.lib import journal
from secrets_admin.services import preview_secret
from tests.embed.surfaces import CALLS, page
from tests.world import World, encrypt


def count(world: World, slug: str = "sales") -> int:
    days = usage.embeds_per_day(world.a.organization.id, world.a.dashboards[slug].id, 30)
    assert len(days) == 30
    return sum(number for _, number in days)


def test_p_op_04_ten_openings_of_one_token_are_one_embed(world: World, embed_client: Client) -> None:
    token = world.a.token()
    for _ in range(10):
        assert page(embed_client, token).status_code == 200
    assert count(world) == 1


def test_p_op_04_two_tokens_with_equal_claims_are_two_embeds(world: World, embed_client: Client) -> None:
    claims = world.a.claims()
    for _ in range(2):
        page(embed_client, encrypt(claims, world.a.secret))
    assert count(world) == 2


def test_p_op_04_refused_tokens_and_calls_count_nothing(world: World, embed_client: Client) -> None:
    page(embed_client, world.a.token(exp=time.time() - 100))
    page(embed_client, world.a.token("nobody"))
    page(embed_client, world.b.token("acme")[:-3] + "abc")
    for call in CALLS.values():
        call(embed_client, world.a.token())
    assert not Embed.objects.exists()


def test_p_op_04_a_new_process_knows_what_was_counted(world: World, embed_client: Client) -> None:
    token = world.a.token()
    page(embed_client, token)
    usage.forget()
    page(embed_client, token)
    assert count(world) == 1


def test_p_op_04_counts_belong_to_their_organization(world: World, embed_client: Client) -> None:
    page(embed_client, world.a.token())
    dashboard = world.a.dashboards["sales"]
    assert count(world) == 1
    assert sum(n for _, n in usage.embeds_per_day(world.b.organization.id, dashboard.id, 30)) == 0


def test_previews_never_count(world: World, embed_client: Client) -> None:
    token = mint_token(preview_secret(world.a.workspace), world.a.dashboards["sales"], TokenOrder("acme"))
    assert page(embed_client, token).status_code == 200
    assert not Embed.objects.exists()


def test_an_embed_remembers_its_customer_and_key(world: World, embed_client: Client) -> None:
    page(embed_client, world.a.token("globex"))
    row = Embed.objects.get()
    assert (row.customer_id, row.key_id) == (world.a.customers["globex"].id, world.a.secret.key_id)


def test_a_page_that_cannot_be_counted_is_not_shown(
    world: World, embed_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, new = world.a.token(), world.a.token("globex")
    assert page(embed_client, seen).status_code == 200

    def full(*_: object, **__: object) -> None:
        raise OperationalError("disk full")

    monkeypatch.setattr(usage, "_insert", full)
    monkeypatch.setattr(connection, "close", lambda: None)
    answer = page(embed_client, new)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert page(embed_client, seen).status_code == 200
    journal.drain()
    assert pages_logged(world) == ["acme", "acme"]
    assert DayUsage.objects.get(customer_id=world.a.customers["acme"].id).panels == 8
    withdrawn = DayUsage.objects.get(customer_id=world.a.customers["globex"].id)
    assert (withdrawn.panels, withdrawn.hits) == (0, 0)


def pages_logged(world: World) -> list[str]:
    return [row.external_id for row in records(world.a.organization.id).filter(event="page")]


def test_a_page_that_cannot_be_logged_is_not_counted(
    world: World, embed_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = world.a.token()
    with monkeypatch.context() as full:
        full.setattr(journal, "MAX_LINE", 10)
        assert page(embed_client, token).status_code == 503
    assert not Embed.objects.exists()
    journal.drain()
    assert page(embed_client, token).status_code == 200
    journal.drain()
    assert (count(world), pages_logged(world)) == (1, ["acme"])


@pytest.mark.django_db(transaction=True)
def test_one_token_opened_by_many_threads_at_once_is_one_embed(world: World) -> None:
    token = world.a.token()

    def opening(_: int) -> int:
        usage.forget()
        try:
            return page(Client(HTTP_HOST="embed.test"), token).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(opening, range(16))) == {200}
    assert Embed.objects.count() == 1


def test_panels_hits_and_queries_are_counted(world: World, embed_client: Client) -> None:
    page(embed_client, world.a.token())
    page(embed_client, world.a.token())
    journal.drain()
    assert usage.queries_share(world.a.organization.id, world.a.dashboards["sales"].id, 30) == (8, 3)
    row = DayUsage.objects.get()
    assert (row.customer_id, row.panels, row.hits, row.queries) == (world.a.customers["acme"].id, 8, 3, 3)
    assert row.rows == 1 + 3 + 3


def test_previews_leave_no_line(world: World, embed_client: Client) -> None:
    token = mint_token(preview_secret(world.a.workspace), world.a.dashboards["sales"], TokenOrder("acme"))
    page(embed_client, token)
    for call in CALLS.values():
        call(embed_client, token)
    assert journal.drain() == 0
