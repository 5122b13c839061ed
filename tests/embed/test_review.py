"""Attacks that an independent review found, each of them refused or answered as planned."""

import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from dashboards.facts import find_dashboard_by_id
from dashboards.lists import bind_secret
from dashboards.models import Dashboard
from embed.models import Embed
from embed.pasted import MOST_CHARACTERS, unwrap
from embedhost.lib.logs import redact
from secrets_admin.access import SYSTEM
from secrets_admin.feed import feed
from secrets_admin.models import EmbedSecret
from secrets_admin.revocation import revoke_token
from secrets_admin.services import create_secret, reset_secret, rotate_secret
from tests.embed.every_format import Way
from tests.embed.surfaces import assert_clean, assert_headers
from tests.tokens.makers import MAKERS
from tests.world import World, add_dashboard


def soon() -> datetime:
    return timezone.now() + timedelta(days=7)


@pytest.mark.parametrize(
    "address",
    [
        "/embedded/tag/1/%00",
        f"/embedded/tag/1/{'w' * 300}",
        "/embedded/dashboard?" + "&" * 1001,
        "/data/explo_jwe/session?" + "&" * 1001,
        "/iframe/x?" + "&" * 1001,
        "/iframe/%00",
        "/d/%00/%00/x",
    ],
)
def test_odd_addresses_are_answered_as_planned(address: str, world: World, embed_client: Client) -> None:
    answer = embed_client.get(address)
    assert 400 <= answer.status_code < 500
    assert_clean(answer, world, "tradewind", None)


@pytest.mark.parametrize("format", ["viasocket_jwt", "chartio_jwt", "metabase_jwt", "superset_guest"])
def test_names_that_no_database_takes_are_unknown(format: str, world: World, embed_client: Client) -> None:
    maker, key = MAKERS[format], world.a.key_of(format)
    text = json.dumps(maker.claims(key, world.a.wanted(), time.time()))
    for name in (world.a.workspace.id, str(world.a.dashboards["sales"].embed_id)):
        answer = Way(format, "data").open(embed_client, world.a, maker.seal(text.replace(name, "\\u0000"), key))
        assert answer.status_code < 500
        assert_headers(answer)


def test_p_sr_03_a_customer_token_in_a_path_stays_out_of_the_log(world: World) -> None:
    token, board = world.a.token_of("customer_token"), world.a.dashboards["sales"]
    for path in (f"/iframe/{board.embed_id}/{token}", f"/iframe/{board.embed_id}/{token}/prod", f"Bearer x:{token}"):
        assert token not in redact(f"Service Unavailable: {path}")


def test_a_bound_line_stays_bound_when_it_is_rotated_and_reset(world: World) -> None:
    secret = world.a.secret_of("papermap_hmac")
    bind_secret(secret, world.a.customers["acme"], [world.a.dashboards["sales"]], actor=SYSTEM)
    rotated = rotate_secret(secret, until=soon(), actor=SYSTEM)
    for new in (rotated, reset_secret(rotated, actor=SYSTEM)):
        assert (new.bound_customer, new.bound_dashboards) == ("acme", secret.bound_dashboards)


def test_rotations_of_one_workspace_leave_another_s_tokens_alone(world: World, embed_client: Client) -> None:
    token, way = world.a.token_of("chartio_jwt"), Way("chartio_jwt", "data")
    other = world.a.organization.workspaces.create(name="Second")
    newest = create_secret(other, name="Rotated", format="chartio_jwt", actor=SYSTEM)
    for _ in range(25):
        newest = rotate_secret(newest, until=soon(), actor=SYSTEM)
    feed.reset()
    assert way.open(embed_client, world.a, token).status_code == 200
    assert EmbedSecret.objects.filter(format="chartio_jwt").count() == 27


def test_a_papermap_token_that_is_spelled_anew_is_the_same_token(world: World, embed_client: Client) -> None:
    way, token = Way("papermap_hmac", "page"), world.a.token_of("papermap_hmac")
    fields = json.loads(urlsafe_b64decode(token))
    spellings = [
        urlsafe_b64encode(text.encode()).decode()
        for text in (
            json.dumps(fields, indent=2),
            json.dumps(dict(reversed(fields.items()))),
            json.dumps(fields).replace("workspace", "w\\u006frkspace"),
        )
    ]
    for spelling in (token, *spellings):
        assert way.open(embed_client, world.a, spelling).status_code == 200
    assert Embed.objects.count() == 1
    digest = Embed.objects.get().digest
    revoke_token(world.a.workspace, digest, actor=SYSTEM)
    feed.reset()
    for spelling in (token, *spellings):
        assert way.open(embed_client, world.a, spelling).status_code == 401


@pytest.mark.parametrize(
    "text",
    ["a" + '"' * MOST_CHARACTERS + "a", '"' * MOST_CHARACTERS, "a," * (MOST_CHARACTERS // 2), "," * MOST_CHARACTERS],
    ids=["quotes inside", "quotes", "commas", "only commas"],
)
def test_what_is_pasted_is_read_in_time_that_grows_with_it(text: str) -> None:
    def seconds(length: int) -> float:
        begin = time.process_time()
        unwrap(text[:length])
        return time.process_time() - begin

    seconds(100)
    assert seconds(MOST_CHARACTERS) < 100 * max(seconds(MOST_CHARACTERS // 16), 0.001)


def test_an_id_that_was_asked_for_too_early_opens_its_dashboard_later(world: World) -> None:
    board = add_dashboard(world.a.organization, "later", "Later")
    Dashboard.objects.filter(id=board.id).delete()
    feed.reset()
    assert find_dashboard_by_id(board.id) is None
    Dashboard.objects.create(id=board.id, organization=world.a.organization, slug="later", title="Later")
    assert find_dashboard_by_id(board.id) is None
    add_dashboard(world.a.organization, "later", "Later")
    feed.read()
    found = find_dashboard_by_id(board.id)
    assert found is not None
    assert found.slug == "later"
