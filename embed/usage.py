"""Embeds counted exactly once per token, and how often panels asked the owner's database (design.md section 11)."""

import secrets
import threading
from datetime import UTC, date, datetime, timedelta

from django.db import DatabaseError, connection
from django.db.models import Count, F, Sum
from django.db.models.functions import TruncDate

from embed.models import Embed, PanelCount
from embedhost.lib.errors import ServiceUnavailable
from embedhost.lib.memory import Recent
from tokens.claims import Claims
from tokens.errors import Reason, TokenError
from tokens.grant import Grant, Purpose

#: Digests known to be recorded, so that a token seen before costs no round trip.
_recorded: Recent[str, bool] = Recent(50_000)


def record_embed(grant: Grant, *, per_page: bool = False) -> None:
    """Count this token's embed, once whatever happens. Raises ServiceUnavailable when it cannot be written.

    Durable before the first byte is sent; the digest is unique, so repetitions are harmless. Previews never count.
    ``per_page``: a token that does not end counts anew for each page that it opens.
    """
    if grant.purpose is not Purpose.EMBED or _recorded.get(grant.token_digest):
        return
    try:
        _insert(grant, secrets.token_hex(32) if per_page else grant.token_digest)
    except DatabaseError as error:
        connection.close()
        raise ServiceUnavailable from error
    if not per_page:
        _recorded.put(grant.token_digest, True)


def check_first_seen(claims: Claims, grant: Grant) -> None:
    """Refuse a token without ``iat`` that was used before its customer was made again (design.md section 6).

    Raises TokenError. A token without ``iat`` that was never used cannot be told from a new one.
    """
    customer = grant.customer
    if customer is None or customer.generation == 1 or claims.issued_at is not None:
        return
    since = datetime.fromtimestamp(customer.since, UTC)
    if Embed.objects.filter(digest=grant.token_digest, first_at__lt=since).exists():
        raise TokenError(Reason.REVOKED).about(claims.key, verified=True)


#: By hand, since the ORM would open and commit a transaction around it: three round trips for one.
_INSERT = f"""
    INSERT INTO {Embed._meta.db_table} (digest, organization_id, dashboard_id, customer_id, key_id)
    VALUES (%s, %s, %s, %s, %s) ON CONFLICT (digest) DO NOTHING
"""  # noqa: S608 -- the table's own name


def _insert(grant: Grant, digest: str) -> None:
    customer_id = grant.customer.id if grant.customer else None
    values: list[str | int | None] = [
        digest,
        grant.organization_id,
        grant.dashboard_id,
        customer_id,
        grant.key_id,
    ]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, values)


def forget() -> None:
    """Forget which digests are recorded and what was counted, as a new process would."""
    _recorded.clear()
    panel_counter.clear()


def embeds_per_day(organization_id: int, dashboard_id: int, days: int) -> list[tuple[date, int]]:
    """Return each of the last ``days`` days (UTC) with its number of embeds, oldest first, days without any too."""
    today = datetime.now(UTC).date()
    first = today - timedelta(days=days - 1)
    rows = Embed.objects.filter(
        organization_id=organization_id, dashboard_id=dashboard_id, first_at__gte=_midnight(first)
    )
    counted = rows.annotate(day=TruncDate("first_at", tzinfo=UTC)).values("day").annotate(number=Count("id"))
    found = {row["day"]: row["number"] for row in counted}
    every_day = [first + timedelta(days=offset) for offset in range(days)]
    return [(day, found.get(day, 0)) for day in every_day]


def embeds_between(organization_id: int, dashboard_id: int, start: date, end: date) -> int:
    """Return the embeds from ``start`` to the day before ``end`` (UTC)."""
    return Embed.objects.filter(
        organization_id=organization_id,
        dashboard_id=dashboard_id,
        first_at__gte=_midnight(start),
        first_at__lt=_midnight(end),
    ).count()


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def queries_share(organization_id: int, dashboard_id: int, days: int) -> tuple[int, int]:
    """Return (panels shown, queries sent to the owner's database) of the last ``days`` days."""
    since = datetime.now(UTC).date() - timedelta(days=days - 1)
    sums = PanelCount.objects.filter(
        organization_id=organization_id, dashboard_id=dashboard_id, day__gte=since
    ).aggregate(panels=Sum("panels"), queries=Sum("queries"))
    return sums["panels"] or 0, sums["queries"] or 0


class PanelCounter:
    """Counts of panels and queries, kept in memory and written in batches off the request path."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[int, int], list[int]] = {}

    def add(self, grant: Grant, *, panels: int, queries: int) -> None:
        """Count what one request showed and asked. Previews never count."""
        if grant.purpose is not Purpose.EMBED:
            return
        self._count(grant.organization_id, grant.dashboard_id, panels, queries)

    def clear(self) -> None:
        """Drop what was not written yet."""
        with self._lock:
            self._counts.clear()

    def _count(self, organization_id: int, dashboard_id: int, panels: int, queries: int) -> None:
        with self._lock:
            counts = self._counts.setdefault((organization_id, dashboard_id), [0, 0])
            counts[0] += panels
            counts[1] += queries

    def write(self) -> None:
        """Add what was counted since the last time to today's rows; what cannot be written is kept."""
        while self._counts:
            with self._lock:
                (organization_id, dashboard_id), (panels, queries) = self._counts.popitem()
            try:
                _add_to_today(organization_id, dashboard_id, panels, queries)
            except DatabaseError:
                self._count(organization_id, dashboard_id, panels, queries)
                raise


def _add_to_today(organization_id: int, dashboard_id: int, panels: int, queries: int) -> None:
    day = datetime.now(UTC).date()
    row, _ = PanelCount.objects.get_or_create(
        dashboard_id=dashboard_id, day=day, defaults={"organization_id": organization_id}
    )
    PanelCount.objects.filter(id=row.id).update(panels=F("panels") + panels, queries=F("queries") + queries)


panel_counter = PanelCounter()
