"""Four levels of revocation below the secret: one token, a viewer, a customer, a dashboard (design.md section 6)."""

import math
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from customers.models import Customer
from customers.services import create_customer, delete_customer, refresh_token, revoke_customer
from dashboards.models import Dashboard
from dashboards.services import revoke_dashboard
from embed.models import Embed
from secrets_admin import revocation
from secrets_admin.access import SYSTEM
from secrets_admin.feed import feed
from secrets_admin.models import AuditRecord, Revocation, Workspace
from secrets_admin.revocation import RevocationRefused, revoke_token, revoke_viewer
from secrets_admin.workspaces import set_token_lifetime
from tests.embed.surfaces import SURFACES, Surface, assert_clean, masked, page
from tests.world import World, encrypt

pytestmark = pytest.mark.django_db
surfaces = pytest.mark.parametrize("surface", list(SURFACES.values()), ids=list(SURFACES))

#: What somebody revokes, by level; each returns until when tokens without iat may be refused.
LEVELS: dict[str, Callable[[World], datetime | None]] = {
    "viewer": lambda world: revoke_viewer(world.a.workspace, "ann", actor=SYSTEM),
    "viewer of the customer": lambda world: revoke_viewer(world.a.workspace, "ann", customer="acme", actor=SYSTEM),
    "customer": lambda world: revoke_customer(world.a.customers["acme"], actor=SYSTEM),
    "dashboard": lambda world: revoke_dashboard(world.a.dashboards["sales"], actor=SYSTEM),
}
levels = pytest.mark.parametrize("revoke", list(LEVELS.values()), ids=list(LEVELS))
#: Which other views live on after each level was revoked: (customer, dashboard, viewer).
OTHERS: dict[str, list[tuple[str, str, str | None]]] = {
    "viewer": [("acme", "sales", "ben"), ("acme", "sales", None)],
    "viewer of the customer": [("acme", "sales", "ben"), ("globex", "sales", "ann")],
    "customer": [("globex", "sales", "ann")],
    "dashboard": [("acme", "ops", "ann")],
}


@pytest.fixture(autouse=True)
def _exports(world: World) -> None:
    Dashboard.objects.update(viewers_may_export=True)


def made(world: World, *, ago: float = 0.0, at: float | None = None) -> str:
    """A token of viewer ann that was made some seconds ago, or at a time, and ends in an hour."""
    now = time.time()
    return encrypt({**world.a.claims(), "iat": now - ago if at is None else at, "vwr": "ann"}, world.a.secret)


def without_iat(world: World, ends: float) -> str:
    """A token that does not say when it was made."""
    claims = {**world.a.claims(), "exp": ends, "vwr": "ann"}
    del claims["iat"]
    return encrypt(claims, world.a.secret)


def viewed_by(world: World, customer: str, dashboard: str, viewer: str | None) -> str:
    viewed = {"iat": time.time() - 60} if viewer is None else {"iat": time.time() - 60, "vwr": viewer}
    return encrypt({**world.a.claims(customer, dashboard), **viewed}, world.a.secret)


@surfaces
@levels
def test_a_token_from_before_ends_like_one_that_was_never_authentic(
    revoke: Callable[[World], object], surface: Surface, world: World, embed_client: Client
) -> None:
    old = made(world, ago=60)
    assert surface(embed_client, old).status_code == 200
    revoke(world)
    answer = surface(embed_client, old)
    assert masked(answer) == masked(surface(embed_client, "no-token"))
    assert_clean(answer, world, "tradewind", None)


@surfaces
@levels
def test_a_token_of_that_second_or_later_opens(
    revoke: Callable[[World], object], surface: Surface, world: World, embed_client: Client
) -> None:
    before = time.time()
    revoke(world)
    assert surface(embed_client, made(world, at=math.floor(time.time()))).status_code == 200
    assert surface(embed_client, made(world, at=before - 1.5)).status_code == 401


@pytest.mark.parametrize("level", list(LEVELS))
def test_nobody_else_is_touched(level: str, world: World, embed_client: Client) -> None:
    before = [viewed_by(world, *view) for view in OTHERS[level]]
    of_charlie = world.b.token("acme", "sales", iat=time.time() - 60, vwr="ann")
    LEVELS[level](world)
    assert [page(embed_client, token).status_code for token in before] == [200] * len(before)
    assert page(embed_client, of_charlie).status_code == 200


@surfaces
@levels
def test_without_iat_a_token_counts_as_made_as_early_as_its_end_allows(
    revoke: Callable[[World], datetime | None], surface: Surface, world: World, embed_client: Client
) -> None:
    told = revoke(world)
    assert told is not None
    assert surface(embed_client, without_iat(world, told.timestamp() - 1)).status_code == 401
    assert surface(embed_client, without_iat(world, told.timestamp() + 1)).status_code == 200


@levels
def test_the_answer_says_until_when_tokens_without_iat_are_refused(
    revoke: Callable[[World], datetime | None], world: World
) -> None:
    Workspace.objects.update(max_token_lifetime=7200)
    told = revoke(world)
    assert told is not None
    assert abs(told.timestamp() - time.time() - 7200) < 5


def test_a_life_that_was_shortened_does_not_bring_older_tokens_back(world: World, embed_client: Client) -> None:
    old = without_iat(world, time.time() + 7000)
    assert page(embed_client, old).status_code == 200
    set_token_lifetime(world.a.workspace, 7200, actor=SYSTEM)
    told = revoke_customer(world.a.customers["acme"], actor=SYSTEM)
    assert told is not None
    assert told.timestamp() - time.time() > 80_000
    assert page(embed_client, old).status_code == 401


