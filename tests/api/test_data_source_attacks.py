"""What somebody with an API key may try with data sources: other networks, other people's passwords and things."""

import logging
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.core import serializers
from pytest_django import Settings

from datasources import tries
from datasources.engines import names
from datasources.errors import TooManyTries
from datasources.models import DataSource, TableRule
from secrets_admin.access import SYSTEM, Actor
from secrets_admin.models import AuditRecord, FeedEntry, IdempotentCall
from tests.api.caller import Backend, backend, places
from tests.api.test_data_sources import SHOP, SOURCES, many_tries, server, shop, without
from tests.console.cast import audited
from tests.datasources.test_mariadb import listener
from tests.world import World

__all__ = ["many_tries", "server", "shop"]

pytestmark = pytest.mark.django_db
SECRET = "s3cret-of-the-owner"
INNER = (
    *("127.0.0.1", "localhost", "LOCALHOST", "localhost.", "127.1", "2130706433", "0x7f.1", "::1", "::ffff:127.0.0.1"),
    *("0.0.0.0", "0", "10.0.0.5", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "168.63.129.16"),
    *("::", "fc00::1", "fe80::1", "fec0::1", "ff02::1", "64:ff9b::a00:1", "2002:a00:1::1", "224.0.0.1", "240.0.0.1"),
)
ODD = (
    *("", " ", "a b", "a,127.0.0.1", "/var/run/postgresql", "x/../y", "a;b", "http://a", "a?b", "-a", "a\x00", "a\n"),
    *("host=127.0.0.1", "a" * 300, "'", "[::1]", 7, None, ["127.0.0.1"], {"host": "x"}),
)
NEW: dict[str, Any] = {
    "name": "shop",
    "engine": "postgresql",
    "connection": {"host": "db.example", "dbname": "x", "user": "u", "password": SECRET, "sslmode": "disable"},
}


@pytest.fixture
def nothing_listed(settings: Settings) -> Iterator[None]:
    """No private network is allowed, and no name is remembered."""
    settings.DATA_SOURCE_NETWORKS = []
    names.forget()
    yield
    names.forget()


def actor_of(key: Backend) -> Actor:
    return Actor(None, f"API key {key.key.key_id}", "192.0.2.7")


def to(host: object, **changes: object) -> dict[str, Any]:
    return {**NEW, "connection": {**NEW["connection"], "host": host, **changes}}


