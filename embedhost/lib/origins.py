"""The sites that may show an embed: which texts are origins, and whether an origin is on a list.

>>> check_origin("https://App.Example.com:443")
'https://app.example.com'
>>> matches("https://eu.example.com", ["https://*.example.com"])
True
"""

import re
from collections.abc import Iterable

from django.conf import settings

from embedhost.lib.errors import Refused

#: Most origins of one list.
MAX_ORIGINS = 50
_MAX_LENGTH = 255
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?:\*\.(?={_LABEL}\.))?{_LABEL}(?:\.{_LABEL})*")
_SHAPE = re.compile(r"(https?)://([a-z0-9.*-]+)(?::([0-9]{1,5}|\*))?")
_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])")
_LOCAL = ("localhost", "127.0.0.1")
_DEFAULT_PORTS = {"https": "443", "http": "80"}


class OriginRefused(Refused):
    """A text is not an origin that a list may hold; the message says how to write it."""

    code = "origin_invalid"
    message = "Write it as https://app.example.com, without a path."


def check_origin(text: str) -> str:
    """Return the canonical form of an origin or one-label wildcard such as ``https://*.example.com``.

    The result goes into ``frame-ancestors`` as it is (CSP 3, host-source), so nothing else may pass. Plain http and
    the port ``*`` are for this machine and only under DEVELOPMENT. Raises OriginRefused.
    """
    if len(text) > _MAX_LENGTH:
        raise OriginRefused("An origin has at most 255 characters.")
    shape = _SHAPE.fullmatch(text.lower())
    if shape is None or not text.isascii():
        raise OriginRefused(_mended(text))
    scheme, host, port = shape.groups()
    _check_host(host)
    _check_scheme(scheme, host, port)
    return f"{scheme}://{host}" + ("" if port in (None, _DEFAULT_PORTS[scheme]) else f":{port}")


def _mended(text: str) -> str:
    if not text.isascii():
        return "Write the host in ASCII, as browsers send it: https://xn--…"
    found = re.match(r"(https://[a-z0-9.-]+(?::[0-9]{1,5})?)/", text.strip().lower())
    return f"Write it as {found[1]}, without a path." if found else OriginRefused.message


def _check_host(host: str) -> None:
    if _HOST.fullmatch(host) is None or len(host) > 253:
        raise OriginRefused("A * may only stand for the first part, before at least two: https://*.example.com.")
    if host.rpartition(".")[2].isdigit() and _IPV4.fullmatch(host) is None:
        raise OriginRefused("This is not an address. Write it as https://app.example.com.")


def _check_scheme(scheme: str, host: str, port: str | None) -> None:
    local = settings.DEVELOPMENT and host in _LOCAL
    if scheme == "http" and not local:
        raise OriginRefused("Use https. Plain http is only for localhost while developing.")
    if port == "*" and not (local and scheme == "http"):
        raise OriginRefused("Name the port, or leave it out.")
    if port not in (None, "*") and not 0 < int(port) < 65_536:
        raise OriginRefused("A port is a number from 1 to 65535.")


def check_origins(texts: Iterable[str]) -> list[str]:
    """Return the canonical origins without repeats, in their order. Raises OriginRefused, also for more than 50."""
    found = list(dict.fromkeys(check_origin(text) for text in texts))
    if len(found) > MAX_ORIGINS:
        raise OriginRefused(f"A list holds at most {MAX_ORIGINS} origins.")
    return found


def matches(origin: str, patterns: Iterable[str]) -> bool:
    """Tell whether an origin, as a browser sends it, is on a checked list; decides as ``frame-ancestors`` does."""
    shape = _SHAPE.fullmatch(origin.lower())
    if shape is None or "*" in origin:
        return False
    return any(_covers(pattern, *shape.groups()) for pattern in patterns)


def _covers(pattern: str, scheme: str, host: str, port: str | None) -> bool:
    shape = _SHAPE.fullmatch(pattern)
    if shape is None or shape[1] != scheme:
        return False
    wildcard = shape[2].startswith("*.")
    same_host = host.endswith(shape[2][1:]) if wildcard else host == shape[2]
    default = _DEFAULT_PORTS[scheme]
    return same_host and (shape[3] == "*" or (shape[3] or default) == (port or default))
