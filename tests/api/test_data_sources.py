"""Data sources over the REST API: connected, read, changed, tried and deleted as in the console."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from django.test import Client
from pytest_django import Settings

from datasources import services, tries
from datasources.access import get_source
from datasources.models import CustomerLogin, DataSource
from datasources.walls import set_route
from secrets_admin.access import SYSTEM
from secrets_admin.feed import feed
from secrets_admin.models import IdempotentCall
from tests.api.caller import Backend, places
from tests.console.cast import audited
from tests.datasources.world import postgresql
from tests.embed.surfaces import data
from tests.world import World

pytestmark = pytest.mark.django_db
SOURCES = "/api/v1/data-sources/"
SHOP = f"{SOURCES}shop"
PASSWORD = "look-only"


@pytest.fixture(scope="module")
def server(postgres_url: str) -> Iterator[dict[str, Any]]:
    """A PostgreSQL with a login that may only read."""
    name = f"api_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}_{os.getpid()}"
    with postgresql(postgres_url, name) as connection:
        yield connection


@pytest.fixture
def shop(ours: Backend, server: dict[str, Any]) -> dict[str, Any]:
    """A data source that a backend connected."""
    body = {"name": "shop", "engine": "postgresql", "connection": server}
    told: dict[str, Any] = ours.told("post", SOURCES, body, status=201)
    return told


@pytest.fixture
def many_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody run out of tries."""
    monkeypatch.setattr(tries, "TRIES", 1000)


def without(fields: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in names}


def test_a_database_is_connected_read_and_told_without_its_password(ours: Backend, server: dict[str, Any]) -> None:
    answer = ours.call("post", SOURCES, {"name": "shop", "engine": "postgresql", "connection": server})
    assert answer.status_code == 201, answer.content
    assert answer.headers["Location"] == SHOP
    made = answer.json()
    assert made["connection"] == without(server, "password")
    assert {one["rule"] for one in made["tables"]} == {"hidden"}
    assert "public.orders" in [one["table"] for one in made["tables"]]
    assert ours.told("get", SHOP) == made
    assert DataSource.objects.get(name="shop").connection == server
    [record] = [one for one in audited("source.created") if one.subject == "shop"]
    assert (record.actor_email, record.address) == (f"API key {ours.key.key_id}", "127.0.0.1")
    assert record.detail["connection"]["sslmode"] == "disable"


def test_what_is_missing_has_its_usual_value_and_tls_is_checked(ours: Backend, server: dict[str, Any]) -> None:
    said = ours.refused(
        "post",
        SOURCES,
        {"name": "shop", "engine": "postgresql", "connection": without(server, "sslmode")},
        status=422,
    )
    assert (said["code"], places(said)) == ("connection_failed", ["#/connection"]), "verify-full, which it has not"


def test_a_name_is_taken_once_in_a_workspace(ours: Backend, theirs: Backend, shop: Any, server: dict[str, Any]) -> None:
    body = {"name": "shop", "engine": "postgresql", "connection": server}
    assert ours.refused("post", SOURCES, body, status=409)["code"] == "source_exists"
    theirs.told("post", SOURCES, body, status=201)
    for name in ("Shop", "1st", "a b", "", "a" * 64, "\x00", 7, None):
        assert set(places(ours.refused("post", SOURCES, {**body, "name": name}, status=400))) == {"#/name"}, name


