"""What the HS256 formats share: one order of checks, from the envelope over the key to the claims."""

import secrets
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from tokens import jws
from tokens import payload as claim
from tokens.claims import Claims, token_digest
from tokens.errors import TokenError
from tokens.keys import Key, Keyring
from tokens.payload import Payload
from tokens.times import read_times
from tokens.urls import MAX_URL
from tokens.view import View


class SignedFormat(ABC):
    """A vendor's JWT, signed with HS256; a subclass says which claims it has and whose keys may have signed it."""

    kind: Final = "jwt"
    has_secrets: Final = True
    name: ClassVar[str]
    label: ClassVar[str]
    names_customer: ClassVar[bool]
    dashboard_by: ClassVar[str]
    sets_all_locked: ClassVar[bool] = False
    longest: ClassVar[int] = MAX_URL

    @abstractmethod
    def recognises(self, claimed: Payload) -> bool:
        """Say whether a payload has the claims that only this format has."""

    @abstractmethod
    def candidates(self, claimed: Payload, keys: Keyring) -> Sequence[Key]:
        """Return the keys that may have signed the token, by what it says of itself."""

    @abstractmethod
    def claims(self, payload: Payload, key: Key, now: float, digest: str) -> Claims:
        """Read an authentic payload. Raises TokenError."""

    def by_variables(
        self, payload: Payload, key: Key, now: float, digest: str, *, dashboard: int, variables: str
    ) -> Claims:
        """Read the rest of a token whose customer is one of its ``variables``. Raises TokenError."""
        values = claim.read_variables(payload, variables)
        at = read_times(payload, max_lifetime=key.max_lifetime, now=now)
        return Claims(
            format=self.name,
            key=key,
            dashboard=dashboard,
            customer=None,
            expires_at=at.expires_at,
            issued_at=at.issued_at,
            variables=values,
            digest=digest,
            sets_all_locked=self.sets_all_locked,
        )

    def customer_in(self, payload: Payload) -> object:
        """Return what an authentic payload says of its customer, for the ledger; None when it says nothing."""
        return None

    @abstractmethod
    def payload(self, view: View, key: Key, now: int) -> dict[str, object]:
        """Write the claims of a new token. Raises TokenError for what this format cannot carry."""

    def new_key_value(self) -> str:
        """Make a key value of 256 random bits, used as text."""
        return jws.new_key_value()

    def read(self, token: str, keys: Keyring, now: float) -> Claims | None:
        """Verify a token at database time ``now``; None when it is not this kind. Raises TokenError."""
        if not jws.is_compact_jws(token):
            return None
        envelope = jws.open_signed(token, self.longest)
        if not self.recognises(envelope.claimed):
            return None
        key = jws.verify(envelope, self.candidates(envelope.claimed, keys), self.name)
        try:
            return self.claims(envelope.claimed, key, now, token_digest(self.name, key.key_id, envelope.parts))
        except TokenError as refused:
            refused.about(key, verified=True).of(self.customer_in(envelope.claimed))
            raise

    def mint(self, key: Key, view: View, now: float) -> str:
        """Make a token that ``read`` accepts from database time ``now``.

        Raises TokenError: what ``read`` would refuse, or too_long.
        """
        given = {**self.payload(view, key, int(now)), "jti": secrets.token_urlsafe(16)}
        written = {name: value for name, value in given.items() if value is not None}
        token = jws.sign(written, key, view.room, self.longest)
        # The same reader that will judge the token judges it now, while its maker can still be told.
        self.claims(jws.open_signed(token, self.longest).claimed, key, now, digest="")
        return token


def times(view: View, now: int) -> Mapping[str, object]:
    """Return ``iat`` and ``exp`` of a new token."""
    return {"iat": now, "exp": now + view.lifetime}
