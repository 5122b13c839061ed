"""Usage, access log and refusals in the REST API, as far as they concern the customers of the key's workspace."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Substr
from django.http.response import HttpResponseBase
from django.urls import path
from rest_framework.request import Request

from customers.models import Customer
from dashboards.models import Dashboard
from embed import access_log, refusals
from embed import reports_api_fields as fields
from embed.ledger_models import Refusal
from embed.usage_models import AccessRecord, DayUsage
from embedhost.lib.api.endpoint import endpoint
from embedhost.lib.api.pages import cut_newest
from embedhost.lib.api.tables import CSV, answer_page
from secrets_admin.api_view import KeyView
from secrets_admin.models import Workspace
from tokens.keys import CUSTOMER_KEYS

#: Days before the last one that are counted when the call does not say it.
_USUAL_DAYS: Final = 29
_COUNTS: Final = ("embeds", "panels", "hits", "queries", "milliseconds", "rows", "exports")
_COLUMNS: Final = {"day": "day", "dashboard": "dashboard_id", "customer": "customer_id"}


class UsageView(KeyView):
    """What was shown, put together by day, dashboard or customer."""

    @endpoint(
        "usage_list",
        "Count usage",
        scope="read",
        query=fields.UsageQuery,
        answers={200: fields.UsagePage, **CSV},
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Of the key's customers; what names no customer is that of the whole organization.

        With `format=csv` the page is a table, and the `Link` header has the address of the next one.
        """
        rows, following = self._page()
        items = _told(rows, self.asked["by"], self.key.organization_id)
        return answer_page(request, fields.UsageItem, items, following, format=self.asked["format"])

    def _page(self) -> tuple[Sequence[Mapping[str, Any]], str | None]:
        column, limit = _COLUMNS[self.asked["by"]], self.asked["limit"]
        found = self._rows().values(column).annotate(**{name: Sum(name) for name in _COUNTS})
        if "after" in self.asked:
            found = found.filter(**{f"{column}__gt": _key(self.asked["by"], self.asked["after"])})
        rows = list(found.order_by(column)[: limit + 1])
        last = rows[limit - 1][column] if len(rows) > limit else None
        return rows[:limit], None if last is None else str(last.toordinal() if isinstance(last, date) else last)

    def _rows(self) -> QuerySet[DayUsage]:
        until = self.asked.get("until") or datetime.now(UTC).date()
        since = self.asked.get("since") or max(date.min + timedelta(_USUAL_DAYS), until) - timedelta(_USUAL_DAYS)
        rows = DayUsage.objects.filter(organization_id=self.key.organization_id, day__gte=since, day__lte=until)
        if "dashboard" in self.asked:
            boards = Dashboard.objects.filter(embed_id=self.asked["dashboard"])
            rows = rows.filter(dashboard_id__in=boards.values("id"))
        return _seen(self, rows, Q(customer_id=0))


class AccessLogView(KeyView):
    """What was shown to whom."""

    @endpoint(
        "access_log_list",
        "Read the access log",
        scope="read",
        query=fields.AccessQuery,
        answers={200: fields.AccessPage, **CSV},
    )
    def get(self, request: Request) -> HttpResponseBase:
        """The newest first; a line is there some seconds after it happened. What names no customer is that of the
        whole organization."""
        rows = _seen(self, access_log.records(self.key.organization_id), Q(customer_id=None))
        if "event" in self.asked:
            rows = rows.filter(event=self.asked["event"])
        page, following = cut_newest(rows, self.asked)
        names = _embed_ids(self.key.organization_id, (row.dashboard_id for row in page))
        items = [_access(row, names) for row in page]
        return answer_page(request, fields.AccessItem, items, following, format=self.asked["format"])


class RefusalsView(KeyView):
    """Why tokens were refused."""

    @endpoint(
        "refusals_list",
        "Read refused tokens",
        scope="read",
        query=fields.RefusalsQuery,
        answers={200: fields.RefusalsPage, **CSV},
    )
    def get(self, request: Request) -> HttpResponseBase:
        """The newest few hundred of the workspace's own tokens, the newest first."""
        rows = refusals.newest(self.key.organization_id, verified=True)
        own = self.workspace.embed_secrets.values("key_id")
        rows = rows.filter(Q(key_id__in=own) | Q(key_id__startswith=CUSTOMER_KEYS) & _is_own_customer(self.workspace))
        if "customer" in self.asked:
            self.key.require_customer(self.asked["customer"])
            rows = rows.filter(customer=self.asked["customer"])
        elif self.key.customers is not None:
            rows = rows.filter(customer__in=self.key.customers)
        page, following = cut_newest(rows, self.asked)
        items = [_refusal(row) for row in page]
        return answer_page(request, fields.RefusalItem, items, following, format=self.asked["format"])


