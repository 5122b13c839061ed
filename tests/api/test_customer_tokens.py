"""Tokens of customers over the REST API: who is told one, and how they end."""

import time
from collections import Counter

import pytest
from django.test import Client

from customers.models import Customer, hash_token
from tests.api.caller import CUSTOMERS, Backend, backend
from tests.world import World

pytestmark = pytest.mark.django_db


def opens(client: Client, world: World, token: str) -> int:
    return client.get(f"/iframe/{world.a.dashboards['sales'].embed_id}/{token}").status_code


def test_rotating_ends_the_old_token_and_gives_a_new_one(ours: Backend, world: World, embed_client: Client) -> None:
    old, jwe = world.a.customers["acme"].token(), world.a.token()
    assert opens(embed_client, world, old) == 200
    told = ours.told("post", f"{CUSTOMERS}acme/token")
    assert told["external_id"] == "acme"
    assert [opens(embed_client, world, token) for token in (old, told["token"])] == [401, 200]
    assert embed_client.get(f"/iframe/{jwe}").status_code == 200


def test_rotating_with_revoke_jwts_ends_every_token_of_the_customer(
    ours: Backend, world: World, embed_client: Client
) -> None:
    jwe, other = world.a.token(iat=int(time.time()) - 30), world.a.token("globex")
    assert embed_client.get(f"/iframe/{jwe}").status_code == 200
    ours.told("post", f"{CUSTOMERS}acme/token", {"revoke_jwts": True})
    assert embed_client.get(f"/iframe/{jwe}").status_code == 401
    assert embed_client.get(f"/iframe/{other}").status_code == 200
    ours.refused("post", f"{CUSTOMERS}acme/token", {"revoke_jwts": "true"}, status=400)


def test_revoking_ends_all_of_before_and_says_until_when_the_undated_are_refused(
    ours: Backend, world: World, embed_client: Client
) -> None:
    old = world.a.customers["acme"].token()
    told = ours.told("post", f"{CUSTOMERS}acme/revoke")
    assert told.keys() == {"revoked_at", "refused_until"}
    assert told["revoked_at"] < told["refused_until"]
    assert told["revoked_at"].endswith("Z")
    assert opens(embed_client, world, old) == 401
    new = ours.told("post", CUSTOMERS, {"external_id": "acme"})["token"]
    assert opens(embed_client, world, new) == 200


def test_p_cu_06_answers_carry_tokens_for_the_scope_customer_tokens_and_where_a_call_says_so_alone(
    ours: Backend, world: World
) -> None:
    without = backend(world.a, "read", "write", "mint")
    bulk = {"customers": [{"external_id": "acme"}]}
    for caller, carries in ((ours, True), (without, False)):
        for path, body in (
            (CUSTOMERS, {"external_id": "acme"}),
            (f"{CUSTOMERS}acme/token", {}),
            (f"{CUSTOMERS}bulk", bulk),
        ):
            text = caller.call("post", path, body).content.decode()
            assert ('"token"' in text) is carries, path
            assert (Customer.objects.get(id=world.a.customers["acme"].id).token() in text) is carries
        for path in (CUSTOMERS, f"{CUSTOMERS}acme"):
            assert '"token"' not in caller.call("get", path).content.decode()


def test_p_cu_06_a_token_opens_no_address_of_the_api_and_names_no_customer_there(ours: Backend, world: World) -> None:
    token = world.a.customers["acme"].token()
    for name in (token, hash_token(token)):
        ours.refused("get", f"{CUSTOMERS}{name}", status=404)
        assert ours.told("get", f"{CUSTOMERS}?search={name}")["items"] == []


def test_p_cu_06_ten_thousand_tokens_never_repeat_and_have_no_shape(world: World) -> None:
    row = Customer(workspace=world.a.workspace, external_id="x")
    tokens = [row.new_token() for _ in range(10_000)]
    assert len(set(tokens)) == 10_000
    for place in range(64):
        counts = Counter(token[place] for token in tokens)
        assert counts.keys() == set("0123456789abcdef")
        # 625 on average; a fair digit is beyond eight standard deviations in one of 10^14 runs.
        assert all(430 < count < 820 for count in counts.values())
