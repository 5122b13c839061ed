"""What a verified token says, in the same shape for every format."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from tokens.keys import Key


@dataclass(frozen=True, slots=True)
class Claims:
    """A verified token: authentic under ``key``, every claim of the right type, its times checked.

    ``customer`` is an external_id, ``dashboard`` an embed id. ``origin`` is ``iss`` as it was written. ``rights``
    is None when the token leaves them to the dashboard. Times are seconds since the epoch. ``digest`` names this
    very token, whatever its base64 spelling.
    """

    format: str
    key: Key
    dashboard: str
    customer: str
    expires_at: float
    issued_at: float | None
    origin: str | None
    variables: Mapping[str, object] = field(repr=False)
    rights: frozenset[str] | None
    viewer: str | None = field(repr=False)
    locale: str | None
    time_zone: str | None
    token_id: str | None
    digest: str


def token_digest(format: str, key_id: str, parts: tuple[bytes, ...]) -> str:
    """Name a token by its format, its key and the decoded bytes of every part; hexadecimal SHA-256.

    Each piece is preceded by its length, so that bytes cannot move from one piece into the next unseen.
    """
    pieces = (format.encode(), key_id.encode(), *parts)
    return sha256(b"".join(len(piece).to_bytes(8) + piece for piece in pieces)).hexdigest()
