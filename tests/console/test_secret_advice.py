"""When a secret was last used, and whether it may go: true for every format, with or without a key id in its tokens."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from console.usage import KeyUse, advice, use_of_keys
from embed.models import Embed
from secrets_admin.access import SYSTEM
from secrets_admin.models import EmbedSecret, User
from secrets_admin.services import rotate_secret
from tests.console.cast import EMBEDDING, text_of, visit
from tests.embed.every_format import Vendors, open_to_vendors
from tests.tokens.makers import MAKERS
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def vendors(world: World) -> Vendors:
    return open_to_vendors(world.a)


def rotated(vendors: Vendors, format: str) -> tuple[EmbedSecret, EmbedSecret]:
    """The verify-only secret of a format and its successor."""
    old = vendors.tenant.secret_of(format)
    new = rotate_secret(old, until=timezone.now() + timedelta(days=30), actor=SYSTEM)
    old.refresh_from_db()
    return old, new


def said(vendors: Vendors, secret: EmbedSecret) -> str:
    return advice(secret, use_of_keys(vendors.tenant.organization.id).get(secret.key_id, KeyUse()))


@pytest.mark.parametrize("format", sorted(MAKERS))
def test_a_predecessor_in_use_is_kept_and_a_quiet_one_may_go(
    format: str, vendors: Vendors, embed_client: Client
) -> None:
    old, new = rotated(vendors, format)
    assert said(vendors, old) == "No embed in 24 hours"
    vendors.open(embed_client, format, vendors.token(format, secret=old))
    assert said(vendors, old) == "1 embed in 24 hours, keep it"
    assert said(vendors, new) == ""
    vendors.open(embed_client, format, vendors.token(format, secret=new))
    assert said(vendors, new) == "1 embed in 24 hours"
    Embed.objects.filter(key_id=old.key_id).update(first_at=timezone.now() - timedelta(days=14, hours=1))
    assert said(vendors, old) == "Unused for 14 days, safe to retire"


def test_a_secret_whose_time_is_over_may_go_however_often_it_was_used(vendors: Vendors, embed_client: Client) -> None:
    old, _ = rotated(vendors, "explo_jwe")
    vendors.open(embed_client, "explo_jwe", vendors.token("explo_jwe", secret=old))
    EmbedSecret.objects.filter(id=old.id).update(verify_only_until=timezone.now() - timedelta(minutes=1))
    old.refresh_from_db()
    assert said(vendors, old) == "Its time is over, safe to retire"


def test_customers_own_tokens_use_no_secret(vendors: Vendors, alice: User, embed_client: Client) -> None:
    vendors.open(embed_client, "customer_token", vendors.token("customer_token"))
    assert Embed.objects.filter(key_id__startswith="ct_").count() == 1
    assert use_of_keys(vendors.tenant.organization.id) == {}
    assert "0 embeds in the last 24 hours" in text_of(visit(alice).get(EMBEDDING))
