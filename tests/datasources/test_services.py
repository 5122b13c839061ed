"""Sources are made, read and ruled by services; everybody else sees snapshots."""

import sqlite3
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from datasources.access import find_source, get_source, sources_named
from datasources.errors import BadConnection, BadRule, SourceUnavailable
from datasources.models import DataSource, TableRule
from datasources.rules import Kind
from datasources.services import check_role, create_source, delete_source, refresh_catalog, set_rule
from embedhost.lib.errors import NotFound
from secrets_admin.access import SYSTEM
from secrets_admin.feed import feed
from secrets_admin.models import AuditRecord, Organization, Workspace
from tests.datasources.world import make_sqlite


@pytest.fixture
def workspace(tradewind: Organization) -> Workspace:
    return tradewind.workspaces.create()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return Path(make_sqlite(tmp_path)["path"])


@pytest.fixture
def warehouse(workspace: Workspace, path: Path) -> DataSource:
    return create_source(workspace, name="warehouse", engine="sqlite", connection={"path": str(path)}, actor=SYSTEM)


def test_a_new_source_has_its_catalog_and_every_table_hidden(warehouse: DataSource) -> None:
    snapshot = get_source(warehouse.workspace_id, "warehouse")
    assert "main.orders" in snapshot.catalog.by_key
    assert {snapshot.rules.get(key).kind for key in snapshot.catalog.by_key} == {Kind.HIDDEN}
    assert AuditRecord.objects.filter(action="source.created", subject="warehouse").count() == 1


def test_a_snapshot_is_read_once_until_something_changes(warehouse: DataSource) -> None:
    first = get_source(warehouse.workspace_id, "warehouse")
    with CaptureQueriesContext(connection) as captured:
        assert get_source(warehouse.workspace_id, "warehouse") is first
    assert [query for query in captured.captured_queries if "datasources_" in query["sql"]] == []


def test_a_new_rule_is_seen_at_once_and_raises_the_version(warehouse: DataSource) -> None:
    before = get_source(warehouse.workspace_id, "warehouse")
    set_rule(warehouse, "main.orders", kind="scoped", column="cst", actor=SYSTEM)
    feed.read()
    after = get_source(warehouse.workspace_id, "warehouse")
    rule = after.rules.get("main.orders")
    assert (rule.kind, rule.column, rule.property, rule.column_type) == (Kind.SCOPED, "cst", "external_id", "text")
    assert after.version == before.version + 1
    assert after.rules.version != before.rules.version


def test_a_rule_is_changed_in_place(warehouse: DataSource) -> None:
    set_rule(warehouse, "main.orders", kind="scoped", column="cst", actor=SYSTEM)
    set_rule(warehouse, "main.orders", kind="hidden", actor=SYSTEM)
    assert [rule.kind for rule in warehouse.table_rules.all()] == ["hidden"]


@pytest.mark.parametrize(
    ("table", "kind", "column", "property"),
    [
        ("main.nothing", "shared", "", "external_id"),
        ("main.nothing", "scoped", "cst", "external_id"),
        ("main.orders", "scoped", "", "external_id"),
        ("main.orders", "scoped", "nothing", "external_id"),
        ("main.orders", "scoped", "ratio", "external_id"),
        ("main.orders", "scoped", "day", "external_id"),
        ("main.orders", "scoped", "cst", ""),
        ("main.orders", "everybody", "cst", "external_id"),
        ("main.orders", "", "", "external_id"),
    ],
)
def test_a_rule_that_cannot_hold_is_refused(
    warehouse: DataSource, table: str, kind: str, column: str, property: str
) -> None:
    with pytest.raises(BadRule) as caught:
        set_rule(warehouse, table, kind=kind, column=column, property=property, actor=SYSTEM)
    assert caught.value.message.endswith(".")
    assert not warehouse.table_rules.exists()


def test_a_rule_is_held_against_the_tables_there_are_when_it_is_saved(warehouse: DataSource) -> None:
    DataSource.objects.filter(pk=warehouse.pk).update(catalog={"tables": []})  # Somebody read the catalog again.
    for kind in ("shared", "scoped"):
        with pytest.raises(BadRule):
            set_rule(warehouse, "main.orders", kind=kind, column="cst", actor=SYSTEM)
    warehouse.delete()
    with pytest.raises(NotFound):
        set_rule(warehouse, "main.orders", kind="shared", actor=SYSTEM)


