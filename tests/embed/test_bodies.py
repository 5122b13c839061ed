"""P-DL-02: bodies that are too large, too deep or not what they say, where one is read and where none is."""

import gzip
import io
import time
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import Client, RequestFactory

from embed.bodies import BodyTooLarge, read_body
from tests.embed.superset import LOGIN
from tests.embed.surfaces import assert_headers

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
ODD: dict[str, tuple[bytes, str, dict[str, str]]] = {
    "a megabyte": (b'{"username":"' + b"x" * 1_000_000 + b'"}', JSON, {}),
    "deep and large": (b"[" * 100_000, JSON, {}),
    "deep": (b"[" * 60_000, JSON, {}),
    "deep objects": (b'{"a":' * 12_000, JSON, {}),
    "10,000 fields": ("&".join(f"f{number}=1" for number in range(10_000)).encode(), FORM, {}),
    "a gzip bomb": (gzip.compress(b" " * 50_000_000), JSON, {"HTTP_CONTENT_ENCODING": "gzip"}),
    "a length that is none": (b"{}", JSON, {"CONTENT_LENGTH": "many"}),
    "a negative length": (b"{}", JSON, {"CONTENT_LENGTH": "-5"}),
    "more than was said": (b'{"username": "a", "password": "b"}', JSON, {"CONTENT_LENGTH": "3"}),
    "a number with thousands of digits": (b'{"username":' + b"9" * 60_000 + b"}", JSON, {}),
}
#: Pages and calls read no body at all: what comes with one changes nothing.
BODILESS = ("/iframe/x", "/data/explo_jwe/panels/rows", "/embedded/dashboard?embedded-token=x")
#: P-DL-02 asks for 0.1 seconds; a busy machine gets some more.
SECONDS = 0.5


@pytest.mark.parametrize("name", ODD)
def test_p_dl_02_an_odd_body_is_refused_at_once(name: str, db: None, embed_client: Client) -> None:
    content, kind, extra = ODD[name]
    embed_client.post(LOGIN, b"{}", content_type=JSON)
    began = time.perf_counter()
    answer = embed_client.generic("POST", LOGIN, content, content_type=kind, **extra)  # type: ignore[arg-type]  # environ
    took = time.perf_counter() - began
    assert answer.status_code in (400, 413), answer.getvalue()[:200]
    assert b"Traceback" not in answer.getvalue()
    assert_headers(answer)
    assert took < SECONDS


@pytest.mark.parametrize("path", BODILESS)
def test_p_dl_02_a_body_where_none_is_read_is_never_read(path: str, db: None, embed_client: Client) -> None:
    expected = embed_client.get(path).status_code
    for name, (content, kind, extra) in ODD.items():
        for method, status in (("GET", expected), ("POST", 405)):
            answer = embed_client.generic(method, path, content, content_type=kind, **extra)  # type: ignore[arg-type]  # environ
            assert answer.status_code == status, (name, method)


def test_p_dl_02_the_console_takes_no_form_of_ten_thousand_fields(db: None, console_client: Client) -> None:
    content, kind, _ = ODD["10,000 fields"]
    for path in ("/accounts/login/", "/operator/login/"):
        assert console_client.generic("POST", path, content, content_type=kind).status_code in (400, 404), path


def test_p_dl_02_nothing_beyond_the_limit_is_read_from_the_connection() -> None:
    class Endless(io.RawIOBase):
        asked = 0

        def read(self, size: int = -1) -> bytes:
            self.asked += 1
            return b" " * size

    body: Any = Endless()
    environ = RequestFactory().post(LOGIN, b"{}", content_type=JSON).environ
    request = WSGIRequest({**environ, "CONTENT_LENGTH": "1000000000", "wsgi.input": body})
    with pytest.raises(BodyTooLarge):
        read_body(request)
    assert body.asked == 0
