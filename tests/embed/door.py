"""A browser before the door that web servers use for the embed host (embedhost/wsgi.py), past Django's handler."""

from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any

from django.conf import settings
from django.test import Client

from embedhost.hosts import embed_application


@dataclass(frozen=True)
class Sent:
    """What was sent, with the names that Django's responses have for it."""

    status_code: int
    headers: dict[str, str]
    content: bytes

    @property
    def cookies(self) -> SimpleCookie:
        return SimpleCookie(self.headers.get("Set-Cookie", ""))

    def getvalue(self) -> bytes:
        return self.content


class AtTheDoor(Client):
    """Django's client without Django's handler and signals, which take as long as the answer."""

    def __init__(self) -> None:
        super().__init__(HTTP_HOST=settings.EMBED_HOST)

    def request(self, **request: Any) -> Any:
        """Ask as a web server does (PEP 3333)."""
        heads: list[tuple[str, list[tuple[str, str]]]] = []
        environ = self._base_environ(**request)  # type: ignore[attr-defined]  # Django's, without a stub
        body = b"".join(embed_application(environ, lambda *head: heads.append(head)))
        [(status, headers)] = heads
        return Sent(int(status.split()[0]), dict(headers), body)
