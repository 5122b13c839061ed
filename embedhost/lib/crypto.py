"""Secrets at rest: AES-256-GCM with a key ring from the settings, bound to the row they belong to.

>>> text = seal(b"value", "secrets_admin.embedsecret/es_1/value")
>>> unseal(text, "secrets_admin.embedsecret/es_1/value")
b'value'
"""

import base64
import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_NONCE_BYTES = 12


class SealBroken(Exception):
    """A sealed text was changed, moved to another row, or sealed with a key that is no longer in the ring."""


@lru_cache(maxsize=4)
def _ring(entries: tuple[str, ...]) -> dict[str, bytes]:
    pairs = (entry.partition(":") for entry in entries)
    return {key_id: base64.b64decode(text) for key_id, _, text in pairs}


def _keys() -> dict[str, bytes]:
    return _ring(tuple(settings.ENCRYPTION_KEYS))


def seal(plain: bytes, place: str) -> str:
    """Encrypt ``plain`` with the newest key, bound to ``place`` (table, row, column)."""
    key_id, key = next(iter(_keys().items()))
    nonce = os.urandom(_NONCE_BYTES)
    body = AESGCM(key).encrypt(nonce, plain, place.encode())
    return f"{key_id}:{base64.b64encode(nonce + body).decode()}"


def unseal(sealed: str, place: str) -> bytes:
    """Return the plain bytes. Raises SealBroken when text, place or key do not fit together."""
    key_id, _, text = sealed.partition(":")
    try:
        raw = base64.b64decode(text, validate=True)
        return AESGCM(_keys()[key_id]).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], place.encode())
    except (KeyError, ValueError, InvalidTag) as error:
        raise SealBroken("A sealed value cannot be opened: check ENCRYPTION_KEYS.") from error


def keyed_hash(value: bytes, purpose: str) -> str:
    """Return a hex HMAC-SHA256 to look a secret up by, so that a database dump alone cannot confirm a guess."""
    return hmac.digest(derived_key(purpose), value, hashlib.sha256).hex()


def derived_key(purpose: str) -> bytes:
    """Return 32 bytes for one purpose, made from the ring's oldest key so that adding a newer one changes nothing."""
    oldest = next(reversed(_keys().values()))
    return hmac.digest(oldest, b"embedhost/derived/" + purpose.encode(), hashlib.sha256)
