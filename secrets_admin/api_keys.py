"""Who an API key belongs to, for every API: by its value, by id and value, or by a short-lived access token.

The database is asked each time, so a revoked key is over with the next call, on every server. A wrong value costs what
a right one does, whether its prefix exists or not (threats.md P-CU-01).
"""

import hmac
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from django.core.signing import BadSignature, Signer
from django.db.models import ExpressionWrapper, Q, Value
from django.db.models.fields import DateTimeField
from django.db.models.functions import Now

from embedhost.lib.availability import ask
from embedhost.lib.errors import Forbidden, Refused
from embedhost.lib.memory import Recent
from embedhost.lib.statements import Written
from secrets_admin.access import Actor
from secrets_admin.api_key_services import hash_api_key, prefix_of
from secrets_admin.feed import feed
from secrets_admin.models import ApiKey, Workspace
from tokens.keys import is_key_id

#: Seconds that an access token lives.
ACCESS_SECONDS: Final = 15 * 60
#: Wrong log-ins of one key within a window (seconds), in one process; then further wrong ones are told to wait.
MOST_FAILURES: Final = 10
WINDOW: Final = 60
#: "Last used" is written at most once in so many seconds per key and process.
USE_SECONDS: Final = 60
_LONGEST_VALUE: Final = 200
#: Compared in place of a key's hash that does not exist; no value has it.
_NO_HASH: Final = b"-" * 64


class NotAuthenticated(Refused):
    status = 401
    code = "not_authenticated"
    message = "Send a valid API key. It may be wrong, ended or revoked."


class TooManyFailures(Refused):
    status = 429
    code = "rate_limited"
    message = "Too many wrong log-ins with this API key. Try again in a minute."
    retry_after = WINDOW


class ScopeMissing(Forbidden):
    message = "This API key may not do that. Use one with the scope that the documentation names."


class CustomerNotAllowed(Forbidden):
    message = "This API key is for other customers. Use one that may act for this one."


@dataclass(frozen=True, slots=True)
class ApiKeyFacts:
    """An API key that may be used now: whose it is and what it may do.

    ``customers`` are the external ids of the only customers that it may act for; None: all of its workspace.
    """

    key_id: str
    organization_id: int
    workspace_id: str
    scopes: frozenset[str]
    customers: frozenset[str] | None = None

    def require(self, scope: str) -> None:
        """Raise ScopeMissing unless the key has a scope."""
        if scope not in self.scopes:
            raise ScopeMissing

    def may_act_for(self, external_id: str) -> bool:
        """Tell whether the key is for a customer, which need not exist."""
        return self.customers is None or external_id in self.customers

    def require_customer(self, external_id: str) -> None:
        """Raise CustomerNotAllowed unless the key is for a customer; the answer is the same when there is none."""
        if not self.may_act_for(external_id):
            raise CustomerNotAllowed

    def require_all_customers(self) -> None:
        """Raise CustomerNotAllowed for a key that is limited to some, where all of a workspace are touched."""
        if self.customers is not None:
            raise CustomerNotAllowed("This API key is limited to some customers. Use one that is for all of them.")

    def actor(self, address: str) -> Actor:
        """Return who does something with the key, as the audit log writes it."""
        return Actor(None, f"API key {self.key_id}", address)


@dataclass(frozen=True, slots=True)
class _Stored:
    """A living key; ``ends_at`` in seconds of database time."""

    facts: ApiKeyFacts
    key_hash: bytes = field(repr=False)
    ends_at: float | None


def authenticate(value: str, *, key_id: str | None = None) -> ApiKeyFacts:
    """Return whose key has this value; with ``key_id`` it must be just that one.

    Raises NotAuthenticated, or TooManyFailures for one wrong value after the other with a known ``key_id``.
    """
    found = _look_up(value, key_id)
    if found is None and key_id is not None and is_key_id(key_id):
        _failures.count(key_id)
    return _used(found)


