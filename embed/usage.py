"""Embeds counted exactly once per token, and how often panels asked the owner's database (design.md section 11)."""

import secrets
from datetime import UTC, date, datetime, timedelta

from django.db import DatabaseError, connection
from django.db.models import Count, Sum
from django.db.models.functions import TruncDate

from embed.models import Embed
from embed.usage_models import DayUsage
from embedhost.lib.availability import ask
from embedhost.lib.errors import ServiceUnavailable
from embedhost.lib.memory import Recent
from secrets_admin.feed import feed
from tokens.claims import Claims
from tokens.errors import Reason, TokenError
from tokens.grant import Grant, Purpose
from tokens.times import LONGEST_LIFETIME

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
        digest = secrets.token_hex(32) if per_page else grant.token_digest
        ask(lambda: _insert(grant, digest))
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
    if feed.now() - customer.since > 2 * LONGEST_LIFETIME:
        return  # Whatever was made before that has ended.
    since = datetime.fromtimestamp(customer.since, UTC)
    before = Embed.objects.filter(digest=grant.token_digest, first_at__lt=since)
    if ask(before.exists):
        raise TokenError(Reason.REVOKED).about(claims.key, verified=True)


def is_embedded(organization_id: int, digest: str) -> bool:
    """Tell whether a token that ends opened a page; a customer's own token is recorded under other digests."""
    return Embed.objects.filter(organization_id=organization_id, digest=digest).exists()


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
    """Forget which digests are recorded, as a new process would."""
    _recorded.clear()


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


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def queries_share(organization_id: int, dashboard_id: int, days: int) -> tuple[int, int]:
    """Return (panels shown, queries sent to the owner's database) of the last ``days`` days."""
    since = datetime.now(UTC).date() - timedelta(days=days - 1)
    sums = DayUsage.objects.filter(
        organization_id=organization_id, dashboard_id=dashboard_id, day__gte=since
    ).aggregate(panels=Sum("panels"), queries=Sum("queries"))
    return sums["panels"] or 0, sums["queries"] or 0
