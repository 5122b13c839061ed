"""P-RR over every format and every way in: what ends a token ends it everywhere, and nothing else."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from django.db import connections
from django.test import Client

from customers.models import Customer
from customers.services import create_customer, delete_customer, refresh_token, revoke_customer
from dashboards.services import revoke_dashboard
from secrets_admin.access import SYSTEM
from secrets_admin.services import create_secret, reset_secret, retire_secret
from secrets_admin.workspaces import allow_customer_tokens
from tests.embed.every_format import Vendors, open_to_vendors
from tests.embed.surfaces import assert_clean, code_of
from tests.tokens.makers import MAKERS
from tests.world import World, canary
from tokens.formats import FORMATS

pytestmark = pytest.mark.django_db
formats = pytest.mark.parametrize("format", sorted(FORMATS))
signed = pytest.mark.parametrize("format", sorted(MAKERS))

Revoke = Callable[[Vendors], datetime | None]
LEVELS: dict[str, Revoke] = {
    "customer": lambda vendors: revoke_customer(vendors.tenant.customers["acme"], actor=SYSTEM),
    "dashboard": lambda vendors: revoke_dashboard(vendors.dashboard, actor=SYSTEM),
}
levels = pytest.mark.parametrize("revoke", list(LEVELS.values()), ids=list(LEVELS))


@pytest.fixture
def vendors(world: World) -> Vendors:
    return open_to_vendors(world.a)


def refused(vendors: Vendors, world: World, client: Client, format: str, token: str, code: str) -> None:
    """Every way in answers 401 with this code and shows nothing."""
    for name, answer in vendors.open(client, format, token).items():
        assert (name, answer.status_code, code_of(answer)) == (name, 401, code)
        assert_clean(answer, world, "tradewind", None)


@formats
def test_a_good_token_opens_every_way_in_and_shows_its_own_rows(
    format: str, vendors: Vendors, world: World, embed_client: Client
) -> None:
    for answer in vendors.open(embed_client, format, vendors.token(format)).values():
        assert answer.status_code == 200
        body = assert_clean(answer, world, "tradewind", "acme").replace("\\u002D", "-")
        assert canary("tradewind", "acme", 0) in body


@signed
def test_p_rr_01_and_03_a_reset_ends_tokens_and_open_pages_of_that_secret_alone(
    format: str, vendors: Vendors, world: World, embed_client: Client
) -> None:
    old = vendors.token(format)
    assert vendors.statuses(embed_client, format, old) == {200}
    new = reset_secret(world.a.secret_of(format), actor=SYSTEM)
    refused(vendors, world, embed_client, format, old, "token_invalid")
    assert vendors.statuses(embed_client, format, vendors.token(format, secret=new)) == {200}
    for other in set(FORMATS) - {format}:
        assert vendors.statuses(embed_client, other, vendors.token(other)) == {200}


@signed
def test_p_rr_02_a_retired_secret_leaves_another_of_its_format_working(
    format: str, vendors: Vendors, world: World, embed_client: Client
) -> None:
    one = world.a.secret_of(format)
    other = create_secret(vendors.tenant.workspace, name="Second", format=format, actor=SYSTEM)
    first, second = vendors.token(format, secret=one), vendors.token(format, secret=other)
    retire_secret(one, actor=SYSTEM)
    refused(vendors, world, embed_client, format, first, "token_invalid")
    assert vendors.statuses(embed_client, format, second) == {200}


@signed
def test_p_rr_04_a_token_that_ended_opens_nothing_and_exports_nothing(
    format: str, vendors: Vendors, world: World, embed_client: Client
) -> None:
    ended = vendors.token(format, ago=600, ends=time.time() - 62)
    refused(vendors, world, embed_client, format, ended, "token_expired")


def test_p_rr_05_a_refreshed_customer_token_is_over_and_the_new_one_opens(
    vendors: Vendors, world: World, embed_client: Client
) -> None:
    old = vendors.token("customer_token")
    assert vendors.statuses(embed_client, "customer_token", old) == {200}
    new = refresh_token(vendors.tenant.customers["acme"], actor=SYSTEM)
    refused(vendors, world, embed_client, "customer_token", old, "token_invalid")
    assert vendors.statuses(embed_client, "customer_token", new) == {200}


@signed
def test_p_rr_05_signed_tokens_outlive_a_refresh_unless_it_revokes_them(
    format: str, vendors: Vendors, world: World, embed_client: Client
) -> None:
    token = vendors.token(format, ago=60)
    refresh_token(vendors.tenant.customers["acme"], actor=SYSTEM)
    assert vendors.statuses(embed_client, format, token) == {200}
    refresh_token(vendors.tenant.customers["acme"], revoke_jwts=True, actor=SYSTEM)
    refused(vendors, world, embed_client, format, token, "token_invalid")


@pytest.mark.django_db(transaction=True)
def test_p_rr_05_refreshes_at_once_leave_one_valid_token(vendors: Vendors, embed_client: Client) -> None:
    def refresh(number: int) -> str:
        try:
            return refresh_token(vendors.tenant.customers["acme"], revoke_jwts=number % 2 == 0, actor=SYSTEM)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        told = list(pool.map(refresh, range(12)))
    assert len(set(told)) == 12
    kept = Customer.objects.get(id=vendors.tenant.customers["acme"].id).token()
    valid = [token for token in told if vendors.statuses(embed_client, "customer_token", token) == {200}]
    assert valid == [kept]


@formats
def test_p_rr_06_no_token_from_before_a_deletion_opens_the_customer_made_again(
    format: str, vendors: Vendors, world: World, embed_client: Client
) -> None:
    old, dateless = vendors.token(format, ago=60), vendors.token(format, iat=False)
    assert vendors.statuses(embed_client, format, dateless) == {200}
    delete_customer(vendors.tenant.customers["acme"], actor=SYSTEM)
    for answer in vendors.open(embed_client, format, old).values():
        assert answer.status_code in (404, 401)
    create_customer(vendors.tenant.workspace, "acme", actor=SYSTEM)
    for token in (old, dateless):
        refused(vendors, world, embed_client, format, token, "token_invalid")
    assert vendors.statuses(embed_client, format, vendors.token(format)) == {200}


@formats
@levels
def test_what_was_made_before_a_revocation_is_over_and_what_is_made_after_opens(
    revoke: Revoke, format: str, vendors: Vendors, world: World, embed_client: Client
) -> None:
    Customer.objects.update(token_made_at="2026-01-01T00:00:00Z")
    old, of_globex = vendors.token(format, ago=60), vendors.token(format, customer="globex", ago=60)
    assert vendors.statuses(embed_client, format, old) == {200}
    revoke(vendors)
    refused(vendors, world, embed_client, format, old, "token_invalid")
    refresh_token(vendors.tenant.customers["acme"], actor=SYSTEM)
    assert vendors.statuses(embed_client, format, vendors.token(format)) == {200}
    expected = {200} if revoke is LEVELS["customer"] else {401}
    assert vendors.statuses(embed_client, format, of_globex) == expected


@signed
@levels
def test_a_token_without_iat_counts_as_made_as_early_as_its_end_allows(
    revoke: Revoke, format: str, vendors: Vendors, world: World, embed_client: Client
) -> None:
    until = revoke(vendors)
    assert until is not None
    early = vendors.token(format, iat=False, ends=until.timestamp() - 2)
    refused(vendors, world, embed_client, format, early, "token_invalid")
    late = vendors.token(format, iat=False, ends=until.timestamp() + 2)
    assert vendors.statuses(embed_client, format, late) == {200}


@formats
def test_a_workspace_that_takes_no_customer_tokens_takes_all_others(
    format: str, vendors: Vendors, embed_client: Client
) -> None:
    allow_customer_tokens(vendors.tenant.workspace, False, actor=SYSTEM)
    expected = {401} if format == "customer_token" else {200}
    assert vendors.statuses(embed_client, format, vendors.token(format)) == expected