def test_two_at_once_under_one_name_leave_one(
    ours: Backend, server: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both found the name free; the second meets the first one's row."""
    tried = services._read

    def meanwhile(source: DataSource) -> None:
        monkeypatch.setattr(services, "_read", tried)
        fields = {"name": "shop", "engine": "postgresql", "connection": server}
        services.create_source(ours.tenant.workspace, **fields, actor=SYSTEM)  # type: ignore[arg-type]
        tried(source)

    monkeypatch.setattr(services, "_read", meanwhile)
    said = ours.refused("post", SOURCES, {"name": "shop", "engine": "postgresql", "connection": server}, status=409)
    assert said["code"] == "source_exists"
    assert DataSource.objects.filter(name="shop").count() == 1


def test_a_repetition_connects_to_nothing_and_makes_nothing_twice(
    ours: Backend, server: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    body, key = {"name": "shop", "engine": "postgresql", "connection": server}, {"Idempotency_Key": "f00d"}
    first = ours.call("post", SOURCES, body, **key)
    monkeypatch.setattr(tries, "TRIES", 0)
    again = ours.call("post", SOURCES, body, **key)
    assert [first.status_code, again.status_code] == [201, 201]
    assert again.json() == first.json()
    assert len([one for one in audited("source.created") if one.subject == "shop"]) == 1
    other = {**body, "name": "other"}
    assert ours.refused("post", SOURCES, other, status=409, **key)["code"] == "idempotency_key_reused"
    ours.refused("post", SOURCES, other, status=429, Idempotency_Key="new")
    assert IdempotentCall.objects.count() == 1, "a call that failed is not remembered"


def test_a_change_keeps_what_it_does_not_name_and_the_password(
    ours: Backend, shop: Any, server: dict[str, Any], many_tries: None
) -> None:
    ours.told("put", f"{SHOP}/tables/public.orders", {"rule": "scoped", "column": "cst"})
    before = ours.told("get", SHOP)
    changed = ours.told("patch", SHOP, {"connection": {"dbname": server["dbname"]}})
    assert changed["hidden"] == []
    assert changed["version"] == before["version"] + 1
    assert DataSource.objects.get(name="shop").connection == server
    replaced = ours.told("put", SHOP, {"connection": without(server, "password")})
    assert replaced["connection"] == without(server, "password")
    assert DataSource.objects.get(name="shop").connection == server
    assert ours.told("patch", SHOP, {}) == {**ours.told("get", SHOP), "hidden": []}
    assert len(audited("source.connection_changed")) == 2
    assert PASSWORD not in str(audited("source.connection_changed")[0].detail)


def test_a_change_that_fails_changes_nothing(ours: Backend, shop: Any, many_tries: None) -> None:
    before = ours.told("get", SHOP)
    for body, status, place in (
        ({"connection": {"dbname": "no_such_db"}}, 422, "#/connection"),
        ({"connection": {"dbname": "x=y"}}, 400, "#/connection/dbname"),
        ({"connection": {"host": "10.0.0.1", "password": "x"}}, 400, "#/connection/host"),
        ({"connection": {"path": "x"}}, 400, "#/connection/path"),
        ({"connection": {"user": "a\nb", "password": "x"}}, 400, "#/connection/user"),
        ({"remove_logins": True}, 400, "#/remove_logins"),
        ({"name": "other"}, 400, "#/name"),
        ({"engine": "mariadb"}, 400, "#/engine"),
    ):
        assert places(ours.refused("patch", SHOP, body, status=status)) == [place], body
    assert places(ours.refused("put", SHOP, {}, status=400)) == ["#/connection"]
    assert places(ours.refused("put", SHOP, {"connection": {"host": "x"}}, status=400)) == ["#/connection/password"]
    assert ours.told("get", SHOP) == before


def test_if_match_refuses_what_changed_meanwhile(
    ours: Backend, shop: Any, server: dict[str, Any], many_tries: None
) -> None:
    etag = ours.call("get", SHOP).headers["ETag"]
    assert ours.call("get", SHOP, If_None_Match=etag).status_code == 304
    after = ours.call("patch", SHOP, {"connection": {"dbname": server["dbname"]}}, If_Match=etag)
    assert after.status_code == 200
    assert after.headers["ETag"] == ours.call("get", SHOP).headers["ETag"] != etag
    for method, body in (("patch", {"connection": {"dbname": "x"}}), ("put", {"connection": server}), ("delete", None)):
        assert ours.refused(method, SHOP, body, status=412, If_Match=etag)["code"] == "changed_meanwhile"
    ours.told("delete", SHOP, status=204, If_Match=after.headers["ETag"])


def test_of_two_changes_at_once_the_later_one_is_refused(
    ours: Backend, shop: Any, server: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new connection is built on the old one, which somebody else changes while it is tried."""
    tried = services._read

    def meanwhile(source: DataSource) -> None:
        monkeypatch.setattr(services, "_read", tried)
        services.set_rule(DataSource.objects.get(pk=source.pk), "public.orders", kind="shared", actor=SYSTEM)
        tried(source)

    monkeypatch.setattr(services, "_read", meanwhile)
    ours.refused("patch", SHOP, {"connection": {"dbname": server["dbname"]}}, status=412)
    assert not audited("source.connection_changed")
    assert DataSource.objects.get(name="shop").connection == server


def test_tables_of_where_it_pointed_before_are_not_kept_for_where_it_points_now(
    ours: Backend, shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rule compares a column as the catalog says it is, so a catalog of another database would weaken the wall."""
    tried = services._read

    def meanwhile(source: DataSource) -> None:
        tried(source)
        moved = DataSource.objects.get(pk=source.pk)
        moved.connection, moved.catalog = {**moved.connection, "dbname": "elsewhere"}, {"tables": []}
        moved.save()

    monkeypatch.setattr(services, "_read", meanwhile)
    ours.refused("post", f"{SHOP}/read", status=412)
    assert not audited("source.catalog_read")
    assert DataSource.objects.get(name="shop").catalog == {"tables": []}


def test_one_that_is_deleted_while_it_is_read_is_not_there(
    ours: Backend, shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = services._read

    def meanwhile(source: DataSource) -> None:
        tried(source)
        DataSource.objects.filter(pk=source.pk).delete()

    monkeypatch.setattr(services, "_read", meanwhile)
    ours.refused("post", f"{SHOP}/read", status=404)
    assert not audited("source.catalog_read")


def test_what_is_stored_is_tried_and_read_again(ours: Backend, shop: Any, many_tries: None) -> None:
    assert ours.told("post", f"{SHOP}/test") == {"warnings": []}
    ours.told("put", f"{SHOP}/tables/public.numbered", {"rule": "scoped", "column": "cst"})
    row = DataSource.objects.get(name="shop")
    catalog = row.catalog["tables"]
    for table in catalog:
        if table[1] == "numbered":
            table[2][0][1] = "text"
    DataSource.objects.filter(pk=row.pk).update(catalog={"tables": catalog})
    told = ours.told("post", f"{SHOP}/read")
    assert told["hidden"] == ["public.numbered"], "the column's type was another when the rule was made"
    assert [len(audited(action)) for action in ("source.tested", "source.catalog_read")] == [1, 1]
    DataSource.objects.filter(pk=row.pk).update(connection_sealed=sealed(row, dbname="no_such_db"))
    for step in ("test", "read"):
        said = ours.refused("post", f"{SHOP}/{step}", status=503)
        assert said["code"] == "data_source_unavailable"
        assert "no_such_db" not in str(said)


def sealed(row: DataSource, **changes: Any) -> str:
    row.connection = {**row.connection, **changes}
    return row.connection_sealed


def test_a_deleted_source_is_gone_for_panels_at_once(ours: Backend, world: World, embed_client: Client) -> None:
    token = world.a.token()
    assert data(embed_client, token).status_code == 200
    ours.told("delete", f"{SOURCES}warehouse", status=204)
    ours.refused("get", f"{SOURCES}warehouse", status=404)
    ours.refused("delete", f"{SOURCES}warehouse", status=404)
    feed.read()
    assert b"CANARY" not in data(embed_client, token).getvalue()
    [record] = audited("source.deleted")
    assert record.actor_email == f"API key {ours.key.key_id}"


def test_a_source_that_customers_have_as_their_own_stays(ours: Backend, world: World) -> None:
    set_route(world.a.workspace, "acme", world.a.source, actor=SYSTEM)
    said = ours.refused("delete", f"{SOURCES}warehouse", status=409)
    assert said["code"] == "source_in_use"
    assert DataSource.objects.filter(pk=world.a.source.pk).exists()
    assert not audited("source.deleted")
    ours.told("put", "/api/v1/customers/acme/source", {"source": None})
    ours.told("delete", f"{SOURCES}warehouse", status=204)


def test_a_second_wall_is_built_and_taken_down(ours: Backend, shop: Any) -> None:
    path = f"{SHOP}/walls"
    assert ours.told("put", path, {"login_per_customer": True}) == {"login_per_customer": True}
    assert ours.told("get", SHOP)["login_per_customer"] is ours.told("get", path)["login_per_customer"] is True
    feed.read()
    assert get_source(ours.tenant.workspace.pk, "shop").two_walls
    assert ours.told("put", path, {"login_per_customer": False}) == {"login_per_customer": False}
    said = ours.refused("put", f"{SOURCES}warehouse/walls", {"login_per_customer": True}, status=409)
    assert (said["code"], places(said)) == ("no_logins", ["#/login_per_customer"])
    assert [one.detail["two_walls"] for one in audited("source.walls_changed")] == [True, False]
    for wrong in (1, "true", None):
        assert places(ours.refused("put", path, {"login_per_customer": wrong}, status=400)) == ["#/login_per_customer"]


def test_customers_logins_keep_their_source_in_its_place_unless_they_are_removed(
    ours: Backend, shop: Any, server: dict[str, Any]
) -> None:
    row = DataSource.objects.get(name="shop")
    login = CustomerLogin(source=row, external_id="acme", user="acme_reader")
    login.seal("customers-own", ["postgresql"])
    login.save()
    moved = {**server, "host": "localhost" if server["host"] != "localhost" else "127.0.0.1"}
    assert ours.refused("patch", SHOP, {"connection": moved}, status=409)["code"] == "logins_in_use"
    ours.told("patch", SHOP, {"connection": moved, "remove_logins": True})
    assert not CustomerLogin.objects.exists()


def test_only_files_that_the_operator_offers_are_connected(
    ours: Backend, world: World, settings: Settings, tmp_path: Path, many_tries: None
) -> None:
    settings.DATA_SOURCE_FOLDER = str(tmp_path)
    folder = tmp_path / "tradewind"
    folder.mkdir()
    (tmp_path / "northwind").mkdir()
    for place in (folder / "own.duckdb", tmp_path / "northwind" / "own2.duckdb", tmp_path / "outside.duckdb"):
        duckdb.connect(str(place)).execute("CREATE TABLE t (a VARCHAR)").close()
    (folder / "link.duckdb").symlink_to(tmp_path / "outside.duckdb")
    for path in (
        str(world.orders_file),
        str(folder / "own.duckdb"),
        "../northwind/own2.duckdb",
        "../outside.duckdb",
        "own2.duckdb",
        "link.duckdb",
        "/etc/passwd",
        "/",
    ):
        engine = "sqlite" if path.startswith("/etc") else "duckdb"
        said = ours.refused(
            "post", SOURCES, {"name": "files", "engine": engine, "connection": {"path": path}}, status=400
        )
        assert (said["code"], places(said)) == ("connection_invalid", ["#/connection/path"]), path
    body = {"name": "files", "engine": "duckdb", "connection": {"path": "own.duckdb"}}
    made = ours.told("post", SOURCES, body, status=201)
    assert made["connection"] == {"path": "own.duckdb"}
    assert str(tmp_path) not in str(made)
    same = ours.told("put", f"{SOURCES}files", {"connection": made["connection"]})
    assert same["connection"] == made["connection"]
    ours.refused("put", f"{SOURCES}files", {"connection": {"path": str(world.orders_file)}}, status=400)
    (folder / "sales.csv").write_text("a\n1\n")
    assert ours.told("patch", f"{SOURCES}files", {"connection": {"path": "."}})["connection"] == {"path": "."}
