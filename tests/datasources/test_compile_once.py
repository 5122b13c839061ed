"""A statement is parsed once: values, lengths of lists and optional parts change, and no parser is called again."""

import itertools
from collections.abc import Iterator

import pytest

from datasources import compile as compile_module
from datasources.catalog import Catalog, Column, Table
from datasources.compile import Compiled, bind_values, compile_query
from datasources.engines import ENGINES
from datasources.gate import queries, seal
from datasources.rules import FAMILY, Condition, Kind, Rules, TableRule
from datasources.scope import Scope
from datasources.template import expand

SQL = """
    SELECT region, sum(amount) AS total FROM orders
    WHERE amount >= {{ least }} AND region IN ({{ regions }}) [[ AND note = {{ note }} ]] [[ AND day >= {{ since }} ]]
      AND cst <> {{ customer.rival }}
    GROUP BY region ORDER BY total DESC
"""
TYPES = {"least": "number", "regions": "multi_choice", "note": "text", "since": "date"}
KINDS = {"postgresql": "text", "duckdb": "varchar", "sqlite": "text", "mariadb": "varchar"}


class Calls:
    """Counts what leads to the parser: its grammar, the walk over a tree, and the template."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        for module, name in ((compile_module, "grammar"), (seal, "grammar"), (compile_module, "expand")):
            monkeypatch.setattr(module, name, self._counting(getattr(module, name)))
        monkeypatch.setattr(queries.Queries, "statement", self._counting(queries.Queries.statement))

    def _counting(self, function: object) -> object:
        def counted(*arguments: object) -> object:
            self.count += 1
            return function(*arguments)  # type: ignore[operator]  # any of the functions above

        return counted


def source(dialect: str) -> tuple[Catalog, Rules]:
    """Return a catalog and rules as they come from the database each time: equal, and never the same objects."""
    schema, text = ENGINES[dialect].dialect.default_schema or "shop", KINDS[dialect]
    names = (("cst", text), ("region", text), ("note", text), ("amount", "integer"), ("day", "date"))
    table = Table(schema, "orders", tuple(Column(name, "int" if kind == "integer" else kind) for name, kind in names))
    also = (Condition("region", "regions", text),)
    return Catalog((table,)), Rules.of([TableRule(table.key, Kind.SCOPED, "cst", FAMILY, text, also=also)])


def requests(count: int) -> Iterator[tuple[dict[str, object], Scope]]:
    """Yield values and scopes, no two alike: other numbers, lists of other lengths, other optional parts, customers."""
    for n, parts in zip(range(count), itertools.cycle([(), ("note",), ("since",), ("note", "since")]), strict=False):
        values = {"least": n, "regions": tuple(f"r{i}" for i in range(n % 7)), "note": f"n{n}", "since": "2026-01-01"}
        shown = {name: value for name, value in values.items() if name in ("least", "regions", *parts)}
        family = tuple(f"c{i}" for i in range(n % 5 + 1))
        yield shown, Scope(n, f"c{n}", 1, {"regions": tuple(f"r{i}" for i in range(n % 3 + 1))}, family)


def ask(dialect: str, values: dict[str, object], scope: Scope) -> tuple[Compiled, tuple[object, ...]]:
    catalog, rules = source(dialect)
    compiled = compile_query(
        SQL, dialect=dialect, catalog=catalog, rules=rules, variables=dict(TYPES), present=frozenset(values)
    )
    return compiled, bind_values(compiled, values=values, reserved={"customer.rival": "x"}, scope=scope)


@pytest.mark.parametrize("dialect", sorted(ENGINES))
def test_a_thousand_warm_requests_call_no_parser(dialect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    compile_module._compiled.cache_clear()
    calls = Calls(monkeypatch)
    for values, scope in requests(4):
        ask(dialect, values, scope)
    assert calls.count > 0
    calls.count = 0
    seen = [ask(dialect, values, scope) for values, scope in requests(1000)]
    assert calls.count == 0
    assert len({id(compiled) for compiled, _ in seen}) == 4
    assert len({params for _, params in seen}) == 1000


def test_the_counter_sees_the_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    compile_module._compiled.cache_clear()
    calls = Calls(monkeypatch)
    ask("duckdb", *next(requests(1)))
    # Once read, once read back, once walked, once expanded.
    assert calls.count >= 4
    assert expand("SELECT 1", frozenset()).sql == "SELECT 1"
