"""Every statement of threats.md 2.6, run as acme: refused, or nothing but acme's own rows."""

import pytest

from datasources.engines import ENGINES
from datasources.errors import QueryFailed, QueryRejected
from datasources.snapshot import SourceSnapshot
from tests.about import about
from tests.datasources.attacks import P_SQ_12, P_SQ_12_PLAIN, must_run, statements
from tests.datasources.world import ROWS, Ask, assert_clean, cells

Sources = dict[str, SourceSnapshot]


def attack(sources: Sources, engine: str, sql: str) -> bool:
    """Run a statement as acme; it may be refused or give acme's rows. Return whether it ran."""
    with about(engine, sql):
        try:
            result = Ask(sources[engine])(sql, max_rows=50)
        except (QueryRejected, QueryFailed):
            return False
        assert_clean(result)
        return True


def answered(sources: Sources, engine: str, case: str) -> list[str]:
    """Attack an engine with every statement of a case, and return those that ran."""
    return [sql for attacked, sql in statements(case) if attacked == engine and attack(sources, engine, sql)]


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_p_sq_01_no_spelling_of_a_table_reaches_other_rows(sources: Sources, engine: str) -> None:
    answered(sources, engine, "p_sq_01")


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_p_sq_02_no_name_in_with_stands_for_an_unscoped_table(sources: Sources, engine: str) -> None:
    answered(sources, engine, "p_sq_02")


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_p_sq_03_no_nested_read_escapes_the_scope(sources: Sources, engine: str) -> None:
    answered(sources, engine, "p_sq_03")


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_p_sq_04_no_branch_of_a_set_operation_escapes_the_scope(sources: Sources, engine: str) -> None:
    answered(sources, engine, "p_sq_04")


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_p_sq_05_several_statements_are_refused(sources: Sources, engine: str) -> None:
    assert answered(sources, engine, "p_sq_05") == []


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_p_sq_06_what_is_no_plain_select_is_refused(sources: Sources, engine: str) -> None:
    assert answered(sources, engine, "p_sq_06") == []


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_p_sq_07_functions_that_take_sql_as_text_are_refused(sources: Sources, engine: str) -> None:
    assert answered(sources, engine, "p_sq_07") == []


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_p_sq_08_catalogs_and_statistics_are_refused(sources: Sources, engine: str) -> None:
    assert answered(sources, engine, "p_sq_08") == []


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_p_sq_09_files_network_and_server_are_out_of_reach(sources: Sources, engine: str) -> None:
    assert answered(sources, engine, "p_sq_09") == []


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_p_sq_11_views_partitions_and_functions_are_refused(sources: Sources, engine: str) -> None:
    assert answered(sources, engine, "p_sq_11") == []


def test_p_sq_12_nothing_of_mysqls_own_reads_runs_or_waits(sources: Sources) -> None:
    assert [sql for sql in P_SQ_12 if attack(sources, "mariadb", sql)] == []
    assert [sql for sql in P_SQ_12_PLAIN if not attack(sources, "mariadb", sql)] == []
    for engine, sql in statements("p_sq_12"):
        attack(sources, engine, sql)


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_p_sq_13_what_an_embedded_engine_offers_is_refused(sources: Sources, engine: str) -> None:
    assert answered(sources, engine, "p_sq_13") == []


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_p_sq_14_settings_cannot_be_changed(sources: Sources, engine: str) -> None:
    assert answered(sources, engine, "p_sq_14") == []


def test_plain_statements_give_exactly_the_customers_rows(sources: Sources) -> None:
    for engine, sql in must_run():
        with about(engine, sql):
            result = Ask(sources[engine])(sql)
            notes = result.values[[name for name, _ in result.columns].index("note")]
            assert sorted(notes) == [f"CANARY-a-acme-{n}" for n in range(ROWS["acme"])]


def test_two_customers_see_different_numbers(source: SourceSnapshot) -> None:
    counts = {name: cells(Ask(source, name)("SELECT count(*) FROM orders"))[0][0] for name in ("acme", "globex", "no")}
    assert counts == {**ROWS, "no": 0}
