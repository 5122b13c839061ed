"""Values of every type: what fits, what does not, and what they become."""

from typing import Any

import pytest

from dashboards import variables
from dashboards.spec import DashboardSpec, parse
from dashboards.variables import BadValue, UnknownVariable, ValueMissing, Values, VariableNotOpen
from dashboards.wording import value_text
from tokens.grant import Grant, Purpose

GOOD: dict[str, list[Any]] = {
    "text": ["", "a", "100%", "{acme,globex}"],
    "number": [0, -1, 1.5, 2**53 - 1],
    "boolean": [True, False],
    "date": ["2026-02-28", "2024-02-29", "today", "yesterday", "7_days_ago", "0001-01-01", "9999-12-31"],
    "date_range": ["last_30_days", {"start": "2026-01-01", "end": "2026-01-01"}],
    "choice": ["North"],
    "multi_choice": [[], ["North"], ["South", "North"]],
}
#: threats.md P-DV-05, P-DV-08 and P-DV-09 for every type that is not text.
BAD: dict[str, list[Any]] = {
    "text": [1, True, ["a"], {}, "a\0b", "a\nb", "\ud800", "a" * 1001],
    "number": ["1", True, [1], {}, float("nan"), float("inf"), 10**17, 1e300, "0x10", "1_000"],
    "boolean": ["yes", "true", 0, 1, 2, [True], ""],
    "date": ["infinity", "now", "tomorrow", "epoch", "0000-01-01", "10000-01-01", "2026-02-30", "20260228", 20260228,
             "2026-02-28T00:00:00", "2026-2-8", "last_30_days", ["2026-02-28"], {"start": "2026-01-01"}, True],
    "date_range": ["now", "infinity", {"start": "2026-01-01"}, [], {"start": "2026-03-02", "end": "2026-02-01"},
                   {"start": "today", "end": "today"}, {"start": "0000-01-01", "end": "2026-03-01"}, 1],
    "choice": ["north", "North ", "", 1, True, ["North"], {"value": "North"}],
    "multi_choice": ["North", "{North,South}", ["north"], [1, "North"], [["North"]], [None], {"0": "North"}, 1,
                     ["North"] * 1001],
}  # fmt: skip
LISTED = {"choices": ["North", "South"]}


def spec_of(*declared: dict[str, Any]) -> DashboardSpec:
    panel = {"id": "p", "type": "table", "title": "P", "source": "s", "sql": "SELECT 1 AS one"}
    return parse({"title": "T", "slug": "t", "variables": list(declared), "panels": [panel]})


SPEC = spec_of(*({"name": kind, "type": kind, **(LISTED if "choice" in kind else {})} for kind in GOOD))
QUERY = {"source": "s", "sql": "SELECT 1 AS one"}


def grant(**values: object) -> Grant:
    return Grant(
        purpose=Purpose.EMBED, organization_id=1, workspace_id="ws", dashboard_id=1, version_id=1, environment=None,
        customer=None, values=values, rights=frozenset(), viewer_id=None, locale=None, time_zone=None, expires_at=0,
        key_id="k", token_digest="d",
    )  # fmt: skip


def resolved(
    spec: DashboardSpec, token: dict[str, Any] | None = None, *, time_zone: str = "UTC", **viewer: Any
) -> Values:
    # 2026-01-01T03:00 in UTC, still the old year in New York.
    return variables.resolve(spec, grant(**(token or {})), viewer, time_zone=time_zone, now=1_767_236_400)


def test_each_type_takes_its_own_values() -> None:
    for kind, values in GOOD.items():
        for value in values:
            assert variables.from_token(SPEC, {kind: value}) == {kind: value}, (kind, value)
            assert variables.from_viewer(SPEC, {kind: value}, may_change=True) == {kind: value}


def test_p_dv_08_and_09_and_nothing_else() -> None:
    for kind, values in BAD.items():
        for value in values:
            assert not takes(kind, value), f"{kind} took {value!r}"


def takes(kind: str, value: object) -> bool:
    try:
        return bool(variables.from_token(SPEC, {kind: value}))
    except BadValue:
        return False


def test_a_choice_of_a_query_is_a_text_and_a_list_of_them_is_bounded() -> None:
    spec = spec_of({"name": "store", "type": "choice", "choices_from": QUERY}, {
        "name": "stores", "type": "multi_choice", "choices_from": QUERY})  # fmt: skip
    assert variables.from_token(spec, {"store": "anything", "stores": ["a", "b"]})
    for bad in (
        {"store": 1},
        {"store": ["a"]},
        {"stores": "a"},
        {"stores": [1]},
        {"stores": ["a"] * 1001},
        {"stores": [["a"]]},
    ):
        with pytest.raises(BadValue):
            variables.from_token(spec, bad)


