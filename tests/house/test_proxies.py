"""Whose address a request has, with proxies in front and with headers that anybody can write."""

import ipaddress

import pytest

from embedhost.lib.proxies import client_of

_PROXIES = [ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8")]


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("198.51.100.1,203.0.113.9 , 10.1.1.1,fd00::2", "203.0.113.9"),
        ("2001:DB8::1", "2001:db8::1"),
    ],
)
def test_the_last_address_that_is_no_trusted_proxy_is_the_client(forwarded: str, client: str) -> None:
    assert client_of("10.0.0.1", forwarded, _PROXIES) == client


@pytest.mark.parametrize(
    "forwarded",
    [
        "",
        "10.1.1.1",
        "unknown",
        "198.51.100.1, unknown",
        "198.51.100.1,",
        "203.0.113.9:4711",
        "fe80::1%<b>",
        "203.0.113.9\n10.0.0.2",
    ],
)
def test_the_peer_stays_when_the_header_names_no_client(forwarded: str) -> None:
    assert client_of("10.0.0.1", forwarded, _PROXIES) == "10.0.0.1"


@pytest.mark.parametrize("peer", ["192.0.2.7", "", "unix:"])
def test_a_stranger_cannot_name_another_address(peer: str) -> None:
    assert client_of(peer, "203.0.113.9", _PROXIES) == peer


def test_without_trusted_proxies_nobody_is_believed() -> None:
    assert client_of("10.0.0.1", "203.0.113.9", []) == "10.0.0.1"