def open_access(key: ApiKeyFacts) -> str:
    """Return an access token that stands for a key for ACCESS_SECONDS of database time."""
    return _signer().sign_object({"key": key.key_id, "until": int(feed.now()) + ACCESS_SECONDS})


def of_access(token: str) -> ApiKeyFacts:
    """Return the key that an access token stands for. Raises NotAuthenticated when it ended or the key was revoked."""
    try:
        said = _signer().unsign_object(token)
    except (BadSignature, ValueError):
        raise NotAuthenticated from None
    if feed.now() >= said["until"]:
        raise NotAuthenticated
    known = ask(lambda: _load(_BY_KEY_ID, said["key"]))
    return _used(known[0] if known else None)


def _look_up(value: str, key_id: str | None) -> _Stored | None:
    statement, name = (_BY_PREFIX, prefix_of(value)) if key_id is None else (_BY_KEY_ID, key_id)
    if not is_key_id(name) or len(value) > _LONGEST_VALUE:
        return None
    return _matching(ask(lambda: _load(statement, name)), hash_api_key(value))


def _matching(known: tuple[_Stored, ...], value_hash: str) -> _Stored | None:
    """Return the key with this hash; with none to compare, something is compared all the same."""
    found = None
    for stored in known or (None,):
        if hmac.compare_digest(stored.key_hash if stored else _NO_HASH, value_hash.encode()):
            found = stored
    return found


def _used(found: _Stored | None) -> ApiKeyFacts:
    """Return the facts of a key that has not ended, and write down that it was used. Raises NotAuthenticated."""
    if found is None or (found.ends_at is not None and feed.now() >= found.ends_at):
        raise NotAuthenticated
    _uses.note(found.facts.key_id)
    return found.facts


def _signer() -> Signer:
    return Signer(salt="secrets_admin.api_keys.access")


#: Written out, since every call waits for it: composing it costs more than what the database needs.
_LIVING: Final = f"""
    SELECT key.id, key.key_id, key.key_hash, key.scopes, key.customers, key.expires_at, key.workspace_id,
           workspace.organization_id AS organization
    FROM {ApiKey._meta.db_table} AS key JOIN {Workspace._meta.db_table} AS workspace ON workspace.id = key.workspace_id
    WHERE key.{{column}} = %s AND key.revoked_at IS NULL ORDER BY key.id
"""  # noqa: S608 -- the tables' own names
_BY_PREFIX, _BY_KEY_ID = (Written(ApiKey, _LIVING.format(column=column)) for column in ("prefix", "key_id"))


def _load(statement: Written[ApiKey], name: str) -> tuple[_Stored, ...]:
    return tuple(_stored(row) for row in statement.fetch(name))


def _stored(row: ApiKey) -> _Stored:
    customers = None if row.customers is None else frozenset(row.customers)
    organization: int = row.organization  # type: ignore[attr-defined]  # a column of the statement
    facts = ApiKeyFacts(row.key_id, organization, row.workspace_id, frozenset(row.scopes), customers)
    return _Stored(facts, row.key_hash.encode(), row.expires_at.timestamp() if row.expires_at else None)


class _Uses:
    """When this process last wrote down that a key was used, so that hardly any request has to write."""

    def __init__(self) -> None:
        self._noted: Recent[str, float] = Recent(10_000)

    def note(self, key_id: str) -> None:
        """Write down that a key is used now, unless somebody did within the last minute."""
        now, noted = time.monotonic(), self._noted.get(key_id)
        if noted is not None and now - noted < USE_SECONDS:
            return
        self._noted.put(key_id, now)
        a_while_ago = ExpressionWrapper(Now() - Value(timedelta(seconds=USE_SECONDS)), output_field=DateTimeField())
        due = ApiKey.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=a_while_ago), key_id=key_id)
        ask(lambda: due.update(last_used_at=Now()))


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


_uses = _Uses()
_failures = _Failures()
