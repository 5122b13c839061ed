"""The verification key of an embed secret, as the formats need it."""

import re
from dataclasses import dataclass, field
from typing import Final, Protocol

#: Only these verify. Any other word, also one that a later version invents, is refused.
_USABLE: Final = frozenset({"active", "verify_only"})
_KEY_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Key:
    """One embed secret with the facts that a token must not choose itself.

    ``state`` is active, verify_only or revoked; ``purpose`` is embed or preview; ``max_lifetime`` is the
    workspace's ceiling in seconds. ``value`` never shows in a representation.
    """

    secret_id: int
    key_id: str
    value: bytes = field(repr=False)
    format: str
    organization_id: int
    workspace_id: str
    state: str
    purpose: str
    max_lifetime: int

    @property
    def verifies(self) -> bool:
        """Say whether tokens of this key are still accepted."""
        return self.state in _USABLE

    @property
    def mints(self) -> bool:
        """Say whether new tokens may be made with this key."""
        return self.state == "active"


class KeyResolver(Protocol):
    """Finds the key that a token names; a revoked key is returned too, its state says so."""

    def __call__(self, format: str, key_id: str, /) -> Key | None: ...


def is_key_id(text: str) -> bool:
    """Say whether a text can be a key id: 1 to 64 of ``A-Za-z0-9_-``. Anything else is never looked up."""
    return _KEY_ID.fullmatch(text) is not None


def find_key(resolve: KeyResolver, format: str, key_id: str) -> Key | None:
    """Look a key up and make sure that it is the one asked for, of this format."""
    if not is_key_id(key_id):
        return None
    key = resolve(format, key_id)
    if key is None or key.format != format or key.key_id != key_id:
        return None
    return key
