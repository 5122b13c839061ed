"""The id of the request that is being answered: one in its answer's header, its log records and the access log."""

import re
import secrets
from contextvars import ContextVar

HEADER = "X-Request-Id"
#: The same as WSGI names it.
VARIABLE = "HTTP_X_REQUEST_ID"
_SHAPE = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)

_current: ContextVar[str] = ContextVar("request_id", default="")


def begin(given: str | None) -> str:
    """Take the id that a trusted proxy gave, or a new one, and return it."""
    text = given if given and _SHAPE.fullmatch(given) else secrets.token_hex(8)
    _current.set(text)
    return text


def current() -> str:
    """Return the id of the request that this thread answers; empty outside of one."""
    return _current.get()
