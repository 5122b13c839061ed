"""What the open page calls: a panel's data or card, and its export. Every call's token is verified anew."""

import csv
import io
import logging
from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from dashboards.choices import listed, run_choices
from dashboards.drawings import Card, Look, draw_panels
from dashboards.grants import EXPORT, Opened
from dashboards.naming import Named
from dashboards.queries import LONGEST_WAIT, PanelRequest, PanelResult, run_panel, values_of
from dashboards.queries import leave as stop_waiting
from dashboards.refreshing import want
from dashboards.spec import MAX_PANELS, TEXT, PanelSpec
from dashboards.variable_spec import VariableSpec
from datasources.errors import QueryRejected
from embed import freshness
from embed.access_log import Note, note_export, note_panel
from embed.authenticate import open_call
from embed.page import session_facts
from embed.reading import Wishes, call_wishes, choices_call, panel_of, panel_request, values_for, variable_of
from embedhost.lib.errors import Forbidden, NotFound, Refused, new_reference, require_method
from embedhost.lib.spreadsheet import inert
from tokens.doors import DOORS

logger = logging.getLogger(__name__)

#: After how many seconds a page asks again for a panel that is still running.
RETRY_SECONDS = 1


def panel(request: HttpRequest, format: str, panel_id: str) -> HttpResponse:
    """Answer one panel's data, or with ``as=card`` its drawn card; 202 while its query runs."""
    opened, wishes = _open(request, format)
    spec = panel_of(opened, panel_id)
    if request.GET.get("as") == "card":
        return _card(opened, spec, wishes)
    if spec.type == TEXT:
        raise NotFound
    return _data(request, run(opened, spec, wishes))


def choices(request: HttpRequest, format: str, variable_name: str) -> HttpResponse:
    """Answer what a viewer may choose for a variable, as its author listed it or as its query offers it."""
    opened, wishes = _open(request, format)
    variable = variable_of(opened, variable_name)
    if variable.choices_from is None:
        return JsonResponse(listed(variable))
    return _data(request, offered(opened, variable, wishes))


def offered(opened: Opened, variable: VariableSpec, wishes: Wishes) -> PanelResult:
    """Run a variable's query under a call's Grant, and note that its rows are shown. Raises its failure."""
    request = choices_call(opened, variable, wishes, values_for(opened, wishes))
    return _shown(opened, request, run_choices([request], wait=LONGEST_WAIT)[0], note_panel)


def leave(request: HttpRequest, format: str) -> HttpResponse:
    """Take back that a viewer waits for ``panels``, ids with a comma between: their page is going away.

    A hint that spares the source a few seconds of work; a page that does not send it is found out by its silence.
    """
    opened, wishes = _open(request, format, also=frozenset({"panels"}))
    named = request.GET.get("panels", "").split(",")[:MAX_PANELS]
    panels = [opened.spec.panels[name] for name in named if name in opened.spec.panels]
    values = values_for(opened, wishes)
    stop_waiting([panel_request(opened, panel, wishes, values) for panel in panels if panel.type != TEXT])
    return HttpResponse(status=204)


class ExportNotAllowed(Forbidden):
    message = (
        "The rows of this panel cannot be downloaded: the dashboard, or the token that opened it, does not allow it. "
        "Whoever publishes the dashboard can allow downloads on its Embed page or in the rights of the token."
    )


def require_export(opened: Opened) -> None:
    """Raise ExportNotAllowed unless the token's viewer may take rows as a file."""
    if EXPORT not in opened.grant.rights:
        raise ExportNotAllowed


def export(request: HttpRequest, format: str, panel_id: str) -> HttpResponse:
    """Answer one panel's rows as CSV, under the same gate as its card."""
    opened, wishes = _open(request, format)
    require_export(opened)
    spec = panel_of(opened, panel_id)
    if spec.type == TEXT:
        raise NotFound
    result = run(opened, spec, wishes, note=note_export)
    if result.entry is None:
        return _pending()
    columns = values_of(result.entry.plain())["data"]["columns"]
    return csv_file(spec, columns, freshness.of_result(result))


