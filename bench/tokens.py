"""Measure what verifying one token costs per format, beside its bare cryptographic operation (``-m bench.tokens``).

No server and no database: the key is at hand, so this is the cost of the format alone. Both are timed in turns in one
process, and the smallest of several rounds counts, since everything else on the machine only ever adds.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest, digest

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tokens.doors import open_token
from tokens.envelope import decode_part
from tokens.errors import TokenError
from tokens.formats import FORMATS, MINTED
from tokens.keys import Key
from tokens.view import View

ROUNDS, CALLS = 7, 400
NOW = 1_795_200_000.0
_CUSTOMER_TOKEN = "c" * 64
_DASHBOARD: dict[str, str | int] = {"embed_id": "5a0f0a6e-0000-4000-8000-000000000001", "id": 1, "tag": "of the tag"}


@dataclass(frozen=True)
class OneKey:
    """A keyring that holds one key."""

    key: Key

    def by_id(self, format: str, key_id: str, /) -> Key | None:
        return self.key

    def of_organization(self, format: str, organization_id: int, /) -> Sequence[Key]:
        return (self.key,)

    def of_workspace(self, format: str, workspace_id: str, /) -> Sequence[Key]:
        return (self.key,)

    def of_dashboard(self, format: str, dashboard: int | str, /) -> Sequence[Key]:
        return (self.key,)

    def of_customer_token(self, token: str, /) -> Key | None:
        return self.key


def main() -> None:
    titles = ("verify", "again", "bare", "refuse")
    print(
        f"{'format':16}" + "".join(f"{title:>11}" for title in titles) + f"   microseconds, best of {ROUNDS} x {CALLS}"
    )
    for name in FORMATS:
        print(f"{name:16}" + "".join(f"{cost:11.1f}" for cost in measure(name)))


def measure(name: str) -> list[float]:
    """Return microseconds: a good token seen first, seen again, its bare operation, and a changed one refused."""
    key, token = _made(name)
    keys, door = OneKey(key), f"data/{name}"
    changed = token[:-6] + ("A" if token[-6] != "A" else "B") + token[-5:]
    works: list[Callable[[], object]] = [
        # A format of its own each time remembers nothing.
        lambda: type(FORMATS[name])().read(token, keys, NOW),
        lambda: open_token(door, token, keys, NOW),
        _bare(name, token, key),
        lambda: _refused(door, changed, keys),
    ]
    rounds = [[_time(work) for work in works] for _ in range(ROUNDS)]
    return [min(column) for column in zip(*rounds, strict=True)]


def _made(name: str) -> tuple[Key, str]:
    format = FORMATS[name]
    value = MINTED[name].new_key_value() if name in MINTED else ""
    bound = "" if name in MINTED else "acme"
    key = Key(1, "es_bench0000001", value.encode(), name, 1, "ws_bench", "active", "embed", 86_400, bound)
    board = _DASHBOARD[format.dashboard_by]
    if name not in MINTED:
        return key, f"{board}:{_CUSTOMER_TOKEN}"
    named = {"cst" if name == "superset_guest" else "CUSTOMER": "acme"}
    variables = named if name == "superset_guest" or not format.names_customer else None
    return key, MINTED[name].mint(key, View(board, "acme", 3600, variables=variables), NOW)


def _bare(name: str, token: str, key: Key) -> Callable[[], object]:
    """Return the cryptographic operation that the format cannot do without, on the same bytes."""
    if name == "explo_jwe":
        head, _, iv, sealed, tag = token.split(".")
        cipher, nonce, data = AESGCM(key.value), decode_part(iv), decode_part(sealed) + decode_part(tag)
        return lambda: cipher.decrypt(nonce, data, head.encode())
    if name == "customer_token":
        return lambda: sha256(token.encode()).digest()
    signed = token.rpartition(".")[0].encode() or token.encode()
    expected = digest(key.value, signed, sha256)
    return lambda: compare_digest(digest(key.value, signed, sha256), expected)


def _refused(door: str, token: str, keys: OneKey) -> None:
    try:
        open_token(door, token, keys, NOW)
    except TokenError:
        return
    if not door.endswith("customer_token"):
        raise AssertionError(json.dumps({"accepted": door}))


def _time(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    for _ in range(CALLS):
        work()
    return (time.perf_counter() - begin) / CALLS * 1e6


if __name__ == "__main__":
    main()
