"""Usage by day, organization, dashboard and customer: one table, to which the journal adds and embeds are rolled up.

Lines of the journal are added exactly once, in the transaction that takes them. Embeds are counted anew from their own
rows for every day that is not final, so a roll-up may be repeated, cut short or run twice at once.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Min
from django.db.models.functions import TruncDate

from dashboards.turned_away import Limit
from embed.models import Embed
from embed.usage_models import DayUsage, RolledUp

Fact = Mapping[str, Any]
#: Organization, day, dashboard, customer (0: none).
Key = tuple[int, date, int, int]

#: What each kind of line adds; columns of DayUsage.
_ADDS: Mapping[str, Callable[[Fact], dict[str, int]]] = {
    "page": lambda fact: {"panels": fact["panels"], "hits": fact["hits"]},
    "withdrawn": lambda fact: {"panels": -fact["panels"], "hits": -fact["hits"]},
    "panel": lambda fact: {"panels": 1, "hits": int(fact["hit"])},
    "query": lambda _: {"queries": 1},
    "answer": lambda fact: {"milliseconds": round(fact["seconds"] * 1000), "rows": fact["rows"] or 0},
    "export": lambda _: {"exports": 1},
    "turned_away": lambda fact: {f"limited_{fact['limit']}": fact["number"]},
}
#: What each limit turned away.
LIMITED = tuple(f"limited_{limit}" for limit in Limit)
COUNTED = ("panels", "hits", "queries", "milliseconds", "rows", "exports", *LIMITED)
#: Rows of one statement; each has some fifteen values, and SQLite takes 32,766.
_CHUNK = 1000
#: An embed's time is its transaction's, which may end a little later; a day is final this long after its end.
_SETTLED = timedelta(hours=1)


def add(facts: Sequence[Fact]) -> None:
    """Add lines of the journal to their days; called inside the transaction that takes them."""
    sums: defaultdict[Key, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTED, 0))
    for fact in facts:
        row = sums[_key(fact)]
        for column, number in _ADDS[fact["kind"]](fact).items():
            row[column] += number
    rows = [(*key, *(row[column] for column in COUNTED)) for key, row in sorted(sums.items())]
    _upsert(COUNTED, rows, "{column} = {table}.{column} + excluded.{column}")


def _key(fact: Fact) -> Key:
    day = datetime.fromtimestamp(fact["at"], UTC).date()
    return fact["organization"], day, fact["dashboard"], fact["customer"] or 0


def _upsert(columns: Sequence[str], rows: Sequence[tuple[Any, ...]], change: str) -> None:
    """Insert days, or change those that are there. In one order, so that two processes never wait for each other."""
    table = DayUsage._meta.db_table
    every = ("organization_id", "day", "dashboard_id", "customer_id", *columns)
    rest = [name for name in ("embeds", *COUNTED) if name not in columns]
    changes = ", ".join(change.format(column=column, table=table) for column in columns)
    places = f"({', '.join(['%s'] * len(every) + ['0'] * len(rest))})"
    for start in range(0, len(rows), _CHUNK):
        chunk = rows[start : start + _CHUNK]
        statement = f"""
            INSERT INTO {table} ({", ".join([*every, *rest])}) VALUES {", ".join([places] * len(chunk))}
            ON CONFLICT (organization_id, day, dashboard_id, customer_id) DO UPDATE SET {changes}
        """  # noqa: S608 -- names of our own table and columns
        with connection.cursor() as cursor:
            cursor.execute(statement, [value for row in chunk for value in row])


def roll_up(now: datetime | None = None) -> int:
    """Count the embeds of every day that is not final, and return the number of rows written. Idempotent."""
    now = now or datetime.now(UTC)
    with transaction.atomic():
        mark = _mark()
        if mark is None:
            return 0
        rows = _embeds_since(mark.until)
        _upsert(("embeds",), rows, "{column} = excluded.{column}")
        final = (now - _SETTLED).date()
        if final > mark.until:
            mark.until = final
            mark.save()
    return len(rows)


def _mark() -> RolledUp | None:
    """Return the first day that is not final, held until the transaction ends; None while nothing was embedded."""
    mark = RolledUp.objects.select_for_update().filter(id=1).first()
    first = None if mark else Embed.objects.aggregate(first=Min("first_at"))["first"]
    if first is None:
        return mark
    return RolledUp.objects.select_for_update().get_or_create(id=1, defaults={"until": first.date()})[0]


def _embeds_since(first: date) -> list[tuple[Any, ...]]:
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    by_day = Embed.objects.filter(first_at__gte=start).annotate(day=TruncDate("first_at", tzinfo=UTC))
    names = ("organization_id", "day", "dashboard_id", "customer_id")
    counted = by_day.values_list(*names).annotate(number=Count("id"))
    return sorted((*row[:3], row[3] or 0, row[4]) for row in counted)
