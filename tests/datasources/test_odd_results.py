"""Values that no JSON reader keeps are shown as near as possible, and never end a page."""

from decimal import Decimal

import orjson
import pytest

from datasources.catalog import Catalog
from datasources.compile import compile_query
from datasources.errors import QueryRejected
from datasources.result import make_result
from datasources.rules import Rules

GIANT = 9_000_000_000_000_000_000 * 10


@pytest.mark.parametrize("cell", [GIANT, -GIANT, Decimal(GIANT)])
def test_a_whole_number_beyond_64_bits_becomes_a_float(cell: object) -> None:
    result = make_result([("total", "number")], [[cell], [None]], 10)
    assert result.values == ([float(cell), None],)  # type: ignore[arg-type]  # a number
    assert orjson.dumps(result.values)


@pytest.mark.parametrize("cell", [{1: GIANT}, [GIANT], {"a": [GIANT]}])
def test_maps_and_lists_become_texts(cell: object) -> None:
    result = make_result([("map", "text")], [[cell]], 10)
    assert str(GIANT) in result.values[0][0]


JOINTS = ["SELECT eh_v[[ {{x}} ]]ar_9 AS a", "SELECT eh_v[[ {{x}} ]]ar_zz AS a", "SELECT eh_b[[ {{x}} ]]ind_1 AS a"]


@pytest.mark.parametrize("sql", JOINTS)
def test_a_dropped_block_cannot_spell_a_mark(sql: str) -> None:
    with pytest.raises(QueryRejected) as refused:
        compile_query(
            sql, dialect="duckdb", catalog=Catalog(), rules=Rules(), variables={"x": "text"}, present=frozenset()
        )
    assert "are taken" in refused.value.problem


@pytest.mark.parametrize(
    "sql", [r"SELECT '`eh_b\ind_1`' AS a", r"SELECT 'eh_v\ar_0' AS a", r'SELECT "EH_B\IND_1" AS a']
)
def test_p_dv_05_a_backslash_that_mariadb_drops_cannot_spell_a_mark(sql: str) -> None:
    with pytest.raises(QueryRejected) as refused:
        compile_query(sql, dialect="mariadb", catalog=Catalog(), rules=Rules(), variables={}, present=frozenset())
    assert "are taken" in refused.value.problem
