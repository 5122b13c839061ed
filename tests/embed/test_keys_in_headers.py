"""P-TP-06: a token brings its own key, or says where one could be fetched. Keys come from our records alone."""

import contextlib
import json
import secrets
import socket
import time
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client
from jwt.algorithms import RSAAlgorithm

from embed.models import Embed
from tests.embed.every_format import WAYS, Way
from tests.embed.surfaces import assert_clean, assert_headers, masked
from tests.tokens.makers import MAKERS, SIGNED, Claims, part
from tests.world import World
from tokens.keys import Key

WITH_HEADERS = [way for way in WAYS if way.format in (*SIGNED, "explo_jwe")]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Where the attacker's keys would be fetched from."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


def _head(format: str, key: Key) -> Claims:
    return {"alg": "HS256", "typ": "JWT"} if format in SIGNED else {"alg": "dir", "enc": "A256GCM", "kid": key.key_id}


def _members(attacker: Key, address: str) -> list[Claims]:
    return [
        {"jwk": {"kty": "oct", "k": part(attacker.value)}},
        {"jwk": {"kty": "oct", "k": part(attacker.value), "kid": attacker.key_id}, "kid": attacker.key_id},
        {"jku": f"{address}/keys.json"},
        {"x5u": f"{address}/certificate.pem"},
        {"x5c": [b64encode(attacker.value).decode()]},
    ]


def _signed_by_an_own_rsa_key(claims: Claims, address: str) -> list[str]:
    own = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = json.loads(RSAAlgorithm.to_jwk(own.public_key()))
    return [jwt.encode(claims, own, "RS256", headers=head) for head in ({"jwk": public}, {"jku": f"{address}/keys"})]


@pytest.mark.parametrize("way", WITH_HEADERS, ids=str)
def test_p_tp_06_a_key_or_its_address_in_the_header_opens_nothing_and_is_not_fetched(
    way: Way, world: World, embed_client: Client, listener: socket.socket
) -> None:
    maker, key, address = (
        MAKERS[way.format],
        world.a.key_of(way.format),
        f"http://127.0.0.1:{listener.getsockname()[1]}",
    )
    attacker = replace(key, value=secrets.token_bytes(32))
    claims = maker.claims(key, world.a.wanted(), time.time())
    heads = [{**_head(way.format, key), **member} for member in _members(attacker, address)]
    tokens = [maker.seal(claims, signer, head) for signer in (attacker, key) for head in heads]
    expected = masked(way.open(embed_client, world.a, "a.b.c"))
    for token in [*tokens, *_signed_by_an_own_rsa_key(claims, address)]:
        answer = way.open(embed_client, world.a, token)
        assert_clean(answer, world, "tradewind", None)
        assert_headers(answer)
        assert masked(answer) == expected, token
    assert expected[0] == 401
    assert not Embed.objects.exists()
    with contextlib.suppress(BlockingIOError):
        pytest.fail(f"Somebody fetched a key: {listener.accept()[1]}")
