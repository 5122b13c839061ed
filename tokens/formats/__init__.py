"""Every token format, one entry each; a contract test runs over them."""

from collections.abc import Mapping
from typing import Final, Protocol

from tokens.claims import Claims
from tokens.formats.explo_jwe import ExploJwe
from tokens.keys import Key, KeyResolver


class TokenFormat(Protocol):
    """How one vendor's tokens are read and made."""

    @property
    def name(self) -> str:
        """The key of FORMATS, also stored with every embed secret."""

    @property
    def kind(self) -> str:
        """The family of algorithm: jwe, jwt or hmac."""

    @property
    def label(self) -> str:
        """The words that the console shows."""

    def new_key_value(self) -> str:
        """Make a new key value of this format's quality from the system's randomness."""

    def read(self, token: str, resolve: KeyResolver, now: float) -> Claims | None:
        """Verify a token: Claims when it is good, None when it is not this kind. Raises TokenError when it is bad."""

    def mint(
        self,
        key: Key,
        *,
        dashboard: str,
        customer: str,
        now: float,
        lifetime: int,
        origin: str | None = None,
        variables: Mapping[str, object] | None = None,
        rights: frozenset[str] | None = None,
        viewer: str | None = None,
        locale: str | None = None,
        time_zone: str | None = None,
    ) -> str:
        """Make a token that ``read`` accepts. Raises TokenError for what ``read`` would refuse."""


FORMATS: Final[dict[str, TokenFormat]] = {
    "explo_jwe": ExploJwe(),
}
