"""Refusals: why tokens of this organization were refused, how often, and the newest ones in detail."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncDate
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString

from dashboards.charts.card import CardPanel, CardState, draw_card
from embed import refusals as ledger
from embed.ledger_models import Refusal, RefusalCount
from embed.reasons import WORDS
from secrets_admin.access import Right
from secrets_admin.guard import Caller, room
from tokens.errors import Reason

#: Rows of the lists.
NEWEST: Final = 50
TOP: Final = 8
#: What can be asked for: words, number of steps, and whether a step is an hour or a day.
PERIODS: Final[Mapping[str, tuple[str, int, bool]]] = {
    "day": ("Last 24 hours", 24, True),
    "fortnight": ("Last 14 days", 14, False),
    "month": ("Last 31 days", 31, False),
}
_FILTERS: Final = ("reason", "customer", "host")


@dataclass(frozen=True, slots=True)
class Share:
    """How many refusals one reason, customer or host has; ``share`` in per cent of all."""

    value: str
    label: str
    number: int
    share: float


@dataclass(frozen=True, slots=True)
class Row:
    """One refusal of the list."""

    refusal: Refusal
    title: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What the query string asks for."""

    period: str
    filters: Mapping[str, str]

    @property
    def words(self) -> str:
        return PERIODS[self.period][0]

    @property
    def hourly(self) -> bool:
        return PERIODS[self.period][2]

    @property
    def steps(self) -> Sequence[datetime]:
        """Return the beginnings of the hours or days (UTC), the present one last."""
        number, now = PERIODS[self.period][1], timezone.now().astimezone(UTC)
        step = timedelta(hours=1) if self.hourly else timedelta(days=1)
        last = now.replace(minute=0, second=0, microsecond=0)
        last = last if self.hourly else last.replace(hour=0)
        return [last - step * back for back in reversed(range(number))]


@room(Right.EDIT, "GET")
def refusals(request: HttpRequest, caller: Caller) -> HttpResponse:
    asked = read_asked(request.GET)
    counts = ledger.counts(caller.organization.id, asked.steps[0]).filter(**asked.filters)
    total, claimed = _total(counts), _total(counts.filter(verified=False))
    left_out = counts.aggregate(total=Sum("left_out"))["total"] or 0
    context = {
        "caller": caller,
        "asked": asked,
        "periods": [(name, words, name == asked.period) for name, (words, _, _) in PERIODS.items()],
        "total": total,
        "claimed": claimed,
        "left_out": left_out,
        "chart": draw(counts, asked) if total else "",
        "shares": [(name, _shares(counts, name, total)) for name in _FILTERS] if total else [],
        "newest": _rows(caller, asked, verified=True),
        "newest_claimed": _rows(caller, asked, verified=False),
    }
    return render(request, "console/refusals.html", context)


def read_asked(query: Mapping[str, str]) -> Asked:
    """Read the query string; what is not known is left out."""
    given = {name: query.get(name, "").replace("\x00", "")[:255] for name in _FILTERS}
    period = query.get("period", "")
    return Asked(
        period if period in PERIODS else "fortnight",
        {name: value for name, value in given.items() if value and (name != "reason" or value in set(Reason))},
    )


def _total(counts: "QuerySet[RefusalCount]") -> int:
    return counts.aggregate(total=Sum("number"))["total"] or 0


def _shares(counts: "QuerySet[RefusalCount]", name: str, total: int) -> Sequence[Share]:
    found = counts.values(name).annotate(total=Sum("number")).order_by("-total", name)[:TOP]
    return [Share(row[name], label_of(name, row[name]), row["total"], row["total"] * 100 / total) for row in found]


def label_of(name: str, value: str) -> str:
    """Return a reason in words; what has no value was not known, or is one of many."""
    if name == "reason":
        return title_of(value)
    return value or {"customer": "Not known", "host": "Not known"}[name]


def title_of(reason: str) -> str:
    """Return a reason as the beginning of a sentence; one of another version as it is."""
    title = WORDS[Reason(reason)].title if reason in set(Reason) else reason
    return title[:1].upper() + title[1:]


def _rows(caller: Caller, asked: Asked, *, verified: bool) -> Sequence[Row]:
    found = ledger.newest(caller.organization.id, verified=verified).filter(**asked.filters)
    return [Row(row, title_of(row.reason)) for row in found[:NEWEST]]


def draw(counts: "QuerySet[RefusalCount]", asked: Asked) -> SafeString:
    """Draw the counts over time, a column for each hour or day, its parts the reasons."""
    numbers = _by_step(counts, asked)
    reasons = sorted({reason for found in numbers.values() for reason in found})
    rows = [(step, reason, numbers[step].get(reason)) for step in asked.steps for reason in reasons]
    columns = [
        {
            "name": "time",
            "type": "datetime" if asked.hourly else "date",
            "values": [_iso(at, asked) for at, _, _ in rows],
        },
        {"name": "reason", "type": "text", "values": [title_of(reason) for _, reason, _ in rows]},
        {"name": "number", "type": "number", "values": [number for _, _, number in rows]},
    ]
    panel = CardPanel(
        id="refusals",
        type="bar",
        title=f"Refused tokens by {'hour' if asked.hourly else 'day'}",
        note=f"{asked.words}, UTC, by reason",
        width=12,
        encoding={"x": "time", "y": ["number"], "series": "reason", "labels": {"number": "Refused", "time": "Time"}},
    )
    data = {"columns": columns, "rows": len(rows), "truncated": False}
    spec = {"type": "bar", "encoding": panel.encoding, "data": data, "locale": "en", "time_zone": "UTC", "as_of": ""}
    return draw_card(panel, spec, CardState())


def _by_step(counts: "QuerySet[RefusalCount]", asked: Asked) -> Mapping[datetime, Mapping[str, int]]:
    step = "hour" if asked.hourly else "day"
    rows = counts if asked.hourly else counts.annotate(day=TruncDate("hour", tzinfo=UTC))
    found: defaultdict[datetime, dict[str, int]] = defaultdict(dict)
    for row in rows.values(step, "reason").annotate(total=Sum("number")).order_by():
        at = row[step] if asked.hourly else datetime(row[step].year, row[step].month, row[step].day, tzinfo=UTC)
        found[at][row["reason"]] = row["total"]
    return found


def _iso(at: datetime, asked: Asked) -> str:
    return at.isoformat() if asked.hourly else at.date().isoformat()
