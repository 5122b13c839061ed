"""Drawn cards of a page: from the cache in one read, else drawn from results, and kept.

A drawing's key is its data's key with everything that shapes the card: chart code (in every key), locale and rights.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import zstandard
from django.utils.translation import override

from dashboards.cache import Entry, digest_of, pack
from dashboards.charts.card import UNDRAWN, CardPanel, CardState, draw_card
from dashboards.near import Wanted, look_up
from dashboards.queries import (
    SHORTEST,
    PanelRequest,
    PanelResult,
    Prepared,
    finish,
    fresh_from,
    lookup,
    prepare,
    read_of,
    values_of,
)
from dashboards.results import as_of
from dashboards.spec import TEXT, PanelSpec
from dashboards.trail import Read
from dashboards.variables import ValueMissing
from embedhost.lib.errors import Refused, new_reference
from embedhost.lib.memory import Recent
from embedhost.lib.store import store
from secrets_admin.feed import feed


@dataclass(frozen=True, slots=True)
class Card:
    """A panel as HTML. ``at`` is when its numbers were read (database time, seconds), None without numbers.

    ``stale`` numbers are older than the dashboard's cache time; ``refresh_wanted`` is what their door hands to
    ``dashboards.refreshing.want``. ``error`` is what an owner's log should know of a failed panel, under ``reference``;
    ``read`` is what its numbers were read from.
    """

    panel_id: str
    html: str
    state: str
    at: float | None = None
    error: Refused | None = None
    reference: str | None = None
    read: Read | None = None
    stale: bool = False
    refresh_wanted: Prepared | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What shapes a card besides its data."""

    locale: str
    time_zone: str
    exportable: bool


_LEVEL = 3

#: Cards of texts, by version, panel and look.
texts: Recent[str, str] = Recent(500)


def draw_panels(requests: Sequence[PanelRequest], look: Look, *, wait: float) -> list[Card]:
    """Return the cards of these panels in their order, waiting at most ``wait`` seconds for results.

    Everything cached: one read of the store. Otherwise a second one for results, and one write for new drawings.
    """
    with override(look.locale):
        return _draw_all(requests, look, wait)


def _draw_all(requests: Sequence[PanelRequest], look: Look, wait: float) -> list[Card]:
    cards: dict[int, Card] = {}
    items: dict[int, Prepared] = {}
    for index, request in enumerate(requests):
        prepared = _text_or_prepared(request, look)
        if isinstance(prepared, Card):
            cards[index] = prepared
        else:
            items[index] = prepared
    cards |= _draw(items, look, wait)
    return [cards[index] for index in range(len(requests))]


def _text_or_prepared(request: PanelRequest, look: Look) -> "Card | Prepared":
    if request.panel.type == TEXT:
        return _text_card(request, look)
    try:
        return prepare(request)
    except Refused as error:
        return _failed(request.panel, error, look)


def _draw(items: dict[int, Prepared], look: Look, wait: float) -> dict[int, Card]:
    keys = {index: _drawing_key(item, look) for index, item in items.items()}
    now = feed.now()
    wanted = [Wanted(keys[index], item.scope, fresh_from(item, now)) for index, item in items.items()]
    drawings = dict(zip(items, look_up(store(), wanted), strict=True))
    cards = {
        index: _card_of(items[index], drawing)
        for (index, drawing), one in zip(drawings.items(), wanted, strict=True)
        if drawing is not None and drawing.at >= one.fresh_from
    }
    rest = {index: item for index, item in items.items() if index not in cards}
    if not rest:
        return cards
    prepared = list(rest.values())
    results = finish(prepared, lookup(prepared), wait=wait)
    made = [
        _Making(item, result, keys[index], drawings[index])
        for (index, item), result in zip(rest.items(), results, strict=True)
    ]
    drawn = [making.card(look) for making in made]
    store().put_many([making.kept for making in made if making.kept])
    return cards | dict(zip(rest, drawn, strict=True))


def _card_of(item: Prepared, drawing: Entry, *, cached: bool = True) -> Card:
    read = read_of(item, drawing.rows, cached=cached)
    html = zstandard.decompress(drawing.body).decode()
    return Card(item.request.panel.id, html, "ready", drawing.at, read=read)


class _Making:
    """One card on its way from a result to HTML, and what to keep of it."""

    def __init__(self, item: Prepared, result: PanelResult, key: str, drawing: Entry | None) -> None:
        self.item, self.result, self.key, self.drawing = item, result, key, drawing
        self.kept: tuple[str, bytes, float] | None = None

    def card(self, look: Look) -> Card:
        entry, panel = self.result.entry, self.item.request.panel
        if self.result.error is not None:
            return _failed(panel, self.result.error, look)
        if entry is None:
            return Card(panel.id, draw_card(card_panel(panel), None, _state("pending", look)), "pending")
        if self.drawing is not None and self.drawing.at == entry.at and self.result.failed_since is None:
            return self._of_result(_card_of(self.item, self.drawing, cached=self.result.cached))
        html = draw_card(card_panel(panel), self._spec(entry, look), self._state(look))
        self._keep(entry, html)
        return self._of_result(Card(panel.id, html, "ready", entry.at, read=self.result.read))

    def _of_result(self, card: Card) -> Card:
        return replace(card, stale=self.result.stale, refresh_wanted=self.result.refresh_wanted)

    def _spec(self, entry: Entry, look: Look) -> dict[str, object]:
        return {**values_of(entry.plain()), "locale": look.locale, "time_zone": look.time_zone}

    def _state(self, look: Look) -> CardState:
        since = self.result.failed_since
        return _state("ready", look, stale_since=None if since is None else as_of(since))

    def _keep(self, entry: Entry, html: str) -> None:
        if self.result.failed_since is None and UNDRAWN not in html.partition(">")[0]:
            dashboard = self.item.request.dashboard
            seconds = max(dashboard.cache_seconds, SHORTEST) + dashboard.serve_stale_seconds
            # Of 30 KB it makes 4, which are read in 20 us; as they are, sending and checking them cost ten times that.
            body = zstandard.compress(html.encode(), _LEVEL)
            packed = pack(self.key, Entry(entry.scope, entry.at, entry.rows, body))
            self.kept = (self.key, packed, seconds)


def _drawing_key(item: Prepared, look: Look) -> str:
    return digest_of("card", [item.key, look.locale, look.time_zone, look.exportable])


def _state(state: str, look: Look, **facts: str | None) -> CardState:
    return CardState(state=state, locale=look.locale, time_zone=look.time_zone, exportable=look.exportable, **facts)


def card_panel(panel: PanelSpec) -> CardPanel:
    """Return what a card shows of a panel: words, width and encoding, and neither SQL nor source."""
    return CardPanel(
        id=panel.id,
        type=panel.type,
        title=panel.title,
        note=panel.note,
        width=panel.width,
        encoding=panel.encoding,
        text=panel.text,
    )


def _text_card(request: PanelRequest, look: Look) -> Card:
    key = f"{request.grant.version_id}/{request.panel.id}/{look.locale}"
    html = texts.get(key)
    if html is None:
        html = draw_card(card_panel(request.panel), None, _state("ready", look))
        texts.put(key, html)
    return Card(request.panel.id, html, "ready")


def _failed(panel: PanelSpec, error: Refused, look: Look) -> Card:
    if isinstance(error, ValueMissing):
        missing = _state("missing", look, message=error.label)
        return Card(panel.id, draw_card(card_panel(panel), None, missing), "missing")
    reference = new_reference()
    html = draw_card(card_panel(panel), None, _state("failed", look, reference=reference))
    return Card(panel.id, html, "failed", error=error, reference=reference)
