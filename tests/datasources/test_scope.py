"""The bound predicate: which values limit rows, and which are refused rather than guessed."""

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from datasources.compile import bind_values, compile_query
from datasources.engines import ENGINES
from datasources.errors import QueryRejected, ScopeMissing
from datasources.rules import FAMILY, Condition, Rules
from datasources.scope import PropertyValue, Scope
from datasources.snapshot import SourceSnapshot
from tests.datasources.world import Ask, cells, mariadb_root, scoped, with_rules

#: Customers that differ only to somebody who looks closely: case, script, composition, spaces, digits.
LOOK_ALIKES = (
    "acme",
    "ACME",
    "acme ",
    "01",
    "1.0",
    "12abc",
    "\u0430cme",
    "caf\u00e9",
    "cafe\u0301",
    "acme.",
    "\uff11",
    "1",
)


@pytest.fixture(scope="session")
def folded(
    tmp_path_factory: pytest.TempPathFactory,
    connections: dict[str, dict[str, Any]],
    postgres_url: str,
    mariadb_url: str,
) -> dict[str, SourceSnapshot]:
    """Tables whose text columns compare without case or accents, unless told otherwise."""
    folder = tmp_path_factory.mktemp("folded")
    paths = {"duckdb": folder / "f.duckdb", "sqlite": folder / "f.sqlite3"}
    with duckdb.connect(str(paths["duckdb"])) as database:
        database.execute("CREATE TABLE tags (cst VARCHAR COLLATE NOCASE.NOACCENT)")
        database.executemany("INSERT INTO tags VALUES (?)", [[name] for name in LOOK_ALIKES])
    _fill_sqlite(paths["sqlite"])
    server = connections["postgresql"]
    _fill_postgresql(postgres_url, server["dbname"], server["user"])
    _fill_mariadb(mariadb_url, connections["mariadb"]["dbname"])
    found = {engine: {"path": str(path)} for engine, path in paths.items()}
    found |= {"postgresql": server, "mariadb": connections["mariadb"]}
    return {engine: _tagged(engine, connection) for engine, connection in found.items()}


def _fill_sqlite(path: Path) -> None:
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE tags (cst TEXT COLLATE NOCASE)")
    database.executemany("INSERT INTO tags VALUES (?)", [[name] for name in LOOK_ALIKES])
    database.commit()
    database.close()


def _fill_postgresql(url: str, name: str, reader: str) -> None:
    with psycopg.connect(psycopg.conninfo.make_conninfo(url, dbname=name), autocommit=True) as database:
        # A PostgreSQL that was built without ICU has no collation in which different texts are equal.
        if database.execute("SELECT FROM pg_collation WHERE collprovider = 'i'").rowcount:
            database.execute(
                "CREATE COLLATION same (provider = icu, locale = 'und-u-ks-level1', deterministic = false)"
            )
        else:
            database.execute("CREATE COLLATION same (provider = libc, locale = 'C')")
        database.execute('CREATE TABLE tags (cst text COLLATE "same")')
        for look_alike in LOOK_ALIKES:
            database.execute("INSERT INTO tags VALUES (%s)", [look_alike])
        database.execute(f"GRANT SELECT ON tags TO {reader}")


#: Every charset and collation that a column may have: they fold case, accents and trailing spaces in their own ways.
COLLATIONS = ("utf8mb4_general_ci", "utf8mb4_bin", "utf8mb4_unicode_ci", "utf8mb4_nopad_bin", "latin1_swedish_ci")


def _fill_mariadb(url: str, name: str) -> None:
    with mariadb_root(url, name) as cursor:
        cursor.execute("CREATE TABLE tags (cst varchar(50) COLLATE utf8mb4_unicode_ci, KEY (cst))")
        cursor.executemany("INSERT INTO tags VALUES (%s)", [(look_alike,) for look_alike in LOOK_ALIKES])
        for collation in COLLATIONS:
            cursor.execute(
                f"CREATE TABLE t_{collation} (cst varchar(50) CHARACTER SET {collation.partition('_')[0]} "
                f"COLLATE {collation}, KEY (cst))"
            )
            cursor.executemany(f"INSERT INTO t_{collation} VALUES (%s)", [("acme",), ("ACME",), ("acme ",), ("ácme",)])


