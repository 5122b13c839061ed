"""The published JSON Schema and the importer say the same about every document, as far as JSON Schema can say it."""

import copy
import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types

from dashboards import document_schema, variables
from dashboards.document_schema import published, schema
from dashboards.document_text import Unreadable, read_json, read_yaml
from dashboards.settings_spec import problems_of
from dashboards.spec import SpecError, parse
from embedhost.lib.env import ROOT
from tests.dashboards.test_variable_spec import ALL_TYPES
from tests.world import DOCUMENT

_VALIDATOR = Draft202012Validator(schema())
_EVERYTHING = """
title: T
slug: t
description: ""
customer_variable: c
settings: {viewers_may_export: true, cache_seconds: 0}
variables: [{name: c, type: text, mode: hidden, default: null, required: false, choices: [], choices_from: null}]
panels:
  - {id: n, type: number, title: N, width: 12, note: "", source: s, sql: SELECT 1, encoding: {value: a, compare: null,
     format: {style: currency, currency: EUR, decimals: 2, compact: true}, labels: {a: A}, empty: None, good: up}}
  - {id: l, type: line, title: L, source: s, sql: SELECT 1, encoding: {x: a, y: b, zero: true, colours: {b: c1}}}
  - {id: b, type: bar, title: B, source: s, sql: SELECT 1, encoding: {x: a, y: [b, c], mode: stacked}}
  - {id: p, type: pie, title: P, source: s, sql: SELECT 1, encoding: {label: a, value: b}}
  - {id: t, type: table, title: T, source: s, sql: SELECT 1, encoding: {sort: {name: a, ascending: true}, rows: 5,
     columns: [{name: a, label: A, bar: true, alarm_over: 1.5, secondary: false, sub: b}]}}
  - {id: x, type: text, title: X, text: Hello, encoding: null}
"""
#: What stands in the place of a value; each is wrong in most places.
_OTHERS: tuple[Any, ...] = (
    None, True, -1, 0, 3, 4.5, 13, 10**16, "", " ", "\u3000", "\x1f", "A b", "x" * 201, "x" * 50_001, [], [1], [""],
    ["a"], [{}], {}, {"a": 1}, {"a": "b"}, {"start": "a", "end": "b"}, {"style": "other"}, {"decimals": 7},
    {"currency": 5}, {"name": 1}, {"name": "a", "ascending": 1}, "customer_id", "choice", "text", "table",
    {"x" * 200: "c1"}, {"x" * 201: "c1"}, {"a": "c9"},
)  # fmt: skip


def _problems(document: Mapping[str, Any]) -> list[str]:
    """Return why the importer refuses a document, SQL and data sources aside."""
    try:
        spec = parse(document)
    except SpecError as refused:
        return refused.problems
    found = [problem.text for problem in problems_of(document.get("settings"))]
    for variable in spec.variables.values():
        try:
            variables.check(variable, variable.default)
        except variables.BadValue as bad:
            found.append(bad.message)
    return found


def _documents() -> Iterator[dict[str, Any]]:
    for path in (
        *(ROOT / "embedhost/demo/dashboards").glob("*.yml"),
        ROOT / "bench/dashboard.yml",
        ROOT / "bench/rows.yml",
    ):
        yield read_yaml(path.read_bytes()).document
    texts = (DOCUMENT.format(title="Sales", slug="sales", schema="tradewind"), ALL_TYPES, _EVERYTHING)
    yield from (read_yaml(text.encode()).document for text in texts)


def _changed(value: Any) -> Iterator[Any]:
    """Yield copies of a value, each with one part replaced, left out or added."""
    yield from _OTHERS
    if isinstance(value, dict):
        yield {**value, "other": 1}
        for name in value:
            yield {other: part for other, part in value.items() if other != name}
            yield from ({**value, name: part} for part in _changed(value[name]))
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from ([*value[:number], part, *value[number + 1 :]] for part in _changed(item))


