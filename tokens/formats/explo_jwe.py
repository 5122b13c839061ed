"""Explo's embed secret token: a compact JWE, alg dir, enc A256GCM; also the format of our own minted tokens.

Vendor: docs.explo.co, embed secrets. The claims cst, dsh, exp, iat, iss and rbc are Explo's; var, rts, vwr, loc,
tz and jti are ours.
"""

import json
import secrets
from collections.abc import Mapping
from typing import Final

from jose import jwe

from tokens import payload as claim
from tokens.claims import Claims, token_digest
from tokens.envelope import Envelope, is_compact_jwe, open_envelope
from tokens.errors import Reason, TokenError
from tokens.keys import Key, Keyring, find_key
from tokens.known import KnownTokens
from tokens.times import read_times
from tokens.urls import MAX_URL, check_room
from tokens.view import View

#: The vendor's samples use the text's bytes as the AES key, so the text itself is 256 bits long.
_KEY_BYTES: Final = 32
#: Decrypts in place of a key that is unknown or revoked, so that both cost what a wrong key costs.
_DUMMY: Final = secrets.token_bytes(_KEY_BYTES)


class ExploJwe:
    """Reads and mints tokens of the ``explo_jwe`` format."""

    name: Final = "explo_jwe"
    kind: Final = "jwe"
    label: Final = "Explo format, JWE A256GCM"
    has_secrets: Final = True
    names_customer: Final = True
    dashboard_by: Final = "embed_id"
    longest: Final = MAX_URL

    def __init__(self) -> None:
        self._known = KnownTokens()

    def new_key_value(self) -> str:
        """Make a key value: exactly 32 characters of the 64 symbols ``A-Za-z0-9-_``, 192 random bits."""
        return secrets.token_urlsafe(24)

    def read(self, token: str, keys: Keyring, now: float) -> Claims | None:
        """Verify a token at database time ``now``; None when it has not the five parts of a compact JWE.

        Raises TokenError.
        """
        known = self._known.find(token)
        if known is None:
            return self._read_anew(token, keys, now)
        key = find_key(keys, self.name, known.claims.key.key_id)
        # Equal means the very same: value, state, binding, ceiling, workspace. Under any other key it is judged anew.
        return known.at(now) if key == known.claims.key else self._keep(token, _judge(open_envelope(token), key, now))

    def _read_anew(self, token: str, keys: Keyring, now: float) -> Claims | None:
        if not is_compact_jwe(token):
            return None
        envelope = open_envelope(token)
        return self._keep(token, _judge(envelope, find_key(keys, self.name, envelope.key_id), now))

    def _keep(self, token: str, judged: tuple[Claims, claim.Payload]) -> Claims:
        self._known.keep(token, *judged)
        return judged[0]

    def mint(self, key: Key, view: View, now: float) -> str:
        """Make a token that ``read`` accepts from database time ``now``.

        Raises TokenError: what ``read`` would refuse, or too_long.
        """
        if not key.mints or not _fits(key):
            raise _refuse_key(key, Reason.REVOKED_KEY, "Only an active embed secret of this format makes tokens.")
        issued_at = int(now)
        given = {
            "cst": view.customer,
            "dsh": view.dashboard,
            "exp": issued_at + view.lifetime,
            "iat": issued_at,
            "jti": secrets.token_urlsafe(16),
            "iss": view.origin,
            "var": view.variables,
            "rts": None if view.rights is None else sorted(view.rights),
            "vwr": view.viewer,
            "loc": view.locale,
            "tz": view.time_zone,
        }
        plaintext = _encode({name: value for name, value in given.items() if value is not None})
        # The same reader that will judge the token judges it now, while its maker can still be told.
        _read_claims(claim.read_payload(plaintext), key, now, digest="")
        token = jwe.encrypt(plaintext, key.value, encryption="A256GCM", algorithm="dir", kid=key.key_id).decode()
        check_room(token, len(plaintext), view.room, self.longest)
        return token


def _judge(envelope: Envelope, key: Key | None, now: float) -> tuple[Claims, claim.Payload]:
    plaintext = _decrypt(envelope, key)
    if key is None:
        raise TokenError(Reason.UNKNOWN_KEY, problem="No embed secret of this format has the token's key id.")
    if not key.verifies:
        raise _refuse_key(key, Reason.REVOKED_KEY, "The embed secret was revoked or reset.")
    if plaintext is None:
        raise _refuse_key(key, Reason.BAD_SIGNATURE, "The token was not made with this embed secret's value.")
    payload: claim.Payload = {}
    try:
        payload = claim.read_payload(plaintext)
        return _read_claims(payload, key, now, token_digest(ExploJwe.name, key.key_id, envelope.parts)), payload
    except TokenError as refused:
        refused.about(key, verified=True).of(payload.get("cst"))
        raise


def _read_claims(payload: claim.Payload, key: Key, now: float, digest: str) -> Claims:
    dashboard = claim.read_identifier(payload, "dsh")
    customer = claim.read_customer(payload, "cst")
    # Report builder rights have no counterpart here; a token that spells them wrongly is refused all the same.
    claim.read_optional_words(payload, "rbc")
    others = {name: claim.read_optional_identifier(payload, name) for name in ("iss", "vwr", "loc", "tz", "jti")}
    variables = claim.read_variables(payload, "var")
    rights = claim.read_optional_words(payload, "rts")
    times = read_times(payload, max_lifetime=key.max_lifetime, now=now)
    return Claims(
        format=ExploJwe.name,
        key=key,
        dashboard=dashboard,
        customer=customer,
        expires_at=times.expires_at,
        issued_at=times.issued_at,
        origin=others["iss"],
        variables=variables,
        rights=rights,
        viewer=others["vwr"],
        locale=others["loc"],
        time_zone=others["tz"],
        token_id=others["jti"],
        digest=digest,
    )


def _decrypt(envelope: Envelope, key: Key | None) -> bytes | None:
    return decrypted(envelope.text, key.value if key and key.verifies and _fits(key) else _DUMMY)


def decrypted(token: str, value: bytes) -> bytes | None:
    """Return what a compact JWE holds when it was made with a key value, else None."""
    try:
        return jwe.decrypt(token, value)
    except Exception:  # noqa: BLE001 - the library lets foreign exceptions out; each of them means "not authentic"
        return None


def _fits(key: Key) -> bool:
    return key.format == ExploJwe.name and len(key.value) == _KEY_BYTES


def _refuse_key(key: Key, reason: Reason, problem: str) -> TokenError:
    return TokenError(reason, problem=problem).about(key, verified=False)


def _encode(payload: Mapping[str, object]) -> bytes:
    # Half characters are let through here, so that the strict reader refuses them with its sentence.
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode(errors="surrogatepass")
