"""A refusal points at the line and column of the author's own text, whatever the template and the parser made of it."""

import pytest

from datasources.catalog import Catalog, Column, Table
from datasources.compile import compile_query
from datasources.errors import QueryRejected
from datasources.rules import Kind, Rules, TableRule

CATALOG = Catalog(
    (Table("public", "orders", (Column("id", "integer"), Column("cst", "text"), Column("note", "text"))),)
)
RULES = Rules.of([TableRule("public.orders", Kind.SCOPED, "cst", column_type="text")])
TYPES = {"region": "text", "least": "number"}


def refusal(sql: str, present: frozenset[str] = frozenset()) -> QueryRejected:
    with pytest.raises(QueryRejected) as caught:
        compile_query(sql, dialect="postgresql", catalog=CATALOG, rules=RULES, variables=TYPES, present=present)
    return caught.value


#: The character that a refusal must point at is marked with a pilcrow.
@pytest.mark.parametrize(
    "marked",
    [
        "SELECT id,\n       ¶nothing\nFROM orders",
        "SELECT id FROM orders\nWHERE note = 'a'\n  AND ¶x.note = 'b'",
        "SELECT id\nFROM ¶staff",
        "SELECT id FROM orders o\nJOIN ¶staff s ON s.id = o.id",
        "SELECT id, ¶pg_sleep(1) FROM orders",
        "WITH a AS (\n  SELECT ¶gone FROM orders\n) SELECT * FROM a",
        "SELECT id FROM orders WHERE id IN (SELECT id FROM orders\n WHERE ¶gone = 1)",
        "SELECT 1¶; SELECT 2",
        "SELECT id FROM orders WHERE (id = 1\n ¶ORDER BY id",
        "\n\n  SELECT ¶gone FROM orders",
        "-- a comment\nSELECT /* another */ ¶gone FROM orders",
        "SELECT id FROM orders [[ WHERE note = {{ region }} ]] ORDER BY ¶gone",
        "SELECT id FROM orders WHERE note = {{ customer_name }}\nAND {{ customer_id }} = ¶gone",
        "SELECT id FROM orders WHERE TRUE [[ AND ¶gone = {{ region }} ]]",
        "SELECT id, ¶'{{ region }}' FROM orders",
        "SELECT id FROM orders -- fine\n WHERE note = 'x' ¶]] AND TRUE",
        "SELECT id FROM orders UNION SELECT id FROM orders ORDER BY ¶note",
        "SELECT id, row_number() OVER (PARTITION BY ¶gone) FROM orders",
        "SELECT sum(id) OVER ¶w FROM orders",
        "SELECT * FROM orders CROSS JOIN LATERAL (SELECT ¶gone) x",
        "SELECT CAST(¶note AS xml) FROM orders",
        "SELECT '\u00e4\U0001f600', ¶gone FROM orders",
    ],
)
@pytest.mark.parametrize("present", [frozenset(), frozenset({"region"})])
def test_a_refusal_points_at_what_it_is_about(marked: str, present: frozenset[str]) -> None:
    if "[[ AND ¶" in marked and not present:
        return
    place = marked.index("¶")
    before = marked[:place]
    line, column = before.count("\n") + 1, place - (before.rfind("\n") + 1) + 1
    error = refusal(marked.replace("¶", ""), present)
    assert (error.line, error.column) == (line, column), error.problem
    assert error.problem.startswith(f"Line {line}, column {column}: ")


def test_a_refusal_that_nobody_can_place_points_at_the_beginning() -> None:
    assert (refusal("").line, refusal("").column) == (1, 1)
    assert refusal("SELECT " + "NOT " * 5000 + "1").line == 1


def test_a_remembered_refusal_points_at_the_same_place() -> None:
    first, second = refusal("SELECT\n gone FROM orders"), refusal("SELECT\n gone FROM orders")
    assert (
        (first.line, first.column, first.problem)
        == (second.line, second.column, second.problem)
        == (
            2,
            2,
            first.problem,
        )
    )
