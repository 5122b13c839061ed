"""The access log's room: what was shown to whom, by customer, and how long it is kept. For owners."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from console.forms import RetentionForm
from console.usage_page import as_download
from console.usage_report import Names
from embed import access_log
from embed.mints import dismiss, minted
from embed.usage_models import AccessRecord, MintRecord
from embedhost.lib.spreadsheet import csv_lines
from secrets_admin import audit
from secrets_admin.access import Right
from secrets_admin.guard import Caller, room

PAGE = 50
EVENTS = dict(AccessRecord.Event.choices)
HEAD = (
    "time",
    "event",
    "customer",
    "viewer",
    "dashboard_id",
    "panel",
    "tables",
    "predicate_digest",
    "rows",
    "token_digest",
    "request_id",
)
MINT_HEAD = ("time", "key_id", "customer", "dashboard_id", "lifetime_seconds", "token_digest")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a query string asks for: one customer (external id), one kind of event, older than a place in it."""

    customer: str = ""
    event: str = ""
    before: tuple[datetime, int] | None = None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Asked":
        """Read a query string; what makes no sense is left out."""
        return cls(
            customer=query.get("customer", "").replace("\x00", "")[:255],
            event=query.get("event", "") if query.get("event") in EVENTS else "",
            before=_place(query.get("before", "")),
        )

    def rows(self, organization_id: int) -> QuerySet[AccessRecord]:
        """Return the records, newest first, from the place on."""
        found = access_log.records(organization_id, self.customer)
        if self.event:
            found = found.filter(event=self.event)
        if self.before:
            at, id = self.before
            found = found.filter(Q(at__lt=at) | Q(at=at, id__lt=id))
        return found

    @property
    def query(self) -> str:
        """The filter's part of an address."""
        return urlencode({name: text for name, text in (("customer", self.customer), ("event", self.event)) if text})


def _place(text: str) -> tuple[datetime, int] | None:
    """Read a place in the log: microseconds since the epoch and the row's id."""
    at, _, id = text.partition("-")
    if not (text.isascii() and at.isdigit() and id.isdigit()) or len(text) > 36 or len(at) > 16 or len(id) > 18:
        return None
    try:
        return datetime.fromtimestamp(int(at) // 1_000_000, UTC).replace(microsecond=int(at) % 1_000_000), int(id)
    except (ValueError, OverflowError, OSError):
        return None


def place_of(row: AccessRecord) -> str:
    """Write a row's place for the next page's address."""
    return f"{int(row.at.timestamp()) * 1_000_000 + row.at.microsecond}-{row.id}"


@room(Right.OWN, "GET")
def page(request: HttpRequest, caller: Caller) -> HttpResponse:
    return _page(request, caller, RetentionForm(initial={"days": access_log.retention(caller.organization.id)}))


@room(Right.OWN, "POST")
def retention(request: HttpRequest, caller: Caller) -> HttpResponse:
    form = RetentionForm(request.POST)
    if not form.is_valid():
        return _page(request, caller, form, status=400)
    days = form.cleaned_data["days"]
    with transaction.atomic():
        access_log.set_retention(caller.organization.id, days)
        audit.record(caller.organization, caller.actor, "access_log.retention_changed", f"{days} days", days=days)
    messages.success(request, "Saved.")
    return redirect("access_log", organization=caller.organization.slug)


@room(Right.OWN, "GET")
def download(request: HttpRequest, caller: Caller) -> HttpResponse:
    asked = Asked.of(request.GET.dict())
    subject = asked.customer or "all customers"
    audit.record(caller.organization, caller.actor, "access_log.downloaded", subject, event=asked.event)
    return as_download("access-log.csv", csv_lines(HEAD, _cells(asked.rows(caller.organization.id))))


def _cells(rows: QuerySet[AccessRecord]) -> Iterator[Sequence[object]]:
    for row in rows.iterator(chunk_size=1000):
        who = (row.at.isoformat(timespec="milliseconds"), row.event, row.external_id, row.viewer)
        what = (row.dashboard_id, row.panel, " ".join(row.tables), row.predicate, row.rows, row.digest, row.request)
        yield *who, *what


@room(Right.OWN, "GET")
def mints_csv(request: HttpRequest, caller: Caller) -> HttpResponse:
    asked = Asked.of(request.GET.dict())
    audit.record(
        caller.organization, caller.actor, "access_log.downloaded", asked.customer or "all customers", log="mint"
    )
    rows = minted(caller.organization.id, asked.customer).iterator(chunk_size=1000)
    return as_download("made-tokens.csv", csv_lines(MINT_HEAD, map(_mint_cells, rows)))


def _mint_cells(row: MintRecord) -> Sequence[object]:
    at = row.at.isoformat(timespec="milliseconds")
    return at, row.key_id, row.external_id, row.dashboard_id, row.lifetime, row.digest


@room(Right.OWN, "POST")
def dismiss_alert(request: HttpRequest, caller: Caller) -> HttpResponse:
    named = request.POST.get("alert", "")
    if re.fullmatch(r"[0-9]{1,18}", named) and dismiss(caller.organization, int(named), actor=caller.actor):
        messages.success(request, "Put aside for all owners.")
    return redirect("embedding", organization=caller.organization.slug)


def _page(request: HttpRequest, caller: Caller, form: RetentionForm, status: int = 200) -> HttpResponse:
    asked = Asked.of(request.GET.dict())
    found = list(asked.rows(caller.organization.id)[: PAGE + 1])
    rows = found[:PAGE]
    dashboards = Names(caller.workspace, [row.dashboard_id for row in rows], "dashboard")
    context = {
        "caller": caller,
        "asked": asked,
        "rows": [(row, dashboards.of(row.dashboard_id)[0]) for row in rows],
        "older": place_of(rows[-1]) if len(found) > PAGE else "",
        "events": EVENTS,
        "form": form,
    }
    return render(request, "console/access_log.html", context, status=status)
