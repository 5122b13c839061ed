"""Reads a document's values strictly: what is wrong is noted for its author, and reading goes on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

#: A way through a document: names of members and numbers of items.
Place = tuple[str, ...]

#: At least one character that is seen, written out, since what `\s` means differs between readers of the schema.
SEEN: Final = r"[^\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]"
_SEEN: Final = re.compile(SEEN)


@dataclass(frozen=True, slots=True)
class Problem:
    """A sentence for the author about one place of a document; ``offset``: the character of the text that is there."""

    text: str
    place: Place = ()
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class Where:
    """A part of a document as its author calls it, and its place."""

    spoken: str
    place: Place = ()

    def __str__(self) -> str:
        return self.spoken

    def of(self, name: str) -> Place:
        """Return the place of one of its members."""
        return (*self.place, name)


class Reader:
    """Read values of the right type, and note what is wrong instead of stopping at the first problem."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def say(self, text: str, place: Place = ()) -> None:
        self.problems.append(Problem(text, place))

    def mapping(self, value: object, where: Where, known: frozenset[str]) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.say(f"{where} is a set of names and values.", where.place)
            return {}
        for name in value:
            if name not in known:
                self.say(
                    f"{where}: `{str(name)[:63]}` is not known. Use {', '.join(sorted(known))}.", where.of(str(name))
                )
        return value

    def items(self, raw: Mapping[str, Any], name: str) -> list[tuple[object, Place]]:
        """Return the items of a list of the document's root, each with its place."""
        value = raw.get(name, [])
        if not isinstance(value, list):
            self.say(f"`{name}` is a list.", (name,))
            return []
        return [(item, (name, str(number))) for number, item in enumerate(value)]

    def encoding(self, raw: Mapping[str, Any], where: Where) -> Mapping[str, Any]:
        value = raw.get("encoding")
        if value is not None and not isinstance(value, dict):
            self.say(f"{where}: `encoding` is a set of names and columns.", where.of("encoding"))
        return value if isinstance(value, dict) else {}

    def text(self, raw: Mapping[str, Any], name: str, where: Where, *, required: bool = True, limit: int) -> str:
        value = raw.get(name, "")
        if not isinstance(value, str) or len(value) > limit or (required and not _SEEN.search(value)) or "\0" in value:
            lowest = 1 if required else 0
            self.say(f"{where}: `{name}` is a text of {lowest} to {limit} characters.", where.of(name))
            return ""
        return value

    def matching(self, raw: Mapping[str, Any], name: str, where: Where, pattern: re.Pattern[str]) -> str:
        value = raw.get(name)
        if not isinstance(value, str) or not pattern.match(value):
            shown = pattern.pattern.removesuffix(chr(92) + "Z")
            self.say(f"{where}: `{name}` fits {shown}.", where.of(name))
            return ""
        return value

    def one_of(self, raw: Mapping[str, Any], name: str, where: Where, known: tuple[str, ...], default: str = "") -> str:
        value = raw.get(name, default)
        if not isinstance(value, str) or value not in known:
            self.say(f"{where}: `{name}` is one of {', '.join(known)}.", where.of(name))
            return ""
        return value

    def whole(self, raw: Mapping[str, Any], name: str, where: Where, low: int, high: int, default: int) -> int:
        value = raw.get(name, default)
        if type(value) is not int or not low <= value <= high:
            self.say(f"{where}: `{name}` is a whole number from {low} to {high}.", where.of(name))
            return default
        return value

    def flag(self, raw: Mapping[str, Any], name: str, where: Where) -> bool:
        value = raw.get(name, False)
        if not isinstance(value, bool):
            self.say(f"{where}: `{name}` is true or false.", where.of(name))
            return False
        return value
