"""A panel's card as HTML: head, legend, drawing or table, foot. Whole without JavaScript, under a strict CSP."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, override

from dashboards.charts import CHARTS
from dashboards.charts.base import Table
from dashboards.charts.data import MissingColumn, Spec
from dashboards.charts.drawer import Drawing, DrawingFailed, drawer
from dashboards.charts.formats import cldr, clock, full_moment, parse_moment
from dashboards.charts.number import Figure, figure_of
from dashboards.charts.plot import plain_table
from dashboards.charts.sizes import SPARK, Size, sizes_for, table_height
from dashboards.charts.table import PAGE
from dashboards.charts.text import html_of

#: A card whose chart could not be drawn this time carries it; it is not worth keeping.
UNDRAWN = " data-undrawn"
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CardPanel:
    """What a card shows of its panel. ``width`` is in columns of the 12-column grid."""

    id: str
    type: str
    title: str
    note: str = ""
    width: int = 4
    encoding: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""


@dataclass(frozen=True, slots=True)
class CardState:
    """How the panel stands for this viewer.

    ``state`` is ready, pending, failed or missing. ``stale_since`` is the ISO time since when the source cannot be
    reached. ``message`` replaces the sentence of a failed or empty card; of a missing one it is the label of
    the variable that has no value.
    """

    state: str = "ready"
    stale_since: str | None = None
    reference: str | None = None
    message: str | None = None
    exportable: bool = False
    locale: str = "en"
    time_zone: str = "UTC"


def draw_card(panel: CardPanel, spec: Mapping[str, Any] | None, state: CardState) -> SafeString:
    """Return the whole ``<section class="card">`` of a panel.

    ``spec`` is the drawing spec of a ready panel with a query, else None. A drawing that fails leaves the panel's
    table; nothing is raised for what data or encoding hold.
    """
    with override(cldr(state.locale).language):
        if panel.type == "text":
            return _render("text", panel, state, {"html": html_of(panel.text)})
        if state.state == "ready" and spec is not None:
            return _ready(panel, Spec.of({**spec, "encoding": panel.encoding}), spec, state)
        return _waiting(panel, state)


def _render(
    kind: str, panel: CardPanel, state: CardState, facts: Mapping[str, Any], shown: str = "ready"
) -> SafeString:
    context = {"panel": panel, "state": state, "shown": shown, "undrawn": False, **facts}
    return mark_safe(render_to_string(f"dashboards/card_{kind}.html", context).strip())  # noqa: S308  # a template


# ready


def _ready(panel: CardPanel, spec: Spec, raw: Mapping[str, Any], state: CardState) -> SafeString:
    facts: dict[str, Any] = {"as_of": _as_of(spec, state), "stale": _moment(state.stale_since, state)}
    try:
        if panel.type == "number":
            return _number(panel, spec, raw, state, facts)
        if spec.rows == 0:
            return _empty(panel, state, facts)
        if panel.type == "table":
            return _table(panel, spec, state, facts)
        return _chart(panel, spec, raw, state, facts)
    except MissingColumn as problem:
        log.warning("panel_column_missing", panel=panel.id, problem=str(problem))
        return _rows_only(panel, spec, state, facts)


def _as_of(spec: Spec, state: CardState) -> dict[str, str] | None:
    return _moment(spec.as_of or None, state)


def _moment(iso: str | None, state: CardState) -> dict[str, str] | None:
    moment = parse_moment(iso) if iso else None
    if moment is None or iso is None:
        return None
    full = full_moment(moment, state.locale, state.time_zone)
    return {"iso": iso, "clock": clock(moment, state.locale, state.time_zone), "full": full}


def _number(
    panel: CardPanel, spec: Spec, raw: Mapping[str, Any], state: CardState, facts: dict[str, Any]
) -> SafeString:
    figure: Figure | None = figure_of(spec) if spec.rows else None
    trend = panel.encoding.get("trend")
    wanted = trend and sum(value is not None for value in spec.column(trend).numbers()) > 1
    drawing = _drawn(panel, raw, [SPARK]) if wanted else None
    table = CHARTS["number"].table(spec) if spec.rows else None
    reason = panel.encoding.get("empty") or gettext("No value in this period")
    facts |= {"figure": figure, "reason": reason, "table": _shown(table) if table else None}
    facts |= {"svg": mark_safe(drawing.svgs[0]) if drawing else ""}  # noqa: S308  # made by ECharts, text escaped
    return _render("number", panel, state, facts, "ready" if figure else "empty")


def _chart(panel: CardPanel, spec: Spec, raw: Mapping[str, Any], state: CardState, facts: dict[str, Any]) -> SafeString:
    chart = CHARTS[panel.type]
    table, summary = chart.table(spec), chart.summary(spec)
    sizes = sizes_for(panel.width, legend=_has_legend(panel))
    drawing = _drawn(panel, raw, sizes)
    if drawing is None:
        return _rows_only(panel, spec, state, facts | {"undrawn": True}, table)
    named = zip([size.name for size in sizes], drawing.svgs, strict=True)
    facts |= {
        "drawings": [(name, mark_safe(svg)) for name, svg in named],  # noqa: S308  # made by ECharts, text escaped
        "legend": drawing.legend,
        "has_legend": _has_legend(panel),
        "summary": summary,
        "words": "" if words() == ENGLISH else json.dumps(words(), ensure_ascii=False),
        "table": _shown(table),
    }
    return _render("chart", panel, state, facts)


def _has_legend(panel: CardPanel) -> bool:
    """Return whether room is kept for a legend: known from the encoding, so that a waiting card keeps it too."""
    encoding = panel.encoding
    several = isinstance(encoding.get("y"), list) and len(encoding["y"]) > 1
    return panel.type in ("line", "bar") and bool(several or encoding.get("series") or encoding.get("compare"))


def _drawn(panel: CardPanel, raw: Mapping[str, Any], sizes: Sequence[Size]) -> Drawing | None:
    spec = {**raw, "type": panel.type, "encoding": panel.encoding, "words": words()}
    try:
        return drawer().draw_sizes(spec, [size[1:] for size in sizes], key=f"p-{panel.id}")
    except DrawingFailed as problem:
        log.warning("drawing_failed", panel=panel.id, problem=str(problem))
        return None


#: The browser knows these; other languages travel with the card.
ENGLISH = {"other": "Other", "more": "{n} more", "to": "to {date}", "change": "Change"}


def words() -> dict[str, str]:
    """Return the words inside drawings in the active language."""
    return {name: gettext(word) for name, word in ENGLISH.items()}


def _table(panel: CardPanel, spec: Spec, state: CardState, facts: dict[str, Any]) -> SafeString:
    table = CHARTS["table"].table(spec)
    page = int(panel.encoding.get("rows") or PAGE)
    facts |= {"table": _shown(table), "page": page, "height": table_height(page)}
    facts |= {"more": len(table.rows) > page, "secondary": any(head.secondary for head in table.heads)}
    return _render("table", panel, state, facts)


def _rows_only(
    panel: CardPanel, spec: Spec, state: CardState, facts: dict[str, Any], table: Table | None = None
) -> SafeString:
    """Return the card of a drawing that cannot be made: its rows."""
    facts |= {"table": _shown(table or plain_table(spec)), "page": PAGE, "height": 0, "secondary": False}
    facts["more"] = len(facts["table"]["rows"]) > PAGE
    return _render("table", panel, state, facts)


def _shown(table: Table) -> dict[str, Any]:
    left = table.total - len(table.rows)
    note = ""
    if left > 0 or table.truncated:
        note = gettext("The first %(count)s rows") % {"count": len(table.rows)}
    return {"heads": table.heads, "rows": table.rows, "note": note}


# waiting, empty, failed


def _blank(panel: CardPanel) -> dict[str, Any]:
    """Return the empty drawings that keep a card at the size it will have."""
    if panel.type == "number":
        return {"blanks": []}
    if panel.type == "table":
        height = table_height(int(panel.encoding.get("rows") or PAGE))
        return {"blanks": [("any", 320, height)], "stretch": True}
    return {"blanks": sizes_for(panel.width, legend=_has_legend(panel))}


def _empty(panel: CardPanel, state: CardState, facts: dict[str, Any]) -> SafeString:
    title = panel.encoding.get("empty") or gettext("Nothing in this period")
    # A table's rows can reach far below the fold; its message stands where it is seen.
    blank = {"blanks": []} if panel.type == "table" else _blank(panel)
    facts |= {**blank, "has_legend": _has_legend(panel), "title": title}
    facts["advice"] = state.message or gettext("Try a longer period or other filters.")
    return _render("state", panel, state, facts, "empty")


def _waiting(panel: CardPanel, state: CardState) -> SafeString:
    facts: dict[str, Any] = {**_blank(panel), "has_legend": _has_legend(panel)}
    if state.state == "failed":
        facts["title"] = gettext("This panel could not be loaded")
        facts["advice"] = state.message or gettext("The rest of the page is up to date.")
        return _render("state", panel, state, facts, "failed")
    if state.state == "missing":
        facts["title"] = gettext("Choose %(label)s first") % {"label": state.message}
        facts["advice"] = gettext("This panel needs a value for it.")
        return _render("state", panel, state, facts, "empty")
    return _render("state", panel, state, facts, "pending")
