"""A reset ends tokens at once, for pages, open pages and exports alike."""

import time
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from customers.services import create_customer, delete_customer
from dashboards.models import Dashboard
from secrets_admin.access import SYSTEM
from secrets_admin.feed import feed
from secrets_admin.models import EmbedSecret
from secrets_admin.services import create_secret, reset_secret, retire_secret, rotate_secret
from tests.embed.surfaces import CALLS, SURFACES, Surface, assert_clean, masked, page
from tests.tokens.forge import forge
from tests.world import World, encrypt

surfaces = pytest.mark.parametrize("surface", list(SURFACES.values()), ids=list(SURFACES))


@pytest.fixture(autouse=True)
def _exports(world: World) -> None:
    Dashboard.objects.update(viewers_may_export=True)


@surfaces
def test_p_rr_01_a_reset_ends_every_token_of_the_line_and_no_other(
    surface: Surface, world: World, embed_client: Client
) -> None:
    first = world.a.token()
    second_secret = rotate_secret(world.a.secret, until=timezone.now() + timedelta(days=7), actor=SYSTEM)
    second = encrypt(world.a.claims(), second_secret)
    assert [surface(embed_client, token).status_code for token in (first, second)] == [200, 200]
    third_secret = reset_secret(second_secret, actor=SYSTEM)
    expected = masked(surface(embed_client, "no-token"))
    assert [masked(surface(embed_client, token)) for token in (first, second)] == [expected, expected]
    assert surface(embed_client, encrypt(world.a.claims(), third_secret)).status_code == 200
    assert masked(surface(embed_client, world.b.token("acme")))[0] in (200, 403)


@surfaces
def test_p_rr_02_one_retired_secret_leaves_the_others_working(
    surface: Surface, world: World, embed_client: Client
) -> None:
    other = create_secret(world.a.workspace, name="Second", format="explo_jwe", actor=SYSTEM)
    old, new = world.a.token(), encrypt(world.a.claims(), other)
    rotated = rotate_secret(world.a.secret, until=timezone.now() + timedelta(days=1), actor=SYSTEM)
    world.a.secret.refresh_from_db()
    retire_secret(world.a.secret, actor=SYSTEM)
    assert surface(embed_client, old).status_code == 401
    assert surface(embed_client, new).status_code == 200
    assert surface(embed_client, encrypt(world.a.claims(), rotated)).status_code == 200


def test_p_rr_02_a_key_id_never_comes_back(world: World) -> None:
    world.a.secret.refresh_from_db()
    with pytest.raises(Exception, match=r"(?i)unique"):
        EmbedSecret.objects.create(
            workspace=world.a.workspace, name="x", format="explo_jwe", key_id=world.a.secret.key_id
        )


def test_p_rr_02_a_verify_only_secret_ends_by_itself(world: World, embed_client: Client) -> None:
    token = world.a.token()
    rotate_secret(world.a.secret, until=timezone.now() + timedelta(seconds=60), actor=SYSTEM)
    assert page(embed_client, token).status_code == 200
    EmbedSecret.objects.filter(id=world.a.secret.id).update(verify_only_until=timezone.now() - timedelta(seconds=1))
    feed.reset()
    assert page(embed_client, token).status_code == 401


@pytest.mark.parametrize("call", list(CALLS.values()), ids=list(CALLS))
def test_p_rr_03_an_open_page_stops_at_a_reset(call: Surface, world: World, embed_client: Client) -> None:
    token = world.a.token()
    page(embed_client, token)
    assert call(embed_client, token).status_code == 200
    reset_secret(world.a.secret, actor=SYSTEM)
    answer = call(embed_client, token, variables='{"region": "North"}')
    assert answer.status_code == 401
    assert_clean(answer, world, "tradewind", None)


@pytest.mark.parametrize("call", list(CALLS.values()), ids=list(CALLS))
def test_p_rr_04_an_open_page_stops_at_its_end(call: Surface, world: World, embed_client: Client) -> None:
    expired = world.a.token(exp=time.time() - 62, iat=int(time.time()) - 600)
    answer = call(embed_client, expired)
    assert answer.status_code == 401
    assert b"token_expired" in answer.getvalue()
    assert_clean(answer, world, "tradewind", None)


def test_p_rr_06_a_deleted_customers_tokens_end_and_its_results_never_come_back(
    world: World, embed_client: Client
) -> None:
    token = world.a.token()
    assert page(embed_client, token).status_code == 200
    delete_customer(world.a.customers["acme"], actor=SYSTEM)
    assert page(embed_client, token).status_code == 404
    again = create_customer(world.a.workspace, "acme", name="Acme again", actor=SYSTEM)
    assert again.generation > world.a.customers["acme"].generation
    assert page(embed_client, world.a.token()).status_code == 200


@surfaces
def test_p_rr_06_tokens_from_before_a_deletion_stay_dead_after_the_customer_is_made_again(
    surface: Surface, world: World, embed_client: Client
) -> None:
    hour_ago = int(time.time()) - 3600
    with_iat = world.a.token(iat=hour_ago, exp=hour_ago + 7200)
    claims = world.a.claims()
    del claims["iat"]
    without_iat = encrypt(claims, world.a.secret)
    assert page(embed_client, without_iat).status_code == 200
    delete_customer(world.a.customers["acme"], actor=SYSTEM)
    create_customer(world.a.workspace, "acme", name="Acme again", actor=SYSTEM)
    assert surface(embed_client, with_iat).status_code == 401
    assert surface(embed_client, without_iat).status_code == 401


def test_a_token_under_a_secret_of_nobody_is_as_invalid_as_under_a_revoked_one(
    world: World, embed_client: Client
) -> None:
    head = {"alg": "dir", "enc": "A256GCM", "kid": "es_nobody0000000"}
    unknown = masked(page(embed_client, forge(world.a.claims(), head, b"0" * 32)))
    token = world.a.token()
    reset_secret(world.a.secret, actor=SYSTEM)
    assert masked(page(embed_client, token)) == unknown
