"""Values of variables reach a statement bound, in their own type, or not at all."""

from typing import Any

import pytest

from datasources.errors import BadValue, DataSourceError
from tests.about import about
from tests.datasources.world import Ask, assert_clean, cells

#: threats.md, P-DV-05.
HOSTILE = (
    "' OR '1'='1",
    "1; DROP TABLE orders",
    "1) UNION SELECT note FROM orders--",
    "\\'",
    "'/*",
    "%27",
    "{{7*7}}",
    "%s",
    "%(x)s",
    ":x",
    "$1",
    "?",
    "?1",
    '"eh_bind_1"',
    "\\",
    "N\u2028",
)

#: One query for each type of variable, and a value of it that gives one row of acme.
QUERIES: dict[str, tuple[str, object]] = {
    "text": ("SELECT note FROM orders WHERE note = {{ v }}", "CANARY-a-acme-0"),
    "choice": ("SELECT note FROM orders WHERE note = {{ v }}", "CANARY-a-acme-0"),
    "number": ("SELECT note FROM orders WHERE amount = {{ v }}", 100),
    "boolean": ("SELECT note FROM orders WHERE (id = 1) = {{ v }}", True),
    "date": ("SELECT note FROM orders WHERE day = {{ v }}", "2026-01-15"),
    "date_range": (
        "SELECT note FROM orders WHERE day >= {{ v.start }} AND day <= {{ v.end }}",
        {"start": "2026-01-01", "end": "2026-01-31"},
    ),
    "multi_choice": ("SELECT note FROM orders WHERE note IN ({{ v }})", ["CANARY-a-acme-0", "CANARY-a-globex-0"]),
}


@pytest.mark.parametrize("kind", sorted(QUERIES))
def test_a_value_of_each_type_finds_its_row(ask: Ask, kind: str) -> None:
    sql, value = QUERIES[kind]
    assert cells(ask(sql, {"v": kind}, {"v": value})) == [("CANARY-a-acme-0",)]


@pytest.mark.parametrize("kind", sorted(QUERIES))
def test_an_unset_value_matches_nothing(ask: Ask, kind: str) -> None:
    assert ask(QUERIES[kind][0], {"v": kind}, {"v": None}).rows == 0


@pytest.mark.parametrize("kind", ["text", "choice"])
def test_p_dv_05_sql_in_a_text_is_matched_literally(ask: Ask, kind: str) -> None:
    for hostile in HOSTILE:
        with about(hostile):
            assert ask(QUERIES[kind][0], {"v": kind}, {"v": hostile}).rows == 0
            assert cells(ask("SELECT {{ v }} AS v", {"v": kind}, {"v": hostile})) == [(hostile,)]


def test_p_dv_05_sql_in_a_list_is_matched_literally(ask: Ask) -> None:
    for hostile in HOSTILE:
        with about(hostile):
            assert ask(QUERIES["multi_choice"][0], {"v": "multi_choice"}, {"v": [hostile]}).rows == 0


@pytest.mark.parametrize("kind", ["number", "boolean", "date", "date_range"])
def test_p_dv_05_sql_in_any_other_type_is_refused(ask: Ask, kind: str) -> None:
    for hostile in HOSTILE:
        value: object = {"start": hostile, "end": "2026-01-01"} if kind == "date_range" else hostile
        with about(hostile):
            with pytest.raises(BadValue) as caught:
                ask(QUERIES[kind][0], {"v": kind}, {"v": value})
            assert (caught.value.status, caught.value.code, caught.value.variable) == (400, "variable_invalid", "v")
            assert hostile not in f"{caught.value} {caught.value.message} {caught.value.detail}"


@pytest.mark.parametrize(
    ("pattern", "value", "found"),
    [
        ("LIKE {{ v }}", "%", 0),
        ("LIKE {{ v }}", "_ANARY-a-acme-0", 0),
        ("LIKE {{ v }}", "CANARY-a-acme-0", 1),
        ("LIKE {{ v }} || '%'", "CANARY-a-acme", 3),
        ("LIKE '%' || {{ v }} || '%'", "acme-1", 1),
        ("LIKE '%' || {{ v }} || '%'", "100%", 0),
        ("LIKE '%' || {{ v }} || '%'", "\\", 0),
        ("LIKE '%' || {{ v }}", "\\%", 0),
        ("NOT LIKE '%' || {{ v }}", "%", 3),
        ("NOT LIKE {{ v }} || '%'", "CANARY", 0),
        ("LIKE concat({{ v }}, '%')", "_", 0),
    ],
)
def test_p_dv_07_a_value_in_like_is_matched_literally(ask: Ask, pattern: str, value: str, found: int) -> None:
    if "concat" in pattern and ask.source.engine == "sqlite":
        pattern = "LIKE ({{ v }} || '%')"
    if "||" in pattern and ask.source.engine == "mariadb":  # There it means OR.
        before, like, joined = pattern.partition("LIKE ")
        pattern = f"{before}{like}concat({joined.replace(' || ', ', ')})"
    assert ask(f"SELECT note FROM orders WHERE note {pattern}", {"v": "text"}, {"v": value}).rows == found