def _tagged(engine: str, connection: dict[str, Any]) -> SourceSnapshot:
    checked = ENGINES[engine].check(connection)
    catalog = ENGINES[engine].catalog(checked)
    bare = SourceSnapshot(9, 1, "ws_a", "tags", engine, checked, "", catalog, Rules())
    return with_rules(bare, scoped(bare, "tags", "cst"))


@pytest.mark.parametrize("customer", LOOK_ALIKES)
@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_p_ts_11_customers_that_look_alike_see_their_own_rows(
    folded: dict[str, SourceSnapshot], engine: str, customer: str
) -> None:
    assert cells(Ask(folded[engine], customer)("SELECT cst FROM tags")) == [(customer,)]


@pytest.mark.parametrize("property", ["external_id", "names"])
def test_p_ts_11_mariadb_compares_bytes_whatever_a_columns_collation(
    folded: dict[str, SourceSnapshot], property: str
) -> None:
    for collation in COLLATIONS:
        table = f"t_{collation}"
        source = with_rules(folded["mariadb"], scoped(folded["mariadb"], table, "cst", property))
        for customer in ("acme", "ACME", "acme ", "\u00e1cme", "acm\u00e9", "ac"):
            ask = Ask(source, customer, {"names": (customer, "nobody")})
            seen = [cell for (cell,) in cells(ask(f"SELECT cst FROM {table}"))]
            assert seen == ([customer] if customer not in ("acm\u00e9", "ac") else []), (collation, customer)


def by_number(source: SourceSnapshot, property: str = "external_id") -> SourceSnapshot:
    return with_rules(source, scoped(source, "numbered", "cst", property))


@pytest.mark.parametrize(("customer", "expected"), [("1", [1]), ("10", [10]), ("7", []), ("-1", []), ("0", [])])
def test_an_integer_column_takes_canonical_numbers(source: SourceSnapshot, customer: str, expected: list[int]) -> None:
    assert [row[0] for row in cells(Ask(by_number(source), customer)("SELECT cst FROM numbered"))] == expected


@pytest.mark.parametrize(
    "customer",
    [
        "01",
        "1.0",
        "1e0",
        " 1",
        "1 ",
        "+1",
        "-0",
        "--1",
        "",
        "0x1",
        "1_0",
        "\u0661",
        "\uff11",
        "one",
        "9" * 19,
        "9" * 40,
    ],
)
def test_an_integer_column_refuses_other_spellings_of_a_number(source: SourceSnapshot, customer: str) -> None:
    with pytest.raises(ScopeMissing) as caught:
        Ask(by_number(source), customer)("SELECT cst FROM numbered")
    assert (caught.value.problem, caught.value.code) == ("scope_missing", "query_rejected")


@pytest.mark.parametrize("value", [True, 1.0, None, "1.0", ("1", "x"), 2**63, {"a": 1}])
def test_a_property_that_is_no_whole_number_is_refused_for_an_integer_column(
    source: SourceSnapshot, value: PropertyValue
) -> None:
    with pytest.raises(ScopeMissing):
        Ask(by_number(source, "number"), properties={"number": value})("SELECT cst FROM numbered")


