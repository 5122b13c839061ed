"""What authors may write, what they are told, and that it is done once."""

import contextlib
import time

import pytest

from datasources import compile as compile_module
from datasources.binds import Bind
from datasources.compile import Compiled, compile_query
from datasources.errors import QueryRejected
from datasources.gate import limits
from datasources.rules import Kind, Rules, TableRule
from datasources.snapshot import SourceSnapshot
from tests.about import about
from tests.datasources.world import Ask, cells, schema_of, scoped, shared, with_rules

TYPES = {
    "region": "text",
    "least": "number",
    "period": "date_range",
    "day": "date",
    "open": "boolean",
    "regions": "multi_choice",
}


def compiled(source: SourceSnapshot, sql: str, present: frozenset[str] = frozenset()) -> Compiled:
    return compile_query(
        sql,
        dialect=source.dialect,
        catalog=source.catalog,
        rules=source.rules,
        variables=TYPES,
        present=present,
    )


def problem(source: SourceSnapshot, sql: str) -> str:
    with pytest.raises(QueryRejected) as caught:
        compiled(source, sql)
    assert caught.value.status == 422
    return caught.value.problem


#: A statement that is refused, and what its author is told.
MISTAKES = (
    ("SELECT '{{ region }}'", "Write {{ region }} instead."),
    ("SELECT note FROM orders WHERE note LIKE '%{{ region }}%'", "Write '%' || {{ region }} || '%' instead."),
    ("SELECT note FROM orders WHERE note LIKE 'a{{region}}'", "Write 'a' || {{region}} instead."),
    ('SELECT "{{ region }}" FROM orders', "inside a quoted name"),
    ("SELECT 1 -- {{ region }}", "inside a comment"),
    ("SELECT 1 /* {{ region }} */", "inside a comment"),
    ("SELECT $$ {{ region }} $$", "inside quotes"),
    ("SELECT {{ a-b }}", "only a variable's name"),
    ("SELECT {{ region.start }}", "has no parts"),
    ("SELECT {{ period }}", "{{ period.start }} and {{ period.end }}"),
    ("SELECT {{ period.middle }}", "{{ period.start }} and {{ period.end }}"),
    ("SELECT {{ nothing }}", "There is no variable nothing"),
    ("SELECT 1 [[ , {{ nothing }} ]]", "There is no variable nothing"),
    ("SELECT {{ customer_id.x }}", "has no parts"),
    ("SELECT 1 [[ AND 2 ]]", "needs a variable in it"),
    ("SELECT 1 [[ {{ region }}", "never closed"),
    ("SELECT 1 ]]", "without [["),
    ("SELECT 1 [[ {{ region }} [[ {{ day }} ]] ]]", "inside each other"),
    ("SELECT note FROM orders WHERE TRUE [[ AND cst = {{ customer_id }} ]]", "always set"),
    ("SELECT note FROM orders WHERE TRUE [[ AND cst = {{ customer.region }} ]]", "always set"),
    ("SELECT note FROM orders WHERE region = {{ regions }}", "Write IN ({{ regions }})"),
    ("SELECT note FROM {{ region }}", "no table"),
    ("SELECT note FROM orders AS {{ region }}", "no value can stand"),
    ("SELECT note AS {{ region }} FROM orders", "no value can stand"),
    ("SELECT o.{{ region }} FROM orders o", "no column"),
    ("SELECT {{ region }}.note FROM orders", "no table"),
    ("SELECT {{ region }}(note) FROM orders", "not on the list"),
    ("SELECT note FROM orders ORDER BY {{ region }}", "A value cannot choose"),
    ("SELECT count(*) FROM orders GROUP BY {{ region }}", "A value cannot choose"),
    ("SELECT eh_var_0 FROM orders", "Names that begin with"),
    ('SELECT 1 AS "eh_bind_1"', "Names that begin with"),
    ("SELECT 'EH_BIND_1'", "Names that begin with"),
    ("SELECT note FROM orders WHERE note LIKE {{ region }} ESCAPE '!'", "matched literally already"),
    ("SELECT note FROM staff", "is hidden"),
    ("SELECT note FROM nothing", "no table nothing"),
    ("SELECT nothing FROM orders", "no column nothing"),
    ("SELECT region FROM orders o, regions r", "several tables"),
    ("SELECT 1 FROM orders, orders", "both called orders"),
    ("SELECT id, id FROM orders", "Two output columns"),
    ("SELECT * FROM orders o JOIN regions r ON o.region = r.region", "Two output columns"),
    ("SELECT 1 AS a UNION SELECT 1, 2", "as many columns"),
    ("SELECT note FROM orders UNION SELECT note FROM orders ORDER BY lower(note)", "names or positions only"),
    ("SELECT pg_sleep(1)", "pg_sleep is not on the list"),
    ("SELECT CAST(note AS xml) FROM orders", "not allowed"),
    ("SELECT 1 FROM orders o JOIN regions r USING (nothing)", "needs that column on both sides"),
    ("SELECT 1 FROM numbers NATURAL JOIN orders", "no table"),
    ("SELECT", "no columns"),
    ("SELECT note FROM orders WHERE (", "cannot be read"),
    ("SELECT note FROM orders LIMIT id", "no column id"),
    ("SELECT note FROM orders WHERE note = 'a\u0000'", "invisible control character"),
    ("SELECT '\ud800'", "lone surrogate"),
    ("SELECT " + "(" * 60 + "1" + ")" * 60, "nested too deeply"),
    ("SELECT " + "NOT " * 5000 + "1", "nested too deeply"),
    ("SELECT " + "lower(" * 60 + "1" + ")" * 60, "nested too deeply"),
    ("SELECT 1 FROM orders" + " JOIN orders" * 20, "needs its ON"),
    ("SELECT 1" + "+1" * 5_000, "too many parts"),
    ("SELECT '" + "x" * 40_001 + "'", "longer than"),
)


