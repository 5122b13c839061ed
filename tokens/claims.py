"""What a verified token says, in the same shape for every format."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from tokens.keys import Key


@dataclass(frozen=True, slots=True)
class Claims:
    """A verified token: authentic under ``key``, every claim of the right type, its times checked.

    ``dashboard`` is an embed id or an integer id, as the format has it; None leaves the choice to the workspace's
    tag list. ``customer`` is an external_id; None leaves it to the dashboard's customer variable. ``origin`` is
    ``iss`` as it was written. ``rights`` is None when the token leaves them to the dashboard. Times are seconds
    since the epoch. ``digest`` names this very token, whatever its base64 spelling.
    """

    format: str
    key: Key
    dashboard: str | int | None
    customer: str | None
    expires_at: float
    issued_at: float | None
    variables: Mapping[str, object] = field(repr=False)
    digest: str
    origin: str | None = None
    rights: frozenset[str] | None = None
    viewer: str | None = field(default=None, repr=False)
    locale: str | None = None
    time_zone: str | None = None
    token_id: str | None = None
    #: Further embed ids that the token opens; which one is meant, its door says.
    more_dashboards: frozenset[str] = frozenset()
    #: The column whose equality with the customer the token demands; it must be the scope's own.
    scope_column: str | None = None
    #: Metabase's rule: the token must set every locked variable, and nobody changes what it sets.
    sets_all_locked: bool = False


def token_digest(format: str, key_id: str, parts: tuple[bytes, ...]) -> str:
    """Name a token by its format, its key and the decoded bytes of every part; hexadecimal SHA-256.

    Each piece is preceded by its length, so that bytes cannot move from one piece into the next unseen.
    """
    pieces = (format.encode(), key_id.encode(), *parts)
    return sha256(b"".join(len(piece).to_bytes(8) + piece for piece in pieces)).hexdigest()
