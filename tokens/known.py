"""Tokens that this process verified lately, so that the next call of an open page need not decrypt them again.

What is remembered is what one exact text said under one exact key. Whoever asks compares the key as it is known now:
after a reset, a rotation's end, a new binding or a shorter ceiling it is another one, and the token is judged anew.
Times are checked on every call, and so is everything behind the door. Refused tokens are never kept.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from tokens.claims import Claims
from tokens.errors import TokenError
from tokens.times import read_times

#: Most tokens that one process remembers, at about 2 KB each.
KEPT: Final = 2_000
_TIMES: Final = ("exp", "iat", "nbf")


@dataclass(frozen=True, slots=True)
class KnownToken:
    """What an accepted token said, with the key that it was accepted under and its times as they were written."""

    claims: Claims
    times: Mapping[str, object]

    def at(self, now: float) -> Claims:
        """Return the claims if the token's times still allow it at database time ``now``. Raises TokenError."""
        try:
            read_times(self.times, max_lifetime=self.claims.key.max_lifetime, now=now)
        except TokenError as refused:
            refused.about(self.claims.key, verified=True).of(self.claims.customer)
            raise
        return self.claims


class KnownTokens:
    """The tokens of one format that were used last, under the digest of their exact text."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, KnownToken] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, token: str) -> KnownToken | None:
        """Return what this exact text said. Its key must be looked up and compared, its times checked."""
        name = _name(token)
        with self._lock:
            known = self._known.get(name)
            if known is not None:
                self._known.move_to_end(name)
            return known

    def keep(self, token: str, claims: Claims, payload: Mapping[str, object]) -> None:
        """Remember a token that was just accepted."""
        times = {name: payload[name] for name in _TIMES if name in payload}
        with self._lock:
            self._known[_name(token)] = KnownToken(claims, times)
            if len(self._known) > KEPT:
                self._known.popitem(last=False)

    def __len__(self) -> int:
        return len(self._known)


def _name(token: str) -> bytes:
    # A token is any text here, also one that UTF-8 cannot say.
    return sha256(token.encode(errors="surrogatepass")).digest()
