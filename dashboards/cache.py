"""Finished results under keys that hold everything that shapes them (design.md section 9; threats.md rule 10).

An entry names the scope it was made for and carries a keyed digest over key, scope and body: one that was cut, copied
under another key or written by somebody else is a miss. Bodies are bytes or JSON, never pickle.
"""

import gzip
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings

from embedhost.lib.crypto import derived_key

_MAGIC = b"eh1\0"
_MAC_BYTES = 16
_GZIP_LEVEL = 6


@dataclass(frozen=True, slots=True)
class EntryScope:
    """For whom an entry was made; compared on every read. No customer: every table is shared."""

    organization_id: int
    workspace_id: str
    customer_id: int | None
    generation: int | None

    @property
    def named(self) -> list[object]:
        """The scope as it is stored and compared."""
        return [self.organization_id, self.workspace_id, self.customer_id, self.generation]


@dataclass(frozen=True, slots=True)
class Entry:
    """A finished result: ``body`` (gzip), when it was read at the source (database time, seconds), and its rows."""

    scope: EntryScope
    at: float
    rows: int
    body: bytes

    def plain(self) -> bytes:
        """Return the body uncompressed."""
        return gzip.decompress(self.body)


def make_entry(scope: EntryScope, at: float, rows: int, plain: bytes) -> Entry:
    """Return an entry with ``plain`` compressed."""
    return Entry(scope, at, rows, gzip.compress(plain, _GZIP_LEVEL, mtime=0))


def pack(key: str, entry: Entry) -> bytes:
    """Return the bytes that are stored under ``key``."""
    head = orjson.dumps([entry.scope.named, entry.at, entry.rows])
    sealed = len(head).to_bytes(4) + head + entry.body
    return _MAGIC + _mac(key, sealed) + sealed


def unpack(key: str, raw: bytes | None, scope: EntryScope) -> Entry | None:
    """Return the entry stored under ``key``, or None when it is missing, damaged, forged or for another scope."""
    if raw is None or raw[:4] != _MAGIC:
        return None
    mac, sealed = raw[4 : 4 + _MAC_BYTES], raw[4 + _MAC_BYTES :]
    if not hmac.compare_digest(mac, _mac(key, sealed)):
        return None
    length = int.from_bytes(sealed[:4])
    stored, at, rows = orjson.loads(sealed[4 : 4 + length])
    if stored != scope.named:
        return None
    return Entry(scope, at, rows, sealed[4 + length :])


def _mac(key: str, sealed: bytes) -> bytes:
    return hashlib.blake2b(key.encode() + b"\0" + sealed, digest_size=_MAC_BYTES, key=_mac_key()).digest()


@cache
def _mac_key() -> bytes:
    return derived_key("cache")


def digest_of(kind: str, parts: Sequence[object]) -> str:
    """Return the key of a result: ``kind`` and a hash over a JSON list, in which no two parts can run together."""
    encoded = orjson.dumps(
        [code_version(), *parts], default=_typed, option=orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_SORT_KEYS
    )
    return f"eh:{kind}:{hashlib.sha256(encoded).hexdigest()}"


def typed(values: Sequence[object]) -> list[object]:
    """Return bound values with their types, so that 1, 1.0, true and "1" stay four different values."""
    return [[type(value).__name__, typed(value) if isinstance(value, list | tuple) else value] for value in values]


def _typed(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    return [type(value).__name__, str(value)]


@cache
def code_version() -> str:
    """Return a digest of the code that shapes results, so that an entry of other code is never read."""
    root = settings.ROOT
    paths = [path for package in ("dashboards", "datasources") for path in Path(root / package).rglob("*.py")]
    paths += Path(root / "templates" / "dashboards").rglob("*.html")
    paths.append(settings.FRONTEND_DIST / "manifest.json")
    whole = hashlib.sha256()
    for path in sorted(paths):
        whole.update(path.read_bytes() if path.exists() else b"")
    return whole.hexdigest()[:16]
