"""The refusal ledger: why tokens were refused, for the owners whose tokens they were (design.md section 6).

A refusal is one line of the journal; the database learns of it within seconds, off the request path. Whoever holds no
secret can only claim whose token it is, so such refusals are kept apart and cannot push out an owner's own.
"""

import re
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final, NamedTuple

from django.db import connection
from django.db.models import Q, QuerySet

from embed.ledger_models import NOBODY, Refusal, RefusalCount
from embed.left_out import Place, left_out
from embedhost.lib import journal
from embedhost.lib.errors import ServiceUnavailable
from embedhost.lib.journal_files import Room
from secrets_admin.feed import feed
from tokens.doors import DOORS
from tokens.errors import TokenError

#: Refusals in detail per organization: of its own tokens, and of tokens that only claim to be.
KEPT_VERIFIED: Final = 300
KEPT_CLAIMED: Final = 100
#: Rows of counts per organization and hour; further customers and hosts are counted as "any other".
COUNTS_AN_HOUR: Final = {True: 200, False: 40}
#: Rows of each table in all: of verified tokens, and of claimed ones.
MOST_ROWS: Final = {True: 200_000, False: 50_000}
KEPT_DAYS: Final = 31
#: What may wait on a disk while the database is away; a line has some 500 bytes.
ROOMS: Final = {True: Room("verified", 64 * 1024 * 1024), False: Room("claimed", 16 * 1024 * 1024)}

_ORIGIN: Final = re.compile(r"https?://[a-z0-9._:\[\]-]{1,240}")
_REFERENCE: Final = re.compile(r"R-[2-9A-HJ-NP-Z]{6}")
_Fact = Mapping[str, Any]


def note(error: TokenError, *, reference: str, door: str, token: str, host: str | None) -> None:
    """Write one refusal to the journal; no database is asked. One that finds no room there is only counted.

    ``host`` is the origin of the Referer when there was one. Of the token only its digest is kept.
    """
    at, organization_id = _now(), error.organization_id or NOBODY
    try:
        journal.write_in(
            ROOMS[error.verified],
            "refusal",
            at=at,
            organization_id=organization_id,
            verified=error.verified,
            reference=reference,
            reason=str(error.reason),
            claim=(error.claim or "")[:64],
            problem=(error.problem or "")[:300],
            key_id=error.key_id or "",
            door=door,
            host=_host(host),
            customer=error.customer or "" if error.verified else "",
            digest=digest_of(token),
        )
    except OSError:
        left_out.add(Place(organization_id, error.verified, str(error.reason), at - at % 3600))


def digest_of(token: str) -> str:
    """Return the name under which the ledger knows a token; nothing leads back from it."""
    return sha256(token.encode(errors="surrogatepass")).hexdigest() if token else ""


def _now() -> float:
    try:
        return feed.now()
    except ServiceUnavailable:
        return time.time()


def _host(origin: str | None) -> str:
    if not origin:
        return ""
    return origin if _ORIGIN.fullmatch(origin) else "invalid"


@journal.handle("refusal")
def take(facts: Sequence[_Fact]) -> None:
    """Enter a batch of the journal into the ledger, within its bounds."""
    _add(Counter(_place(fact) for fact in facts))
    groups: defaultdict[tuple[int, bool], list[_Fact]] = defaultdict(list)
    for fact in facts:
        groups[fact["organization_id"], fact["verified"]].append(fact)
    for (organization_id, verified), group in groups.items():
        kept = KEPT_VERIFIED if verified else KEPT_CLAIMED
        Refusal.objects.bulk_create([_detail(fact) for fact in group[-kept:]])
        _drop_oldest(Refusal.objects.filter(organization_id=organization_id, verified=verified), kept)
    _prune_now_and_then()


@journal.handle("refusals")
def take_left_out(facts: Sequence[_Fact]) -> None:
    """Add what came without detail, because more came than may wait, to the counts."""
    numbers: Counter[_Count] = Counter()
    for fact in facts:
        at = datetime.fromtimestamp(fact["hour"], UTC)
        numbers[_Count(fact["organization_id"], at, fact["verified"], fact["reason"])] += fact["number"]
    _add(numbers, bare=True)


def _detail(fact: _Fact) -> Refusal:
    given = {name: value for name, value in fact.items() if name not in ("kind", "at")}
    return Refusal(**given, at=_moment(fact), format=DOORS.get(fact["door"], ""))


def _moment(fact: _Fact) -> datetime:
    return datetime.fromtimestamp(fact["at"], UTC)


