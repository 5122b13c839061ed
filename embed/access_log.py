"""The access log: what was shown to whom, read from which tables; so that an owner can see each customer saw its own.

Lines go to the journal before anything is shown and come here in batches. A page is one line for all of its panels.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from dashboards.drawings import Card
from dashboards.trail import Read, is_counted, what, who
from embed import bulk
from embed.usage_models import AccessRecord, LogRetention, MintRecord
from embedhost.lib import journal
from secrets_admin.feed import feed
from tokens.grant import Grant

Event = AccessRecord.Event
#: Writes down what a call shows.
Note = Callable[[Grant, Read | None], None]
DEFAULT_DAYS = 90
LONGEST_DAYS = 3650
#: Rows that one statement writes or deletes.
_CHUNK = 1000
#: Which kinds of lines are kept, and as what. A query is kept when it ended, with its number of rows.
_EVENTS = {"page": Event.PAGE, "panel": Event.PANEL, "answer": Event.QUERY, "export": Event.EXPORT}


def note_page(grant: Grant, cards: Sequence[Card], offered: Sequence[Read] = ()) -> Mapping[str, Any]:
    """Write down a page with every panel that it shows, and return what was written; empty for what does not count.

    ``offered`` is what the choices of its variables were read from.

    Raises ServiceUnavailable when it cannot be kept.
    """
    reads = [card.read for card in cards if card.read is not None]
    panels, hits = sum(card.state == "ready" for card in cards), sum(read.cached for read in reads)
    return _note("page", grant, {**what([*reads, *offered]), "panels": panels, "hits": hits})


def withdraw_page(written: Mapping[str, Any]) -> None:
    """Take a page's line back, since the page is not shown after all. Raises ServiceUnavailable."""
    if written:
        journal.write_or_refuse("withdrawn", **written)


def note_panel(grant: Grant, read: Read | None) -> None:
    """Write down one panel that a call shows; nothing while it is pending. Raises ServiceUnavailable."""
    if read is not None:
        _note("panel", grant, {**what([read]), "panel": read.panel, "hit": read.cached})


def note_export(grant: Grant, read: Read | None) -> None:
    """Write down a panel's rows that are downloaded. Raises ServiceUnavailable."""
    if read is not None:
        _note("export", grant, {**what([read]), "panel": read.panel})


def _note(kind: str, grant: Grant, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    if not is_counted(grant):
        return {}
    written = {"at": feed.now(), **who(grant), **facts}
    journal.write_or_refuse(kind, **written)
    return written


def keep(facts: Sequence[Mapping[str, Any]]) -> None:
    """Keep lines of the journal as rows; called inside the transaction that takes them."""
    bulk.insert(AccessRecord, [_row(fact) for fact in facts if fact["kind"] in _EVENTS])
    for fact in facts:
        if fact["kind"] == "withdrawn":
            _withdraw(_row({**fact, "kind": "page"}))


def _withdraw(row: bulk.Row) -> None:
    """Delete the row of a page that was not shown; its line came before this one, in the same process."""
    same = {name: row[name] for name in ("organization_id", "at", "event", "digest", "request")}
    AccessRecord.objects.filter(**same).delete()


def _row(fact: Mapping[str, Any]) -> bulk.Row:
    return {
        "organization_id": fact["organization"],
        "at": datetime.fromtimestamp(fact["at"], UTC),
        "event": _EVENTS[fact["kind"]],
        "customer_id": fact["customer"],
        "external_id": _text(fact["external_id"], 255),
        "viewer": _text(fact["viewer"], 255),
        "dashboard_id": fact["dashboard"],
        "panel": _text(fact.get("panel", ""), 100),
        "tables": [_text(table, 255) for table in fact["tables"]],
        "predicate": fact["predicate"],
        "rows": fact["rows"],
        "digest": fact["digest"],
        "request": _text(fact["request"], 64),
    }


def _text(text: str, length: int) -> str:
    """PostgreSQL keeps no NUL, and a column has its end."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")[:length]


def records(organization_id: int, external_id: str = "") -> QuerySet[AccessRecord]:
    """Return an organization's records, newest first; with ``external_id``, one customer's alone."""
    rows = AccessRecord.objects.filter(organization_id=organization_id).order_by("-at", "-id")
    return rows.filter(external_id=external_id) if external_id else rows


def retention(organization_id: int) -> int:
    """Return for how many days an organization keeps its logs."""
    row = LogRetention.objects.filter(organization_id=organization_id).first()
    return row.days if row else DEFAULT_DAYS


def set_retention(organization_id: int, days: int) -> None:
    """Keep an organization's logs for so many days; older lines go with the next pruning."""
    LogRetention.objects.update_or_create(organization_id=organization_id, defaults={"days": days})


def prune(now: datetime | None = None) -> int:
    """Delete what is older than its organization's retention, a few rows at a time, and return their number."""
    now = now or datetime.now(UTC)
    chosen = dict(LogRetention.objects.values_list("organization_id", "days"))
    logs: Sequence[QuerySet[Any]] = (AccessRecord.objects.all(), MintRecord.objects.all())
    return sum(
        _delete(log.filter(organization_id=organization_id, at__lt=now - timedelta(days=days)))
        for log in logs
        for organization_id, days in {**dict.fromkeys(_organizations(log), DEFAULT_DAYS), **chosen}.items()
    )


def _organizations(log: QuerySet[Any]) -> list[int]:
    return list(log.order_by("organization_id").values_list("organization_id", flat=True).distinct())


def _delete(old: QuerySet[Any]) -> int:
    """Delete in small steps, so that nobody waits for a long transaction."""
    deleted = 0
    while ids := list(old.values_list("id", flat=True)[:_CHUNK]):
        deleted += old.model._default_manager.filter(id__in=ids).delete()[0]
    return deleted
