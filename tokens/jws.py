"""The gate in front of the JWT library: a compact JWS, HS256, one exact shape (RFC 7515 section 7.1, RFC 8725).

The algorithm is ours and never the token's. The library gives in to members that it does not know and to payloads
that are no object, so these end here, before any key is tried.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import jwt
from jwt.algorithms import HMACAlgorithm

from tokens.envelope import decode_part
from tokens.errors import Reason, TokenError
from tokens.keys import Key, is_key_id
from tokens.payload import Payload
from tokens.strict_json import JSONRefused, read_object
from tokens.urls import check_room

_ALGORITHM: Final = "HS256"
_PARTS: Final = 3
_SIGNATURE_BYTES: Final = 32
#: 256 bits, as RFC 7518 section 3.2 asks of HS256.
_KEY_BYTES: Final = 32
#: ``typ`` and ``cty`` say nothing that we use; some libraries add them. ``kid`` narrows the keys that are tried.
_MEMBERS: Final = frozenset({"alg", "typ", "cty", "kid"})
#: Verifies in place of a key that is unknown, so that it costs what a wrong key costs.
_DUMMY: Final = secrets.token_bytes(_KEY_BYTES)
_library: Final = jwt.PyJWS(algorithms=[_ALGORITHM])
_hs256: Final = HMACAlgorithm(HMACAlgorithm.SHA256)


@dataclass(frozen=True, slots=True)
class SignedEnvelope:
    """A compact JWS of the one accepted shape; ``claimed`` is what it says, not verified yet."""

    text: str
    key_id: str | None
    parts: tuple[bytes, ...]
    claimed: Payload = field(repr=False)


def is_compact_jws(token: str) -> bool:
    """Say whether a token has the three parts of a compact JWS."""
    return token.count(".") == _PARTS - 1


def open_signed(token: str, longest: int) -> SignedEnvelope:
    """Check everything that can be checked without a key, of a token of at most ``longest`` characters.

    Raises TokenError: malformed, wrong_algorithm.
    """
    if len(token) > longest:
        raise _malformed(f"A token of this format has {longest} characters at most.")
    header, payload, signature = (decode_part(part) for part in token.split("."))
    key_id = _check_header(_read(header, "header"))
    if len(signature) != _SIGNATURE_BYTES:
        raise _malformed(f"The third part is {_SIGNATURE_BYTES} bytes.")
    return SignedEnvelope(token, key_id, (header, payload, signature), _read(payload, "content"))


def verify(envelope: SignedEnvelope, candidates: Sequence[Key], format: str) -> Key:
    """Return the key that signed the token. Raises TokenError: unknown_key, bad_signature, revoked_key.

    ``candidates`` holds the keys that may have made it, those that verify first.
    """
    keys = [key for key in candidates if key.format == format and envelope.key_id in (None, key.key_id)]
    if not keys:
        _is_signed(envelope, _DUMMY)
        raise TokenError(Reason.UNKNOWN_KEY, problem="No embed secret of this format belongs to what the token names.")
    key = next((key for key in keys if fits(key) and _is_signed(envelope, key.value)), None)
    if key is None:
        raise TokenError(
            Reason.BAD_SIGNATURE, problem="The token was not signed with this embed secret's value."
        ).about(keys[0], verified=False)
    if not key.verifies:
        raise TokenError(Reason.REVOKED_KEY, problem="The embed secret was revoked or reset.").about(
            key, verified=False
        )
    return key


def sign(payload: Mapping[str, object], key: Key, room: int | None, longest: int) -> str:
    """Return the compact JWS of a payload, as long as check_room allows. Raises TokenError: revoked_key, too_long."""
    if not key.mints or not fits(key):
        problem = "Only an active embed secret of this format makes tokens."
        raise TokenError(Reason.REVOKED_KEY, problem=problem).about(key, verified=False)
    token = jwt.encode(dict(payload), key.value, algorithm=_ALGORITHM, headers={"kid": key.key_id})
    check_room(token, len(decode_part(token.split(".")[1])), room, longest)
    return token


def fits(key: Key) -> bool:
    """Say whether a key value is long enough for HS256."""
    return len(key.value) >= _KEY_BYTES


def new_key_value() -> str:
    """Make a key value: 43 characters of ``A-Za-z0-9-_``, 256 random bits, used as text."""
    return secrets.token_urlsafe(_KEY_BYTES)


def is_signed_with(token: str, value: bytes) -> bool:
    """Say whether any text is a compact JWS that was signed with a key value by HS256."""
    try:
        _library.decode(token, value, algorithms=[_ALGORITHM])
    except Exception:  # noqa: BLE001 - whatever the library says, the token is not authentic
        return False
    return True


def _is_signed(envelope: SignedEnvelope, value: bytes) -> bool:
    """The library's own comparison, on the parts that passed the gate; it would read them a second time."""
    try:
        return _hs256.verify(envelope.text.rpartition(".")[0].encode(), _prepared(value), envelope.parts[2])
    except Exception:  # noqa: BLE001 - whatever the library says, the token is not authentic
        return False


@lru_cache(maxsize=1000)
def _prepared(value: bytes) -> bytes:
    """Let the library look at a key value, once: that it is no public key takes it 100 us. Raises its errors."""
    return _hs256.prepare_key(value)


def _check_header(header: Payload) -> str | None:
    if not all(value and isinstance(value, str) for value in header.values()):
        raise _malformed("The header's members are texts, none of them empty.")
    if header.get("alg") != _ALGORITHM:
        raise TokenError(Reason.WRONG_ALGORITHM, problem=f"The header must say alg {_ALGORITHM}.")
    if not header.keys() <= _MEMBERS:
        raise _malformed("The header may hold alg, typ, cty and kid only.")
    if str(header.get("typ", "JWT")).upper() != "JWT":
        raise _malformed("A typ in the header must say JWT.")
    key_id = header.get("kid")
    if key_id is None:
        return None
    if not isinstance(key_id, str) or not is_key_id(key_id):
        raise TokenError(Reason.UNKNOWN_KEY, problem="The kid in the header is no key id.")
    return key_id


def _read(data: bytes, part: str) -> Payload:
    try:
        return read_object(data)
    except JSONRefused as refused:
        problem = str(refused)
    raise _malformed(f"The token's {part} is refused. {problem}")


def _malformed(problem: str) -> TokenError:
    return TokenError(Reason.MALFORMED, problem=problem)
