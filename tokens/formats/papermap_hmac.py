"""Papermap's iframe token: base64 of a JSON object with an HMAC-SHA256 in it.

Vendor: Iframe Tokens. Its own signature covers workspace_id and valid_until only, so whoever holds a token could put
another tenant into it. Tokens that we issue say ``"version": 2`` and their ``signature`` covers every field (threats.md
D2); the vendor's short form is taken only from a secret that an owner has bound to one customer and named dashboards.

A token holds one signature, never both: with the short one beside it, a holder could drop the rest and have a short
token, for another dashboard of the binding and without the time it was made at.
"""

import json
import re
import secrets
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from hmac import compare_digest, digest
from typing import Final

from tokens import payload as claim
from tokens.claims import Claims, token_digest
from tokens.errors import Reason, TokenError
from tokens.jws import fits, new_key_value
from tokens.keys import Key, Keyring, find_key
from tokens.payload import Payload
from tokens.strict_json import JSONRefused, read_object
from tokens.times import read_times
from tokens.urls import MAX_URL, check_room
from tokens.view import View

VERSION: Final = 2
#: Goes in front of what the signature over every field covers: no other signature of the same key can stand in for it.
_PREFIX: Final = "embedhost.papermap.v2"
_BASE64: Final = re.compile("[A-Za-z0-9+/]+")
_TO_STANDARD: Final = str.maketrans("-_ ", "+/+")
_HEX: Final = re.compile("[0-9a-f]{64}")
_TEN_DIGITS: Final = range(10**9, 10**10)
_LEGACY: Final = frozenset({"api_key_id", "workspace_id", "tenant_id", "dashboard_id", "valid_until", "signature"})
_DUMMY: Final = secrets.token_bytes(32)


class PapermapHmac:
    """Reads and mints tokens of the ``papermap_hmac`` format."""

    name: Final = "papermap_hmac"
    kind: Final = "hmac"
    label: Final = "Papermap format, HMAC SHA-256"
    has_secrets: Final = True
    names_customer: Final = True
    dashboard_by: Final = "embed_id"
    longest: Final = MAX_URL

    def new_key_value(self) -> str:
        """Make a key value of 256 random bits, used as text."""
        return new_key_value()

    def read(self, token: str, keys: Keyring, now: float) -> Claims | None:
        """Verify a token at database time ``now``; None when it is not base64 of such an object. Raises TokenError."""
        data = _decode(token)
        fields = None if data is None else _fields(data)
        if fields is None:
            return None
        key = _signer(fields, find_key(keys, self.name, str(fields["api_key_id"])))
        try:
            return _claims(fields, key, now, _digest(fields, key))
        except TokenError as refused:
            refused.about(key, verified=True).of(fields.get("tenant_id"))
            raise

    def mint(self, key: Key, view: View, now: float) -> str:
        """Make a token that ``read`` accepts from database time ``now``. Raises TokenError."""
        view.only()
        if not key.mints or not fits(key):
            problem = "Only an active embed secret of this format makes tokens."
            raise TokenError(Reason.REVOKED_KEY, problem=problem).about(key, verified=False)
        fields: dict[str, object] = {
            "api_key_id": key.key_id,
            "workspace_id": key.workspace_id,
            "tenant_id": view.customer,
            "dashboard_id": view.dashboard,
            "valid_until": int(now) + view.lifetime,
            "iat": int(now),
            "jti": secrets.token_urlsafe(16),
            "version": VERSION,
        }
        fields["signature"] = mac_of(fields, key.value)
        _claims(fields, key, now, digest="")
        return _encode(fields, view.room)


def mac_of(fields: Mapping[str, object], value: bytes) -> str:
    """Return the MAC over every field but ``signature``, in the order of their names, as hexadecimal HMAC-SHA256.

    Each piece (our prefix, then each name and each value) is preceded by its length in bytes, so that nothing can
    move from one field into the next. A value that is no text counts as its JSON.
    """
    named = sorted((name, field) for name, field in fields.items() if name != "signature")
    pieces = [_PREFIX, *(piece for name, field in named for piece in (name, _text(field)))]
    message = b"".join(len(piece.encode()).to_bytes(8) + piece.encode() for piece in pieces)
    return digest(value, message, sha256).hex()


def short_signature_of(fields: Mapping[str, object], value: bytes) -> str:
    """Return the vendor's signature, which covers two fields only, as hexadecimal HMAC-SHA256."""
    return digest(value, f"{fields.get('workspace_id')}{fields.get('valid_until')}".encode(), sha256).hex()


def _text(field: object) -> str:
    return field if isinstance(field, str) else json.dumps(field)


def _encode(fields: Mapping[str, object], room: int | None) -> str:
    data = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
    token = urlsafe_b64encode(data).decode().rstrip("=")
    check_room(token, len(data), room, PapermapHmac.longest)
    return token