def test_equal_wishes_become_equal_values() -> None:
    first = resolved(SPEC, multi_choice=["South", "North", "South"])
    second = resolved(SPEC, multi_choice=["North", "South"])
    assert first.by_name["multi_choice"] == second.by_name["multi_choice"] == ["North", "South"]


def test_an_empty_list_is_a_value_and_none_is_not() -> None:
    assert "multi_choice" in resolved(SPEC, multi_choice=[]).present
    assert "multi_choice" not in resolved(SPEC, multi_choice=None).present


def test_relative_words_are_dates_of_the_viewers_time_zone() -> None:
    here = resolved(SPEC, date="today", date_range="this_year").by_name
    there = resolved(SPEC, time_zone="America/New_York", date="today", date_range="this_year").by_name
    assert (here["date"], here["date_range"]) == ("2026-01-01", {"start": "2026-01-01", "end": "2026-01-01"})
    assert (there["date"], there["date_range"]) == ("2025-12-31", {"start": "2025-01-01", "end": "2025-12-31"})


def test_the_viewer_comes_after_the_token_and_the_token_after_the_author() -> None:
    spec = spec_of({"name": "least", "type": "number", "default": 1}, {"name": "floor", "type": "number", "default": 1})
    values = resolved(spec, {"least": 2, "floor": 2}, least=3).by_name
    assert values == {"least": 3, "floor": 2}
    assert resolved(spec, {"least": 2}, least=None).by_name == {"least": None, "floor": 1}


def test_only_open_variables_change_and_only_where_viewers_may() -> None:
    spec = spec_of(*({"name": mode, "type": "text", "mode": mode} for mode in ("open", "locked", "hidden")))
    assert variables.from_viewer(spec, {"open": "a"}, may_change=True)
    for name, may_change in (("open", False), ("locked", True), ("hidden", True)):
        with pytest.raises(VariableNotOpen):
            variables.from_viewer(spec, {name: "a"}, may_change=may_change)
    with pytest.raises(UnknownVariable):
        variables.from_viewer(spec, {"other": "a"}, may_change=True)
    with pytest.raises(VariableNotOpen):
        variables.from_viewer(spec, {"open": "a"}, may_change=True, fixed=frozenset({"open"}))


def test_a_required_variable_cannot_be_unset_and_its_query_waits_for_it() -> None:
    spec = spec_of({"name": "store", "type": "text", "label": "Store", "required": True})
    for read in (variables.from_token(spec, {}), variables.from_viewer(spec, {}, may_change=True)):
        assert read == {}
    with pytest.raises(BadValue):
        variables.from_token(spec, {"store": None})
    uses = "SELECT 1 AS one [[ WHERE a = {{ store }} ]]"
    with pytest.raises(ValueMissing, match="Store"):
        variables.statement(spec, uses, resolved(spec))
    assert variables.statement(spec, uses, resolved(spec, store="a")) == uses
    assert variables.statement(spec, "SELECT 1 AS one", resolved(spec)) == "SELECT 1 AS one"


def test_p_dv_06_an_identifier_is_chosen_from_the_authors_list() -> None:
    sort = {"name": "sort", "type": "choice", "identifier": True, "default": "a",
            "choices": [{"value": "a", "sql": "amount"}, {"value": "b", "sql": "note DESC"}]}  # fmt: skip
    spec = spec_of(sort)
    sql = "SELECT 1 AS one ORDER BY {{ sort }}, 'it''s {{' "
    assert variables.statement(spec, sql, resolved(spec)).split() == sql.replace("{{ sort }}", "amount ").split()
    assert "note DESC" in variables.statement(spec, sql, resolved(spec, sort="b"))
    for bad in ("amount", "amount; --", '"amount" DESC, (SELECT 1)', "1", "random()", "note DESC", 1, None, ["a"]):
        with pytest.raises(BadValue):
            variables.from_viewer(spec, {"sort": bad}, may_change=True)


def test_values_are_written_as_a_reader_of_the_locale_writes_them() -> None:
    def text(name: str, value: object, locale: str = "en") -> str:
        return value_text(SPEC.variables[name], value, locale)

    assert text("boolean", True) == "Yes"
    assert text("boolean", False) == "No"
    assert text("date", "2026-02-28") == "28 Feb 2026"
    assert text("date", "2026-02-28", "en-US") == "Feb 28, 2026"
    assert text("date", "yesterday") == "Yesterday"
    assert text("date", "7_days_ago") == "7 days ago"
    assert text("multi_choice", ["North", "South"]) == "North, South"
    assert text("multi_choice", ["a", "b", "c", "d"]) == "a, b +2"
    assert text("multi_choice", []) == "None"
    assert value_text(SPEC.variables["choice"], "s1", "en", [("s1", "First store")]) == "First store"
