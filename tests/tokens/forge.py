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

EMBED_ID = "5a0f0a6e-0000-4000-8000-000000000001"
#: Dashboards by integer id and by embed id, with their organization.
DASHBOARDS: Mapping[int | str, int] = {
    1: 1,
    EMBED_ID: 1,
    2: 2,
    "5a0f0a6e-0000-4000-8000-000000000002": 2,
    3: 3,
    "5a0f0a6e-0000-4000-8000-000000000003": 3,
}

CLAIMS: Mapping[str, object] = {"cst": "acme", "dsh": "sales", "exp": NOW + 3600}


class Keys:
    """A keyring over a few keys, which remembers what it was asked; dashboards 1 and EMBED_ID are alice's."""

    def __init__(self, *keys: Key, customer_tokens: Mapping[str, Key] | None = None) -> None:
        self.keys = {(key.format, key.key_id): key for key in keys}
        self.customer_tokens = dict(customer_tokens or {})
        self.asked: list[tuple[str, object]] = []

    def by_id(self, format: str, key_id: str, /) -> Key | None:
        self.asked.append((format, key_id))
        return self.keys.get((format, key_id))

    def of_organization(self, format: str, organization_id: int, /) -> list[Key]:
        return self._living(format, organization_id, lambda key: key.organization_id == organization_id)

    def of_workspace(self, format: str, workspace_id: str, /) -> list[Key]:
        return self._living(format, workspace_id, lambda key: key.workspace_id == workspace_id)

    def of_dashboard(self, format: str, dashboard: int | str, /) -> list[Key]:
        return self._living(format, dashboard, lambda key: DASHBOARDS.get(dashboard) == key.organization_id)

    def of_customer_token(self, token: str, /) -> Key | None:
        self.asked.append(("customer_token", token))
        return self.customer_tokens.get(token)

    def _living(self, format: str, asked: object, belongs: Callable[[Key], bool]) -> list[Key]:
        self.asked.append((format, asked))
        found = [key for (key_format, _), key in self.keys.items() if key_format == format and belongs(key)]
        return sorted(found, key=lambda key: not key.verifies)


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
