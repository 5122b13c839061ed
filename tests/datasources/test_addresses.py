"""Where a source may be, and that slow names hold up nobody else. Names are answered by the test, threads are real."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from datasources.engines import names
from datasources.engines.addresses import checked_addresses
from datasources.errors import AddressRefused, BadConnection, SourceUnavailable, TooManyTries
from datasources.services import create_source
from embedhost.lib.store import store
from secrets_admin.models import User, Workspace
from tests.console.cast import by

SPECIAL = [
    "192.0.0.9",
    "192.0.0.10",
    "192.0.0.170",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.175.48.1",
    "198.18.0.1",
    "240.0.0.1",
    "0.0.0.0",
    "3fff::1",
    "3fff:fff::1",
    "64:ff9b:1::1",
    "64:ff9b::c058:6301",
    "100:0:0:1::1",
    "2001:1::1",
    "2001:20::1",
    "2001:30::1",
    "2001:db8::1",
    "2620:4f:8000::1",
    "5f00::1",
    "::ffff:192.88.99.1",
    "fec0::1",
]
GOOD = [(2, 1, 6, "", ("8.8.8.8", 0))]


@pytest.fixture(autouse=True)
def nothing_listed(settings: Any) -> Iterator[None]:
    settings.DATA_SOURCE_NETWORKS = []
    names.forget()
    yield
    names.forget()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names that were asked for; those that end in ``slow.example`` are not answered before the test ends."""
    hosts: list[str] = []
    ended = threading.Event()

    def answer(host: str, *_: Any) -> Any:
        hosts.append(host)
        if host.endswith("slow.example"):
            ended.wait(30)
        if host == "turned.example" and hosts.count(host) > 1:
            return [(2, 1, 6, "", ("10.0.0.1", 0))]
        return GOOD

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    monkeypatch.setattr(names, "RESOLVE_SECONDS", 0.2)
    monkeypatch.setattr(names, "_running", names.Lookups(2, "test-resolve"))
    monkeypatch.setattr(names, "_checks", names.Lookups(2, "test-check"))
    yield hosts
    ended.set()


def fails(host: str) -> bool:
    try:
        checked_addresses(host, 5432)
    except SourceUnavailable:
        return True
    return False


def check(host: str) -> bool:
    with names.checking():
        return fails(host)


def test_p_ds_01_special_ranges_of_the_registries_are_refused() -> None:
    passed = []
    for address in SPECIAL:
        try:
            checked_addresses(address, 5432)
        except AddressRefused:
            continue
        passed.append(address)
    assert passed == []
    assert checked_addresses("8.8.8.8", 5432) == ["8.8.8.8"]
    assert checked_addresses("2606:4700::1111", 5432) == ["2606:4700::1111"]


def test_p_ds_04_slow_names_typed_into_forms_do_not_hold_up_running_sources(asked: list[str]) -> None:
    with ThreadPoolExecutor(8) as editors:
        assert all(editors.map(check, [f"n{n}.slow.example" for n in range(8)]))
    assert checked_addresses("good.example", 5432) == ["8.8.8.8"]
    assert len([host for host in asked if "slow" in host]) == 2, "what still waited is no longer asked for"


def test_p_ds_04_one_slow_name_holds_one_thread(asked: list[str]) -> None:
    with ThreadPoolExecutor(8) as sources:
        assert all(sources.map(fails, ["slow.example"] * 8))
    assert asked == ["slow.example"]
    assert not fails("good.example")


def test_a_good_answer_is_remembered_for_a_while_and_only_for_running_sources(
    asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not fails("good.example")
    assert not fails("good.example")
    assert asked == ["good.example"]
    assert not check("good.example")
    assert len(asked) == 2
    monkeypatch.setattr(names, "KEPT_SECONDS", 0.0)
    assert not fails("good.example")
    assert len(asked) == 3


def test_p_ds_01_a_name_that_turns_inwards_is_refused_at_the_next_look_up(
    asked: list[str], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    assert not fails("turned.example")
    monkeypatch.setattr(names, "KEPT_SECONDS", 0.0)
    with pytest.raises(AddressRefused):
        checked_addresses("turned.example", 5432)
    settings.DATA_SOURCE_NETWORKS = ["10.0.0.0/8"]
    monkeypatch.setattr(names, "KEPT_SECONDS", 30.0)
    assert not fails("turned.example")
    settings.DATA_SOURCE_NETWORKS = []
    with pytest.raises(AddressRefused):  # A remembered answer is checked at every connection.
        checked_addresses("turned.example", 5432)


@pytest.mark.django_db
def test_p_ds_04_a_try_is_taken_before_a_name_is_asked_for(
    workspace: Workspace,
    alice: User,
    asked: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(type(store()), "take_lease", lambda *_: False)
    fields = {"host": "n1.slow.example", "port": "5432", "dbname": "x", "user": "y"}
    started = time.monotonic()
    with pytest.raises(TooManyTries):
        create_source(workspace, name="far", engine="postgresql", connection=fields, actor=by(alice))
    assert asked == []
    assert time.monotonic() - started < 0.2
    with pytest.raises(BadConnection):
        create_source(workspace, name="far", engine="nothing", connection=fields, actor=by(alice))
