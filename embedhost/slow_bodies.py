"""Bodies of requests are waited for in bounded time, by a bounded number of threads (threats.md rule 22, P-DL-02).

The server hands a body over by a read that blocks its thread for as long as the client likes, and nothing can break it
off. So another thread reads, and the one that answers stops waiting:

* whoever sends its body with its request is read at once and needs no seat;
* whoever is slower takes one of the seats, which half of the threads may hold, one client half of these;
* without a seat the answer is 503, after BODY_SECONDS it is 408, and the connection is closed, which ends the read.

A body in chunks (RFC 9112 section 7.1) announces no length, and Django takes such a one for empty: a PUT would reset
everything and say that it did well. So it is read here, and handed on with its length.
"""

import io
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any, Protocol

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse

from dashboards.limits import Seats
from embed.answers import answer_error, protect
from embedhost.hosts import named
from embedhost.lib.api.problems import BodyTooLarge
from embedhost.lib.errors import BodyTooSlow, Refused, ServiceUnavailable

#: A body that was sent with its request is there within this time (seconds).
PROMPT_SECONDS = 0.05
#: For how long an answer that closes its connection is left to the network first (seconds).
_FLUSH_SECONDS = 0.1

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class Readable(Protocol):
    """A body as the server gives it, PEP 3333's wsgi.input."""

    def read(self, size: int, /) -> bytes: ...
    def readline(self, size: int, /) -> bytes: ...


class NoSeat(ServiceUnavailable):
    """So many wait for slow bodies already that others could not be served."""


class BoundedBody:
    """The body of one request, as Django reads it. Reading raises OSError when it does not arrive whole and in time.

    ``refusal`` then says why; it is None as long as nothing was refused.
    """

    def __init__(self, raw: Readable, client: str) -> None:
        self._raw, self._client = raw, client
        self._deadline = 0.0
        self.refusal: Refused | None = None

    def read(self, size: int, /) -> bytes:
        """Return exactly so many bytes. Django asks for no more than Content-Length announced."""
        data = self._wait(_readers().submit(self._raw.read, size))
        if len(data) < size:
            raise ConnectionError("the body ended before its announced length")
        return data

    def readline(self, size: int, /) -> bytes:
        """Return a line, or so many bytes of it."""
        return self._wait(_readers().submit(self._raw.readline, size))

    def read_to_end(self) -> bytes:
        """Return a body that announced no length, up to what Django takes of one that did."""
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        data = self._wait(_readers().submit(self._raw.read, most + 1))
        if len(data) > most:
            self.refusal = BodyTooLarge(most)
            raise OSError("the body is larger than what is read")
        return data

    def _wait(self, reading: "Future[bytes]") -> bytes:
        self._deadline = self._deadline or time.monotonic() + settings.BODY_SECONDS
        try:
            return reading.result(PROMPT_SECONDS)
        except TimeoutError:
            with self._seat():
                return self._wait_seated(reading)

    def _wait_seated(self, reading: "Future[bytes]") -> bytes:
        try:
            return reading.result(max(0.0, self._deadline - time.monotonic()))
        except TimeoutError:
            self.refusal = BodyTooSlow()
            raise

    @contextmanager
    def _seat(self) -> Iterator[None]:
        if not _seats().take(self._client):
            self.refusal = NoSeat()
            raise TimeoutError
        try:
            yield
        finally:
            _seats().give_back(self._client)


def bounded(application: Application) -> Application:
    """Wrap a WSGI application so that it waits for bodies as this module says. What brings none costs nothing."""

    def answer(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        in_chunks = "HTTP_TRANSFER_ENCODING" in environ
        if environ.get("CONTENT_LENGTH", "") in ("", "0") and not in_chunks:
            return application(environ, start_response)
        body = environ["wsgi.input"] = BoundedBody(environ["wsgi.input"], environ.get("REMOTE_ADDR", ""))
        started: list[tuple[Any, ...]] = []
        if in_chunks:
            _announce(environ, body)
        told = application(environ, lambda *words: started.append(words)) if body.refusal is None else ()
        if body.refusal is not None:
            return _cut_off(environ, start_response, body.refusal)
        start_response(*started[-1])
        return told

    return answer


def _announce(environ: Environ, body: BoundedBody) -> None:
    """Put what came in chunks in its own place, with its length; or leave a refusal with the body."""
    with suppress(OSError):
        data = body.read_to_end()
        environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(data), str(len(data))


def _cut_off(environ: Environ, start_response: Callable[..., Any], refusal: Refused) -> Iterator[bytes]:
    """Answer with one byte less than announced: a server must close such a connection, and so ends what reads it."""
    response = _refused(environ, refusal)
    response.headers["Content-Length"] = str(len(response.content) + 1)
    start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
    return _then_nothing(response.content)


def _then_nothing(content: bytes) -> Iterator[bytes]:
    yield content
    time.sleep(_FLUSH_SECONDS)


def _refused(environ: Environ, refusal: Refused) -> HttpResponse:
    request = WSGIRequest({**environ, "CONTENT_LENGTH": ""})
    response = answer_error(request, refusal)
    named(request, lambda request: protect(request, response))
    return response


@cache
def _seats() -> Seats:
    return Seats(settings.WEB_THREADS // 2)


@cache
def _readers() -> ThreadPoolExecutor:
    """Threads that read: one for each that answers, and as many again for reads whose connection is being closed."""
    return ThreadPoolExecutor(settings.WEB_THREADS * 2, thread_name_prefix="read-body")
