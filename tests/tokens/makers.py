"""One maker per format: tokens as a company's backend makes them, and as an attacker would."""

import json
from abc import ABC, abstractmethod
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import digest
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tokens.keys import Key

Claims = dict[str, Any]
#: The dashboard's customer variable, for the formats whose tokens name the customer through it.
CUSTOMER = "CUSTOMER"


@dataclass(frozen=True)
class Wanted:
    """What a token shall open; ``column`` is the scope's, ``locked`` what Metabase's tokens must set besides."""

    embed_id: str = "5a0f0a6e-0000-4000-8000-000000000001"
    dashboard_id: int = 1
    customer: str = "acme"
    column: str = "cst"
    locked: Mapping[str, object] = field(default_factory=dict)


def part(data: bytes) -> str:
    """Write one part of a compact token."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def to_bytes(content: Mapping[str, object] | str | bytes) -> bytes:
    """Write a content as JSON, or as it is."""
    if isinstance(content, bytes):
        return content
    return (content if isinstance(content, str) else json.dumps(content)).encode()


class Maker(ABC):
    """How one vendor's backend makes tokens."""

    format: str
    exp = "exp"

    @abstractmethod
    def claims(self, key: Key, wanted: Wanted, now: float, lifetime: float = 3600) -> Claims:
        """Write good claims."""

    @abstractmethod
    def seal(self, content: Mapping[str, object] | str | bytes, key: Key, head: Claims | str | None = None) -> str:
        """Make a token of any content, correctly, under any header."""

    @abstractmethod
    def with_customer(self, claims: Claims, value: object) -> Claims:
        """Name somebody else, or nobody (``...`` leaves the claim out)."""

    def token(self, key: Key, wanted: Wanted, now: float, **changes: object) -> str:
        """Make a good token with some claims changed; ``...`` leaves one out."""
        claims = {**self.claims(key, wanted, now), **changes}
        return self.seal({name: value for name, value in claims.items() if value is not ...}, key)


class Explo(Maker):
    format = "explo_jwe"

    def claims(self, key: Key, wanted: Wanted, now: float, lifetime: float = 3600) -> Claims:
        return {"cst": wanted.customer, "dsh": wanted.embed_id, "iat": int(now), "exp": now + lifetime}

    def seal(self, content: Mapping[str, object] | str | bytes, key: Key, head: Claims | str | None = None) -> str:
        head = {"alg": "dir", "enc": "A256GCM", "kid": key.key_id} if head is None else head
        protected, iv = part(to_bytes(head)), b"twelve bytes"
        sealed = AESGCM(key.value).encrypt(iv, to_bytes(content), protected.encode())
        return f"{protected}..{part(iv)}.{part(sealed[:-16])}.{part(sealed[-16:])}"

    def with_customer(self, claims: Claims, value: object) -> Claims:
        return _with(claims, "cst", value)


class Signed(Maker):
    def seal(self, content: Mapping[str, object] | str | bytes, key: Key, head: Claims | str | None = None) -> str:
        signed = f"{part(to_bytes({'alg': 'HS256', 'typ': 'JWT'} if head is None else head))}.{part(to_bytes(content))}"
        return f"{signed}.{part(digest(key.value, signed.encode(), sha256))}"


class Chartio(Signed):
    format = "chartio_jwt"

    def claims(self, key: Key, wanted: Wanted, now: float, lifetime: float = 3600) -> Claims:
        names = {"organization": key.organization_id, "dashboard": wanted.dashboard_id}
        return {**names, "env": {CUSTOMER: wanted.customer}, "iat": int(now), "exp": now + lifetime}

    def with_customer(self, claims: Claims, value: object) -> Claims:
        return {**claims, "env": _with(claims["env"], CUSTOMER, value)}


class Viasocket(Signed):
    format = "viasocket_jwt"

    def claims(self, key: Key, wanted: Wanted, now: float, lifetime: float = 3600) -> Claims:
        names = {"org_id": str(key.organization_id), "project_id": key.workspace_id, "user_id": wanted.customer}
        return {**names, "iat": int(now), "exp": now + lifetime}

    def with_customer(self, claims: Claims, value: object) -> Claims:
        return _with(claims, "user_id", value)


