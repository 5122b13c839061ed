"""The length of a URL and the characters of a token in it."""

import pytest

from tests.tokens.forge import forge
from tokens.urls import MAX_URL, is_token_segment, url_length


def test_p_dl_01_a_url_is_counted_with_scheme_host_path_and_query() -> None:
    assert url_length("https", "embed.example.com", "/iframe/abc", "") == len("https://embed.example.com/iframe/abc")
    url = "http://127.0.0.1:8000/iframe/a.b/prod?region=%22DACH%22&x=1"
    assert url_length("http", "127.0.0.1:8000", "/iframe/a.b/prod", "region=%22DACH%22&x=1") == len(url)


@pytest.mark.parametrize(
    ("path", "as_sent"),
    [
        ("/é", "/%C3%A9"),
        ("/客", "/%E5%AE%A2"),
        ("/😀", "/%F0%9F%98%80"),
        ("/a b", "/a%20b"),
        ('/"<>^`{|}\\', "/%22%3C%3E%5E%60%7B%7C%7D%5C"),
        ("/%41?#[]", "/%2541%3F%23%5B%5D"),
        ("/a-_.~!$&'()*+,;=:@b", "/a-_.~!$&'()*+,;=:@b"),
        ("/\ud800", "/%ED%A0%80"),
    ],
)
def test_p_dl_01_a_path_is_counted_as_it_is_sent(path: str, as_sent: str) -> None:
    assert url_length("https", "h", path, "") == len("https://h" + as_sent)


def test_p_dl_01_the_limit_is_2038_and_each_character_counts_once() -> None:
    assert MAX_URL == 2_038
    fixed = len("https://h/iframe/")
    assert url_length("https", "h", "/iframe/" + "a" * (2_038 - fixed), "") == MAX_URL
    assert url_length("https", "h", "/iframe/" + "a" * (2_038 - fixed), "x") == MAX_URL + 2
    assert url_length("https", "h", "/iframe/" + "é" * 100, "") == fixed + 600


def test_a_token_segment_holds_url_safe_characters_only() -> None:
    for good in (forge(), "a", "-", "A_z0.9=~"):
        assert is_token_segment(good)
    for bad in ("", "a b", "a/b", "a+b", "a%b", "é", "a\n", "\n", "٣", "a\u200b", "a:b", "<", "a\x00"):
        assert not is_token_segment(bad)