@pytest.mark.parametrize(
    ("value", "expected"), [(1, [1]), ("10", [10]), ((1, "11"), [1, 11]), ((7,), []), ([10, 11], [10, 11])]
)
def test_numbers_and_lists_of_them_limit_an_integer_column(
    source: SourceSnapshot, value: PropertyValue, expected: list[int]
) -> None:
    found = Ask(by_number(source, "numbers"), properties={"numbers": value})("SELECT cst FROM numbered ORDER BY cst")
    assert [row[0] for row in cells(found)] == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("North", 2),
        (("North", "South"), 3),
        (("North", "Nowhere"), 2),
        ("north", 0),
        ("{North,South}", 0),
        ("North' OR '1'='1", 0),
        ('["North"]', 0),
    ],
)
def test_a_list_property_limits_rows_to_its_values(source: SourceSnapshot, value: PropertyValue, expected: int) -> None:
    limited = with_rules(source, scoped(source, "areas", "area", "areas"))
    assert cells(Ask(limited, properties={"areas": value})("SELECT count(*) FROM areas")) == [(expected,)]


@pytest.mark.parametrize("value", ["", (), [], ("",), ("North", "")])
def test_an_empty_property_is_refused_and_never_means_every_row(source: SourceSnapshot, value: PropertyValue) -> None:
    limited = with_rules(source, scoped(source, "areas", "area", "areas"))
    with pytest.raises(ScopeMissing):
        Ask(limited, properties={"areas": value})("SELECT count(*) FROM areas")


@pytest.mark.parametrize("value", [7, True, None, ("North", 7), "a\x00b", "\ud800", tuple("x" * 10_001)])
def test_a_property_that_is_no_text_is_refused_for_a_text_column(source: SourceSnapshot, value: PropertyValue) -> None:
    limited = with_rules(source, scoped(source, "areas", "area", "areas"))
    with pytest.raises(ScopeMissing):
        Ask(limited, properties={"areas": value})("SELECT count(*) FROM areas")


def test_p_dv_11_a_property_that_the_customer_lacks_is_scope_missing(source: SourceSnapshot) -> None:
    limited = with_rules(source, scoped(source, "areas", "area", "areas"))
    with pytest.raises(ScopeMissing):
        Ask(limited)("SELECT count(*) FROM areas")


def test_p_dv_11_a_scoped_table_without_a_customer_is_scope_missing(source: SourceSnapshot) -> None:
    compiled = compile_query(
        "SELECT note FROM orders",
        dialect=source.dialect,
        catalog=source.catalog,
        rules=source.rules,
        variables={},
        present=frozenset(),
    )
    with pytest.raises(ScopeMissing):
        bind_values(compiled, values={}, reserved={}, scope=None)


@pytest.mark.parametrize("reserved", ["customer_id", "customer_name", "customer.region"])
def test_p_dv_11_a_reserved_value_that_the_grant_lacks_is_scope_missing(source: SourceSnapshot, reserved: str) -> None:
    compiled = compile_query(
        f"SELECT name FROM regions WHERE region = {{{{ {reserved} }}}}",
        dialect=source.dialect,
        catalog=source.catalog,
        rules=source.rules,
        variables={},
        present=frozenset(),
    )
    for given in ({}, {reserved: None}):
        with pytest.raises(ScopeMissing):
            bind_values(compiled, values={reserved: "x"}, reserved=given, scope=Scope(1, "acme", 1))


def test_p_dv_11_a_table_without_a_rule_is_refused(source: SourceSnapshot) -> None:
    with pytest.raises(QueryRejected):
        Ask(with_rules(source))("SELECT note FROM orders")


def test_a_reserved_property_is_bound_from_the_grant_alone(source: SourceSnapshot) -> None:
    compiled = compile_query(
        "SELECT name FROM regions WHERE region IN ({{ customer.regions }}) OR region = {{ customer.home }} ORDER BY 1",
        dialect=source.dialect,
        catalog=source.catalog,
        rules=source.rules,
        variables={},
        present=frozenset(),
    )
    assert compiled.reserved == {"customer.regions", "customer.home"}
    reserved = {"customer.regions": ("North",), "customer.home": "West"}
    params = bind_values(compiled, values={"customer.home": "South"}, reserved=reserved, scope=None)
    assert params == (("North",), "West")