def test_an_author_is_told_what_is_wrong_and_what_to_do(source: SourceSnapshot) -> None:
    for sql, said in MISTAKES:
        if source.dialect == "sqlite" and "$$" in sql:
            continue
        if source.dialect == "mariadb" and "AS xml" in sql:  # Its grammar has no such type at all.
            said = "cannot be read"
        with about(sql[:500]):
            found = problem(source, sql)
            assert said in found, found
            assert len(found) < 300


def test_an_optional_part_is_kept_when_all_its_variables_have_values(ask: Ask) -> None:
    sql = "SELECT count(*) FROM orders WHERE TRUE [[ AND region = {{ region }} AND amount >= {{ least }} ]]"
    assert cells(ask(sql, TYPES, {})) == [(3,)]
    assert cells(ask(sql, TYPES, {"region": "North"})) == [(3,)]
    assert cells(ask(sql, TYPES, {"region": "North", "least": 200})) == [(1,)]


def test_a_value_is_bound_once_however_often_it_is_named(source: SourceSnapshot) -> None:
    found = compiled(source, "SELECT note FROM orders WHERE region = {{ region }} OR note = {{ region }}")
    assert [bind.name for bind in found.binds if bind.source == "variable"] == ["region"]


def test_no_value_of_a_variable_is_in_the_text(source: SourceSnapshot) -> None:
    found = compiled(source, "SELECT note FROM orders WHERE day >= {{ period.start }} AND day < {{ period.end }}")
    assert {bind.name for bind in found.binds if bind.source == "scope"} == {"external_id"}
    assert [bind for bind in found.binds if bind.source != "scope"] == [
        Bind("variable", "period", "date_range", "start"),
        Bind("variable", "period", "date_range", "end"),
    ]
    assert "{{" not in found.text
    assert "acme" not in found.text