def test_p_dv_12_the_values_of_a_column_are_those_of_the_customers_rows(ask: Ask) -> None:
    of_acme = [(f"CANARY-a-acme-{place}",) for place in range(3)]
    assert cells(ask("SELECT DISTINCT note FROM orders ORDER BY note")) == of_acme
    assert cells(ask("SELECT note FROM orders UNION SELECT note FROM orders ORDER BY note")) == of_acme
    assert cells(ask("SELECT DISTINCT cst FROM orders")) == [("acme",)]


SPECIAL: dict[str, list[Any]] = {
    "date": [
        "infinity", "-infinity", "now", "tomorrow", "epoch", "0000-01-01", "10000-01-01", "2026-02-30", "2026-1-1",
        "20260101", "2026-W01-1", "2026-01-01T00:00:00", " 2026-01-01", "\u0662\u0660\u0662\u0666-01-01", 20260101,
    ],
    "number": [
        float("nan"), float("inf"), float("-inf"), "1", "0x10", "1_000", "NaN", True, [1], {"a": 1}, 10**20, 2**63,
    ],
    "boolean": ["yes", "true", 1, 0, 2, "t", []],
    "text": [1, True, ["a"], {"a": "b"}, "a\x00b", "\ud800", "x" * 10_001],
    "choice": [1, ["a"]],
    "multi_choice": ["{acme,globex}", "a", [1, "a"], [1], [["a"]], [None], ["a\x00"], ["a"] * 10_001, {"a": 1}],
    "date_range": ["2026-01-01", {}, {"start": "2026-01-01"}, {"start": "now", "end": "now"}, ["2026-01-01"] * 2],
}  # fmt: skip


@pytest.mark.parametrize("kind", SPECIAL)
def test_p_dv_08_and_09_lists_and_special_values_that_do_not_fit_are_refused(ask: Ask, kind: str) -> None:
    for value in SPECIAL[kind]:
        with about(value), pytest.raises(BadValue):
            ask(QUERIES[kind][0], {"v": kind}, {"v": value})


def test_p_dv_08_an_empty_list_means_no_rows(ask: Ask) -> None:
    assert ask(QUERIES["multi_choice"][0], {"v": "multi_choice"}, {"v": []}).rows == 0


def test_p_dv_08_a_list_as_text_is_never_read_as_a_list(ask: Ask) -> None:
    for text in ("{North,South}", '["North","South"]', "North,South"):
        sql = "SELECT note FROM orders WHERE region IN ({{ v }})"
        assert ask(sql, {"v": "text"}, {"v": text}).rows == 0
        assert ask(sql, {"v": "multi_choice"}, {"v": [text]}).rows == 0


def test_a_list_may_be_excluded(ask: Ask) -> None:
    sql = "SELECT note FROM orders WHERE region NOT IN ({{ v }})"
    result = ask(sql, {"v": "multi_choice"}, {"v": ["North"]})
    assert_clean(result)
    assert result.rows == 1


@pytest.mark.parametrize("number", [0, -5, 2**31, 2**62, 0.5, -0.25, 1e10])
def test_numbers_keep_their_value(ask: Ask, number: float) -> None:
    assert cells(ask("SELECT {{ v }} * 1 AS v", {"v": "number"}, {"v": number})) == [(number,)]


def test_a_number_may_bound_the_rows(ask: Ask) -> None:
    assert ask("SELECT note FROM orders LIMIT {{ v }}", {"v": "number"}, {"v": 2}).rows == 2


def test_p_sq_15_a_failure_says_nothing_of_the_rows_that_caused_it(ask: Ask) -> None:
    said = set()
    for column in ("note", "region"):
        sql = f"SELECT CAST({column} AS integer) / 0 AS x FROM orders"
        try:
            assert_clean(ask(sql))
        except DataSourceError as error:
            said.add((error.status, error.code, error.message))
    assert len(said) <= 1
