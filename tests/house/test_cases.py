"""The attack catalogue: every case of SQL, variables, cache, sources and limits is a test that is named after it."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
#: Families of cases, and how many each has.
FAMILIES = {"sq": 15, "dv": 12, "ca": 6, "ds": 5, "dl": 5}
#: Cases that a database could answer in its own way, so that each engine in ENGINES runs them.
ON_EVERY_ENGINE = {
    *(f"sq_{number:02}" for number in range(1, 16) if number != 12),
    *(f"dv_{number:02}" for number in (5, 7, 8, 9, 11, 12)),
    *("ds_02", "ds_04", "dl_03", "dl_04"),
}
#: Cases of one kind of server, and the file of each engine that has it.
OWN = {
    "sq_12": ["test_isolation"],
    "sq_13": ["test_duckdb"],
    "sq_14": ["test_postgresql", "test_mariadb"],
    "ds_05": ["test_mariadb", "test_certificates"],
}
#: Arguments that make a test run once for each engine, or with one that was opened for each.
_EACH = {"source", "ask", "engine", "run"}
_OF_ONE = {"test_postgresql", "test_mariadb", "test_duckdb"}
_CASE = re.compile(r"p_(sq|dv|ca|ds|dl)_(\d\d)(?:_and_(\d\d))?")


@cache
def named() -> tuple[tuple[str, str, frozenset[str]], ...]:
    """Return (case, file, arguments) of every test that is named after a case."""
    return tuple(_found())


def _found() -> Iterator[tuple[str, str, frozenset[str]]]:
    for path in sorted(TESTS.rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        if "def test_p_" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and (found := _CASE.match(node.name.removeprefix("test_"))):
                arguments = frozenset(argument.arg for argument in node.args.args)
                for number in filter(None, found.groups()[1:]):
                    yield f"{found[1]}_{number}", path.stem, arguments


def test_every_case_is_a_test() -> None:
    cases = {f"{family}_{number:02}" for family, last in FAMILIES.items() for number in range(1, last + 1)}
    assert {case for case, *_ in named()} == cases


def test_what_a_database_could_answer_in_its_own_way_is_asked_of_each() -> None:
    contract = {case for case, file, arguments in named() if arguments & _EACH and file not in _OF_ONE}
    assert ON_EVERY_ENGINE - contract == set()


def test_what_one_kind_of_server_has_is_asked_of_it() -> None:
    asked = {(case, file) for case, file, _ in named()}
    assert [(case, file) for case, files in OWN.items() for file in files if (case, file) not in asked] == []