def _seen(view: KeyView, rows: "QuerySet[Any]", nobody: Q) -> "QuerySet[Any]":
    """Return what of some rows a key may see: its customers', deleted ones too, and for all of them nobody's."""
    customers = Customer.objects.filter(workspace_id=view.key.workspace_id)
    if "customer" in view.asked:
        view.key.require_customer(view.asked["customer"])
        customers = customers.filter(external_id=view.asked["customer"])
    elif view.key.customers is not None:
        customers = customers.filter(external_id__in=view.key.customers)
    else:
        return rows.filter(Q(customer_id__in=customers.values("id")) | nobody)
    return rows.filter(customer_id__in=customers.values("id"))


def _is_own_customer(workspace: Workspace) -> Q:
    """Match refusals of customers' own tokens that are of this workspace, also where others have equal external ids.

    A token that was replaced since is told from those of the others by the id alone, so it is left out where they
    have it.
    """
    named = Customer.objects.filter(external_id=OuterRef("customer"))
    made = named.filter(workspace=workspace, token_hash__startswith=Substr(OuterRef("key_id"), len(CUSTOMER_KEYS) + 1))
    others = named.filter(workspace__organization=workspace.organization).exclude(workspace=workspace)
    return Q(Exists(made)) | Q(Exists(named.filter(workspace=workspace))) & ~Q(Exists(others))


def _key(by: str, number: int) -> object:
    """Return where a page begins; a day is counted from the first one of our calendar."""
    return date.fromordinal(min(max(number, 1), date.max.toordinal())) if by == "day" else number


def _told(rows: Sequence[Mapping[str, Any]], by: str, organization_id: int) -> list[dict[str, Any]]:
    names: Mapping[int, str] = {}
    if by == "dashboard":
        names = _embed_ids(organization_id, (row["dashboard_id"] for row in rows))
    if by == "customer":
        found = Customer.objects.filter(id__in=[row["customer_id"] for row in rows])
        names = dict(found.values_list("id", "external_id"))
    return [_usage(row, names) for row in rows]


def _usage(row: Mapping[str, Any], names: Mapping[int, str]) -> dict[str, Any]:
    return {
        "day": row.get("day"),
        "dashboard": names.get(row.get("dashboard_id", 0)),
        "customer": names.get(row.get("customer_id", 0)),
        "embeds": row["embeds"],
        "panels": row["panels"],
        "panels_from_cache": row["hits"],
        "queries": row["queries"],
        "seconds": row["milliseconds"] / 1000,
        "rows": row["rows"],
        "exports": row["exports"],
    }


def _embed_ids(organization_id: int, ids: Iterable[int]) -> dict[int, str]:
    rows = Dashboard.objects.filter(organization_id=organization_id, id__in=set(ids))
    return {row_id: str(embed_id) for row_id, embed_id in rows.values_list("id", "embed_id")}


def _access(row: AccessRecord, names: Mapping[int, str]) -> dict[str, Any]:
    return {
        "at": row.at,
        "event": row.event,
        "customer": row.external_id or None,
        "viewer": row.viewer or None,
        "dashboard": names.get(row.dashboard_id),
        "panel": row.panel or None,
        "tables": row.tables,
        "predicate_digest": row.predicate or None,
        "rows": row.rows,
        "token_digest": row.digest,
        "request_id": row.request or None,
    }


def _refusal(row: Refusal) -> dict[str, Any]:
    return {
        "at": row.at,
        "reference": row.reference,
        "reason": row.reason,
        "claim": row.claim or None,
        "problem": row.problem or None,
        "key_id": row.key_id or None,
        "format": row.format,
        "site": row.host or None,
        "customer": row.customer or None,
    }


api_urlpatterns = [
    path("api/v1/usage/", UsageView.as_view(), name="api_usage"),
    path("api/v1/access-log/", AccessLogView.as_view(), name="api_access_log"),
    path("api/v1/refusals/", RefusalsView.as_view(), name="api_refusals"),
]