def test_the_schema_is_one_and_every_document_of_ours_fits_it() -> None:
    Draft202012Validator.check_schema(published("https://embed.example.com"))
    assert published("https://e.test")["$id"] == "https://e.test/api/v1/dashboards/schema.json"
    documents = list(_documents())
    assert len(documents) == 7
    for document in documents:
        assert _problems(document) == []
        assert list(_VALIDATOR.iter_errors(document)) == []


#: Problems that no schema tells: what is said twice, and what one value means for another.
_BEYOND = (
    "is used twice", "is reserved", "have the same value", "`customer_variable` names", "an `identifier` is",
    "every choice is", "one measure", "is for rates", "parts of a whole", "is a currency's code",
    "does not fit its type", "give `choices`",
)  # fmt: skip


def _changed_documents(whole: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield documents with one change each. No other variable or panel stands by a changed one: it tells nothing."""
    small = {**whole, "variables": whole["variables"][:1], "panels": whole["panels"][-1:], "customer_variable": None}
    yield from _changed(small)
    for kind in ("variables", "panels"):
        yield from ({**small, kind: [changed]} for part in whole[kind] for changed in _changed(part))


@pytest.mark.parametrize("every", [7, pytest.param(1, marks=pytest.mark.deep)])
def test_whatever_is_changed_in_a_document_importer_and_schema_agree(every: int) -> None:
    refused = 0
    whole = [read_yaml(text.encode()).document for text in (_EVERYTHING, ALL_TYPES)]
    documents = (changed for each in whole for changed in _changed_documents(each))
    # 7 shares no factor with the number of other values, so that each of them stands in some place.
    for document in itertools.islice(documents, 0, None, every):
        fits, problems = _VALIDATOR.is_valid(document), _problems(document)
        assert document_schema.fits(document) is fits, document
        refused += bool(problems)
        if fits and problems:
            assert all(any(words in told for words in _BEYOND) for told in problems), (problems, document)
        else:
            assert fits == (not problems), (problems, document)
    assert refused > 4000 / every


def test_every_problem_has_the_place_of_its_value() -> None:
    document = read_yaml(_EVERYTHING.encode()).document
    for place, value in (
        (("title",), 7),
        (("panels", "2", "sql"), ""),
        (("panels", "1", "encoding"), {"x": "a"}),
        (("panels", "3", "id"), "n"),
        (("variables", "0", "mode"), "other"),
        (("customer_variable",), "nobody"),
        (("panels", "0", "other"), 1),
        (("panels",), []),
    ):
        changed = copy.deepcopy(document)
        inner: Any = changed
        for part in place[:-1]:
            inner = inner[int(part)] if isinstance(inner, list) else inner[part]
        inner[place[-1]] = value
        with pytest.raises(SpecError) as refused:
            parse(changed)
        assert place in [problem.place for problem in refused.value.found]


def _sorted(ascending: object) -> dict[str, Any]:
    document = read_yaml(_EVERYTHING.encode()).document
    table = next(panel for panel in document["panels"] if panel["type"] == "table")
    table["encoding"]["sort"] = {"name": "a", "ascending": ascending}
    return document


def test_a_table_is_sorted_by_a_name_and_one_value() -> None:
    for ascending in ([], [True], {}, {"a": 1e300}):
        [told] = _problems(_sorted(ascending))
        assert told.endswith("or name and ascending, which is true or false.")
        assert not _VALIDATOR.is_valid(_sorted(ascending))


def test_a_version_opens_that_was_saved_when_any_value_was_taken_for_true() -> None:
    for ascending in (True, False, None, 1, 2**53, "yes"):
        assert _problems(_sorted(ascending)) == []
        assert _VALIDATOR.is_valid(_sorted(ascending))


def test_a_number_that_no_document_can_hold_is_in_no_schema() -> None:
    assert not _VALIDATOR.is_valid(_sorted(1e300))
    with pytest.raises(Unreadable, match="too large"):
        read_json(json.dumps(_sorted(1e300)).encode())
