"""The corpus as a list: every query with its title and the engines it is written for."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

TRADES = ("retail", "saas", "logistics")
#: Those that a query without a list of engines is written for.
ENGINES = ("postgresql", "duckdb")
#: It has spellings of its own in mariadb.sql, takes the common one of what it reads the same, and lacks these.
MARIADB = "mariadb"
LACKS_MARIADB = {
    "totals by grouping sets": "GROUPING SETS",
    "countries by plan, every way": "GROUPING SETS",
    "totals by cube": "CUBE",
    "cube of carrier and status": "CUBE",
    "three last orders of each shop, by LATERAL": "LATERAL",
    "largest order of each shop, by LATERAL with ON TRUE": "LATERAL",
    "unpivoted by LATERAL": "LATERAL",
}

#: The variables that queries use: type and value, and how a twin says it.
VARIABLES: Mapping[str, tuple[str, object]] = {
    "period": ("date_range", {"start": "2026-02-01", "end": "2026-04-30"}),
    "region": ("text", "North"),
    "channels": ("multi_choice", ("web", "app")),
    "least": ("number", 20),
}
_LITERALS = {
    "period.start": "DATE '2026-02-01'",
    "period.end": "DATE '2026-04-30'",
    "region": "'North'",
    "channels": "'web', 'app'",
    "least": "20",
}

_TITLE = re.compile(r"^-- (?P<title>[^\n\[]+?)(?: \[(?P<engines>[a-z, ]+)\])?\n", re.MULTILINE)

#: A sample of every row; PostgreSQL draws none from views.
_EVERY_ROW = re.compile(r"TABLESAMPLE (BERNOULLI \(100\)|100%)")


@dataclass(frozen=True, slots=True)
class Query:
    """One query of the corpus."""

    trade: str
    title: str
    engines: tuple[str, ...]
    sql: str

    def for_twin(self, customer: str) -> str:
        """Return the text with literals in place of variables, as somebody would write it by hand."""
        values = {**_LITERALS, "customer_id": f"'{customer}'"}
        text = _EVERY_ROW.sub("", self.sql.replace("[[", "").replace("]]", ""))
        return re.sub(r"\{\{ ([\w.]+) \}\}", lambda match: values[match.group(1)], text)


def every_query() -> list[Query]:
    """Return the corpus in order."""
    return [query for trade in (*TRADES, MARIADB) for query in _of(trade)]


def for_engine(engine: str) -> list[Query]:
    """Return the queries that are written for an engine, or read the same there."""
    every = every_query()
    own = [query for query in every if engine in query.engines]
    if engine != MARIADB:
        return own
    spelled = {query.title for query in own} | LACKS_MARIADB.keys()
    return own + [query for query in every if query.engines == ENGINES and query.title not in spelled]


def _of(trade: str) -> Iterator[Query]:
    text = (Path(__file__).parent / f"{trade}.sql").read_text(encoding="utf-8")
    titles = list(_TITLE.finditer(text))
    for title, following in zip(titles, [*titles[1:], None], strict=True):
        engines = tuple((title["engines"] or ", ".join(ENGINES)).split(", "))
        body = text[title.end() : following.start() if following else len(text)]
        yield Query(trade, title["title"], engines, body.strip())