def test_a_table_whose_scope_column_changed_is_hidden_when_the_catalog_is_read_again(
    warehouse: DataSource, path: Path
) -> None:
    for table in ("main.orders", "main.areas"):
        set_rule(warehouse, table, kind="scoped", column="cst" if table == "main.orders" else "area", actor=SYSTEM)
    database = sqlite3.connect(path)
    database.executescript("DROP VIEW all_orders; DROP TABLE orders; CREATE TABLE orders (cst integer, note text);")
    database.close()
    assert refresh_catalog(warehouse, actor=SYSTEM) == ["main.orders"]
    feed.read()
    rules = get_source(warehouse.workspace_id, "warehouse").rules
    assert (rules.get("main.orders").kind, rules.get("main.areas").kind) == (Kind.HIDDEN, Kind.SCOPED)


def test_a_catalog_that_did_not_change_hides_nothing(warehouse: DataSource) -> None:
    set_rule(warehouse, "main.orders", kind="scoped", column="cst", actor=SYSTEM)
    assert refresh_catalog(warehouse, actor=SYSTEM) == []
    assert warehouse.table_rules.get().kind == "scoped"


@pytest.mark.parametrize(
    ("engine", "fields"),
    [
        ("nothing", {}),
        ("sqlite", {}),
        ("sqlite", {"path": "relative.db"}),
        ("sqlite", {"path": "/no/such/file"}),
        ("sqlite", {"path": "/"}),
        ("duckdb", {"path": ":memory:"}),
        ("postgresql", {"host": "a,b", "dbname": "x", "user": "y"}),
    ],
)
def test_a_connection_that_cannot_be_is_refused_and_nothing_is_saved(
    workspace: Workspace, engine: str, fields: dict[str, str]
) -> None:
    with pytest.raises(BadConnection):
        create_source(workspace, name="warehouse", engine=engine, connection=fields, actor=SYSTEM)
    assert not DataSource.objects.exists()
    assert not AuditRecord.objects.exists()


def test_a_database_that_does_not_answer_is_not_saved(workspace: Workspace) -> None:
    fields = {"host": "127.0.0.1", "port": "1", "dbname": "x", "user": "y", "sslmode": "disable"}
    with pytest.raises(SourceUnavailable):
        create_source(workspace, name="far", engine="postgresql", connection=fields, actor=SYSTEM)
    assert not DataSource.objects.exists()


@pytest.mark.parametrize("name", ["warehouse", "Ware house", "", "1st", "a" * 64])
def test_a_name_that_is_taken_or_odd_is_refused(warehouse: DataSource, path: Path, name: str) -> None:
    with pytest.raises(ValidationError):
        create_source(warehouse.workspace, name=name, engine="sqlite", connection={"path": str(path)}, actor=SYSTEM)


def test_a_source_of_another_workspace_is_not_found(warehouse: DataSource, northwind: Organization) -> None:
    other = northwind.workspaces.create()
    for look in (get_source, find_source):
        with pytest.raises(NotFound):
            look(other.pk, "warehouse")
    assert sources_named(northwind.pk, "warehouse") == []
    assert [source.id for source in sources_named(warehouse.workspace.organization_id, "warehouse")] == [warehouse.pk]


def test_a_deleted_source_is_gone_with_its_rules(warehouse: DataSource) -> None:
    set_rule(warehouse, "main.orders", kind="scoped", column="cst", actor=SYSTEM)
    assert get_source(warehouse.workspace_id, "warehouse").version == 2
    workspace = warehouse.workspace_id
    delete_source(warehouse, actor=SYSTEM)
    feed.read()
    with pytest.raises(NotFound):
        get_source(workspace, "warehouse")
    assert not TableRule.objects.exists()
    assert AuditRecord.objects.filter(action="source.deleted", subject="warehouse").exists()


def test_the_connection_is_never_printed(warehouse: DataSource, path: Path) -> None:
    snapshot = get_source(warehouse.workspace_id, "warehouse")
    assert str(path) not in f"{snapshot!r} {snapshot} {warehouse!r}"


def test_the_role_of_a_file_has_no_warnings(warehouse: DataSource) -> None:
    assert check_role(warehouse).warnings == ()
