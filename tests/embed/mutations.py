"""Tokens that are nearly right: good claims of any format with a few things changed, drawn from a seed."""

import json
import random
import time
from collections.abc import Callable
from typing import Any

from tests.embed.every_format import WAYS, Way
from tests.tokens.makers import MAKERS, SIGNED, Claims, Maker
from tests.world import World
from tokens.keys import Key

ODD: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    1,
    2**63,
    10**30,
    1e300,
    0.5,
    "",
    " ",
    "*",
    "%",
    "acme",
    "globex",
    "initech",
    "ACME",
    "а",
    "\x00",
    "\u202e",
    "x" * 300,
    "' OR '1'='1",
    "{{7*7}}",
    "<script>",
    [],
    {},
    ["acme"],
    {"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": {"i": 1}}}}}}}}},
    "9_999_999_999",
]
MEMBERS: list[Claims] = [
    {"alg": "none"},
    {"alg": "HS512"},
    {"alg": "RS256"},
    {"alg": None},
    {"enc": "A128GCM"},
    {"zip": "DEF"},
    {"crit": ["exp"]},
    {"kid": "es_000000000000"},
    {"kid": ["x"]},
    {"typ": "JOSE"},
    {"jwk": {}},
    {"b64": False},
    {"cty": "JWT"},
]


class Mutator:
    """Draws tokens and the ways they are tried at."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.keys: dict[str, list[Key]] = {
            name: [tenant.key_of(name) for tenant in (world.a, world.b)] for name in MAKERS
        }
        for tenant in (world.a, world.b):
            tenant.allow_tag("sales")

    def draw(self, seed: int) -> tuple[Way, str, str]:
        """Return a way in, a token for it, and the slug of whose key made it; the same for the same seed."""
        chance = random.Random(seed)
        format = chance.choice(list(MAKERS))
        own = [way for way in WAYS if way.format == format]
        way = chance.choice(own if chance.random() < 0.85 else WAYS)
        token, signer = self._token(chance, format)
        slugs = {tenant.organization.id: tenant.organization.slug for tenant in (self.world.a, self.world.b)}
        return way, token, slugs[signer.organization_id]

    def _token(self, chance: random.Random, format: str) -> tuple[str, Key]:
        maker, key = MAKERS[format], self.keys[format][0]
        customer = chance.choice(["acme", "globex"])
        claims = maker.claims(key, self.world.a.wanted(customer), time.time())
        for _ in range(chance.choices((0, 1, 2), (1, 9, 10))[0]):
            claims = chance.choice(CHANGES)(chance, maker, claims, self.world)
        signer = key if chance.random() < 0.85 else chance.choice(self._signers(format))
        content = self._content(chance, claims)
        token = maker.seal(content, signer, self._head(chance, format, key))
        return (_spelled(chance, token) if chance.random() < 0.3 else token), signer

    def _signers(self, format: str) -> list[Key]:
        every = [key for keys in self.keys.values() for key in keys]
        # AES takes keys of one length only, which no other format's have.
        return [key for key in every if format != "explo_jwe" or len(key.value) == 32]

    def _content(self, chance: random.Random, claims: Claims) -> Claims | str:
        if chance.random() > 0.1:
            return claims
        text = json.dumps(claims)
        name = chance.choice(list(claims) or [""])
        return chance.choice([text[:-1], text + text, f"[{text}]", text[:-1] + f', "{name}": 1}}', text.swapcase()])

    def _head(self, chance: random.Random, format: str, key: Key) -> Claims | None:
        if chance.random() > 0.15:
            return None
        good: Claims = {"alg": "HS256"} if format in SIGNED else {"alg": "dir", "enc": "A256GCM", "kid": key.key_id}
        return {**good, **chance.choice(MEMBERS)}


Change = Callable[[random.Random, Maker, Claims, World], Claims]


def _odd_value(chance: random.Random, _maker: Maker, claims: Claims, _world: World) -> Claims:
    return {**claims, chance.choice(list(claims)): chance.choice(ODD)} if claims else claims


def _missing(chance: random.Random, _maker: Maker, claims: Claims, _world: World) -> Claims:
    gone = chance.choice(list(claims)) if claims else ""
    return {name: value for name, value in claims.items() if name != gone}


def _added(chance: random.Random, _maker: Maker, claims: Claims, _world: World) -> Claims:
    name = chance.choice(
        ["var", "env", "params", "rts", "iss", "nbf", "jti", "role", "cst", "customer_id", "sub", "aud"]
    )
    return {**claims, name: chance.choice(ODD)}


def _other_times(chance: random.Random, maker: Maker, claims: Claims, _world: World) -> Claims:
    moved = chance.choice([-1e9, -100, -61, -59, 0, 59, 86_400, 90_000, 1e9, 1e15])
    return {**claims, chance.choice([maker.exp, "iat", "nbf"]): int(time.time() + moved)}


def _other_customer(chance: random.Random, maker: Maker, claims: Claims, _world: World) -> Claims:
    try:
        return maker.with_customer(claims, chance.choice(ODD))
    except (KeyError, TypeError):
        return claims


def _other_names(chance: random.Random, maker: Maker, claims: Claims, world: World) -> Claims:
    theirs = maker.claims(world.b.key_of(maker.format), world.b.wanted(), time.time())
    name = chance.choice(list(theirs))
    return {**claims, name: theirs[name]}


CHANGES: list[Change] = [_odd_value, _missing, _added, _other_times, _other_customer, _other_names]


def _spelled(chance: random.Random, token: str) -> str:
    """Write a token differently: cut, doubled, with a foreign character, its parts exchanged."""
    place = chance.randrange(len(token) + 1)
    parts = token.split(".")
    chance.shuffle(parts)
    return chance.choice(
        [
            token[:place],
            token[:place] + chance.choice("AZaz09-_.=~+/ %:") + token[place:],
            token[:place] + chance.choice("AZaz09-_") + token[place + 1 :],
            token + "=",
            token + token,
            ".".join(parts),
            token.swapcase(),
            token.rstrip("="),
        ]
    )
