"""The operator connects databases and rules their tables from the command line."""

import io
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command

from datasources.access import get_source, source_for
from datasources.models import DataSource, TableRule
from datasources.rules import FAMILY, Kind
from datasources.services import delete_source
from secrets_admin.access import SYSTEM
from secrets_admin.models import AuditRecord, Organization
from tests.datasources.world import make_duckdb, make_sqlite, mariadb_root

PASSWORD = "look-only"
WAREHOUSE = ("--organization=tradewind", "--source=warehouse")


@pytest.fixture(autouse=True)
def _workspace(tradewind: Organization) -> None:
    tradewind.workspaces.create()


@pytest.fixture
def sqlite_path(tmp_path: Path) -> str:
    return str(make_sqlite(tmp_path)["path"])


def run(*words: str) -> str:
    """Return everything that a command prints."""
    out, err = io.StringIO(), io.StringIO()
    call_command(*words, stdout=out, stderr=err)
    return out.getvalue() + err.getvalue()


def connect(engine: str, *sets: str, organization: str = "tradewind", name: str = "warehouse") -> str:
    fields = [f"--set={pair}" for pair in sets]
    return run("connect_source", f"--organization={organization}", f"--name={name}", f"--engine={engine}", *fields)


def connect_postgresql(monkeypatch: pytest.MonkeyPatch, server: dict[str, Any], typed: str) -> str:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    return connect("postgresql", *(f"{key}={value}" for key, value in server.items() if key != "password"))


@pytest.mark.parametrize(("engine", "make"), [("sqlite", make_sqlite), ("duckdb", make_duckdb)])
def test_a_file_is_connected_and_its_tables_are_listed_hidden(engine: str, make: Any, tmp_path: Path) -> None:
    printed = connect(engine, f"path={make(tmp_path)['path']}")
    assert "Connected warehouse" in printed
    assert "main.orders (" in printed
    assert "cst" in printed
    source = DataSource.objects.get()
    snapshot = get_source(source.workspace_id, "warehouse")
    assert {snapshot.rules.get(key).kind for key in snapshot.catalog.by_key} == {Kind.HIDDEN}
    assert AuditRecord.objects.get(action="source.created").actor_email == "system"


def test_a_password_is_read_from_standard_input_and_never_printed(
    monkeypatch: pytest.MonkeyPatch, connections: dict[str, dict[str, Any]]
) -> None:
    printed = connect_postgresql(monkeypatch, connections["postgresql"], f"{PASSWORD}\r\n")
    assert "public.orders (" in printed
    assert "Warning" not in printed
    assert PASSWORD not in printed
    source = DataSource.objects.get()
    assert source.connection["password"] == PASSWORD
    assert PASSWORD not in str(list(AuditRecord.objects.values()))


@pytest.fixture
def spaced(connections: dict[str, dict[str, Any]], postgres_url: str) -> Iterator[dict[str, Any]]:
    """A login whose password begins and ends with a space."""
    role = f"{connections['postgresql']['user']}_spaced"
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute(f"CREATE ROLE {role} LOGIN PASSWORD ' spaced '")
        yield {**connections["postgresql"], "user": role}
        server.execute(f"DROP ROLE {role}")


def test_spaces_at_the_ends_of_a_password_belong_to_it(monkeypatch: pytest.MonkeyPatch, spaced: dict[str, Any]) -> None:
    connect_postgresql(monkeypatch, spaced, " spaced \n")
    source = DataSource.objects.get()
    assert source.connection["password"] == " spaced "
    delete_source(source, actor=SYSTEM)


def test_a_login_that_may_do_too_much_is_told_of(
    monkeypatch: pytest.MonkeyPatch, connections: dict[str, dict[str, Any]], postgres_url: str
) -> None:
    owner = psycopg.conninfo.conninfo_to_dict(postgres_url)
    server = {**connections["postgresql"], "user": owner["user"]}
    printed = connect_postgresql(monkeypatch, server, f"{owner.get('password', '')}\n")
    warnings = [line for line in printed.splitlines() if line.startswith("Warning: The login")]
    assert len(warnings) == 4
    assert "is a superuser" in warnings[0]


@pytest.mark.parametrize(
    ("sets", "told"),
    [
        (["path=/no/such/file.sqlite3"], "must be absolute and name an existing file"),
        (["file=x"], "has no field file"),
        ([], "is missing"),
        (["path"], "write KEY=VALUE"),
    ],
)
def test_a_connection_that_cannot_be_is_refused_and_nothing_is_made(sets: list[str], told: str) -> None:
    with pytest.raises(CommandError, match=told):
        connect("sqlite", *sets)
    assert not DataSource.objects.exists()


def test_what_follows_a_wrong_set_is_not_repeated() -> None:
    with pytest.raises(CommandError) as refused:
        connect("postgresql", "a-password-without-its-key")
    assert "a-password-without-its-key" not in str(refused.value)


def test_a_name_that_is_taken_is_refused(sqlite_path: str) -> None:
    connect("sqlite", f"path={sqlite_path}")
    with pytest.raises(CommandError, match="already exists"):
        connect("sqlite", f"path={sqlite_path}")
    assert DataSource.objects.count() == 1


