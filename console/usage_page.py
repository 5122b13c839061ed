"""Usage: how often dashboards were embedded, what panels cost the owner's database, and a download. For owners."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe

from console.usage_report import GROUPS, HEAD, PERIODS, Asked, download, report
from dashboards.access import list_dashboards
from dashboards.charts import CHARTS
from dashboards.charts.data import Spec
from dashboards.charts.drawer import DrawingFailed, drawer
from embedhost.lib.spreadsheet import csv_lines
from secrets_admin import audit
from secrets_admin.access import Right
from secrets_admin.guard import Caller, room

#: Name in the style sheet, width and height in px: beside the side bar, on a tablet, on a phone.
_SIZES = (("wide", 998, 220), ("tablet", 640, 220), ("phone", 316, 200))


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart as the page shows it, and the sentence that says the same."""

    drawings: Sequence[tuple[str, SafeString]]
    summary: str


@room(Right.OWN, "GET")
def usage(request: HttpRequest, caller: Caller) -> HttpResponse:
    asked = Asked.of(request.GET.dict())
    found = report(caller.workspace, asked)
    context = {
        "caller": caller,
        "report": found,
        "chart": draw_days(found.days) if any(number for _, number in found.days) else None,
        "periods": PERIODS,
        "groups": GROUPS,
        "dashboards": list_dashboards(caller.organization.id),
    }
    return render(request, "console/usage.html", context)


@room(Right.OWN, "GET")
def usage_csv(request: HttpRequest, caller: Caller) -> HttpResponse:
    asked = Asked.of(request.GET.dict())
    audit.record(caller.organization, caller.actor, "usage.downloaded", f"{asked.days} days")
    return as_download("usage.csv", csv_lines(HEAD, download(caller.workspace, asked)))


def as_download(name: str, lines: Iterator[str]) -> HttpResponse:
    """Return lines of CSV as a file that the browser saves."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)  # type: ignore[return-value]  # a room's guard and middleware treat both alike


def draw_days(days: Sequence[tuple[date, int]]) -> Drawn:
    """Draw embeds per day with the charts of the dashboards; without a drawing the summary remains."""
    columns = [
        {"name": "day", "type": "date", "values": [day.isoformat() for day, _ in days]},
        {"name": "embeds", "type": "number", "values": [number for _, number in days]},
    ]
    encoding = {"x": "day", "y": "embeds"}
    spec = {"type": "bar", "encoding": encoding, "data": {"columns": columns, "rows": len(days)}, "locale": "en"}
    summary = CHARTS["bar"].summary(Spec.of(spec))
    try:
        drawing = drawer().draw_sizes(spec, [size[1:] for size in _SIZES], key="usage")
    except DrawingFailed:
        return Drawn([], summary)
    named = zip([name for name, _, _ in _SIZES], drawing.svgs, strict=True)
    return Drawn([(name, mark_safe(svg)) for name, svg in named], summary)  # noqa: S308  # made by ECharts, text escaped
