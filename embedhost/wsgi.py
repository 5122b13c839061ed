"""The WSGI door. Django sees the request and nothing else of the process.

granian puts the whole process environment, passwords included, into the WSGI environ; an error report would show it.
"""

import ipaddress
import os
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from embedhost.lib.proxies import client_of, is_trusted

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "embedhost.settings")

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
_FORWARDED = ("HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED")

Environ = dict[str, Any]
StartResponse = Callable[..., Any]


def _of_request(key: str) -> bool:
    return key in _CGI or key.startswith(("wsgi.", "HTTP_"))


def _inherited() -> Environ:
    """Environment variables that look like a request's, such as HTTP_PROXY with its password."""
    optional = ("CONTENT_TYPE", "CONTENT_LENGTH")
    return {
        name: value for name, value in os.environ.items() if name.startswith(("HTTP_", "wsgi.")) or name in optional
    }


def guard(application: Callable[[Environ, StartResponse], Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """Wrap a WSGI application so that it gets request keys only, and forwarding headers from TRUSTED_PROXIES only.

    Behind such a proxy REMOTE_ADDR is the client's address.
    """
    networks = [ipaddress.ip_network(text, strict=False) for text in settings.TRUSTED_PROXIES]
    inherited = _inherited()

    def guarded(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        ensure_started()
        clean = {key: value for key, value in environ.items() if _of_request(key) and inherited.get(key) != value}
        peer = clean.get("REMOTE_ADDR", "")
        if is_trusted(peer, networks):
            clean["REMOTE_ADDR"] = client_of(peer, clean.get("HTTP_X_FORWARDED_FOR", ""), networks)
        else:
            for key in _FORWARDED:
                clean.pop(key, None)
        return application(clean, start_response)

    return guarded


_application = get_wsgi_application()

from embedhost.background import ensure_started  # noqa: E402 -- its models need the applications that line loads

application = guard(_application)
