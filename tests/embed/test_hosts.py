"""What the embed host's answers carry when no view makes them: odd hosts and static files (threats.md I6)."""

import gzip
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.test import Client
from pytest_django import Settings

from embedhost.templatetags.assets import manifest
from tests.embed.surfaces import assert_headers, text_of


@pytest.mark.parametrize(
    "host", ["evil.example", "a b", "embed.test:1", "embed.test:x", "embed.test@evil.example", "<b>", ""]
)
@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/iframe/x", "/data/explo_jwe/session"])
def test_a_host_that_is_not_ours_is_not_found_and_says_nothing_of_the_console(host: str, path: str) -> None:
    answer = Client(HTTP_HOST=host).get(path)
    assert answer.status_code == 404
    assert_headers(answer)
    body = text_of(answer).lower()
    for word in ("console", "log in", "django", "allowed_hosts", "evil"):
        assert word not in body


@pytest.fixture
def built_file(tmp_path: Path, settings: Settings) -> str:
    """The address of a file whose name holds its digest, as the build makes them."""
    (tmp_path / "embed-AB12CD34.js").write_text("export {};", encoding="utf-8")
    settings.STATIC_ROOT = str(tmp_path)
    return "/static/embed-AB12CD34.js"


def test_a_built_file_is_immutable_and_carries_the_fixed_headers(built_file: str, embed_client: Client) -> None:
    answer = embed_client.get(built_file)
    assert answer.status_code == 200
    assert text_of(answer) == "export {};"
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert not answer.cookies


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/embed.js", "/nothing", "/iframe/x", "/data/explo_jwe/session", "/api/v1/customers/"]
)
def test_every_answer_over_https_keeps_browsers_on_https(path: str, embed_client: Client, settings: Settings) -> None:
    assert "Strict-Transport-Security" not in embed_client.get(path, secure=True).headers, "development goes over http"
    settings.SECURE_HSTS_SECONDS = 31_536_000
    assert embed_client.get(path, secure=True).headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" not in embed_client.get(path).headers


def test_a_built_file_keeps_browsers_on_https(built_file: str, embed_client: Client, settings: Settings) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000
    answer = embed_client.get(built_file, secure=True)
    assert text_of(answer) == "export {};"
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_every_built_file_goes_over_the_wire_compressed(embed_client: Client) -> None:
    for name in manifest().values():
        plain = (configured.FRONTEND_DIST / "static" / name).read_bytes()
        for accepted, coding in (("gzip", "gzip"), ("gzip, deflate, br, zstd", "br")):
            answer = embed_client.get(f"/static/{name}", headers={"Accept-Encoding": accepted})
            sent = answer.getvalue()
            assert (answer.headers["Content-Encoding"], answer.headers["Vary"]) == (coding, "Accept-Encoding"), name
            assert len(sent) < 0.8 * len(plain), name
            assert "immutable" in answer.headers["Cache-Control"]
            assert coding == "br" or gzip.decompress(sent) == plain
        assert embed_client.get(f"/static/{name}", headers={"Accept-Encoding": ""}).getvalue() == plain
