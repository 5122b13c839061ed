"""Tokens that are nearly right: good claims of any format with a few things changed.

Hypothesis draws what is changed, and takes changes away again from a token that broke something: the bytes that it
draws are dice. Drawing each choice by itself costs it more than a try, and most tokens would be equal.
"""

import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from hypothesis import strategies as st

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


#: Takes the claims of another organization's token too.
Change = Callable[[random.Random, Maker, Claims, Claims], Claims]


def _odd_value(chance: random.Random, _maker: Maker, claims: Claims, _theirs: Claims) -> Claims:
    return {**claims, chance.choice(list(claims)): chance.choice(ODD)} if claims else claims


def _missing(chance: random.Random, _maker: Maker, claims: Claims, _theirs: Claims) -> Claims:
    gone = chance.choice(list(claims)) if claims else ""
    return {name: value for name, value in claims.items() if name != gone}


def _added(chance: random.Random, _maker: Maker, claims: Claims, _theirs: Claims) -> Claims:
    name = chance.choice(
        ["var", "env", "params", "rts", "iss", "nbf", "jti", "role", "cst", "customer_id", "sub", "aud"]
    )
    return {**claims, name: chance.choice(ODD)}


def _other_times(chance: random.Random, maker: Maker, claims: Claims, _theirs: Claims) -> Claims:
    moved = chance.choice([-1e9, -100, -61, -59, 0, 59, 86_400, 90_000, 1e9, 1e15])
    return {**claims, chance.choice([maker.exp, "iat", "nbf"]): int(time.time() + moved)}


def _other_customer(chance: random.Random, maker: Maker, claims: Claims, _theirs: Claims) -> Claims:
    try:
        return maker.with_customer(claims, chance.choice(ODD))
    except (KeyError, TypeError):
        return claims


def _other_names(chance: random.Random, _maker: Maker, claims: Claims, theirs: Claims) -> Claims:
    name = chance.choice(list(theirs))
    return {**claims, name: theirs[name]}


CHANGES: list[Change] = [_odd_value, _missing, _added, _other_times, _other_customer, _other_names]


_Any = TypeVar("_Any")


class Dice:
    """Bytes that were drawn, one a throw; zeros choose the first of everything and flaw nothing."""

    def __init__(self, drawn: bytes) -> None:
        self._left: Iterator[int] = iter(drawn)

    def among(self, several: Sequence[_Any]) -> _Any:
        """Return one of at most some twenty."""
        return several[next(self._left) % len(several)]

    def seldom(self, percent: int) -> bool:
        """Return True so often in a hundred throws."""
        return next(self._left) * 100 >= (100 - percent) * 256

    def number(self) -> int:
        """Return a number of three throws."""
        return int.from_bytes(next(self._left) for _ in range(3))


@dataclass(frozen=True)
class Plan:
    """What one token shall be, and one more door at which it is tried beside those of its format."""

    format: str
    elsewhere: Way
    customer: str
    changes: tuple[Change, ...]
    signed_by_another: bool
    broken_content: bool
    odd_header: bool
    spelled_otherwise: bool
    #: Seeds what chance decides of the above.
    details: int

    @property
    def ways(self) -> list[Way]:
        """Every door of the token's format, and the one beside them."""
        return [*_doors(self.format), self.elsewhere]


@cache
def _doors(format: str) -> list[Way]:
    return [way for way in WAYS if way.format == format]


@cache
def _other_doors(format: str) -> list[Way]:
    return [way for way in WAYS if way.format != format]


#: How many bytes a plan takes.
_THROWS = 13


def _plan(dice: Dice) -> Plan:
    format = dice.among(list(MAKERS))
    return Plan(
        format=format,
        elsewhere=dice.among(_other_doors(format)),
        customer=dice.among(["acme", "globex"]),
        changes=(dice.among(CHANGES), dice.among(CHANGES))[: dice.among(range(3))],
        signed_by_another=dice.seldom(15),
        broken_content=dice.seldom(10),
        odd_header=dice.seldom(15),
        spelled_otherwise=dice.seldom(30),
        details=dice.number(),
    )


def plans(number: int) -> st.SearchStrategy[list[Plan]]:
    """Return the strategy that draws so many plans of any format at once."""
    drawn = st.binary(min_size=number * _THROWS, max_size=number * _THROWS).map(Dice)
    return drawn.map(lambda dice: [_plan(dice) for _ in range(number)])


class Mutator:
    """Makes the tokens of plans with the keys of a world."""

    def __init__(self, world: World) -> None:
        self.world, self.now = world, time.time()
        self.keys: dict[str, list[Key]] = {
            name: [tenant.key_of(name) for tenant in (world.a, world.b)] for name in MAKERS
        }
        self.theirs = {
            name: maker.claims(self.keys[name][1], world.b.wanted(), self.now) for name, maker in MAKERS.items()
        }
        for tenant in (world.a, world.b):
            tenant.allow_tag("sales")

    def token(self, plan: Plan) -> tuple[str, str]:
        """Return a token, and the slug of the organization whose key made it."""
        maker, key, chance = MAKERS[plan.format], self.keys[plan.format][0], random.Random(plan.details)
        claims = maker.claims(key, self.world.a.wanted(plan.customer), self.now)
        for change in plan.changes:
            claims = change(chance, maker, claims, self.theirs[plan.format])
        signer = chance.choice(self._signers(plan.format)) if plan.signed_by_another else key
        content = _broken(chance, claims) if plan.broken_content else claims
        token = maker.seal(content, signer, _odd_header(chance, plan.format, key) if plan.odd_header else None)
        return (_spelled(chance, token) if plan.spelled_otherwise else token), self._slug(signer)

    def _signers(self, format: str) -> list[Key]:
        every = [key for keys in self.keys.values() for key in keys]
        # AES takes keys of one length only, which no other format's have.
        return [key for key in every if format != "explo_jwe" or len(key.value) == 32]

    def _slug(self, key: Key) -> str:
        slugs = {tenant.organization.id: tenant.organization.slug for tenant in (self.world.a, self.world.b)}
        return slugs[key.organization_id]


def _broken(chance: random.Random, claims: Claims) -> str:
    text = json.dumps(claims)
    name = chance.choice(list(claims) or [""])
    return chance.choice([text[:-1], text + text, f"[{text}]", text[:-1] + f', "{name}": 1}}', text.swapcase()])


def _odd_header(chance: random.Random, format: str, key: Key) -> Claims:
    good: Claims = {"alg": "HS256"} if format in SIGNED else {"alg": "dir", "enc": "A256GCM", "kid": key.key_id}
    return {**good, **chance.choice(MEMBERS)}


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
