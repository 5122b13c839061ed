"""Where a data source may be: names are resolved once, every address is checked, and only a checked one is used.

Private, loopback, link-local, shared (CGNAT), metadata and reserved ranges are refused, in whatever spelling and also
inside IPv6, unless the operator lists their network in DATA_SOURCE_NETWORKS. How names are asked for is in names.py.
"""

import ipaddress
from collections.abc import Iterator
from functools import cache
from urllib.parse import urlsplit

from django.conf import settings

from datasources.engines.names import resolve
from datasources.errors import AddressRefused, SourceUnavailable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

#: More addresses of one name are not tried, so that a connection fails in bounded time.
MAX_ADDRESSES = 2

#: Carries IPv4 in its last 32 bits (RFC 6052); 6to4 and Teredo have names in the standard library.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
#: Azure answers questions about a machine at this address, though it looks like any other.
_METADATA = frozenset({ipaddress.ip_address("168.63.129.16")})
#: Of IANA's special-purpose registries (IPv4, IPv6): what ``is_global`` of the standard library calls public, in whole
#: or in part, or in some of its versions. No customer's database lies there.
_SPECIAL = tuple(
    map(
        ipaddress.ip_network,
        (
            "192.0.0.0/24",  # protocol assignments
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # AMT
            "192.88.99.0/24",  # 6to4 relays
            "192.175.48.0/24",  # AS112
            "64:ff9b:1::/48",  # local translation of IPv4
            "100:0:0:1::/64",  # dummy prefix
            "2001::/23",  # protocol assignments
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # documentation
            "5f00::/16",  # segment routing
        ),
    )
)


def checked_addresses(host: str, port: int) -> list[str]:
    """Return the addresses of a host that may be connected to. Raises AddressRefused and SourceUnavailable.

    When one of its addresses is refused, the host is.
    """
    found = [ipaddress.ip_address(text) for text in resolve(host)]
    for address in found:
        if not _is_allowed(address, port):
            raise AddressRefused
    return [str(address) for address in found[:MAX_ADDRESSES]]


def _is_allowed(address: Address, port: int) -> bool:
    meant = list(_meant(address))
    listed = [network for network in _networks() if any(_within(each, network) for each in meant)]
    if any(_is_ours(each, port) for each in meant):
        # A listed range does not open our own database to owners; only its single address does.
        return any(network.num_addresses == 1 for network in listed)
    return bool(listed) or all(each.is_global and not _is_special(each) for each in meant)


def _meant(address: Address) -> Iterator[Address]:
    """Yield an address, or the IPv4 addresses that an IPv6 address stands for."""
    inner: list[Address | None] = []
    if isinstance(address, ipaddress.IPv6Address):
        inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in _NAT64:
            inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    found = [each for each in inner if each is not None]
    yield from found or [address]


def _is_special(address: Address) -> bool:
    odd = address.is_multicast or address.is_reserved or address in _METADATA
    odd = odd or any(_within(address, network) for network in _SPECIAL)
    return odd or (isinstance(address, ipaddress.IPv6Address) and address.is_site_local)


def _within(address: Address, network: Network) -> bool:
    return address.version == network.version and address in network


def _networks() -> tuple[Network, ...]:
    return tuple(map(ipaddress.ip_network, settings.DATA_SOURCE_NETWORKS))


def _is_ours(address: Address, port: int) -> bool:
    return any(port == own_port and str(address) in own for own_port, own in _own_servers())


def _own_servers() -> Iterator[tuple[int, frozenset[str]]]:
    """Yield port and addresses of the app database and Redis, when they are servers."""
    database, redis = settings.DATABASES["default"], urlsplit(settings.REDIS_URL or "")
    if database.get("HOST"):
        yield int(database.get("PORT") or 5432), _own(str(database["HOST"]))
    if redis.hostname:
        yield redis.port or 6379, _own(redis.hostname)


def _own(host: str) -> frozenset[str]:
    try:
        return _own_addresses(host)
    except SourceUnavailable:  # Asked again next time: a failure must not open our own database for good.
        return frozenset()


@cache
def _own_addresses(host: str) -> frozenset[str]:
    return frozenset(resolve(host))