def _drop_oldest(rows: "QuerySet[Any]", kept: int) -> None:
    """Delete all but the newest ``kept`` rows."""
    last = rows.order_by("-id").values_list("id", flat=True)[kept : kept + 1].first()
    if last is not None:
        rows.filter(id__lte=last).delete()


class _Count(NamedTuple):
    """What is counted together; the fields are those of RefusalCount's constraint, in its order."""

    organization_id: int
    hour: datetime
    verified: bool
    reason: str
    customer: str = ""
    host: str = ""


def _add(numbers: Counter[_Count], *, bare: bool = False) -> None:
    hours = sorted({place[:3] for place in numbers})
    room = {hour: _room(hour) for hour in hours}
    # In one order everywhere, so that two processes that take their journals at once wait and do not block each other.
    folded: Counter[_Count] = Counter()
    for place, number in sorted(numbers.items()):
        folded[_fold(place, *room[place[:3]])] += number
    with connection.cursor() as cursor:
        cursor.executemany(_ADD, [_row(place, number, bare) for place, number in sorted(folded.items())])


def _row(place: _Count, number: int, bare: bool) -> tuple[Any, ...]:
    hour = connection.ops.adapt_datetimefield_value(place.hour)
    return (place.organization_id, hour, *place[2:], number, number if bare else 0)


def _place(fact: _Fact) -> _Count:
    hour = _moment(fact).replace(minute=0, second=0, microsecond=0)
    return _Count(fact["organization_id"], hour, fact["verified"], fact["reason"], fact["customer"], fact["host"])


def _room(hour: tuple[int, datetime, bool]) -> tuple[set[_Count], list[int]]:
    """Return the rows that an hour has, and how many more it may get."""
    organization_id, at, verified = hour
    rows = RefusalCount.objects.filter(organization_id=organization_id, hour=at, verified=verified)
    known = {_Count(*row) for row in rows.values_list(*_Count._fields)}
    return known, [COUNTS_AN_HOUR[verified] - len(known)]


def _fold(place: _Count, known: set[_Count], left: list[int]) -> _Count:
    if place in known or not (place.customer or place.host):
        return place
    if left[0] <= 0:
        return place._replace(customer="", host="")
    left[0] -= 1
    return place


_ADD: Final = f"""
    INSERT INTO {RefusalCount._meta.db_table} AS counted ({", ".join(_Count._fields)}, number, left_out)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT ({", ".join(_Count._fields)}) DO UPDATE
    SET number = counted.number + excluded.number, left_out = counted.left_out + excluded.left_out
"""  # noqa: S608 -- the table's and its columns' own names

_pruned_at: list[float] = []
_PRUNE_SECONDS: Final = 600.0


def _prune_now_and_then() -> None:
    now = time.monotonic()
    if not _pruned_at or now - _pruned_at[-1] > _PRUNE_SECONDS:
        _pruned_at[:] = [now]
        prune()


def prune() -> None:
    """Delete what is older than KEPT_DAYS, and the oldest rows of a table that is too long."""
    old = datetime.now(UTC) - timedelta(days=KEPT_DAYS)
    Refusal.objects.filter(at__lt=old).delete()
    RefusalCount.objects.filter(hour__lt=old).delete()
    for verified, most in MOST_ROWS.items():
        _drop_oldest(Refusal.objects.filter(verified=verified), most)
        _drop_oldest(RefusalCount.objects.filter(verified=verified), most)


def newest(organization_id: int, *, verified: bool) -> "QuerySet[Refusal]":
    """Return an organization's refusals in detail, newest first: of its own tokens, or of those that claim to be."""
    return Refusal.objects.filter(organization_id=organization_id, verified=verified).order_by("-id")


def counts(organization_id: int, since: datetime) -> "QuerySet[RefusalCount]":
    """Return an organization's counts from an hour on."""
    return RefusalCount.objects.filter(organization_id=organization_id, hour__gte=since)


def is_reference(text: str) -> bool:
    """Say whether a text is a reference as viewers see it."""
    return _REFERENCE.fullmatch(text) is not None


def find(organization_id: int, reference: str) -> Refusal | None:
    """Return the refusal behind a viewer's reference: an organization's own, or one that names nobody."""
    rows = Refusal.objects.filter(reference=reference).filter(Q(organization_id__in=(organization_id, NOBODY)))
    return rows.order_by("-verified", "-id").first()


def of_token(organization_id: int, token: str) -> Refusal | None:
    """Return the newest refusal of this very text among an organization's own."""
    rows = Refusal.objects.filter(digest=digest_of(token), organization_id=organization_id)
    return rows.order_by("-id").first()
