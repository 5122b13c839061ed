"""What an author may declare as a variable, and what is said about the rest."""

from typing import Any

import pytest

from dashboards.as_code import load
from dashboards.spec import DashboardSpec, SpecError, parse

PANEL = {"id": "p", "type": "table", "title": "P", "source": "s", "sql": "SELECT 1 AS one"}


def read(*variables: dict[str, Any]) -> DashboardSpec:
    return parse({"title": "T", "slug": "t", "variables": list(variables), "panels": [PANEL]})


def problems(*variables: dict[str, Any]) -> str:
    with pytest.raises(SpecError) as refused:
        read(*variables)
    return "\n".join(refused.value.problems)


ALL_TYPES = """
title: T
slug: t
variables:
  - {name: note, type: text}
  - {name: least, type: number, default: 3}
  - {name: paid, type: boolean, label: Paid, default: true}
  - {name: day, type: date, default: 7_days_ago}
  - {name: period, type: date_range, default: last_30_days, required: true}
  - {name: size, type: choice, choices: [{value: s, label: Small}, {value: l, label: Large}]}
  - {name: regions, type: multi_choice, choices: [North, South], default: [North]}
  - name: store
    type: choice
    choices_from: {source: warehouse, sql: "SELECT id, name FROM stores [[ WHERE region IN ({{ regions }}) ]]"}
  - name: sort
    type: choice
    identifier: true
    default: revenue
    choices: [{value: revenue, label: Revenue, sql: total DESC}, {value: name, label: Name}]
panels:
  - {id: p, type: table, title: P, source: s, sql: SELECT 1 AS one}
"""


def test_every_type_is_read_from_yaml() -> None:
    spec = parse(load(ALL_TYPES))
    assert [variable.type for variable in spec.variables.values()] == [
        "text", "number", "boolean", "date", "date_range", "choice", "multi_choice", "choice", "choice"
    ]  # fmt: skip
    assert spec.variables["paid"].default is True
    assert spec.variables["period"].required
    assert spec.variables["regions"].choices == (("North", "North"), ("South", "South"))
    source = spec.variables["store"].choices_from
    assert source is not None
    assert source.source == "warehouse"


def test_an_identifiers_option_stands_for_the_authors_sql_at_its_place() -> None:
    sort = parse(load(ALL_TYPES)).variables["sort"]
    assert sort.identifiers == ("total DESC", "name")
    assert (sort.identifier("revenue"), sort.identifier("name")) == ("total DESC", "name")
    for other in ("total DESC", "Revenue", "amount; --", "", None, 0, 1, ["revenue"]):
        assert sort.identifier(other) is None, other
    assert sort.required


def test_p_dv_06_an_identifiers_option_is_a_column_a_unit_or_a_direction() -> None:
    good = ("total", "o.total", "total DESC", "total asc NULLS LAST", "'month'", "DESC", "month")
    for sql in good:
        read(_sort([{"value": "a", "sql": sql}]))
    bad = (
        "amount; --", "(SELECT 1)", "random()", "1", "a,b", "total DESC, x", '"amount"', "'a''b'", "'a' || 'b'", "a b",
        "{{ x }}", "a.b.c", "total\n", "", "total -- x", "x[[",
    )  # fmt: skip
    for sql in bad:
        assert "every choice" in problems(_sort([{"value": "a", "sql": sql}])), sql


def _sort(choices: list[object], **more: object) -> dict[str, Any]:
    return {"name": "sort", "type": "choice", "identifier": True, "choices": choices, "default": "a", **more}


def test_what_cannot_be_a_variable_is_said() -> None:
    query = {"source": "s", "sql": "SELECT 1 AS one"}
    cases: list[tuple[dict[str, Any], str]] = [
        ({"name": "v", "type": "choice"}, "give `choices` or `choices_from`"),
        ({"name": "v", "type": "text", "choices": ["a"]}, "give `choices` or `choices_from`"),
        ({"name": "v", "type": "boolean", "choices_from": query}, "give `choices` or `choices_from`"),
        ({"name": "v", "type": "choice", "choices": ["a"], "choices_from": query}, "give `choices` or `choices_from`"),
        ({"name": "v", "type": "choice", "choices": ["a", "a"]}, "two choices have the same value"),
        ({"name": "v", "type": "choice", "choices": [1]}, "every choice is a text"),
        ({"name": "v", "type": "choice", "choices": [{"value": "a", "sql": "a"}]}, "every choice is a text"),
        ({"name": "v", "type": "choice", "choices": ["a"] * 1001}, "at most 1,000"),
        ({"name": "v", "type": "choice", "choices_from": {"source": "s"}}, "`sql` is a text"),
        ({"name": "v", "type": "choice", "choices_from": "SELECT 1"}, "a set of names and values"),
        ({"name": "v", "type": "choice", "choices_from": {**query, "x": 1}}, "`x` is not known"),
        ({"name": "v", "type": "text", "required": "yes"}, "`required` is true or false"),
        ({"name": "v", "type": "datetime"}, "`type` is one of"),
        ({"name": "v", "type": "text", "mode": "shut"}, "`mode` is one of"),
        ({"name": "customer_id", "type": "text"}, "reserved"),
        (_sort(["a"], default=None), "an `identifier` is of type choice"),
        (_sort(["a"], type="multi_choice"), "an `identifier` is of type choice"),
        (_sort([], choices_from=query), "an `identifier` is of type choice"),
    ]
    for variable, said in cases:
        assert said in problems(variable), variable
