"""JSON (RFC 8259) without the liberties that parsers take and attackers use."""

import json
import math
import re
from dataclasses import dataclass
from functools import cache, partial
from typing import Final, Never

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class JSONRefused(ValueError):
    """The text is not acceptable JSON; the message is a fixed sentence that quotes nothing."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long an integer and how deep an object may be."""

    digits: int
    levels: int


#: Integers that a signed 64-bit column could hold; the deepest claim of any format has four levels.
CLAIMS: Final = Limits(digits=19, levels=8)


def read_object(data: bytes, limits: Limits = CLAIMS) -> dict[str, object]:
    """Parse UTF-8 bytes as one JSON object.

    Refuses duplicate members at any level (RFC 7519 section 4), NaN and infinities, numbers beyond a float, integers
    and levels beyond the limits, and lone surrogates. Raises JSONRefused.
    """
    value = _decode(data, limits)
    if not isinstance(value, dict):
        raise JSONRefused("It is not a JSON object in UTF-8.")
    # As many levels need as many brackets; counting them spares nearly every token the walk.
    if data.count(b"{") + data.count(b"[") > limits.levels and _is_deeper(value, limits.levels):
        raise JSONRefused(f"It has more than {limits.levels} levels.")
    if b"\\" in data:
        _refuse_half_characters(value)
    return value


def _decode(data: bytes, limits: Limits) -> object:
    try:
        value: object = _decoder(limits.digits).decode(data.decode())
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


def _integer(most_digits: int, text: str) -> int:
    if len(text.lstrip("-")) > most_digits:
        raise JSONRefused(f"A number has more than {most_digits:,} digits.")
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


@cache
def _decoder(most_digits: int) -> json.JSONDecoder:
    whole = partial(_integer, most_digits)
    return json.JSONDecoder(object_pairs_hook=_members, parse_int=whole, parse_float=_float, parse_constant=_constant)