def test_comments_never_reach_the_database(source: SourceSnapshot) -> None:
    # MariaDB's hints are part of its grammar, and refused there.
    hint = "" if source.dialect == "mariadb" else "/*+ HINT */"
    found = compiled(source, f"SELECT {hint} note /* secret */ FROM orders -- secret")
    assert "secret" not in found.text
    assert "/*" not in found.text


def test_a_statement_says_what_it_reads_and_binds(source: SourceSnapshot) -> None:
    found = compiled(source, "SELECT o.note, {{ customer_name }} AS c FROM orders o JOIN regions r USING (region)")
    schema = schema_of(source)
    assert [(table, kind) for table, kind, _ in found.tables] == [
        (f"{schema}.orders", "scoped"),
        (f"{schema}.regions", "shared"),
    ]
    assert found.scoped
    assert found.reserved == {"customer_name"}
    assert found.columns == ("note", "c")
    assert not compiled(source, "SELECT name FROM regions").scoped


def test_a_warm_compile_parses_nothing(source: SourceSnapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    sql = "SELECT region, sum(amount) AS total FROM orders GROUP BY region ORDER BY total DESC"
    first = compiled(source, sql)
    monkeypatch.setattr(compile_module, "_compile", lambda *_: pytest.fail("compiled again"))
    assert compiled(source, sql) is first


def test_a_refusal_is_remembered_too(source: SourceSnapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    problem(source, "SELECT refused_once FROM orders")
    monkeypatch.setattr(compile_module, "_compile", lambda *_: pytest.fail("compiled again"))
    problem(source, "SELECT refused_once FROM orders")


def test_another_rule_or_catalog_is_another_statement(source: SourceSnapshot) -> None:
    sql = "SELECT name FROM regions"
    first = compiled(source, sql)
    other = with_rules(source, scoped(source, "regions", "region"))
    assert compiled(other, sql).digest != first.digest
    with pytest.raises(QueryRejected):
        compiled(with_rules(source), sql)


def test_a_scope_column_that_changed_its_type_closes_its_table(source: SourceSnapshot) -> None:
    rule = scoped(source, "orders", "cst")
    for changed in (
        TableRule(rule.table, Kind.SCOPED, "cst", column_type="integer"),
        TableRule(rule.table, Kind.SCOPED, "cst", column_type=rule.column_type, collation="nocase"),
        TableRule(rule.table, Kind.SCOPED, "gone", column_type=rule.column_type),
    ):
        assert "Save" in problem(with_rules(source, changed), "SELECT note FROM orders")


@pytest.mark.parametrize("column", ["amount", "day", "ratio"])
def test_columns_that_cannot_limit_rows_safely_are_refused(source: SourceSnapshot, column: str) -> None:
    found = problem(with_rules(source, scoped(source, "orders", column)), "SELECT note FROM orders")
    assert "Use text or integers" in found


def test_two_sets_of_rules_or_catalogs_with_equal_parts_are_equal(source: SourceSnapshot) -> None:
    rules = Rules.from_json(source.rules.to_json())
    assert (rules, hash(rules)) == (source.rules, hash(source.rules))
    assert type(source.catalog).from_json(source.catalog.to_json()) == source.catalog
    assert with_rules(source, shared(source, "orders")).rules != source.rules


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 FROM orders" + " NATURAL JOIN orders" * 5,
        "SELECT " + "CASE WHEN 1 = 1 THEN " * 39 + "1" + " END" * 39,
        "SELECT " + "(SELECT " * 30 + "1" + ")" * 30,
        "SELECT 1" + " UNION SELECT 1" * 1000,
        "SELECT 1 WHERE 1 = 1" + " AND 1 = 1" * 1000,
        "SELECT " + "lower(" * 35 + "'a'" + ")" * 35,
    ],
)
def test_no_statement_within_the_limits_takes_long(source: SourceSnapshot, sql: str) -> None:
    started = time.process_time()
    with contextlib.suppress(QueryRejected):
        compiled(source, sql)
    assert time.process_time() - started < 2
    assert len(sql) <= limits.MAX_CHARACTERS
