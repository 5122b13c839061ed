"""P-TS-06: every credential on every other surface opens nothing: tokens, API keys, log-ins."""

import re

import pytest
from django.conf import settings
from django.test import Client

from embed.models import Embed
from secrets_admin.access import SYSTEM
from secrets_admin.api_key_services import SCOPES, create_api_key
from secrets_admin.models import Role
from tests.conftest import PASSWORD, make_member
from tests.embed.every_format import WAYS, Way, over
from tests.embed.surfaces import assert_clean, masked
from tests.world import World
from tokens.doors import DOORS
from tokens.formats import FORMATS

every_way = over(WAYS)


def test_every_door_of_the_table_is_tried_here() -> None:
    assert {way.format for way in WAYS} == set(DOORS.values()) == set(FORMATS)


@every_way
def test_p_ts_06_an_api_key_opens_no_door(way: Way, world: World, embed_client: Client) -> None:
    expected = masked(way.open(embed_client, world.a, "y" * 46))
    key, value = create_api_key(world.a.workspace, name="All", scopes=SCOPES, actor=SYSTEM)
    for text in (value, key.key_id):
        answer = way.open(embed_client, world.a, text)
        assert masked(answer) == expected
        assert_clean(answer, world, "tradewind", None)
    assert not Embed.objects.exists()


@every_way
def test_p_ts_06_an_embed_secret_itself_opens_no_door(way: Way, world: World, embed_client: Client) -> None:
    expected = masked(way.open(embed_client, world.a, "y" * 46))
    for format in sorted(set(FORMATS) - {"customer_token"}):
        secret = world.a.secret_of(format)
        for text in (secret.value().decode(), secret.key_id):
            assert masked(way.open(embed_client, world.a, text)) == expected
    assert not Embed.objects.exists()


@every_way
def test_p_ts_06_a_console_log_in_opens_no_door(way: Way, world: World, embed_client: Client) -> None:
    client = Client(HTTP_HOST=settings.EMBED_HOST)
    client.force_login(make_member(world.a.organization, "alice@tradewind.example", Role.OWNER))
    stranger = masked(way.open(embed_client, world.a, "y" * 46))
    assert masked(way.open(client, world.a, "y" * 46)) == stranger
    token = world.a.token_of(way.format, "globex")
    answer = way.open(client, world.a, token)
    assert "acme" not in re.sub(r"CANARY-tradewind-globex-\d", "", assert_clean(answer, world, "tradewind", "globex"))
    assert not answer.cookies


@pytest.mark.parametrize("format", list(FORMATS))
def test_p_ts_06_a_token_is_no_log_in(format: str, world: World, console_client: Client) -> None:
    token = world.a.token_of(format)
    for headers in ({"Authorization": f"Bearer {token}"}, {"Cookie": f"sessionid={token}"}, {"X-GuestToken": token}):
        answer = console_client.get("/o/tradewind/dashboards/", headers=headers)
        assert answer.status_code == 302
        assert "/accounts/" in answer.headers["Location"]
    form = {"login": "alice@tradewind.example", "password": token}
    assert console_client.post("/accounts/login/", form).status_code == 200
    assert "_auth_user_id" not in console_client.session
    assert PASSWORD not in token
