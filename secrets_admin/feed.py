"""The revocation feed: how every process learns of a change within a second (design.md section 6).

Whoever changes a fact that requests keep in memory announces it in the same transaction. Each process reads the feed
every half second, together with the database's clock, and forgets what was named. A request that finds the last good
reading older than a second reads by itself; when the database does not answer, the request is refused, so no process
trusts its copy for longer than that.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection, transaction
from django.db.models import DateTimeField, ExpressionWrapper, Value
from django.db.models.functions import Now

from embedhost.lib.availability import ask
from embedhost.lib.memory import Recent
from secrets_admin.models import FeedEntry

T = TypeVar("T")
logger = logging.getLogger(__name__)
#: Entry id (None when there is no entry), kind, subject, and the database's time in seconds.
Row = tuple[int | None, str, str, float]

#: A reading older than this is not trusted (seconds).
MAX_AGE = 1.0
#: The background takes at least this pause (seconds), also when every request reads the feed itself.
_LEAST_PAUSE = 0.1
#: Each reading looks back this far (seconds), since a transaction may commit later than one with a higher id.
LOOK_BACK = 60
#: Ends a subject that means all that begin as it does.
_ALL_BELOW = "*"
#: Facts kept per kind; the least recently used ones are read again.
KEPT = 20_000


class Kind(StrEnum):
    """What an announcement is about; its subject names which one."""

    SECRET = "secret"  # noqa: S105 -- a kind of fact, not a password
    WORKSPACE = "workspace"
    ORGANIZATION = "organization"
    CUSTOMER = "customer"
    CUSTOMER_TOKEN = "customer_token"  # noqa: S105 -- a kind of fact, not a password
    DASHBOARD = "dashboard"
    SOURCE = "source"
    REVOCATION = "revocation"


def announce(kind: Kind, subject: str) -> None:
    """Tell every process to forget what it knows of ``subject``; call it inside the transaction that changes it."""
    FeedEntry.objects.create(kind=kind, subject=subject)
    # A change that is committed is a change, also when this process cannot read it back right now.
    transaction.on_commit(feed.read, robust=True)


def announce_all(kind: Kind, subjects: Iterable[str]) -> None:
    """Announce many changes with one statement."""
    FeedEntry.objects.bulk_create(FeedEntry(kind=kind, subject=subject) for subject in subjects)
    transaction.on_commit(feed.read, robust=True)


def announce_below(kind: Kind, prefix: str) -> None:
    """Tell every process to forget all subjects of a kind that begin so, where there are too many to name."""
    announce(kind, prefix + _ALL_BELOW)


class Feed:
    """One process's view of the feed and of the database's clock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._facts = {kind: Recent[str, Any](KEPT) for kind in Kind}
        self._absent = {kind: Recent[str, Any](1000) for kind in Kind}
        self.reset()

    def reset(self) -> None:
        """Forget everything, as a new process would."""
        self.epoch = 0
        self._forget_everything()
        self._seen: dict[int, float] = {}
        self._read_at = self._trusted_until = float("-inf")
        self._clock = 0.0

    def now(self) -> float:
        """Return the database's time in seconds since the epoch. Raises ServiceUnavailable when it cannot be known."""
        self._ensure_recent()
        return self._clock + (time.monotonic() - self._read_at)

    def recall(self, kind: Kind, subject: str, load: Callable[[], T | None]) -> T | None:
        """Return a fact from memory, or ``load`` it and keep it until it is announced as changed.

        None (there is no such thing) is kept apart and in small number, so that guesses push no fact out.
        """
        self._ensure_recent()
        known: T | None = self._facts[kind].get(subject)
        if known is not None or self._absent[kind].get(subject):
            return known
        return self._load(kind, subject, load)

    def _load(self, kind: Kind, subject: str, load: Callable[[], T | None]) -> T | None:
        epoch = self.epoch
        value = ask(load)
        with self._lock:
            # A change announced while we loaded may be newer than what we read: then it is used once and not kept.
            if epoch == self.epoch:
                (self._absent if value is None else self._facts)[kind].put(subject, True if value is None else value)
        return value

    def _ensure_recent(self) -> None:
        if time.monotonic() > self._trusted_until:
            self.read()

    def read(self) -> None:
        """Read the feed and the clock now. Raises ServiceUnavailable when the database does not answer."""
        # Taken before the question, so that an answer that was long under way is not trusted for longer.
        at = time.monotonic()
        rows = ask(_rows)
        with self._lock:
            self._take(rows, at)

    def _take(self, rows: list[Row], at: float) -> None:
        if at - self._read_at > LOOK_BACK / 2:
            self._forget_everything()
        for row_id, kind, subject, _ in rows:
            if row_id is not None and row_id not in self._seen:
                self._seen[row_id] = at
                self._forget(kind, subject)
        self._seen = {row_id: seen for row_id, seen in self._seen.items() if at - seen < 2 * LOOK_BACK}
        self._clock, self._read_at = rows[0][3], at
        self._trusted_until = at + min(MAX_AGE, settings.REVOCATION_POLL_SECONDS * 2)

    def _forget_everything(self) -> None:
        """After a gap (a paused process, a database that was away) entries may be older than a reading looks back."""
        self.epoch += 1
        for store in (*self._facts.values(), *self._absent.values()):
            store.clear()

    def _forget(self, kind: str, subject: str) -> None:
        self.epoch += 1
        if kind not in self._facts:
            return
        for store in (self._facts[Kind(kind)], self._absent[Kind(kind)]):
            store.drop(subject)
            if subject.endswith(_ALL_BELOW):
                # A subject that really ends so loses its neighbours' facts too, which are then read again.
                store.drop_all(subject.removesuffix(_ALL_BELOW))

    def start(self) -> None:
        """Read the feed in the background until the process ends; web servers call it once per process."""
        threading.Thread(target=self._read_forever, name="revocation-feed", daemon=True).start()

    def _read_forever(self) -> None:
        while True:
            try:
                self.read()
            except Exception:  # Whatever it was, requests notice by the age of the last reading; we go on trying.
                logger.warning("the revocation feed could not be read", exc_info=True)
                connection.close()
            time.sleep(max(settings.REVOCATION_POLL_SECONDS, _LEAST_PAUSE))


#: One statement for both, so that a reading is one round trip: the clock always, the recent entries if there are any.
_READ = {
    "postgresql": """
        SELECT feed.id, feed.kind, feed.subject, extract(epoch FROM clock.now)::float8
        FROM (SELECT statement_timestamp() AS now) AS clock
        LEFT JOIN secrets_admin_feedentry AS feed ON feed.at >= clock.now - interval '60 seconds'""",
    "sqlite": """
        SELECT feed.id, feed.kind, feed.subject, (julianday('now') - 2440587.5) * 86400.0
        FROM (SELECT 1) LEFT JOIN secrets_admin_feedentry AS feed
        ON feed.at >= strftime('%Y-%m-%d %H:%M:%f', 'now', '-60 seconds')""",
}


def _rows() -> list[Row]:
    """Return the entries of the last LOOK_BACK seconds, each with the database's time; at least one row."""
    with connection.cursor() as cursor:
        cursor.execute(_READ[connection.vendor])
        rows: list[Row] = cursor.fetchall()
    return rows


def prune() -> int:
    """Delete entries older than 25 hours and return their number."""
    old = ExpressionWrapper(Now() - Value(timedelta(hours=25)), output_field=DateTimeField())
    return FeedEntry.objects.filter(at__lt=old).delete()[0]


feed = Feed()
