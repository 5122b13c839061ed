"""The rooms of data sources, as alice, erin and bob use them; charlie is held out by tests/house/test_access.py."""

import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from pytest_django import Settings

from datasources.engines import ENGINES
from datasources.errors import SourceUnavailable, TooManyTries
from datasources.models import DataSource, TableRule
from datasources.services import create_source, set_rule
from datasources.tries import TRIES, a_try
from datasources.walls import set_login_per_customer, set_route
from secrets_admin.access import SYSTEM, Actor
from secrets_admin.models import User, Workspace
from tests.console.cast import audited, text_of, visit
from tests.datasources.test_mariadb import listener
from tests.datasources.world import make_sqlite

pytestmark = pytest.mark.django_db
ROOMS = "/o/tradewind/settings/sources/"
PASSWORD = "look-only"


@pytest.fixture
def form(connections: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What erin types for PostgreSQL."""
    return {**connections["postgresql"], "name": "warehouse"}


@pytest.fixture
def source(workspace: Workspace, connections: dict[str, dict[str, Any]]) -> DataSource:
    return create_source(
        workspace, name="warehouse", engine="postgresql", connection=connections["postgresql"], actor=SYSTEM
    )


def room(source: DataSource, step: str = "") -> str:
    return f"{ROOMS}{source.uid}/{step}"


def connect(client: Client, form: dict[str, Any], engine: str = "postgresql", **changes: Any) -> Any:
    return client.post(f"{ROOMS}new/{engine}/", form | changes)


def test_an_empty_list_offers_servers_and_no_files(workspace: Workspace, erin: User, bob: User) -> None:
    page = visit(erin).get(ROOMS)
    assert "No data sources yet" in text_of(page)
    assert [name for name in ENGINES if f"new/{name}/" in page.content.decode()] == ["postgresql", "mariadb"]
    assert "new/" not in visit(bob).get(ROOMS).content.decode()
    assert "<option" not in visit(erin).get(f"{ROOMS}new/duckdb/").content.decode()


@pytest.mark.parametrize("engine", ["postgresql", "mariadb"])
def test_an_editor_connects_a_database_and_rules_its_tables(
    workspace: Workspace, erin: User, connections: dict[str, dict[str, Any]], engine: str
) -> None:
    client = visit(erin)
    answer = connect(client, {**connections[engine], "name": "warehouse"}, engine)
    source = DataSource.objects.get()
    assert answer.headers["Location"] == room(source)
    page = client.get(room(source))
    schema = next(row[0] for row in source.catalog["tables"])
    assert f"{schema}.orders" in text_of(page)
    assert "Not encrypted" in text_of(page)
    assert PASSWORD not in page.content.decode()
    ruled = client.post(room(source, f"rules/{schema}.orders/"), {"kind": "scoped", "column": "cst", "property": "id"})
    assert ruled.status_code == 302
    rule = TableRule.objects.get()
    assert (rule.kind, rule.column, rule.customer_property) == ("scoped", "cst", "id")
    assert "cst = id" in text_of(client.get(room(source)))
    (record,) = audited("source.created")
    assert record.detail["connection"]["sslmode"] == "disable"
    assert PASSWORD not in str(record.detail)


def test_a_rule_without_a_column_or_with_a_foreign_one_is_refused(source: DataSource, erin: User) -> None:
    client = visit(erin)
    for column in ("", "amount", "no_such"):
        answer = client.post(room(source, "rules/public.orders/"), {"kind": "scoped", "column": column})
        assert answer.status_code == 400
    assert client.get(room(source, "rules/public.nothing/")).status_code == 404
    assert not TableRule.objects.exists()


def test_a_rule_of_several_columns_is_set_kept_and_taken_back(source: DataSource, erin: User) -> None:
    client, address = visit(erin), room(source, "rules/public.orders/")
    scoped = {"kind": "scoped", "column": "cst", "property": "external_id"}
    assert client.post(address, scoped | {"column_2": "region", "property_2": "regions"}).status_code == 302
    assert TableRule.objects.get().also == [["region", "regions"]]
    assert "cst = external_id and region = regions" in text_of(client.get(room(source)))
    page = client.get(address).content.decode()
    assert '<option value="region" selected>' in page
    assert 'name="property_2" value="regions"' in page
    for half in ({"column_2": "region"}, {"property_2": "regions"}, {"column_2": "amount", "property_2": "regions"}):
        assert client.post(address, scoped | half).status_code == 400, half
    assert TableRule.objects.get().also == [["region", "regions"]]
    assert client.post(address, scoped).status_code == 302
    assert TableRule.objects.get().also == []
    client.post(address, scoped | {"column_2": "region", "property_2": "regions"})
    client.post(address, scoped | {"kind": "shared", "column_2": "region"})
    assert (TableRule.objects.get().kind, TableRule.objects.get().also) == ("shared", [])


def test_p_ds_03_no_page_holds_the_password(source: DataSource, erin: User) -> None:
    client = visit(erin)
    for step in ("", "connection/", "delete/ask/", "rules/public.orders/"):
        assert PASSWORD not in client.get(room(source, step)).content.decode()
    wrong = client.post(room(source, "connection/"), {"host": "", "password": "typed-by-mistake"})
    assert "typed-by-mistake" not in wrong.content.decode()


@pytest.mark.parametrize("change", [{"host": "localhost"}, {"port": "1"}, {"user": "postgres"}, {"sslmode": "require"}])
def test_p_ds_03_a_new_place_or_login_needs_the_password_again(
    source: DataSource, erin: User, form: dict[str, Any], change: dict[str, str]
) -> None:
    fields = {name: value for name, value in form.items() if name != "name"} | {"password": ""}
    answer = visit(erin).post(room(source, "connection/"), fields | change)
    assert answer.status_code == 400
    assert "Type the password again" in text_of(answer)
    assert DataSource.objects.get().connection == source.connection


def test_an_empty_password_keeps_the_stored_one_for_the_same_place(
    source: DataSource, erin: User, form: dict[str, Any]
) -> None:
    fields = {name: value for name, value in form.items() if name != "name"} | {"password": ""}
    assert visit(erin).post(room(source, "connection/"), fields).status_code == 302
    assert DataSource.objects.get().connection["password"] == PASSWORD
    assert len(audited("source.connection_changed")) == 1


def test_a_connection_that_fails_changes_nothing(source: DataSource, erin: User, form: dict[str, Any]) -> None:
    fields = {name: value for name, value in form.items() if name != "name"} | {"dbname": "no_such_db"}
    assert visit(erin).post(room(source, "connection/"), fields).status_code == 400
    assert DataSource.objects.get().connection == source.connection


def test_p_ds_04_whatever_fails_is_one_sentence_in_bounded_time(
    workspace: Workspace, erin: User, connections: dict[str, dict[str, Any]]
) -> None:
    client, form = visit(erin), {**connections["mariadb"], "name": "warehouse"}
    with listener(b"HTTP/1.1 400 Bad Request\r\n\r\ninner words") as http:
        for change in ({"port": 1}, {"port": http}, {"password": "wrong"}, {"dbname": "no_such_db"}):
            started = time.monotonic()
            page = connect(client, form, "mariadb", **change)
            assert page.status_code == 400
            assert SourceUnavailable().message in page.content.decode()
            assert "inner words" not in page.content.decode()
            assert time.monotonic() - started < 6
    assert not DataSource.objects.exists()


def test_p_ds_04_tries_are_limited(workspace: Workspace, erin: User, form: dict[str, Any]) -> None:
    client, refused = visit(erin), "Too many connections were tried"
    assert refused not in text_of(connect(client, form, port=1))
    for _ in range(TRIES):
        with suppress(TooManyTries), a_try(workspace, Actor(erin, erin.email)):
            pass
    assert refused in text_of(connect(client, form, port=1))


@pytest.mark.parametrize(
    "host",
    [
        *("10.0.0.5", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1"),
        *("2130706434", "127.2", "0x7f.2", "::ffff:10.0.0.1", "::1:0", "fc00::1", "fe80::1", "64:ff9b::a00:1"),
        *("2002:a00:1::1", "168.63.129.16", "::", "fec0::1", "ff02::1", "240.0.0.1", "192.0.2.1"),
    ],
)
def test_p_ds_01_inner_addresses_are_refused_in_every_spelling(
    workspace: Workspace, erin: User, form: dict[str, Any], host: str
) -> None:
    page = connect(visit(erin), form, host=host)
    assert page.status_code == 400
    assert "not allowed" in text_of(page) or "Host must" in text_of(page)
    assert not DataSource.objects.exists()


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "LOCALHOST", "127.1", "2130706433", "0x7f.1", "::1", "::ffff:127.0.0.1"]
)
def test_p_ds_01_loopback_is_refused_unless_the_operator_lists_it(
    workspace: Workspace, erin: User, form: dict[str, Any], settings: Settings, host: str
) -> None:
    settings.DATA_SOURCE_NETWORKS = []
    page = connect(visit(erin), form, host=host)
    assert "not allowed" in text_of(page) or "Host must" in text_of(page)


def test_p_ds_01_an_address_that_moved_inside_is_refused_when_it_connects(
    source: DataSource, erin: User, settings: Settings
) -> None:
    ENGINES["postgresql"].close(source.connection)
    settings.DATA_SOURCE_NETWORKS = []
    with pytest.raises(SourceUnavailable):
        ENGINES["postgresql"].catalog(source.connection)
    page = visit(erin).post(room(source, "test/"), follow=True)
    assert SourceUnavailable().message in page.content.decode()


@pytest.mark.parametrize(
    "change",
    [
        {"host": "ok.example,127.0.0.1"},
        {"host": "/var/run/postgresql"},
        {"host": ""},
        {"host": "localhost."},
        {"dbname": "x options=-cdefault_transaction_read_only=off"},
        {"dbname": "postgresql://127.0.0.1/x"},
        {"port": "5432,5433"},
        {"port": "\u0661"},
        {"sslmode": "allow"},
        {"sslmode": ""},
    ],
)
def test_p_ds_02_only_the_fields_exist(
    workspace: Workspace, erin: User, form: dict[str, Any], change: dict[str, str]
) -> None:
    assert connect(visit(erin), form, **change).status_code == 400
    assert not DataSource.objects.exists()


def test_p_ds_02_other_parameters_of_a_driver_are_not_read(
    workspace: Workspace, erin: User, form: dict[str, Any]
) -> None:
    connect(visit(erin), form, hostaddr="10.0.0.1", options="-c role=postgres", service="x", sslrootcert="/etc/shadow")
    assert set(DataSource.objects.get().connection) == {"host", "port", "dbname", "user", "password", "sslmode"}


@pytest.mark.parametrize("name", ["Warehouse", "9lives", "a b", "a" * 64, "warehouse"])
def test_an_odd_or_taken_name_is_said_at_its_field(
    source: DataSource, erin: User, form: dict[str, Any], name: str
) -> None:
    assert connect(visit(erin), form, name=name).status_code == 400
    assert DataSource.objects.count() == 1


def test_the_connection_is_tested_and_the_tables_are_read_again(source: DataSource, erin: User) -> None:
    client = visit(erin)
    assert "The connection works" in text_of(client.post(room(source, "test/"), follow=True))
    set_rule(source, "public.orders", kind="scoped", column="cst", actor=SYSTEM)
    assert "All rules hold" in text_of(client.post(room(source, "read/"), follow=True))
    assert TableRule.objects.get().kind == "scoped"


def test_a_login_that_may_do_too_much_is_warned_about_or_refused(
    workspace: Workspace, erin: User, form: dict[str, Any], postgres_url: str, settings: Settings
) -> None:
    root = urlsplit(postgres_url)
    form = {**form, "user": root.username, "password": root.password or "any"}
    connect(visit(erin), form)
    page = text_of(visit(erin).get(room(DataSource.objects.get())))
    assert "is a superuser" in page
    assert "Login may do too much" in page
    DataSource.objects.all().delete()
    settings.DATA_SOURCE_STRICT_LOGINS = True
    assert connect(visit(erin), form).status_code == 400
    assert not DataSource.objects.exists()


def test_people_connect_files_of_their_organizations_folder_only(
    workspace: Workspace, erin: User, tmp_path: Path, settings: Settings
) -> None:
    ours, theirs = tmp_path / "tradewind", tmp_path / "northwind"
    for folder in (ours, theirs):
        folder.mkdir()
        make_sqlite(folder)
    (ours / "link.sqlite3").symlink_to(theirs / "orders.sqlite3")
    settings.DATA_SOURCE_FOLDER = str(tmp_path)
    client = visit(erin)
    offered = client.get(f"{ROOMS}new/sqlite/").content.decode()
    assert "orders.sqlite3" in offered
    assert "link.sqlite3" not in offered
    for path in ("../northwind/orders.sqlite3", str(theirs / "orders.sqlite3"), "link.sqlite3", "/etc/passwd", ""):
        assert client.post(f"{ROOMS}new/sqlite/", {"name": "files", "path": path}).status_code == 400
    assert client.post(f"{ROOMS}new/sqlite/", {"name": "files", "path": "orders.sqlite3"}).status_code == 302
    source = DataSource.objects.get()
    assert source.connection == {"path": str(ours / "orders.sqlite3")}
    assert str(tmp_path) not in client.get(room(source)).content.decode()


def test_parquet_and_csv_files_of_the_folder_are_tables_of_one_source(
    workspace: Workspace, erin: User, tmp_path: Path, settings: Settings
) -> None:
    (tmp_path / "tradewind").mkdir()
    (tmp_path / "tradewind" / "orders.csv").write_text("cst,amount\nacme,7\n")
    settings.DATA_SOURCE_FOLDER = str(tmp_path)
    client = visit(erin)
    assert "Every Parquet and CSV file" in text_of(client.get(f"{ROOMS}new/duckdb/"))
    assert client.post(f"{ROOMS}new/sqlite/", {"name": "files", "path": "."}).status_code == 400
    assert client.post(f"{ROOMS}new/duckdb/", {"name": "files", "path": "."}).status_code == 302
    assert "main.orders" in text_of(client.get(room(DataSource.objects.get())))


def test_a_source_is_deleted_unless_it_is_somebodys_own(source: DataSource, workspace: Workspace, erin: User) -> None:
    client = visit(erin)
    set_route(workspace, "acme", source, actor=SYSTEM)
    assert "as their own" in text_of(client.post(room(source, "delete/"), follow=True))
    set_route(workspace, "acme", None, actor=SYSTEM)
    assert client.post(room(source, "delete/")).headers["Location"] == ROOMS
    assert not DataSource.objects.exists()


def test_the_list_tells_one_wall_from_two(source: DataSource, bob: User) -> None:
    assert "One wall" in text_of(visit(bob).get(ROOMS))
    set_login_per_customer(source, True, actor=SYSTEM)
    assert "Two walls" in text_of(visit(bob).get(ROOMS))
    assert "a login of its own" in text_of(visit(bob).get(room(source)))
