"""What the customers of a workspace were shown, by calendar month (UTC): the days of DayUsage, added up."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncMonth

from customers.models import Customer
from embed.usage_models import DayUsage
from secrets_admin.models import Workspace

#: Column of DayUsage -> how an answer calls it.
COUNTS: Mapping[str, str] = {
    "embeds": "embeds",
    "panels": "panels",
    "hits": "cached_panels",
    "queries": "queries",
    "milliseconds": "query_milliseconds",
    "rows": "rows",
    "exports": "exports",
}


@dataclass(frozen=True, slots=True)
class Months:
    """From the first day of a month up to, and without, the first day of another."""

    first: date
    end: date


def usage_by_month(
    workspace: Workspace, months: Months, only: Collection[str] | None
) -> QuerySet[DayUsage, dict[str, Any]]:
    """Return a row for each month and customer that was shown anything, deleted ones too, oldest first.

    ``only`` has the external ids of the customers that are asked for; None: all of the workspace.
    """
    customers = Customer.objects.filter(workspace=workspace)
    if only is not None:
        customers = customers.filter(external_id__in=only)
    days = DayUsage.objects.filter(organization_id=workspace.organization_id, day__gte=months.first, day__lt=months.end)
    of_these = days.filter(customer_id__in=customers.values("id")).annotate(month=TruncMonth("day"))
    rows: QuerySet[DayUsage, dict[str, Any]] = of_these.values(*_BY).annotate(**_SUMS).order_by(*_BY)
    return rows


_BY = ("month", "customer_id")
_SUMS = {f"total_{column}": Sum(column) for column in COUNTS}


def described(rows: Collection[Mapping[str, Any]]) -> Sequence[Mapping[str, object]]:
    """Return rows as an answer tells them, each with its customer's external id."""
    names = dict(Customer.objects.filter(pk__in={row["customer_id"] for row in rows}).values_list("pk", "external_id"))
    return [
        {
            "tenant_id": names.get(row["customer_id"], ""),
            "period": row["month"].strftime("%Y-%m"),
            **{told: row[f"total_{column}"] for column, told in COUNTS.items()},
        }
        for row in rows
    ]