def test_a_slug_of_nobody_is_told(sqlite_path: str) -> None:
    told = "There is no organization with the slug tradewin"
    with pytest.raises(CommandError, match=told):
        connect("sqlite", f"path={sqlite_path}", organization="tradewin")
    with pytest.raises(CommandError, match=told):
        run("read_catalog", "--organization=tradewin", "--source=warehouse")
    with pytest.raises(CommandError, match=told):
        run("set_rule", "main.orders", "shared", "--organization=tradewin", "--source=warehouse")


def test_a_source_of_nobody_is_told() -> None:
    with pytest.raises(CommandError, match="tradewind has no data source warehouse"):
        run("read_catalog", *WAREHOUSE)


def test_rules_are_set_and_changed(sqlite_path: str) -> None:
    connect("sqlite", f"path={sqlite_path}")
    assert "main.orders of warehouse is scoped now" in run(
        "set_rule", "main.orders", "scoped", "--column=cst", *WAREHOUSE
    )
    rule = TableRule.objects.get()
    assert (rule.kind, rule.column, rule.customer_property) == ("scoped", "cst", "external_id")
    run("set_rule", "main.orders", "scoped", "--column=region", "--property=area", *WAREHOUSE)
    rule.refresh_from_db()
    assert (rule.column, rule.customer_property) == ("region", "area")
    run("set_rule", "main.orders", "hidden", *WAREHOUSE)
    rule.refresh_from_db()
    assert rule.kind == "hidden"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["main.nothing", "shared"], "There is no table main.nothing"),
        (["main.orders", "scoped"], "There is no column"),
        (["main.orders", "scoped", "--column=nothing"], "There is no column nothing"),
        (["main.orders", "open"], "invalid choice"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_what_to_do(words: list[str], told: str, sqlite_path: str) -> None:
    connect("sqlite", f"path={sqlite_path}")
    with pytest.raises(CommandError, match=told):
        run("set_rule", *words, *WAREHOUSE)
    assert not TableRule.objects.exists()


def test_a_catalog_is_read_again_and_a_changed_scope_column_is_named(sqlite_path: str) -> None:
    connect("sqlite", f"path={sqlite_path}")
    run("set_rule", "main.orders", "scoped", "--column=cst", *WAREHOUSE)
    assert "hidden" not in run("read_catalog", *WAREHOUSE)
    database = sqlite3.connect(sqlite_path)
    database.executescript("DROP TABLE orders; CREATE TABLE orders (cst REAL); CREATE TABLE added (id INTEGER);")
    database.close()
    assert "main.orders is hidden now, since its scope column changed" in run("read_catalog", *WAREHOUSE)
    assert TableRule.objects.get().kind == "hidden"
    assert "main.added" in get_source(DataSource.objects.get().workspace_id, "warehouse").catalog.by_key


def test_a_rule_may_name_several_columns_and_the_family(sqlite_path: str) -> None:
    connect("sqlite", f"path={sqlite_path}")
    several = ("--also", "region=region", "--also", "id=ids")
    run("set_rule", "main.orders", "scoped", "--column=cst", f"--property={FAMILY}", *several, *WAREHOUSE)
    source = DataSource.objects.get()
    rule = get_source(source.workspace_id, "warehouse").rules.get("main.orders")
    assert [(each.column, each.property) for each in rule.conditions()] == [
        ("cst", FAMILY),
        ("region", "region"),
        ("id", "ids"),
    ]
    run("set_rule", "main.orders", "scoped", "--column=cst", *WAREHOUSE)
    assert len(get_source(source.workspace_id, "warehouse").rules.get("main.orders").conditions()) == 1
    for wrong in ("nothing=region", "region", "amount=region"):
        with pytest.raises(CommandError):
            run("set_rule", "main.orders", "scoped", "--column=cst", "--also", wrong, *WAREHOUSE)


def test_a_customer_gets_a_login_and_a_source_of_its_own(
    monkeypatch: pytest.MonkeyPatch, connections: dict[str, dict[str, Any]], mariadb_url: str
) -> None:
    server = connections["mariadb"]
    own = f"{server['user']}o"[-32:]
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD))
    connect("mariadb", *(f"{key}={value}" for key, value in server.items() if key != "password"))
    assert "two walls" in run("set_walls", "two", *WAREHOUSE)
    with mariadb_root(mariadb_url, server["dbname"]) as cursor:
        cursor.execute(f"GRANT SELECT ON {server['dbname']}.orders TO '{own}'@'%' IDENTIFIED BY 'acmes'")
        try:
            for typed in ("wrong", "acmes"):
                monkeypatch.setattr("sys.stdin", io.StringIO(f"{typed}\n"))
                if typed == "wrong":
                    with pytest.raises(CommandError):
                        run("set_customer_login", *WAREHOUSE, "--customer=acme", f"--user={own}")
                else:
                    assert own in run("set_customer_login", *WAREHOUSE, "--customer=acme", f"--user={own}")
        finally:
            cursor.execute(f"DROP USER '{own}'@'%'")
    source = DataSource.objects.get()
    assert source_for(source.workspace_id, "warehouse", "acme").role == own
    assert "no login" in run("set_customer_login", *WAREHOUSE, "--customer=acme")
    assert "one wall" in run("set_walls", "one", *WAREHOUSE)
    assert "warehouse" in run("set_customer_source", *WAREHOUSE, "--customer=acme")
    assert source_for(source.workspace_id, "warehouse", "acme").name == "warehouse"
    assert "panels name" in run("set_customer_source", "--organization=tradewind", "--customer=acme")