@surfaces
def test_one_token_ends_by_its_digest_and_its_twin_goes_on(
    surface: Surface, world: World, embed_client: Client
) -> None:
    token, twin = made(world), made(world)
    assert page(embed_client, token).status_code == 200
    digest = Embed.objects.get().digest
    revoke_token(world.a.workspace, digest, actor=SYSTEM)
    assert masked(surface(embed_client, token)) == masked(surface(embed_client, "no-token"))
    assert surface(embed_client, twin).status_code == 200
    assert AuditRecord.objects.get(action="token.revoked").subject == digest


def test_a_digest_ends_a_token_of_its_own_workspace_only(world: World, embed_client: Client) -> None:
    token = made(world)
    page(embed_client, token)
    revoke_token(world.b.workspace, Embed.objects.get().digest, actor=SYSTEM)
    assert page(embed_client, token).status_code == 200


@pytest.mark.parametrize("digest", ["", "0" * 63, "0" * 65, "A" * 64, "g" * 64, "٣" * 64, "0" * 64 + "\n"])
def test_what_is_no_digest_is_refused(digest: str, world: World) -> None:
    with pytest.raises(RevocationRefused):
        revoke_token(world.a.workspace, digest, actor=SYSTEM)
    assert not Revocation.objects.exists()


@pytest.mark.parametrize("odd", ["", " ann", "ann\n", "a\x00", "a\u200bnn", "x" * 256])
def test_p_cu_01_what_can_be_nobodys_id_is_refused(odd: str, world: World) -> None:
    with pytest.raises(RevocationRefused):
        revoke_viewer(world.a.workspace, odd, actor=SYSTEM)
    if odd:
        with pytest.raises(RevocationRefused):
            revoke_viewer(world.a.workspace, "ann", customer=odd, actor=SYSTEM)
    assert not Revocation.objects.exists()


def test_revoking_again_moves_the_instant(world: World, embed_client: Client) -> None:
    revoke_viewer(world.a.workspace, "ann", actor=SYSTEM)
    Revocation.objects.update(at=datetime.fromtimestamp(time.time() - 3600).astimezone())
    between = made(world, ago=60)
    feed.reset()
    assert page(embed_client, between).status_code == 200
    revoke_viewer(world.a.workspace, "ann", actor=SYSTEM)
    assert Revocation.objects.count() == 1
    assert page(embed_client, between).status_code == 401


def test_d3_a_refresh_leaves_signed_tokens_unless_it_says_otherwise(world: World, embed_client: Client) -> None:
    token = made(world, ago=60)
    generation = world.a.customers["acme"].generation
    refresh_token(world.a.customers["acme"], actor=SYSTEM)
    assert page(embed_client, token).status_code == 200
    refresh_token(world.a.customers["acme"], revoke_jwts=True, actor=SYSTEM)
    assert page(embed_client, token).status_code == 401
    assert page(embed_client, made(world)).status_code == 200
    assert Customer.objects.get(external_id="acme", workspace=world.a.workspace).generation == generation + 1
    records = AuditRecord.objects.filter(action="customer.token_refreshed").order_by("id")
    assert [record.detail["revoke_jwts"] for record in records] == [False, True]


def test_a_revoked_customer_gets_a_new_token_and_a_new_generation(world: World) -> None:
    before = Customer.objects.get(id=world.a.customers["acme"].id)
    told = revoke_customer(before, actor=SYSTEM)
    after = Customer.objects.get(id=before.id)
    assert after.generation == before.generation + 1
    assert after.token() != before.token()
    assert after.token_made_at == after.revoked_at
    assert told == after.revoked_at + timedelta(days=1)
    assert AuditRecord.objects.get(action="customer.revoked").detail["generation"] == after.generation


def test_a_revocation_survives_deleting_and_making_the_customer_again(world: World, embed_client: Client) -> None:
    old = without_iat(world, time.time() + 3600)
    revoke_customer(world.a.customers["acme"], actor=SYSTEM)
    delete_customer(world.a.customers["acme"], actor=SYSTEM)
    create_customer(world.a.workspace, "acme", actor=SYSTEM)
    assert page(embed_client, old).status_code == 401


def test_rows_go_when_no_token_can_need_them(world: World) -> None:
    long_ago = datetime.fromtimestamp(time.time() - 25 * 3600 - 5).astimezone()
    revoke_viewer(world.a.workspace, "ann", actor=SYSTEM)
    revoke_token(world.a.workspace, "a" * 64, ends=True, actor=SYSTEM)
    revoke_token(world.a.workspace, "b" * 64, actor=SYSTEM)
    assert revocation.prune() == 0
    Revocation.objects.update(at=long_ago)
    revoke_viewer(world.a.workspace, "ben", actor=SYSTEM)
    assert revocation.prune() == 2
    # A digest alone does not tell whether its token ends by itself: a customer's own token does not.
    assert sorted(Revocation.objects.values_list("subject", flat=True)) == ["b" * 64, "ben"]


@levels
def test_a_warm_request_still_asks_no_database(
    revoke: Callable[[World], object], world: World, embed_client: Client, settings: Settings
) -> None:
    settings.REVOCATION_POLL_SECONDS = 0.5
    revoke(world)
    token = made(world)
    for _ in range(2):
        assert page(embed_client, token).status_code == 200
    with CaptureQueriesContext(connection) as captured:
        assert page(embed_client, token).status_code == 200
    assert len(captured) == 0
