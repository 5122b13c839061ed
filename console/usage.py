"""How often things were embedded, as the console's pages say it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from django.db.models import Count, Max, Q
from django.utils import timezone

from embed import usage
from embed.models import Embed
from secrets_admin.models import EmbedSecret
from tokens.keys import CUSTOMER_KEYS

DAYS = 30
#: Days without an embed after which a verify-only secret may go.
_QUIET_DAYS = 14


@dataclass(frozen=True, slots=True)
class KeyUse:
    """When a secret last opened a page, and how often within 24 hours."""

    last: datetime | None = None
    today: int = 0


def use_of_keys(organization_id: int) -> dict[str, KeyUse]:
    """Return key id -> KeyUse of the organization's secrets; customers' own tokens have none and are left out."""
    recent = Count("id", filter=Q(first_at__gte=timezone.now() - timedelta(days=1)))
    embeds = Embed.objects.filter(organization_id=organization_id).exclude(key_id__startswith=CUSTOMER_KEYS)
    rows = embeds.values("key_id")
    counted = rows.annotate(last=Max("first_at"), today=recent)
    return {row["key_id"]: KeyUse(row["last"], row["today"]) for row in counted}


def embeds_by_dashboard(organization_id: int) -> dict[int, int]:
    """Return dashboard id -> embeds of the last 30 days (UTC), today included."""
    first = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS - 1)
    rows = Embed.objects.filter(organization_id=organization_id, first_at__gte=first).values("dashboard_id")
    return {row["dashboard_id"]: row["number"] for row in rows.annotate(number=Count("id"))}


def advice(secret: EmbedSecret, use: KeyUse) -> str:
    """Say what the use of a secret means for its owner; empty for one that was never used."""
    if secret.verify_only_until and secret.verify_only_until <= timezone.now():
        return "Its time is over, safe to retire" if secret.state == EmbedSecret.State.VERIFY_ONLY else ""
    if use.today:
        embeds = "1 embed" if use.today == 1 else f"{use.today:,} embeds"
        return f"{embeds} in 24 hours" + (", keep it" if secret.state == EmbedSecret.State.VERIFY_ONLY else "")
    if secret.state == EmbedSecret.State.VERIFY_ONLY:
        quiet = (timezone.now() - (use.last or secret.created_at)).days
        return f"Unused for {quiet} days, safe to retire" if quiet >= _QUIET_DAYS else "No embed in 24 hours"
    return "No embed in 24 hours" if use.last else ""


@dataclass(frozen=True, slots=True)
class Column:
    """One day of the chart; x, y and height in per cent of the plot."""

    day: date
    number: int
    x: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Embeds:
    """How often a dashboard was embedded within 30 days, how that changed, and what caching would do."""

    total: int
    change: float | None
    before: int
    hint: str
    columns: Sequence[Column]
    scale: Sequence[int]

    @property
    def change_size(self) -> float:
        return abs(self.change or 0)

    @property
    def days(self) -> Sequence[date]:
        """The days that the axis names: every seventh."""
        return [column.day for column in self.columns[1::7]]


def embeds_of(organization_id: int, dashboard_id: int) -> Embeds:
    """Return the embeds of one dashboard."""
    days = usage.embeds_per_day(organization_id, dashboard_id, 2 * DAYS)
    before, now = (sum(number for _, number in part) for part in (days[:DAYS], days[DAYS:]))
    shown, asked = usage.queries_share(organization_id, dashboard_id, DAYS)
    top = scale_top(max(number for _, number in days[DAYS:]))
    return Embeds(
        total=now,
        change=(now - before) * 100 / before if before else None,
        before=before,
        hint=caching_hint(shown, asked),
        columns=_columns(days[DAYS:], top),
        scale=[top, top // 2, 0],
    )


def caching_hint(shown: int, asked: int) -> str:
    """Say how many panels asked the owner's database, and whether a longer cache would help."""
    if not shown:
        return "A panel that is fresh in the cache is shown without asking your database."
    share = round(min(asked, shown) * 100 / shown)
    if share >= 20:
        return f"{share}% of panels asked your database: {asked:,} queries. A longer cache spares it most of them."
    return f"{share}% of panels asked your database. The cache answered the rest."


def scale_top(largest: int) -> int:
    """Return the even, round number at the top of an axis that holds ``largest``."""
    steps = [step * 10**power for power in range(10) for step in (2, 4, 6, 8, 10)]
    return next((upper for lower, upper in pairwise([0, *steps]) if lower < largest <= upper), 2)


def _columns(days: Sequence[tuple[date, int]], top: int) -> list[Column]:
    step = 100 / len(days)
    heights = [number * 100 / top for _, number in days]
    return [
        Column(day, number, round(index * step, 3), round(100 - height, 3), round(height, 3))
        for index, ((day, number), height) in enumerate(zip(days, heights, strict=True))
    ]
