"""The WSGI door. Django sees the request and nothing else of the process.

granian puts the whole process environment, passwords included, into the WSGI environ; an error report would show it.
"""

import ipaddress
import os
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse

from embedhost.lib.own_connections import look_after_own_connections
from embedhost.lib.proxies import client_of, is_trusted

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "embedhost.settings")

#: Every other key of a request begins with one of these.
_OF_REQUEST = ("HTTP_", "wsgi.")
#: RFC 3875 section 4.1 meta-variables that PEP 3333 servers set.
_CGI = frozenset(
    [
        "REQUEST_METHOD",
        "SCRIPT_NAME",
        "PATH_INFO",
        "QUERY_STRING",
        "CONTENT_TYPE",
        "CONTENT_LENGTH",
        "SERVER_NAME",
        "SERVER_PORT",
        "SERVER_PROTOCOL",
        "REMOTE_ADDR",
        "REMOTE_PORT",
    ]
)
_FORWARDED = (
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_FORWARDED",
    "HTTP_X_REQUEST_ID",
)

Environ = dict[str, Any]
StartResponse = Callable[..., Any]


def _inherited() -> Environ:
    """Environment variables that look like a request's, such as HTTP_PROXY with its password."""
    optional = ("CONTENT_TYPE", "CONTENT_LENGTH")
    return {name: value for name, value in os.environ.items() if name.startswith(_OF_REQUEST) or name in optional}


def guard(application: Callable[[Environ, StartResponse], Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """Wrap a WSGI application so that it gets request keys only, and forwarding headers from TRUSTED_PROXIES only.

    Behind such a proxy REMOTE_ADDR is the client's address.
    """
    networks = [ipaddress.ip_network(text, strict=False) for text in settings.TRUSTED_PROXIES]
    inherited = _inherited()

    def guarded(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        ensure_started()
        # Written out, since this runs for every variable of every request.
        clean = {key: value for key, value in environ.items() if key in _CGI or key.startswith(_OF_REQUEST)}
        for key, value in inherited.items():
            if clean.get(key) == value:
                del clean[key]
        peer = clean.get("REMOTE_ADDR", "")
        if is_trusted(peer, networks):
            clean["REMOTE_ADDR"] = client_of(peer, clean.get("HTTP_X_FORWARDED_FOR", ""), networks)
        else:
            for key in _FORWARDED:
                clean.pop(key, None)
        return application(clean, start_response)

    return guarded


def _whole(answer: Iterable[bytes]) -> Iterable[bytes]:
    """Hand a finished answer over as one list, which granian sends without asking Python for each piece."""
    if not isinstance(answer, HttpResponse):
        return answer
    pieces = list(answer)
    answer.close()
    return pieces


_django = get_wsgi_application()
look_after_own_connections()

from embedhost.background import ensure_started  # noqa: E402 -- its models need the applications that line loads
from embedhost.hosts import embed_application, is_embed  # noqa: E402
from embedhost.slow_bodies import bounded  # noqa: E402


def _answer(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    if is_embed(environ):
        return embed_application(environ, start_response)
    return _whole(_django(environ, start_response))


application = guard(bounded(_answer))
