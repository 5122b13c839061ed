"""Two server processes over one database: a reset on one ends the token on both within a second."""

import os
import time
import urllib.error
import urllib.request

import pytest

from embed.models import Embed
from secrets_admin.access import SYSTEM
from secrets_admin.services import reset_secret
from tests.servers import Server
from tests.world import World, encrypt

pytestmark = pytest.mark.django_db(transaction=True)


def status(server: Server, token: str) -> int:
    headers = {"Host": os.environ["EMBED_HOST"]}
    request = urllib.request.Request(f"{server.url}/iframe/{token}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_p_rr_01_a_reset_is_known_to_every_process_within_a_second(world: World, servers: list[Server]) -> None:
    token = world.a.token()
    of_charlie = world.b.token("acme")
    assert [status(server, token) for server in servers] == [200, 200]
    new = reset_secret(world.a.secret, actor=SYSTEM)
    answered = time.monotonic()
    assert [status(server, encrypt(world.a.claims(), new)) for server in servers] == [200, 200]
    while status(servers[0], token) != 401 or status(servers[1], token) != 401:
        assert time.monotonic() - answered < 1.0, "the old token still opens a page"
    assert [status(server, of_charlie) for server in servers] == [200, 200]


def test_p_op_04_one_token_opened_on_two_servers_is_one_embed(world: World, servers: list[Server]) -> None:
    token = world.a.token()
    for server in servers * 3:
        assert status(server, token) == 200
    assert Embed.objects.count() == 1
