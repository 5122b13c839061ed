"""Makes tokens as an attacker, a careless backend or a vendor's library would: any header, any bytes inside."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import ParamSpec

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tokens.claims import Claims
from tokens.doors import DOORS, open_token
from tokens.errors import TokenError
from tokens.keys import Key

P = ParamSpec("P")

NOW = 1_795_200_000.0

#: Every door that takes a JWE. The cases run over all of them.
JWE_DOORS = [door for door, format in DOORS.items() if format == "explo_jwe"]

ALICE = Key(
    secret_id=1,
    key_id="es_alice0000001",
    value=b"alice-0123456789-ABCDEFGHIJ-abcd",
    format="explo_jwe",
    organization_id=1,
    workspace_id="ws_alice",
    state="active",
    purpose="embed",
    max_lifetime=86_400,
)
CHARLIE = replace(
    ALICE,
    secret_id=2,
    key_id="es_charlie00001",
    value=b"charlie-0123456789-ABCDEFG-abcde",
    organization_id=2,
    workspace_id="ws_charlie",
)

CLAIMS: Mapping[str, object] = {"cst": "acme", "dsh": "sales", "exp": NOW + 3600}


class Keys:
    """A resolver over a few keys, which remembers what it was asked."""

    def __init__(self, *keys: Key) -> None:
        self.keys = {(key.format, key.key_id): key for key in keys}
        self.asked: list[tuple[str, str]] = []

    def __call__(self, format: str, key_id: str, /) -> Key | None:
        self.asked.append((format, key_id))
        return self.keys.get((format, key_id))


def part(data: bytes) -> str:
    """Write one part of a compact token."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def header(**changes: object) -> dict[str, object]:
    """Give the right header for alice's key, with some members changed."""
    return {"alg": "dir", "enc": "A256GCM", "kid": ALICE.key_id, **changes}


def forge(
    payload: Mapping[str, object] | str | bytes = CLAIMS,
    head: Mapping[str, object] | str = header(),
    key: bytes = ALICE.value,
) -> str:
    """Encrypt any content under any header, correctly."""
    protected = part((head if isinstance(head, str) else json.dumps(head)).encode())
    iv = b"twelve bytes"
    sealed = AESGCM(key).encrypt(iv, _content(payload), protected.encode())
    return f"{protected}..{part(iv)}.{part(sealed[:-16])}.{part(sealed[-16:])}"


def _content(payload: Mapping[str, object] | str | bytes) -> bytes:
    if isinstance(payload, bytes):
        return payload
    return (payload if isinstance(payload, str) else json.dumps(payload)).encode()


def claims_with(**changes: object) -> dict[str, object]:
    """Give good claims with some changed; ``...`` leaves one out."""
    return {name: value for name, value in {**CLAIMS, **changes}.items() if value is not ...}


def read(token: str, door: str = "iframe", keys: Keys | None = None, now: float = NOW) -> Claims:
    """Open a token through its door."""
    return open_token(door, token, keys or Keys(ALICE, CHARLIE), now)


def refusal(function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> TokenError:
    """Call something that must refuse and give the refusal."""
    try:
        function(*args, **kwargs)
    except TokenError as error:
        return error
    raise AssertionError("The token was accepted.")
