"""Which identifiers a customer may have."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokens.identifiers import IDENTIFIER_PATTERN, check_identifier


@pytest.mark.parametrize(
    "good", ["acme", "ACME", "аcme", "caf\u00e9", "cafe\u0301", "a b", "客户", "x" * 255, "😀", "*", "0"]
)
def test_a_visible_identifier_is_good(good: str) -> None:
    assert check_identifier(good) is None


@pytest.mark.parametrize(
    "space", [" ", "\t", "\n", "\r", "\u00a0", "\u1680", "\u2003", "\u3000", "\u2028", "\x1f", "\x85"]
)
def test_white_space_at_an_end_is_refused(space: str) -> None:
    assert check_identifier(f"{space}acme")
    assert check_identifier(f"acme{space}")
    assert check_identifier(space)


def unseen() -> list[int]:
    """Give every control, every lone surrogate and every mark that only steers the direction of text."""
    steering = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    points = range(0x110000)
    return [
        point
        for point in points
        if unicodedata.category(chr(point)) in {"Cc", "Cs", "Zl", "Zp"}
        or unicodedata.bidirectional(chr(point)) in steering
    ]


def test_controls_halves_and_direction_marks_are_refused_wherever_they_stand() -> None:
    assert [hex(point) for point in unseen() if not check_identifier(f"ac{chr(point)}me")] == []


@pytest.mark.parametrize(
    "point",
    [
        *(0xAD, 0x34F, 0x61C, 0x115F, 0x180E, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0x2064, 0x3164, 0xFE0F),
        *(0xFEFF, 0xFFA0, 0xFFF9, 0x1D173, 0xE0001, 0xE0041, 0xE0100),
    ],
)
def test_characters_without_width_are_refused(point: int) -> None:
    assert check_identifier(f"ac{chr(point)}me")


@pytest.mark.parametrize("bad", ["", "x" * 256, "ac\x00me", "ac\ud800me"])
def test_empty_long_and_broken_identifiers_are_refused(bad: str) -> None:
    assert check_identifier(bad)


@given(st.text(max_size=40))
def test_a_good_identifier_can_be_stored_as_it_is(text: str) -> None:
    if check_identifier(text) is None:
        assert text == text.strip()
        assert text.encode().decode() == text
        assert "\x00" not in text


def test_the_pattern_for_documents_says_what_the_check_says() -> None:
    texts = [
        "a",
        "acme",
        "a b",
        "é",
        "日本",
        "a" * 255,
        "a" * 256,
        "",
        " a",
        "a ",
        "\ta",
        "a\nb",
        "a\u200bb",
        "\u3000a",
    ]
    texts += [f"a{chr(code)}b" for code in (*range(0x20), *range(0x7F, 0xA1), *range(0x2000, 0x2070), 0xFEFF, 0xE0001)]
    differing = [
        text for text in texts if bool(re.search(IDENTIFIER_PATTERN, text)) != (check_identifier(text) is None)
    ]
    assert differing == []
