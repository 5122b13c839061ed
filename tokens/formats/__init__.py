"""Every token format, one entry each; a contract test runs over them."""

from collections.abc import Mapping
from typing import Final, Protocol, runtime_checkable

from tokens.claims import Claims
from tokens.formats.chartio_jwt import ChartioJwt
from tokens.formats.customer_token import CustomerToken
from tokens.formats.explo_jwe import ExploJwe
from tokens.formats.metabase_jwt import MetabaseJwt
from tokens.formats.papermap_hmac import PapermapHmac
from tokens.formats.superset_guest import SupersetGuest
from tokens.formats.viasocket_jwt import ViasocketJwt
from tokens.keys import Key, Keyring
from tokens.view import View


class TokenFormat(Protocol):
    """How one vendor's tokens are read."""

    @property
    def name(self) -> str:
        """The key of FORMATS, also stored with every embed secret."""

    @property
    def kind(self) -> str:
        """The family of algorithm: jwe, jwt, hmac, or opaque."""

    @property
    def label(self) -> str:
        """The words that the console shows."""

    @property
    def has_secrets(self) -> bool:
        """Whether its tokens are made with an embed secret; then it is a MintedFormat."""

    @property
    def names_customer(self) -> bool:
        """Whether a token names its customer itself; else the dashboard's customer variable does."""

    @property
    def dashboard_by(self) -> str:
        """How a token names its dashboard: embed_id, id (the integer), or tag (the workspace's tag list does)."""

    @property
    def longest(self) -> int:
        """Most characters of a token, more where it is in no address."""

    def read(self, token: str, keys: Keyring, now: float) -> Claims | None:
        """Verify a token: Claims when it is good, None when it is not this kind. Raises TokenError when it is bad."""


@runtime_checkable
class MintedFormat(TokenFormat, Protocol):
    """How one vendor's tokens are read and made."""

    def new_key_value(self) -> str:
        """Make a new key value of this format's quality from the system's randomness."""

    def mint(self, key: Key, view: View, now: float) -> str:
        """Make a token that ``read`` accepts. Raises TokenError for what ``read`` would refuse."""


#: Formats whose tokens are made with an embed secret.
MINTED: Final[Mapping[str, MintedFormat]] = {
    "explo_jwe": ExploJwe(),
    "chartio_jwt": ChartioJwt(),
    "papermap_hmac": PapermapHmac(),
    "viasocket_jwt": ViasocketJwt(),
    "metabase_jwt": MetabaseJwt(),
    "superset_guest": SupersetGuest(),
}
FORMATS: Final[Mapping[str, TokenFormat]] = {**MINTED, "customer_token": CustomerToken()}
