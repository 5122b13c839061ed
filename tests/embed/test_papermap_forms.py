"""The two forms of Papermap's token under a bound secret: neither can be turned into another token."""

import json
import time
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from itertools import combinations
from typing import Any, Final

import pytest
from django.http import HttpResponseBase
from django.test import Client

from customers.services import create_customer, delete_customer
from dashboards.lists import bind_secret
from dashboards.models import Dashboard
from embed.models import Embed
from secrets_admin.access import SYSTEM
from secrets_admin.feed import feed
from secrets_admin.revocation import revoke_token
from tests.embed.every_format import WAYS, Way
from tests.embed.surfaces import assert_clean
from tests.tokens.makers import Papermap
from tests.world import World, canary
from tokens.formats.papermap_hmac import PapermapHmac
from tokens.view import View

pytestmark = pytest.mark.django_db
FORMAT: Final = "papermap_hmac"
PAPERMAP = Papermap()
SURFACES = [way for way in WAYS if way.format == FORMAT]
PAGE = Way(FORMAT, "page")


@pytest.fixture(autouse=True)
def _bound(world: World) -> None:
    """Bind alice's secret to acme and two dashboards."""
    Dashboard.objects.update(viewers_may_export=True)
    boards = [world.a.dashboards[slug] for slug in ("sales", "ops")]
    bind_secret(world.a.secret_of(FORMAT), world.a.customers["acme"], boards, actor=SYSTEM)
    feed.reset()


def embed_id(world: World, slug: str) -> str:
    return str(world.a.dashboards[slug].embed_id)


def issued(world: World, *, ago: float = 0) -> str:
    """Make the token that the host itself issues."""
    view = View(dashboard=embed_id(world, "sales"), customer="acme", lifetime=3600)
    return PapermapHmac().mint(world.a.key_of(FORMAT), view, time.time() - ago)


def short(world: World, slug: str = "sales", **changes: object) -> str:
    """Make the vendor's short form, as a backend of its guide does."""
    key = world.a.key_of(FORMAT)
    claims = {**PAPERMAP.claims(key, world.a.wanted("acme", slug), time.time()), **changes}
    return PAPERMAP.legacy({name: value for name, value in claims.items() if value is not ...}, key)


def fields_of(token: str) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    return fields


def shortened(token: str, **changes: object) -> list[str]:
    """Return what a viewer can make of a token of version 2 by leaving out what the short form has not."""
    fields = {**fields_of(token), **changes}
    extra = [name for name in ("version", "iat", "jti", "mac") if name in fields]
    dropped = [names for number in range(len(extra) + 1) for names in combinations(extra, number)]
    left = [{name: value for name, value in fields.items() if name not in names} for names in dropped]
    moved = [{**each, "signature": fields["mac"]} for each in left if "mac" in fields]
    return [PAPERMAP.spell(each) for each in (*left, *moved) if each != fields_of(token)]


def refused(client: Client, world: World, tokens: Sequence[str]) -> None:
    for token in tokens:
        for way in SURFACES:
            answer = way.open(client, world.a, token)
            assert_clean(answer, world, "tradewind", None)
            assert answer.status_code == 401, (way.surface, fields_of(token))


def opens(answer: HttpResponseBase, world: World) -> bool:
    body = assert_clean(answer, world, "tradewind", "acme")
    return answer.status_code == 200 and canary("tradewind", "acme", 0) in body


def test_p_ts_09_and_p_cu_08_an_issued_token_is_for_its_dashboard_alone_under_a_bound_secret(
    world: World, embed_client: Client
) -> None:
    ours, theirs = issued(world), world.a.token_of(FORMAT)
    for token in (ours, theirs):
        assert opens(PAGE.open(embed_client, world.a, token), world)
        refused(embed_client, world, shortened(token))
        refused(embed_client, world, shortened(token, dashboard_id=embed_id(world, "ops")))
    assert Embed.objects.count() == 2


