"""Who an API key belongs to, for every API: by its value, by id and value, or by a short-lived access token.

The database is asked each time, so a revoked key is over with the next call.
"""

import hmac
from dataclasses import dataclass
from typing import Final

from django.core.signing import BadSignature, Signer
from django.db import DatabaseError, connection

from embedhost.lib.errors import Forbidden, Refused, ServiceUnavailable
from embedhost.lib.memory import Recent
from secrets_admin.feed import feed
from secrets_admin.models import ApiKey
from secrets_admin.workspaces import hash_api_key
from tokens.keys import is_key_id

#: Seconds that an access token lives.
ACCESS_SECONDS: Final = 15 * 60
#: Wrong log-ins of one key within a window (seconds), in one process; then further wrong ones are told to wait.
MOST_FAILURES: Final = 10
WINDOW: Final = 60
_LONGEST_VALUE: Final = 200
#: Compared in place of a key's hash that does not exist; no value has it.
_NO_HASH: Final = "-" * 64


class NotAuthenticated(Refused):
    status = 401
    code = "not_authenticated"
    message = "Send a valid API key. It may be wrong or revoked."


class TooManyFailures(Refused):
    status = 429
    code = "rate_limited"
    message = "Too many wrong log-ins with this API key. Try again in a minute."
    retry_after = WINDOW


class ScopeMissing(Forbidden):
    message = "This API key may not do that. Use one with the scope that the documentation names."


@dataclass(frozen=True, slots=True)
class ApiKeyFacts:
    """An API key that may be used now: whose it is and what it may do."""

    key_id: str
    organization_id: int
    workspace_id: str
    scopes: frozenset[str]

    def require(self, scope: str) -> None:
        """Raise ScopeMissing unless the key has a scope."""
        if scope not in self.scopes:
            raise ScopeMissing


def authenticate(value: str, *, key_id: str | None = None) -> ApiKeyFacts:
    """Return whose key has this value; with ``key_id`` it must be just that one.

    Raises NotAuthenticated, or TooManyFailures for one wrong value after the other with a known ``key_id``.
    """
    value_hash = hash_api_key(value[:_LONGEST_VALUE])
    row = _living(key_hash=value_hash) if key_id is None else _living(key_id=key_id) if is_key_id(key_id) else None
    known = row.key_hash if row is not None else _NO_HASH
    if hmac.compare_digest(known.encode(), value_hash.encode()) and row is not None:
        return _facts(row)
    if key_id is not None and is_key_id(key_id):
        _failures.count(key_id)
    raise NotAuthenticated


def open_access(key: ApiKeyFacts) -> str:
    """Return an access token that stands for a key for ACCESS_SECONDS of database time."""
    return _signer().sign_object({"key": key.key_id, "until": int(feed.now()) + ACCESS_SECONDS})


def of_access(token: str) -> ApiKeyFacts:
    """Return the key that an access token stands for. Raises NotAuthenticated when it ended or the key was revoked."""
    try:
        said = _signer().unsign_object(token)
    except (BadSignature, ValueError):
        raise NotAuthenticated from None
    row = _living(key_id=said["key"]) if feed.now() < said["until"] else None
    if row is None:
        raise NotAuthenticated
    return _facts(row)


def _signer() -> Signer:
    return Signer(salt="secrets_admin.api_keys.access")


def _living(**named: str) -> ApiKey | None:
    try:
        return ApiKey.objects.select_related("workspace").filter(**named, revoked_at=None).first()
    except DatabaseError as error:
        connection.close()
        raise ServiceUnavailable from error


def _facts(row: ApiKey) -> ApiKeyFacts:
    return ApiKeyFacts(row.key_id, row.workspace.organization_id, row.workspace_id, frozenset(row.scopes))


class _Failures:
    """Wrong log-ins per key id, in this process, for as many ids as fit.

    The right value always enters: whoever knows a key's id must not be able to lock its backend out.
    """

    def __init__(self) -> None:
        self._windows: Recent[str, tuple[float, int]] = Recent(10_000)

    def count(self, key_id: str) -> None:
        """Count one. Raises TooManyFailures when there were too many, whether such a key exists or not."""
        now = feed.now()
        began, number = self._windows.get(key_id) or (now, 0)
        if now - began >= WINDOW:
            began, number = now, 0
        self._windows.put(key_id, (began, number + 1))
        if number >= MOST_FAILURES:
            raise TooManyFailures


_failures = _Failures()
