"""Reads a document's values strictly: what is wrong is noted for its author, and reading goes on."""

import re
from collections.abc import Mapping
from typing import Any


class Reader:
    """Read values of the right type, and note what is wrong instead of stopping at the first problem."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def say(self, problem: str) -> None:
        self.problems.append(problem)

    def mapping(self, value: object, where: str, known: frozenset[str]) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.say(f"{where} is a set of names and values.")
            return {}
        for name in value:
            if name not in known:
                self.say(f"{where}: `{name}` is not known. Use {', '.join(sorted(known))}.")
        return value

    def items(self, raw: Mapping[str, Any], name: str) -> list[object]:
        value = raw.get(name, [])
        if not isinstance(value, list):
            self.say(f"`{name}` is a list.")
            return []
        return value

    def encoding(self, raw: Mapping[str, Any], where: str) -> Mapping[str, Any]:
        value = raw.get("encoding") or {}
        if not isinstance(value, dict):
            self.say(f"{where}: `encoding` is a set of names and columns.")
            return {}
        return value

    def text(self, raw: Mapping[str, Any], name: str, where: str, *, required: bool = True, limit: int) -> str:
        value = raw.get(name, "")
        if not isinstance(value, str) or len(value) > limit or (required and not value.strip()) or "\0" in value:
            self.say(f"{where}: `{name}` is a text of {'1' if required else '0'} to {limit} characters.")
            return ""
        return value

    def matching(self, raw: Mapping[str, Any], name: str, where: str, pattern: re.Pattern[str]) -> str:
        value = raw.get(name)
        if not isinstance(value, str) or not pattern.match(value):
            self.say(f"{where}: `{name}` fits {pattern.pattern.removesuffix(chr(92) + 'Z')}.")
            return ""
        return value

    def one_of(self, raw: Mapping[str, Any], name: str, where: str, known: tuple[str, ...], default: str = "") -> str:
        value = raw.get(name, default)
        if not isinstance(value, str) or value not in known:
            self.say(f"{where}: `{name}` is one of {', '.join(known)}.")
            return ""
        return value

    def whole(self, raw: Mapping[str, Any], name: str, where: str, low: int, high: int, default: int) -> int:
        value = raw.get(name, default)
        if type(value) is not int or not low <= value <= high:
            self.say(f"{where}: `{name}` is a whole number from {low} to {high}.")
            return default
        return value

    def flag(self, raw: Mapping[str, Any], name: str, where: str) -> bool:
        value = raw.get(name, False)
        if not isinstance(value, bool):
            self.say(f"{where}: `{name}` is true or false.")
            return False
        return value