def test_p_ds_01_inner_addresses_are_refused_in_every_spelling_and_asked_for_nothing(
    ours: Backend, many_tries: None, nothing_listed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(*_: object) -> None:
        raise AssertionError("it connected")

    monkeypatch.setattr(socket.socket, "connect_ex", connect)
    for host in INNER:
        for engine in ("postgresql", "mariadb"):
            said = ours.refused("post", SOURCES, {**to(host), "engine": engine}, status=400)
            assert places(said) == ["#/connection/host"], host
            assert said["code"] in ("host_not_allowed", "connection_invalid"), host
    assert not DataSource.objects.filter(name="shop").exists()


def test_p_ds_01_a_name_with_one_inner_address_or_one_that_turns_is_refused(
    ours: Backend, many_tries: None, nothing_listed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def answer(host: str, *_: Any) -> Any:
        asked.append(host)
        turned = host == "turned.example" and asked.count(host) > 1
        found = ["8.8.8.8"] if host == "turned.example" and not turned else ["8.8.8.8", "10.0.0.1"]
        return [(2, 1, 6, "", (address, 0)) for address in (["10.0.0.1"] if turned else found)]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    said = ours.refused("post", SOURCES, to("both.example"), status=400)
    assert said["code"] == "host_not_allowed"
    began = time.monotonic()
    ours.refused("post", SOURCES, to("turned.example"), status=422)
    assert time.monotonic() - began < 2, "8.8.8.8 was not waited for"
    assert asked.count("turned.example") == 2


def test_p_ds_01_a_server_that_redirects_is_followed_nowhere(ours: Backend, many_tries: None) -> None:
    with listener(b"") as inner:
        heard = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%d/\r\n\r\ninner words" % inner
        with listener(heard) as http:
            for engine in ("postgresql", "mariadb"):
                body = {**to("127.0.0.1", port=http), "engine": engine}
                said = ours.refused("post", SOURCES, body, status=422)
                assert (said["code"], places(said)) == ("connection_failed", ["#/connection"])
                assert "inner words" not in str(said)


def test_p_ds_02_only_the_fields_of_a_connection_exist(
    ours: Backend, many_tries: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for host in ODD:
        assert places(ours.refused("post", SOURCES, to(host), status=400)) == ["#/connection/host"], host
    for field in ("hostaddr", "options", "service", "passfile", "sslrootcert", "uri", "dsn", "connection_string"):
        said = ours.refused("post", SOURCES, to("db.example", **{field: SECRET}), status=400)
        assert places(said) == [f"#/connection/{field}"]
        assert SECRET not in str(said)
    for connection in (f"postgres://u:{SECRET}@127.0.0.1/x", [SECRET], None, 7):
        said = ours.refused("post", SOURCES, {**NEW, "connection": connection}, status=400)
        assert places(said) == ["#/connection"]
        assert SECRET not in str(said)
    for field, wrong in (
        *(("port", one) for one in (0, 65_536, -1, "5432", 1.5, True)),
        *(("dbname", one) for one in ("host=127.0.0.1", "postgres://x", "a\x01", "a" * 1001)),
        *(("sslmode", one) for one in ("prefer", "allow", "", "VERIFY-FULL")),
        *(("password", one) for one in (f"{SECRET}\x01", [SECRET], 7, SECRET * 100)),
    ):
        said = ours.refused("post", SOURCES, to("db.example", **{field: wrong}), status=400)
        assert places(said) == [f"#/connection/{field}"], (field, wrong)
        assert SECRET not in str(said)
    for missing in ("host", "dbname", "user"):
        body = {**NEW, "connection": without(NEW["connection"], missing)}
        assert places(ours.refused("post", SOURCES, body, status=400)) == [f"#/connection/{missing}"]
    assert places(ours.refused("post", SOURCES, {**NEW, "engine": "oracle"}, status=400)) == ["#/engine"]


def test_p_ds_03_the_stored_password_goes_nowhere_else(
    ours: Backend, shop: Any, server: dict[str, Any], many_tries: None
) -> None:
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        stranger.settimeout(0.2)
        port = stranger.getsockname()[1]
        for change in (
            {"port": port},
            {"host": "localhost" if server["host"] != "localhost" else "127.0.0.1"},
            {"user": "postgres"},
            {"sslmode": "require"},
            {"port": port, "password": ""},
            {"port": port, "dbname": "x", "password": ""},
        ):
            for method, connection in (("patch", change), ("put", {**without(server, "password"), **change})):
                said = ours.refused(method, SHOP, {"connection": connection}, status=400)
                assert (said["code"], places(said)) == ("connection_invalid", ["#/connection/password"]), change
        with pytest.raises(TimeoutError):
            asked.append(stranger.accept()[0].recv(1))
    assert asked == []
    assert DataSource.objects.get(name="shop").connection == server
    assert not audited("source.connection_changed")


def test_p_ds_03_i2_a_password_is_in_no_answer_log_audit_or_error(
    ours: Backend,
    theirs: Backend,
    shop: Any,
    server: dict[str, Any],
    many_tries: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    secret, key = {**server, "password": SECRET}, {"Idempotency_Key": "1"}
    heard = [
        ours.call("post", SOURCES, {"name": "other", "engine": "postgresql", "connection": {**secret, "port": 1}}),
        ours.call("post", SOURCES, {"name": "no name", "engine": "postgresql", "connection": secret}),
        ours.call("post", SOURCES, {"name": "o", "engine": "mariadb", "connection": {**secret, "port": 1}}, **key),
        ours.call("patch", SHOP, {"connection": {"password": SECRET, "dbname": "no_such_db"}}),
        ours.call("patch", SHOP, {"connection": {"password": [SECRET]}}),
        ours.call("patch", SHOP, {"password": SECRET}),
        ours.call("put", SHOP, {"connection": {**secret, "host": "10.0.0.1"}}),
        ours.call("patch", SHOP, {"connection": server}),
        ours.call("get", SHOP),
        ours.call("get", SOURCES),
        ours.call("post", f"{SHOP}/test"),
        ours.call("post", f"{SHOP}/read"),
        ours.call("get", f"{SHOP}/tables/"),
        ours.call("get", "/api/v1/audit/"),
        theirs.call("patch", SHOP, {"connection": {"password": SECRET}}),
        ours.call("delete", SHOP),
    ]
    kept = [serializers.serialize("json", model.objects.all()) for model in (AuditRecord, FeedEntry, IdempotentCall)]
    kept.append(serializers.serialize("json", DataSource.objects.all()))
    told = [answer.getvalue().decode() + str(answer.headers) for answer in heard]
    for text in (*told, caplog.text, *kept, *(str(record.__dict__) for record in caplog.records)):
        assert SECRET not in text
        assert server["password"] not in text


def test_p_ds_04_whatever_fails_looks_the_same_in_bounded_time(
    ours: Backend, server: dict[str, Any], many_tries: None
) -> None:
    with listener(b"HTTP/1.1 400 Bad Request\r\n\r\ninner words") as http, listener(b"") as silent:
        said = []
        for change in ({"port": 1}, {"port": http}, {"port": silent}, {"dbname": "no_such_db"}, {"user": "nobody"}):
            began = time.monotonic()
            body = {"name": "shop2", "engine": "postgresql", "connection": {**server, **change}}
            said.append(ours.refused("post", SOURCES, body, status=422))
            assert time.monotonic() - began < 6
    assert len({str({**one, "reference": ""}) for one in said}) == 1
    assert not DataSource.objects.filter(name="shop2").exists()


def test_p_ds_04_tries_are_limited_for_all_keys_of_an_organization_together(
    ours: Backend, theirs: Backend, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tries, "TRIES", 2)
    monkeypatch.setattr("embedhost.lib.store.LEASE_SECONDS", 600.0)
    keys = (ours, backend(world.a), ours, backend(world.a))
    answers = [key.call("post", SOURCES, to("127.0.0.1", port=1)) for key in keys]
    assert [answer.status_code for answer in answers] == [422, 422, 429, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    theirs.told("post", f"{SOURCES}warehouse/test")
    for step in ("test", "read"):
        ours.refused("post", f"{SOURCES}warehouse/{step}", status=429)


def test_p_dl_servers_that_never_answer_hold_few_threads_of_one_organization(
    ours: Backend, theirs: Backend, many_tries: None
) -> None:
    """Each try under way holds a thread; those above the bound are refused at once, and other organizations go on."""
    here, there = ours.tenant.workspace, theirs.tenant.workspace
    with tries.a_try(here, actor_of(ours)), tries.a_try(here, actor_of(ours)):
        with pytest.raises(TooManyTries), tries.a_try(here, actor_of(ours)):
            pass
        with tries.a_try(here, SYSTEM), tries.a_try(there, actor_of(theirs)):
            pass
    with tries.a_try(here, actor_of(ours)):
        pass


def every_call(name: str) -> list[tuple[str, str, object]]:
    source = f"{SOURCES}{name}"
    return [
        ("get", source, None),
        ("put", source, {"connection": {"path": "x"}}),
        ("patch", source, {"connection": {"password": "x"}}),
        ("delete", source, None),
        ("post", f"{source}/test", None),
        ("post", f"{source}/read", None),
        ("get", f"{source}/walls", None),
        ("put", f"{source}/walls", {"login_per_customer": False}),
        ("get", f"{source}/tables/", None),
        ("get", f"{source}/tables/tradewind.orders", None),
        ("put", f"{source}/tables/tradewind.orders", {"rule": "shared"}),
    ]


def test_p_oc_02_what_belongs_to_another_organization_or_workspace_is_not_there(theirs: Backend, world: World) -> None:
    other = replace(world.a, workspace=world.a.organization.workspaces.create())
    DataSource.objects.filter(pk=world.a.source.pk).update(name="ours-alone")
    before = list(DataSource.objects.order_by("id").values()), list(TableRule.objects.order_by("id").values())
    for key in (theirs, backend(other)):
        absent = [key.refused(*call, status=404) for call in every_call("absent")]
        for name in ("ours-alone", str(world.a.source.uid)):
            found = [key.refused(*call, status=404) for call in every_call(name)]
            assert [{**one, "reference": ""} for one in found] == [{**one, "reference": ""} for one in absent], name
    for name in (str(world.a.source.pk), "Ours-Alone", "ours-alone%00", "ours-alone%20"):
        theirs.refused("get", f"{SOURCES}{name}", status=404)
    assert (list(DataSource.objects.order_by("id").values()), list(TableRule.objects.order_by("id").values())) == before
    assert backend(other).told("get", SOURCES)["items"] == []


def test_a_key_of_some_customers_or_without_the_scope_does_nothing_here(world: World) -> None:
    before = DataSource.objects.values().get(pk=world.a.source.pk)
    limited, reader, writer = backend(world.a, customers=["acme"]), backend(world.a, "read"), backend(world.a, "write")
    for call in (*every_call("warehouse"), *every_call("absent"), ("get", SOURCES, None), ("post", SOURCES, NEW)):
        assert limited.refused(*call, status=403)["code"] == "forbidden"
        (writer if call[0] == "get" else reader).refused(*call, status=403)
        backend(world.a, "mint", "customer_tokens").refused(*call, status=403)
    assert DataSource.objects.values().get(pk=world.a.source.pk) == before
    assert not TableRule.objects.filter(table="tradewind.orders", kind="shared").exists()