class Metabase(Signed):
    format = "metabase_jwt"

    def claims(self, key: Key, wanted: Wanted, now: float, lifetime: float = 3600) -> Claims:
        names = {"resource": {"dashboard": wanted.dashboard_id}, "params": {CUSTOMER: wanted.customer, **wanted.locked}}
        return {**names, "iat": int(now), "exp": now + lifetime}

    def with_customer(self, claims: Claims, value: object) -> Claims:
        return {**claims, "params": _with(claims["params"], CUSTOMER, value)}


class Superset(Signed):
    format = "superset_guest"

    def claims(self, key: Key, wanted: Wanted, now: float, lifetime: float = 3600) -> Claims:
        return {
            "user": {"username": "viewer-7"},
            "resources": [{"type": "dashboard", "id": wanted.embed_id}],
            "rls_rules": [{"clause": f"{wanted.column} = '{wanted.customer}'"}],
            "iat": int(now),
            "exp": now + lifetime,
            "aud": "https://dashboards.example",
            "type": "guest",
        }

    def with_customer(self, claims: Claims, value: object) -> Claims:
        clause = f"cst = '{value}'" if isinstance(value, str) else value
        return {**claims, "rls_rules": [] if value is ... else [{"clause": clause}]}


class Papermap(Maker):
    """Papermap's form as embedhost issues it: version 2, a signature over every field."""

    format = "papermap_hmac"
    exp = "valid_until"

    def claims(self, key: Key, wanted: Wanted, now: float, lifetime: float = 3600) -> Claims:
        names = {"api_key_id": key.key_id, "workspace_id": key.workspace_id, "tenant_id": wanted.customer}
        times = {"iat": int(now), "valid_until": int(now + lifetime)}
        return {**names, "dashboard_id": wanted.embed_id, **times, "version": 2}

    def seal(self, content: Mapping[str, object] | str | bytes, key: Key, head: Claims | str | None = None) -> str:
        if not isinstance(content, Mapping):
            return urlsafe_b64encode(to_bytes(content)).decode()
        return self.spell({**content, "signature": self.mac(content, key)})

    def mac(self, fields: Mapping[str, object], key: Key) -> str:
        """Compute the signature over every field as docs/tokens.md describes it."""
        texts = ["embedhost.papermap.v2"]
        for name in sorted(fields):
            value = fields[name]
            texts += [name, value if isinstance(value, str) else json.dumps(value)]
        message = b"".join(len(text.encode()).to_bytes(8, "big") + text.encode() for text in texts)
        return digest(key.value, message, sha256).hex()

    def legacy(self, claims: Claims, key: Key) -> str:
        """Make a token as the vendor's own sample does."""
        signed = f"{claims['workspace_id']}{claims['valid_until']}"
        bare = {name: value for name, value in claims.items() if name not in {"version", "iat", "signature"}}
        return self.spell({**bare, "signature": digest(key.value, signed.encode(), sha256).hex()})

    def twice(self, claims: Claims, key: Key) -> str:
        """Make a token with both signatures, each where older snippets put it; whoever holds it can drop one."""
        signed = f"{claims['workspace_id']}{claims['valid_until']}"
        fields = {**claims, "signature": digest(key.value, signed.encode(), sha256).hex()}
        return self.spell({**fields, "mac": self.mac(fields, key)})

    def spell(self, fields: Mapping[str, object]) -> str:
        """Write fields as the vendor's Python sample does: url-safe base64 with its padding."""
        return urlsafe_b64encode(json.dumps(fields).encode()).decode()

    def with_customer(self, claims: Claims, value: object) -> Claims:
        return _with(claims, "tenant_id", value)


def _with(claims: Claims, name: str, value: object) -> Claims:
    changed = {**claims, name: value}
    if value is ...:
        del changed[name]
    return changed


MAKERS: dict[str, Maker] = {
    maker.format: maker for maker in (Explo(), Chartio(), Viasocket(), Papermap(), Metabase(), Superset())
}
#: Formats whose token is a compact JWS.
SIGNED = [name for name, maker in MAKERS.items() if isinstance(maker, Signed)]