@pytest.mark.parametrize("value", [("North", "South"), {"a": 1}, 1.5, True])
def test_a_reserved_property_that_does_not_fit_is_scope_missing(source: SourceSnapshot, value: Any) -> None:
    compiled = compile_query(
        "SELECT name FROM regions WHERE region = {{ customer.home }}",
        dialect=source.dialect,
        catalog=source.catalog,
        rules=source.rules,
        variables={},
        present=frozenset(),
    )
    with pytest.raises(ScopeMissing):
        bind_values(compiled, values={}, reserved={"customer.home": value}, scope=None)


def narrowed(source: SourceSnapshot, *also: tuple[str, str]) -> SourceSnapshot:
    """Orders that must be of the customer and fit further columns."""
    first, *more = (scoped(source, "orders", column, name) for column, name in (("cst", "external_id"), *also))
    return with_rules(source, replace(first, also=tuple(rule.conditions()[0] for rule in more)))


@pytest.mark.parametrize(
    ("properties", "expected"),
    [({"region": "North", "ids": (1, 2)}, [1]), ({"region": ("North", "South"), "ids": (1, 2, 3, 4)}, [1, 2, 3])],
)
def test_several_columns_must_all_fit(
    source: SourceSnapshot, properties: dict[str, PropertyValue], expected: list[int]
) -> None:
    ask = Ask(narrowed(source, ("region", "region"), ("id", "ids")), properties=properties)
    assert [row[0] for row in cells(ask("SELECT id FROM orders ORDER BY id"))] == expected


@pytest.mark.parametrize(
    "properties", [{}, {"region": "North"}, {"region": "", "ids": 1}, {"region": "North", "ids": ()}]
)
def test_one_of_several_columns_without_a_value_refuses_them_all(
    source: SourceSnapshot, properties: dict[str, PropertyValue]
) -> None:
    with pytest.raises(ScopeMissing):
        Ask(narrowed(source, ("region", "region"), ("id", "ids")), properties=properties)("SELECT id FROM orders")


def test_a_second_column_that_changed_its_type_closes_the_table(source: SourceSnapshot) -> None:
    good = scoped(source, "orders", "cst")
    for changed in (
        Condition("gone", "region", "text"),
        Condition("region", "region", "blob"),
        Condition("day", "day"),
    ):
        with pytest.raises(QueryRejected):
            Ask(with_rules(source, replace(good, also=(changed,))), properties={"region": "North"})(
                "SELECT id FROM orders"
            )


@pytest.mark.parametrize(
    ("family", "expected"),
    [(("acme",), {"acme"}), (("acme", "globex"), {"acme", "globex"}), (("acme", "GLOBEX", "globex "), {"acme"})],
)
def test_a_family_sees_the_rows_of_all_its_members(
    source: SourceSnapshot, family: tuple[str, ...], expected: set[str]
) -> None:
    limited = with_rules(source, scoped(source, "orders", "cst", FAMILY))
    assert {row[0] for row in cells(Ask(limited, family=family)("SELECT cst FROM orders"))} == expected


@pytest.mark.parametrize("family", [None, (), ("",), ("acme", "a\x00"), tuple(map(str, range(10_001)))])
def test_a_family_that_nobody_knows_is_refused(source: SourceSnapshot, family: tuple[str, ...] | None) -> None:
    limited = with_rules(source, scoped(source, "orders", "cst", FAMILY))
    with pytest.raises(ScopeMissing):
        Ask(limited, properties={FAMILY: ("acme", "globex")}, family=family)("SELECT cst FROM orders")


def test_the_rules_of_several_columns_and_families_are_read_back_as_written(source: SourceSnapshot) -> None:
    rules = narrowed(source, ("region", "region"), ("cst", FAMILY)).rules
    assert Rules.from_json(rules.to_json()) == rules
    assert Rules.from_json(rules.to_json()).rules == rules.rules