def csv_file(spec: PanelSpec, columns: Sequence[dict[str, Any]], fresh: Mapping[str, str]) -> HttpResponse:
    """Answer a panel's columns as a file to download; ``fresh`` are the headers that say how fresh they are."""
    headers = {"Content-Disposition": f'attachment; filename="{spec.id}.csv"', **fresh}
    return HttpResponse(to_csv(columns), content_type="text/csv; charset=utf-8", headers=headers)


def session(request: HttpRequest, format: str) -> HttpResponse:
    """Tell an open page what a fresh token stands for, before it goes on with it."""
    opened, wishes = _open(request, format)
    return JsonResponse(session_facts(opened, wishes, values_for(opened, wishes)))


def _open(request: HttpRequest, format: str, *, also: frozenset[str] = frozenset()) -> tuple[Opened, Wishes]:
    """Open a call; ``also`` names keys of its query string besides those of every call."""
    require_method(request, "GET")
    door = f"data/{format}"
    if door not in DOORS:
        raise NotFound
    named = Named(environment=request.GET.get("environment"), dashboard=request.GET.get("dashboard"))
    opened = open_call(request, door, named)
    return opened, call_wishes(request, opened, also=also)


def run(opened: Opened, spec: PanelSpec, wishes: Wishes, *, note: Note = note_panel) -> PanelResult:
    """Run one panel under a call's Grant, and note that it is shown.

    Raises its failure, with the reference under which the log has it, and ServiceUnavailable when it cannot be noted.
    """
    request = panel_request(opened, spec, wishes, values_for(opened, wishes))
    return _shown(opened, request, run_panel(request, wait=LONGEST_WAIT), note)


def _shown(opened: Opened, request: PanelRequest, result: PanelResult, note: Note) -> PanelResult:
    if result.error is not None:
        # A copy, since everyone who waited for the flight holds the same exception.
        refused = copy(result.error)
        refused.reference = log_failure(request.panel.id, refused)
        raise refused
    note(opened.grant, result.read)
    want([result])
    return result


def _data(request: HttpRequest, result: PanelResult) -> HttpResponse:
    if result.entry is None:
        return _pending()
    headers = {"Vary": "Accept-Encoding", **freshness.of_result(result)}
    if "gzip" in request.META.get("HTTP_ACCEPT_ENCODING", ""):
        headers["Content-Encoding"] = "gzip"
        return HttpResponse(result.entry.body, content_type="application/json", headers=headers)
    return HttpResponse(result.entry.plain(), content_type="application/json", headers=headers)


def _pending() -> HttpResponse:
    headers = {"Retry-After": str(RETRY_SECONDS), "Embedhost-Cache": freshness.MISS}
    return JsonResponse({"state": "pending"}, status=202, headers=headers)


def _card(opened: Opened, spec: PanelSpec, wishes: Wishes) -> HttpResponse:
    look = Look(wishes.locale, wishes.time_zone, EXPORT in opened.grant.rights)
    request = panel_request(opened, spec, wishes, values_for(opened, wishes))
    card = draw_panels([request], look, wait=LONGEST_WAIT)[0]
    note_panel(opened.grant, card.read)
    want([card])
    log_failures([card])
    pending = card.state == "pending"
    headers = {**freshness.of_card(card), **({"Retry-After": str(RETRY_SECONDS)} if pending else {})}
    return HttpResponse(card.html, status=202 if pending else 200, headers=headers)


def log_failures(cards: Sequence[Card]) -> None:
    """Leave each failed panel's cause in the log under the reference that its card shows."""
    for card in cards:
        if card.error is not None:
            log_failure(card.panel_id, card.error, card.reference)


def log_failure(panel_id: str, error: Refused, reference: str | None = None) -> str:
    """Write why a panel failed to the log, without any value, and return the reference to quote."""
    reference = reference or new_reference()
    facts = {"panel": panel_id, "code": error.code, "reference": reference}
    if isinstance(error, QueryRejected):
        facts["problem"] = error.problem
    logger.warning("panel failed", extra=facts)
    return reference


def to_csv(columns: Sequence[dict[str, Any]]) -> str:
    """Return columns as RFC 4180 text whose cells no spreadsheet takes for a formula (threats.md P-EX-01)."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([inert(column["name"]) for column in columns])
    writer.writerows(zip(*([inert(value) for value in column["values"]] for column in columns), strict=True))
    return "\ufeff" + out.getvalue()
