"""The gate in front of the JWE library: nothing reaches it but one exact shape (RFC 7516 section 7.1).

The library opens tokens with other algorithms, compressed ones, ones with critical headers it does not know and
ones whose tag was moved into the ciphertext, so each of these ends here, before any key is looked up.
"""

import re
from binascii import a2b_base64, b2a_base64
from dataclasses import dataclass
from typing import Final

from tokens.errors import Reason, TokenError
from tokens.strict_json import JSONRefused, read_object
from tokens.urls import MAX_URL

_ALGORITHM: Final = "dir"
_ENCRYPTION: Final = "A256GCM"
_PARTS: Final = 5
_BASE64URL: Final = re.compile("[A-Za-z0-9_-]*")
_IV_BYTES: Final = 12
_TAG_BYTES: Final = 16
#: ``typ`` and ``cty`` say nothing that we use; some libraries add them.
_MEMBERS: Final = frozenset({"alg", "enc", "kid", "typ", "cty"})


@dataclass(frozen=True, slots=True)
class Envelope:
    """A compact JWE of the one accepted shape: its text, the key id it names, its parts decoded."""

    text: str
    key_id: str
    parts: tuple[bytes, ...]


def is_compact_jwe(token: str) -> bool:
    """Say whether a token has the five parts of a compact JWE, which no other format has."""
    return token.count(".") == _PARTS - 1


def open_envelope(token: str) -> Envelope:
    """Check everything that can be checked without a key. Raises TokenError: malformed, wrong_algorithm."""
    # It rides in a URL, so one longer than a whole URL has no place where it could be used.
    if len(token) > MAX_URL:
        raise _malformed(f"A token of this format has {MAX_URL} characters at most.")
    parts = tuple(decode_part(part) for part in token.split("."))
    header, encrypted_key, iv, _ciphertext, tag = parts
    if encrypted_key:
        raise _malformed("With alg dir the second part is empty.")
    if len(iv) != _IV_BYTES or len(tag) != _TAG_BYTES:
        raise _malformed(f"The third part is {_IV_BYTES} bytes, the fifth {_TAG_BYTES}.")
    return Envelope(token, _check_header(header), parts)


def decode_part(part: str) -> bytes:
    """Decode base64url without padding (RFC 7515 section 2), in its one canonical spelling.

    Raises TokenError: malformed.
    """
    # The decoder skips foreign characters, so they are kept from it.
    if _BASE64URL.fullmatch(part) and len(part) % 4 != 1:
        padded = part.replace("-", "+").replace("_", "/") + "=" * (-len(part) % 4)
        data = a2b_base64(padded)
        # It ignores loose bits of the last character too; writing the bytes again shows them.
        if b2a_base64(data, newline=False) == padded.encode():
            return data
    raise _malformed("A part is not base64url in its canonical form.")


def _check_header(data: bytes) -> str:
    header = _read_header(data)
    if not all(value and isinstance(value, str) for value in header.values()):
        raise _malformed("The header's members are texts, none of them empty.")
    if header.get("alg") != _ALGORITHM or header.get("enc") != _ENCRYPTION:
        raise TokenError(Reason.WRONG_ALGORITHM, problem=f"The header must say alg {_ALGORITHM} and enc {_ENCRYPTION}.")
    if not header.keys() <= _MEMBERS:
        raise _malformed("The header may hold alg, enc, kid, typ and cty only.")
    if str(header.get("typ", "JWT")).upper() != "JWT":
        raise _malformed("A typ in the header must say JWT.")
    key_id = header.get("kid")
    if not isinstance(key_id, str):
        raise _malformed("The header must name the key id as kid.")
    return key_id


def _read_header(data: bytes) -> dict[str, object]:
    try:
        return read_object(data)
    except JSONRefused as refused:
        problem = str(refused)
    raise _malformed(f"The header is refused. {problem}")


def _malformed(problem: str) -> TokenError:
    return TokenError(Reason.MALFORMED, problem=problem)
