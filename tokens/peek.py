"""What a token says, for the eyes of its owner: decoded without believing it. Nothing here opens anything."""

import re
from base64 import urlsafe_b64decode
from binascii import Error
from collections.abc import Mapping
from typing import Final

from tokens.formats import FORMATS
from tokens.formats.explo_jwe import decrypted
from tokens.formats.papermap_hmac import mac_of, short_signature_of
from tokens.jws import is_signed_with
from tokens.strict_json import JSONRefused, read_object

Said = Mapping[str, object]
_UNSAFE: Final = str.maketrans("+/ ", "-_-")
_SPACE: Final = re.compile(r"\s")
_JWE_KEY: Final = 32


def header_of(token: str) -> Said | None:
    """Return the header of a compact JWE or JWS; None when there is none to read."""
    return _object(token.split(".")[0]) if "." in token else None


def said_by(token: str, value: bytes | None) -> Said | None:
    """Return what a token says; of an encrypted one only with the key value that made it, else None."""
    parts = token.split(".")
    if len(parts) == 5:
        plaintext = None if value is None else _decrypted(token, value)
        return None if plaintext is None else _parsed(plaintext)
    return _object(parts[1] if len(parts) == 3 else token)


def is_made_with(token: str, format: str, value: bytes) -> bool:
    """Say whether a token of a format's kind was made with a key value, whoever's that is."""
    kind = FORMATS[format].kind
    if kind == "jwe":
        return _decrypted(token, value) is not None
    return is_signed_with(token, value) if kind == "jwt" else kind == "hmac" and _has_mac(token, value)


def _decrypted(token: str, value: bytes) -> bytes | None:
    return decrypted(token, value) if len(value) == _JWE_KEY else None


def _has_mac(token: str, value: bytes) -> bool:
    fields = _object(token)
    if fields is None:
        return False
    return fields.get("signature") in (mac_of(fields, value), short_signature_of(fields, value))


def _object(part: str) -> Said | None:
    bare = _SPACE.sub("", part.translate(_UNSAFE)).rstrip("=")
    try:
        return _parsed(urlsafe_b64decode(bare + "=" * (-len(bare) % 4)))
    except (Error, ValueError):
        return None


def _parsed(data: bytes) -> Said | None:
    try:
        return read_object(data)
    except JSONRefused:
        return None