def test_p_ts_09_a_token_with_both_signatures_opens_nothing_in_any_shape(world: World, embed_client: Client) -> None:
    key = world.a.key_of(FORMAT)
    both = PAPERMAP.twice(PAPERMAP.claims(key, world.a.wanted(), time.time()), key)
    whole = [token for token in shortened(both) if fields_of(token).keys() & {"version", "iat", "mac"}]
    refused(embed_client, world, [both, *whole])


def test_an_issued_token_has_the_guides_fields_and_none_verifies_as_the_short_form(world: World) -> None:
    fields = fields_of(issued(world))
    guides = {"api_key_id", "workspace_id", "tenant_id", "dashboard_id", "valid_until", "signature"}
    assert guides <= fields.keys()
    as_short = fields_of(PAPERMAP.legacy(fields, world.a.key_of(FORMAT)))["signature"]
    assert as_short not in fields.values()


def test_a_revoked_token_is_over_in_every_shape(world: World, embed_client: Client) -> None:
    token = issued(world)
    assert opens(PAGE.open(embed_client, world.a, token), world)
    revoke_token(world.a.workspace, Embed.objects.get().digest, actor=SYSTEM, ends=True)
    feed.reset()
    refused(embed_client, world, [token, *shortened(token)])


def test_p_rr_06_no_shape_of_a_token_from_before_a_deletion_opens_the_customer_made_again(
    world: World, embed_client: Client
) -> None:
    old, used = issued(world, ago=60), short(world)
    for token in (old, used):
        assert opens(PAGE.open(embed_client, world.a, token), world)
    delete_customer(world.a.customers["acme"], actor=SYSTEM)
    create_customer(world.a.workspace, "acme", actor=SYSTEM)
    feed.reset()
    nameless = {name: value for name, value in fields_of(used).items() if name != "tenant_id"}
    refused(embed_client, world, [old, *shortened(old), used, PAPERMAP.spell(nameless)])
    assert PAGE.open(embed_client, world.a, issued(world)).status_code == 200


def spellings(fields: dict[str, Any]) -> list[str]:
    """Return the same token in other orders, spaces, escapes, alphabets and paddings."""
    texts = (
        json.dumps(fields),
        json.dumps(fields, indent=2),
        json.dumps(dict(reversed(fields.items()))),
        json.dumps(fields).replace("workspace", "w\\u006frkspace"),
    )
    encoded = [encode(text.encode()).decode() for text in texts for encode in (b64encode, urlsafe_b64encode)]
    return [*encoded, *(token.rstrip("=") for token in encoded)]


def test_p_op_04_tokens_for_two_dashboards_that_end_at_once_are_two_embeds(world: World, embed_client: Client) -> None:
    end = int(time.time()) + 3600
    for slug in ("sales", "ops"):
        for token in spellings(fields_of(short(world, slug, valid_until=end))):
            assert PAGE.open(embed_client, world.a, token).status_code == 200
    # The secret's customer, who is meant where the token names none.
    nameless = short(world, "sales", valid_until=end, tenant_id=...)
    assert PAGE.open(embed_client, world.a, nameless).status_code == 200
    boards = [world.a.dashboards[slug].id for slug in ("sales", "ops")]
    assert list(Embed.objects.order_by("id").values_list("dashboard_id", flat=True)) == boards


def test_p_rr_a_short_token_is_revoked_in_every_spelling_and_its_twin_for_another_dashboard_lives(
    world: World, embed_client: Client
) -> None:
    end = int(time.time()) + 3600
    sales, ops = (short(world, slug, valid_until=end) for slug in ("sales", "ops"))
    assert PAGE.open(embed_client, world.a, sales).status_code == 200
    revoke_token(world.a.workspace, Embed.objects.get().digest, actor=SYSTEM, ends=True)
    feed.reset()
    nameless = short(world, "sales", valid_until=end, tenant_id=...)
    refused(embed_client, world, [*spellings(fields_of(sales))[:4], nameless])
    for token in spellings(fields_of(sales)):
        assert PAGE.open(embed_client, world.a, token).status_code == 401
    assert PAGE.open(embed_client, world.a, ops).status_code == 200
