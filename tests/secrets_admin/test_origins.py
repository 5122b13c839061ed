"""Which texts are origins, and which origins a list covers."""

import pytest
from pytest_django import Settings

from embedhost.lib.origins import MAX_ORIGINS, OriginRefused, check_origin, check_origins, matches

INJECTIONS = [
    "*",
    "https:",
    "*.com",
    "https://*",
    "https://*.com",
    "https://a.*.com",
    "https://a*.b.com",
    "https://*.*.b.com",
    "https://a.com; script-src *",
    "a.com https://evil.com",
    "https://a.com https://evil.com",
    "https://a.com,https://evil.com",
    "'none'",
    "https://'self'",
    'https://a.com"',
    "https://a.com\r\nSet-Cookie: a=b",
    "https://a.com\n",
    "\nhttps://a.com",
    " https://a.com",
    "https://a.com ",
    "https://a.com/path",
    "https://a.com/",
    "https://a.com?q",
    "https://a.com#f",
    "https://user@a.com",
    "https://user:word@a.com",
    "javascript:alert(1)",
    "data:text/html,x",
    "ws://a.com",
    "https://a.com:0",
    "https://a.com:65536",
    "https://a.com:*",
    "https://a.com:٤٤٣",
    "https://a..com",
    "https://.a.com",
    "https://-a.com",
    "https://a_b.com",
    "https://[::1]",
    "https://аcme.com",
    "https://1.2.3",
    "https://999.1.1.1",
    "http://a.com",
    "http://localhost.evil.com",
    "https://" + "a." * 130 + "com",
    "https://" + "a" * 64 + ".com",
    "",
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_p_ep_02_only_a_whole_origin_gets_into_the_list(text: str) -> None:
    with pytest.raises(OriginRefused):
        check_origin(text)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("https://app.example.com", "https://app.example.com"),
        ("HTTPS://App.Example.COM", "https://app.example.com"),
        ("https://app.example.com:443", "https://app.example.com"),
        ("https://app.example.com:8443", "https://app.example.com:8443"),
        ("https://*.example.com", "https://*.example.com"),
        ("https://intranet", "https://intranet"),
        ("https://10.0.0.1:8443", "https://10.0.0.1:8443"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
    ],
)
def test_an_origin_is_kept_in_its_canonical_form(text: str, canonical: str) -> None:
    assert check_origin(text) == canonical


def test_an_address_with_a_path_is_refused_with_the_origin_in_it() -> None:
    with pytest.raises(OriginRefused, match=r"Write it as https://app\.example\.com, without a path\."):
        check_origin("https://app.example.com/dashboards?x=1")


@pytest.mark.parametrize(
    "text", ["http://localhost", "http://localhost:3000", "http://localhost:*", "http://127.0.0.1:9"]
)
def test_plain_http_is_for_this_machine_and_only_while_developing(text: str, settings: Settings) -> None:
    settings.DEVELOPMENT = True
    assert check_origin(text) == text
    settings.DEVELOPMENT = False
    with pytest.raises(OriginRefused):
        check_origin(text)


def test_p_ep_02_a_list_holds_at_most_fifty() -> None:
    origins = [f"https://a{number}.example.com" for number in range(MAX_ORIGINS)]
    assert check_origins(origins) == origins
    with pytest.raises(OriginRefused, match="at most 50"):
        check_origins([*origins, "https://one-more.example.com"])


@pytest.mark.parametrize(
    ("origin", "pattern", "covered"),
    [
        ("https://app.a.test", "https://app.a.test", True),
        ("https://APP.a.test", "https://app.a.test", True),
        ("https://app.a.test:443", "https://app.a.test", True),
        ("https://eu.a.test", "https://*.a.test", True),
        ("https://x.eu.a.test", "https://*.a.test", True),
        ("https://a.test", "https://*.a.test", False),
        ("https://evila.test", "https://*.a.test", False),
        ("https://app.a.test.evil.test", "https://app.a.test", False),
        ("https://app.a.test:8443", "https://app.a.test", False),
        ("http://app.a.test", "https://app.a.test", False),
        ("http://localhost:5173", "http://localhost:*", True),
        ("http://localhost", "http://localhost:*", True),
        ("https://localhost:5173", "http://localhost:*", False),
        ("null", "https://app.a.test", False),
        ("", "https://app.a.test", False),
        ("https://*.a.test", "https://*.a.test", False),
        ("https://app.a.test/path", "https://app.a.test", False),
        ("https://app.a.test", "not an origin", False),
    ],
)
def test_a_list_covers_what_frame_ancestors_covers(origin: str, pattern: str, covered: bool) -> None:
    assert matches(origin, ["https://other.test", pattern]) is covered


def test_an_empty_list_covers_nothing() -> None:
    assert not matches("https://app.a.test", [])
