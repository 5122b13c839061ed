"""P-DL-02 at a real server: requests whose body or headers never end hold up nobody else, and are ended."""

import http.client
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from django.conf import settings

from tests.house.server import HEADER_SECONDS, THREADS, Server, clean_environment, serving

_CONSOLE, _EMBED = "console.test", "embed.test"
_SETTINGS = {
    "DEVELOPMENT": "1",
    "CONSOLE_HOST": _CONSOLE,
    "EMBED_HOST": _EMBED,
    "WEB_THREADS": str(THREADS),
    "BODY_SECONDS": "3",
}
_JSON, _FORM = "application/json", "application/x-www-form-urlencoded"
LOGIN = (_EMBED, "/api/v1/security/login", _JSON)
CONSOLE_LOGIN = (_CONSOLE, "/accounts/login/", _FORM)
Place = tuple[str, str, str]
#: Pages and small posts, with their bodies and statuses.
COMPLETE: list[tuple[Place, bytes | None, int]] = [
    ((_EMBED, "/embed.js", _JSON), None, 200),
    (CONSOLE_LOGIN, None, 200),
    (LOGIN, b"{}", 400),
    (CONSOLE_LOGIN, b"login=alice", 403),
]
#: What anything complete may take while unfinished requests are open, on a busy machine (seconds).
SOON = 3.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    with serving(clean_environment({**_SETTINGS, "VAR_DIR": str(folder)}), folder) as running:
        for place, body, _ in COMPLETE:
            ask(running, place, body)  # What a process does once is no part of what is measured.
        yield running


def head(place: Place, length: int) -> bytes:
    host, path, kind = place
    # With a cookie, since Django reads a form's token only where there is one to compare it with.
    cookie = f"Cookie: {settings.CSRF_COOKIE_NAME}=" + "a" * 32
    return (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {kind}\r\n{cookie}\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


@contextmanager
def held(server: Server, sent: bytes, number: int) -> Iterator[list[socket.socket]]:
    """Open connections that send the beginning of a request and no more."""
    with ExitStack() as stack:
        lines = [stack.enter_context(socket.create_connection(("127.0.0.1", server.port))) for _ in range(number)]
        for line in lines:
            line.sendall(sent)
        time.sleep(0.1)
        yield lines


def rest(line: socket.socket, seconds: float) -> bytes:
    """Return all that a connection answers until the server closes it."""
    line.settimeout(seconds)
    return b"".join(iter(lambda: line.recv(4096), b""))


def ask(server: Server, place: Place, body: bytes | None) -> tuple[int, float]:
    host, path, kind = place
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    began = time.monotonic()
    line.request("GET" if body is None else "POST", path, body, {"Host": host, "Content-Type": kind})
    answer = line.getresponse()
    answer.read()
    line.close()
    return answer.status, time.monotonic() - began


def assert_all_others_are_served(server: Server) -> None:
    for place, body, expected in COMPLETE:
        status, took = ask(server, place, body)
        assert (status, took < SOON) == (expected, True), (place, took)


@pytest.mark.parametrize("times", [1, 6])
@pytest.mark.parametrize("place", [LOGIN, CONSOLE_LOGIN], ids=["embed", "console"])
def test_p_dl_02_unfinished_bodies_hold_up_nobody_and_are_ended(server: Server, place: Place, times: int) -> None:
    with held(server, head(place, 100) + b"{", THREADS * times) as lines:
        assert_all_others_are_served(server)
        answers = [rest(line, 20) for line in lines]
    statuses = {int(answer.split()[1]) for answer in answers}
    assert 408 in statuses, "whoever got a seat is told that its body is too slow"
    assert statuses <= {408, 503}, statuses
    assert_all_others_are_served(server)


def test_p_dl_02_a_body_that_arrives_in_pieces_is_read(server: Server) -> None:
    with held(server, head(LOGIN, 4) + b'{"', 1) as (line,):
        time.sleep(0.2)
        line.sendall(b"}}")
        line.settimeout(10)
        assert line.recv(4096).startswith(b"HTTP/1.1 400 ")


def test_p_dl_02_a_body_that_ends_before_its_length_is_refused_at_once(server: Server) -> None:
    with held(server, head(LOGIN, 100) + b"{}", 1) as (line,):
        line.shutdown(socket.SHUT_WR)
        began = time.monotonic()
        assert rest(line, 10)[:13] in (b"", b"HTTP/1.1 400 ")
        assert time.monotonic() - began < SOON


def in_chunks(*pieces: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    """Return a log-in whose body comes in chunks (RFC 9112 section 7.1)."""
    host, path, kind = LOGIN
    lines = (f"POST {path} HTTP/1.1", f"Host: {host}", f"Content-Type: {kind}", "Transfer-Encoding: chunked")
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return "\r\n".join([*lines, "Connection: close", "\r\n"]).encode() + chunks + end


def status_of(server: Server, sent: bytes) -> int:
    with held(server, sent, 1) as (line,):
        return int(rest(line, 20).split()[1])


def test_p_dl_02_a_body_in_chunks_is_read_whole_and_never_taken_for_an_empty_one(server: Server) -> None:
    wrong = b'{"username": 1}'
    for pieces in ([wrong], [wrong[:5], wrong[5:]]):
        with held(server, in_chunks(*pieces), 1) as (line,):
            answer = rest(line, 20)
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert b"The member `username` is" in answer, "it was read, and not as an empty body"


def test_p_dl_02_a_body_in_chunks_has_a_size_and_a_time(server: Server) -> None:
    assert status_of(server, in_chunks(*[b" " * 65_536] * 41)) == 413
    assert status_of(server, in_chunks(b"{", end=b"")) == 408
    with held(server, in_chunks(b"{", end=b""), THREADS * 3) as lines:
        assert_all_others_are_served(server)
        assert {int(rest(line, 20).split()[1]) for line in lines} <= {408, 503}


def test_p_dl_02_a_body_in_chunks_that_ends_early_is_refused_at_once(server: Server) -> None:
    with held(server, in_chunks(b"{}", end=b""), 1) as (line,):
        line.shutdown(socket.SHUT_WR)
        began = time.monotonic()
        assert rest(line, 10)[:13] in (b"", b"HTTP/1.1 400 ")
        assert time.monotonic() - began < SOON


def test_p_dl_02_unfinished_headers_hold_up_nobody_and_are_ended(server: Server) -> None:
    with (
        held(server, b"POST /accounts/login/ HTTP/1.1\r\nHost: ", THREADS * 6) as begun,
        held(server, b"", THREADS * 6) as silent,
    ):
        assert_all_others_are_served(server)
        assert {rest(line, HEADER_SECONDS + 10) for line in (*begun, *silent)} == {b""}


def test_a_server_that_waits_for_bodies_stops_in_order(server: Server) -> None:
    with held(server, head(LOGIN, 100) + b"{", THREADS):
        assert server.stops(20)
