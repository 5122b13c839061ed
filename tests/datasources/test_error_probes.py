"""P-SQ-15: whether a statement fails must not tell of rows that the customer may not read."""

import pytest

from datasources.errors import QueryFailed
from datasources.snapshot import SourceSnapshot
from tests.datasources.world import Ask, cells, scoped, with_rules

#: An amount that only another customer has, and one that nobody has.
FOREIGN, NOBODYS = 400, 450

#: Conditions that fail on a row with the amount {{ x }}, where the database has such a failure at all.
CONDITIONS = (
    "100 / (o.amount - {{ x }}) < 1000000",
    "CASE WHEN o.amount = {{ x }} THEN CAST(o.note AS INTEGER) ELSE 0 END = 1",
    "sqrt(CASE WHEN o.amount = {{ x }} THEN -1 ELSE 1 END) = 2",
    "ln(CASE WHEN o.amount = {{ x }} THEN 0 ELSE 1 END) = 2",
)
#: A pattern that is none, and a text that is no JSON, are failures or nothing at all, whatever the row.
MARIADBS = (
    "(o.amount = {{ x }} AND o.note REGEXP '(')",
    "(o.amount = {{ x }} AND o.note REGEXP {{ q }})",
    "CASE WHEN o.amount = {{ x }} THEN regexp_substr(o.note, {{ q }}) ELSE 'x' END = 'x'",
    "(o.amount = {{ x }} AND json_value(o.note, '$.a') = 1)",
    "(o.amount = {{ x }} AND json_extract(o.note, '$.a') = 1)",
    "(o.amount = {{ x }} AND json_length(o.note, '$') = 0)",
)
STATEMENTS = (
    "SELECT count(*) AS n FROM orders AS o WHERE {}",
    "SELECT count(*) AS n FROM regions AS r LEFT JOIN orders AS o ON o.region = r.region AND {}",
    "SELECT count(*) AS n FROM (SELECT o.id FROM orders AS o WHERE {}) AS t",
    "WITH c AS (SELECT o.id FROM orders AS o WHERE {}) SELECT count(*) AS n FROM c",
)
#: Long lists, since a database takes what is cheap first, and a list costs more with every value.
PROPERTIES = {
    "names": ("acme", *(f"customer-{number}" for number in range(49))),
    "numbers": (1, 2, 3, *range(1000, 1047)),
}


def outcome(ask: Ask, sql: str, x: int) -> object:
    try:
        return cells(ask(sql, {"x": "number", "q": "text"}, {"x": x, "q": "("}))
    except QueryFailed as error:
        return error.code


@pytest.mark.parametrize(("column", "property"), [("cst", "external_id"), ("cst", "names"), ("id", "numbers")])
def test_p_sq_15_no_failure_tells_of_somebody_elses_row(source: SourceSnapshot, column: str, property: str) -> None:
    rules = (rule for rule in source.rules.rules if not rule.table.endswith(".orders"))
    ask = Ask(with_rules(source, scoped(source, "orders", column, property), *rules), properties=PROPERTIES)
    for condition in (*CONDITIONS, *(MARIADBS if source.engine == "mariadb" else ())):
        for statement in STATEMENTS:
            sql = statement.format(condition)
            if source.engine == "mariadb":
                sql = sql.replace("AS INTEGER", "AS SIGNED")
            assert outcome(ask, sql, FOREIGN) == outcome(ask, sql, NOBODYS), sql
