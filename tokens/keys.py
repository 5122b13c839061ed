"""The verification key of an embed secret, as the formats need it, and where they look for one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

#: Only these verify. Any other word, also one that a later version invents, is refused.
_USABLE: Final = frozenset({"active", "verify_only"})
#: With this begin the key ids of customers' own tokens; no embed secret's does.
CUSTOMER_KEYS: Final = "ct_"
_KEY_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Key:
    """One embed secret with the facts that a token must not choose itself.

    ``state`` is active, verify_only or revoked; ``purpose`` is embed or preview; ``max_lifetime`` is the
    workspace's ceiling in seconds. ``value`` never shows in a representation. A key with a ``bound_customer`` opens
    tokens of that customer only, and of ``bound_dashboards`` (embed ids) only.
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
    bound_customer: str = ""
    bound_dashboards: frozenset[str] = frozenset()
    #: Since when a customer's own token exists (database time, seconds): such a token says nothing of itself.
    made_at: float | None = None

    @property
    def verifies(self) -> bool:
        """Say whether tokens of this key are still accepted."""
        return self.state in _USABLE

    @property
    def mints(self) -> bool:
        """Say whether new tokens may be made with this key."""
        return self.state == "active"


class Keyring(Protocol):
    """Finds the keys that a token may have been made with; revoked ones are returned too, their state says so.

    What a token says is only a hint here: a key is used when the token is authentic under it.
    """

    def by_id(self, format: str, key_id: str, /) -> Key | None:
        """Return the key with this id."""

    def of_organization(self, format: str, organization_id: int, /) -> Sequence[Key]:
        """Return an organization's keys of a format, those that verify first."""

    def of_workspace(self, format: str, workspace_id: str, /) -> Sequence[Key]:
        """Return a workspace's keys of a format, those that verify first."""

    def of_dashboard(self, format: str, dashboard: int | str, /) -> Sequence[Key]:
        """Return the keys of the organization that owns a dashboard, named by its id or its embed id."""

    def of_customer_token(self, token: str, /) -> Key | None:
        """Return a customer token as a key bound to its customer; state ``disabled`` when the workspace forbids it."""


def is_key_id(text: str) -> bool:
    """Say whether a text can be a key id: 1 to 64 of ``A-Za-z0-9_-``. Anything else is never looked up."""
    return _KEY_ID.fullmatch(text) is not None


def find_key(keys: Keyring, format: str, key_id: str) -> Key | None:
    """Look a key up and make sure that it is the one asked for, of this format."""
    if not is_key_id(key_id):
        return None
    key = keys.by_id(format, key_id)
    if key is None or key.format != format or key.key_id != key_id:
        return None
    return key
