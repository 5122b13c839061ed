"""How fresh an answer is, in its headers: whether the cache had it, when it was read at the source, how old it is.

``Embedhost-Cache`` is hit, stale (older than the dashboard's cache time, and on its way anew) or miss; a page with
several panels counts them: ``hit=4, miss=2``. ``Embedhost-As-Of`` is ISO 8601 in UTC, ``Age`` whole seconds; a page's
are those of its oldest panel.
"""

from collections import Counter
from collections.abc import Sequence

from dashboards.drawings import Card
from dashboards.queries import PanelResult
from dashboards.results import as_of
from secrets_admin.feed import feed

HIT, STALE, MISS = "hit", "stale", "miss"


def of_result(result: PanelResult) -> dict[str, str]:
    """Return the headers of one panel's rows; of a pending one, that it is a miss."""
    return _headers(word_of(result), result.entry.at if result.entry else None)


def word_of(result: PanelResult) -> str:
    """Return hit, stale or miss for one panel's rows."""
    return _word(cached=result.cached and result.entry is not None, stale=result.stale)


def of_card(card: Card) -> dict[str, str]:
    """Return the headers of one drawn card; none for a panel without a query."""
    if card.read is None and card.state != "pending":
        return {}
    return _headers(_word_of(card), card.at)


def of_page(cards: Sequence[Card]) -> dict[str, str]:
    """Return the headers of a page of cards; none for a page of texts."""
    words = Counter(_word_of(card) for card in cards if card.read is not None or card.state == "pending")
    times = [card.at for card in cards if card.at is not None]
    if not words:
        return {}
    counts = ", ".join(f"{word}={words[word]}" for word in (HIT, STALE, MISS) if words[word])
    return _headers(counts, min(times) if times else None)


def _word_of(card: Card) -> str:
    return _word(cached=card.read is not None and card.read.cached, stale=card.stale)


def _word(*, cached: bool, stale: bool) -> str:
    return STALE if stale else HIT if cached else MISS


def _headers(word: str, at: float | None) -> dict[str, str]:
    if at is None:
        return {"Embedhost-Cache": word}
    return {"Embedhost-Cache": word, "Embedhost-As-Of": as_of(at), "Age": str(max(0, int(feed.now() - at)))}
