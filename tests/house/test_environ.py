"""Nothing of the process environment reaches a request or an error report, under the real web server (design.md 12)."""

from collections.abc import Iterator

import pytest

from tests.house.server import Server, clean_environment, serving

_CANARY = "environment-canary-91c7"
_HOSTS = ("console.test", "embed.test")
_SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "tests.house.echo_settings",
    "DEVELOPMENT": "1",
    "CONSOLE_HOST": _HOSTS[0],
    "EMBED_HOST": _HOSTS[1],
    "TRUSTED_PROXIES": "127.0.0.1",
    "SECRET_KEY": f"{_CANARY}-secret-key-0123456789-abcdefghijklmnopqrstuvwxyz",
    "AWS_SECRET_ACCESS_KEY": f"{_CANARY}-aws",
    # Names that look like what a server or a proxy sends.
    "HTTP_PROXY": f"http://user:{_CANARY}-proxy@127.0.0.1:9",
    "HTTP_X_FORWARDED_FOR": f"{_CANARY}-forwarded",
    "CONTENT_TYPE": f"{_CANARY}-type",
    "QUERY_STRING": f"{_CANARY}-query",
    "wsgi.canary": f"{_CANARY}-wsgi",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    with serving(clean_environment({**_SETTINGS, "VAR_DIR": str(folder)}), folder) as running:
        yield running


@pytest.mark.parametrize("host", _HOSTS)
def test_no_environment_variable_is_in_a_request(server: Server, host: str) -> None:
    status, body = server.get("/meta", host)
    assert status == 200
    assert "PATH_INFO" in body, "the page shows request.META"
    assert _CANARY not in body


@pytest.mark.parametrize("host", _HOSTS)
def test_no_environment_variable_and_no_local_variable_is_in_an_error_report(server: Server, host: str) -> None:
    status, body = server.get("/report", host)
    assert status == 200
    assert "a failure with 17 characters at hand" in body, "the page shows the report"
    assert _CANARY not in body
    assert "local-canary-4d1f" not in body


def test_no_environment_variable_is_in_the_servers_log(server: Server) -> None:
    server.get("/nothing-here", _HOSTS[0])
    assert _CANARY not in server.log.read_text(encoding="utf-8", errors="replace")


def test_behind_a_trusted_proxy_a_request_comes_from_the_client(server: Server) -> None:
    _, body = server.get("/meta", _HOSTS[0], x_forwarded_for="198.51.100.1, 203.0.113.9, 127.0.0.1")
    assert "('REMOTE_ADDR', '203.0.113.9')" in body
    assert "('REMOTE_ADDR', '127.0.0.1')" in server.get("/meta", _HOSTS[0])[1]
