"""Usage as its page and its download show it: what was asked for, totals, days, and rows by dashboard or customer."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet, Sum

from customers.access import find_by_external_id
from customers.models import Customer
from dashboards.models import Dashboard
from embed.rollup import COUNTED, LIMITED
from embed.usage_models import DayUsage
from secrets_admin.models import Workspace

PERIODS = {7: "7 days", 30: "30 days", 90: "90 days", 365: "12 months"}
GROUPS = {"dashboard": "Dashboards", "customer": "Customers", "day": "Days"}
COUNTS = ("embeds", *COUNTED)
_LIMITS = {
    "limited_customer": "One customer’s",
    "limited_organization": "The organization’s",
    "limited_source": "A data source’s",
    "limited_breaker": "Source not answering",
}
#: Rows that the page shows; the download has all.
SHOWN = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """What a query string asks for: the last ``days`` days (UTC), of one dashboard, of one customer, grouped."""

    days: int = 30
    by: str = "dashboard"
    dashboard_id: int | None = None
    customer: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Asked":
        """Read a query string; what makes no sense is left out."""
        days, dashboard = query.get("days", ""), query.get("dashboard", "")
        return cls(
            days=int(days) if days in map(str, PERIODS) else 30,
            by=query.get("by", "") if query.get("by") in GROUPS else "dashboard",
            dashboard_id=int(dashboard) if re.fullmatch(r"[0-9]{1,18}", dashboard) else None,
            customer=query.get("customer", "").replace("\x00", "")[:255],
        )

    @property
    def query(self) -> str:
        """The download's part of the address, which keeps what was chosen."""
        parts = {"days": self.days, "dashboard": self.dashboard_id, "customer": self.customer}
        return urlencode({name: value for name, value in parts.items() if value})


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what it is about, and its counts."""

    name: str
    sub: str
    counts: Mapping[str, int]

    @property
    def share(self) -> str:
        """How many of the panels came from the cache, in per cent."""
        return percent(self.counts["hits"], self.counts["panels"])

    @property
    def turned_away(self) -> int:
        """What limits refused, whosever they were."""
        return sum(self.counts[name] for name in LIMITED)

    @property
    def limits(self) -> list[tuple[str, int]]:
        """The limits that refused something, in words, each with how often."""
        return [(words, self.counts[name]) for name, words in _LIMITS.items() if self.counts[name]]

    @property
    def seconds(self) -> str:
        return f"{self.counts['milliseconds'] / 1000:,.1f}"


def percent(part: int, whole: int) -> str:
    """Return a share in whole per cent; a dash when there is nothing to share."""
    return f"{round(part * 100 / whole)}%" if whole else "–"


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that the page shows."""

    asked: Asked
    total: Row
    days: Sequence[tuple[date, int]]
    rows: Sequence[Row]
    more: bool


def report(workspace: Workspace, asked: Asked) -> Report:
    """Return the usage of the workspace's organization."""
    found = usage(workspace, asked)
    rows = list(_rows(workspace, found, asked.by)[: SHOWN + 1])
    total = Row("", "", {name: number or 0 for name, number in found.aggregate(**_sums()).items()})
    return Report(asked, total, _days(found, asked.days), _named(workspace, rows[:SHOWN], asked.by), len(rows) > SHOWN)


def usage(workspace: Workspace, asked: Asked) -> QuerySet[DayUsage]:
    """Return the days that are asked for. A customer that nobody knows has none."""
    first = _today() - timedelta(days=asked.days - 1)
    found = DayUsage.objects.filter(organization_id=workspace.organization_id, day__gte=first)
    if asked.dashboard_id is not None:
        found = found.filter(dashboard_id=asked.dashboard_id)
    if asked.customer:
        customer = find_by_external_id(workspace, asked.customer)
        found = found.filter(customer_id=customer.id) if customer else found.none()
    return found


def _today() -> date:
    return datetime.now(UTC).date()


def _sums() -> dict[str, Sum]:
    return {name: Sum(name) for name in COUNTS}


def _rows(workspace: Workspace, found: QuerySet[DayUsage], by: str) -> QuerySet[DayUsage, dict[str, Any]]:
    column = by if by == "day" else f"{by}_id"
    order = ("-day",) if by == "day" else ("-embeds", "-panels", column)
    rows: QuerySet[DayUsage, dict[str, Any]] = found.values(column).annotate(**_sums()).order_by(*order)
    return rows


def _days(found: QuerySet[DayUsage], days: int) -> list[tuple[date, int]]:
    counted = dict(found.values_list("day").annotate(number=Sum("embeds")))
    first = _today() - timedelta(days=days - 1)
    every_day = [first + timedelta(days=offset) for offset in range(days)]
    return [(day, counted.get(day, 0)) for day in every_day]


def _named(workspace: Workspace, rows: Sequence[Mapping[str, Any]], by: str) -> list[Row]:
    if by == "day":
        return [Row(f"{row['day']:%-d %b %Y}", "", row) for row in rows]
    names = Names(workspace, [row[f"{by}_id"] for row in rows], by)
    return [Row(*names.of(row[f"{by}_id"]), row) for row in rows]


class Names:
    """What dashboards or customers are called, also those that are gone."""

    def __init__(self, workspace: Workspace, ids: Sequence[int], by: str) -> None:
        self._by = by
        self._names = self._load(workspace, set(ids))

    def _load(self, workspace: Workspace, ids: set[int]) -> dict[int, tuple[str, str]]:
        organization = workspace.organization_id
        if self._by == "customer":
            customers = Customer.objects.filter(workspace__organization_id=organization, id__in=ids)
            return {row.id: (row.name, row.external_id) for row in customers}
        return {row.id: (row.title, "") for row in Dashboard.objects.filter(organization_id=organization, id__in=ids)}

    def of(self, id: int) -> tuple[str, str]:
        """Return name and second line."""
        if self._by == "customer" and id == 0:
            return "No customer", "dashboards over shared tables alone"
        return self._names.get(id) or (f"{self._by.title()} {id}", "deleted")


HEAD = (
    "day",
    "dashboard_id",
    "dashboard",
    "customer",
    "customer_name",
    "embeds",
    "panels",
    "panels_from_cache",
    "queries",
    "seconds",
    "rows",
    "exports",
    "turned_away_by_customer_limit",
    "turned_away_by_organization_limit",
    "turned_away_by_source_limit",
    "turned_away_while_source_failed",
)


def download(workspace: Workspace, asked: Asked) -> Iterator[Sequence[object]]:
    """Give every day, dashboard and customer with its counts, newest day first."""
    found = usage(workspace, asked)
    dashboards = Names(workspace, list(found.values_list("dashboard_id", flat=True).distinct()), "dashboard")
    customers = Names(workspace, list(found.values_list("customer_id", flat=True).distinct()), "customer")
    for row in found.order_by("-day", "dashboard_id", "customer_id").iterator():
        name, external_id = customers.of(row.customer_id) if row.customer_id else ("", "")
        seconds = row.milliseconds / 1000
        counts = (row.embeds, row.panels, row.hits, row.queries, seconds, row.rows, row.exports)
        limited = (getattr(row, column) for column in LIMITED)
        yield row.day, row.dashboard_id, dashboards.of(row.dashboard_id)[0], external_id, name, *counts, *limited
