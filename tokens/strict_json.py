"""JSON (RFC 8259) without the liberties that parsers take and attackers use."""

import json
import math
import re
from typing import Final, Never

#: Digits of the largest integer that a signed 64-bit column could hold.
_MOST_DIGITS: Final = 19
#: Levels of objects and lists; the deepest claim of any format has four.
_MOST_LEVELS: Final = 8
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class JSONRefused(ValueError):
    """The text is not acceptable JSON; the message is a fixed sentence that quotes nothing."""


def read_object(data: bytes) -> dict[str, object]:
    """Parse UTF-8 bytes as one JSON object.

    Refuses duplicate members at any level (RFC 7519 section 4), NaN and infinities, numbers beyond a float or
    19 digits, more than eight levels, and lone surrogates. Raises JSONRefused.
    """
    value = _decode(data)
    if not isinstance(value, dict):
        raise JSONRefused("It is not a JSON object in UTF-8.")
    # As many levels need as many brackets; counting them spares nearly every token the walk.
    if data.count(b"{") + data.count(b"[") > _MOST_LEVELS and _is_deeper(value, _MOST_LEVELS):
        raise JSONRefused(f"It has more than {_MOST_LEVELS} levels.")
    if b"\\" in data:
        _refuse_half_characters(value)
    return value


def _decode(data: bytes) -> object:
    try:
        value: object = _DECODER.decode(data.decode())
    except JSONRefused:
        raise
    except (ValueError, RecursionError):
        # The parser's own exception carries the text, claim values included: it must not live on as a cause.
        return None
    return value


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise JSONRefused("A member occurs twice.")
    return members


def _integer(text: str) -> int:
    if len(text.lstrip("-")) > _MOST_DIGITS:
        raise JSONRefused(f"A number has more than {_MOST_DIGITS} digits.")
    return int(text)


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise JSONRefused("A number is too large.")
    return number


def _constant(_text: str) -> Never:
    raise JSONRefused("NaN and Infinity are not JSON.")


def _is_deeper(value: object, levels: int) -> bool:
    if isinstance(value, dict):
        return levels == 0 or any(_is_deeper(item, levels - 1) for item in value.values())
    if isinstance(value, list):
        return levels == 0 or any(_is_deeper(item, levels - 1) for item in value)
    return False


def _refuse_half_characters(value: dict[str, object]) -> None:
    # Only an escape can bring a lone surrogate in: UTF-8 itself has no way to write one.
    if _SURROGATE.search(json.dumps(value, ensure_ascii=False)):
        raise JSONRefused("A text holds half a character.")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_members, parse_int=_integer, parse_float=_float, parse_constant=_constant
)