def _decode(token: str) -> bytes | None:
    """Decode url-safe and standard base64, padded or not; a plus sign that was read as a space is one again."""
    if len(token) > MAX_URL:
        raise TokenError(Reason.MALFORMED, problem=f"A token of this format has {MAX_URL} characters at most.")
    bare = token.translate(_TO_STANDARD)
    padding = len(bare) - len(bare.rstrip("="))
    bare = bare.rstrip("=")
    if not _BASE64.fullmatch(bare) or len(bare) % 4 == 1 or (padding and (len(bare) + padding) % 4):
        return None
    return b64decode(bare + "=" * (-len(bare) % 4))


def _fields(data: bytes) -> Payload | None:
    """Parse the object; None when it is none or names no key. Raises TokenError: malformed."""
    if not data.startswith(b"{"):
        return None
    try:
        fields = read_object(data)
    except JSONRefused as refused:
        problem = str(refused)
        raise TokenError(Reason.MALFORMED, problem=f"The token's content is refused. {problem}") from None
    if not isinstance(fields.get("api_key_id"), str):
        return None
    return fields


def _signer(fields: Payload, key: Key | None) -> Key:
    """Return the key when the token was made with it and nobody has changed it since. Raises TokenError."""
    value = key.value if key and key.verifies and fits(key) else _DUMMY
    whole = _equal(fields.get("signature"), mac_of(fields, value)) and fields.get("version") == VERSION
    short = _equal(fields.get("signature"), short_signature_of(fields, value))
    if key is None:
        raise TokenError(Reason.UNKNOWN_KEY, problem="No embed secret of this format has the token's api_key_id.")
    if not key.verifies:
        problem = "The embed secret was revoked or reset."
        raise TokenError(Reason.REVOKED_KEY, problem=problem).about(key, verified=False)
    if value is _DUMMY or not (whole or short):
        problem = "The token was not made with this embed secret's value, or a field was changed."
        raise TokenError(Reason.BAD_SIGNATURE, problem=problem).about(key, verified=False)
    if not whole:
        _check_legacy(fields, key)
    return key


def _equal(given: object, expected: str) -> bool:
    return isinstance(given, str) and bool(_HEX.fullmatch(given)) and compare_digest(given.encode(), expected.encode())


def _digest(fields: Payload, key: Key) -> str:
    """Name a verified token by the values of its fields, not by how the JSON around them is written.

    The short form's signature says neither tenant nor dashboard, so all of its fields are taken; a tenant that it
    leaves out is the secret's.
    """
    short = {**fields, "tenant_id": key.bound_customer}
    whole = fields["signature"] if "version" in fields else mac_of(short, key.value)
    return token_digest(PapermapHmac.name, key.key_id, (bytes.fromhex(str(whole)),))


def _check_legacy(fields: Payload, key: Key) -> None:
    """Raise TokenError unless the secret is bound to just what the token names, since its signature does not say it."""
    named = fields.get("tenant_id", key.bound_customer) == key.bound_customer
    dashboard = fields.get("dashboard_id")
    allowed = isinstance(dashboard, str) and dashboard in key.bound_dashboards
    if not key.bound_customer or not named or not allowed:
        problem = (
            "The token's signature covers neither tenant_id nor dashboard_id. Let it cover every field (version 2), or "
            "bind the secret to this one customer and dashboard."
        )
        raise TokenError(Reason.UNSAFE_LEGACY_TOKEN, problem=problem).about(key, verified=False)
    if not fields.keys() <= _LEGACY or type(fields.get("valid_until")) is not int:
        problem = "A token in the vendor's short form holds the vendor's six fields and nothing else."
        raise TokenError(Reason.UNSAFE_LEGACY_TOKEN, problem=problem).about(key, verified=False)


def _claims(fields: Payload, key: Key, now: float, digest: str) -> Claims:
    if fields.get("workspace_id") != key.workspace_id:
        problem = "workspace_id must be the workspace of the embed secret."
        raise TokenError(Reason.WRONG_ORGANIZATION, claim="workspace_id", problem=problem)
    customer = key.bound_customer if "tenant_id" not in fields else claim.read_customer(fields, "tenant_id")
    dashboard = claim.read_identifier(fields, "dashboard_id")
    times = {"exp" if name == "valid_until" else name: field for name, field in fields.items() if name != "exp"}
    at = read_times(times, max_lifetime=key.max_lifetime, now=now)
    # As an int: a range looks for a float by counting up to it.
    if not at.expires_at.is_integer() or int(at.expires_at) not in _TEN_DIGITS:
        raise TokenError(Reason.CLAIM_INVALID, claim="valid_until", problem="It must be a whole number of ten digits.")
    if not customer:
        raise TokenError(Reason.CUSTOMER_MISSING, claim="tenant_id", problem="The token names no customer.")
    return Claims(
        format=PapermapHmac.name,
        key=key,
        dashboard=dashboard,
        customer=customer,
        expires_at=at.expires_at,
        issued_at=at.issued_at,
        variables={},
        digest=digest,
    )
