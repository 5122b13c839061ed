"""Who is behind the proxies in front of the server."""

import ipaddress
from collections.abc import Sequence
from functools import lru_cache

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def is_trusted(text: str, networks: Sequence[Network]) -> bool:
    """Tell whether an address is one of the trusted proxies; text that is no address is not."""
    address = _address(text)
    return address is not None and any(address in network for network in networks)


def client_of(peer: str, forwarded: str, networks: Sequence[Network]) -> str:
    """Return the address that asked: the last of X-Forwarded-For that is no trusted proxy, else the peer.

    Only what a trusted proxy wrote is believed, so nothing left of that entry counts, also if it is no address.
    """
    if not is_trusted(peer, networks):
        return peer
    entries = [entry.strip() for entry in forwarded.split(",")]
    last = next((entry for entry in reversed(entries) if not is_trusted(entry, networks)), "")
    address = _address(last)
    return str(address) if address is not None else peer


@lru_cache(maxsize=1000)
def _address(text: str) -> Address | None:
    try:
        # The zone of an IPv6 address is free text.
        return None if "%" in text else ipaddress.ip_address(text)
    except ValueError:
        return None
