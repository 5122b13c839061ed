"""A dashboard's document as somebody sent it, YAML or JSON: its values, and where each of them stands in the text.

    sent = read_yaml(b"title: Sales")
    sent.document                    {"title": "Sales"}
    sent.position(("title",))        (1, 8)

Both are read without recursion or tags. What an alias stands for counts each time, so that a small text is no large
document.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from dashboards.charts.base import MAX_NAME
from dashboards.reader import Place
from datasources.gate.places import line_and_column
from embedhost.lib.api.fields import without_fraction
from tokens.strict_json import JSONRefused, read_object

#: Bytes of a text, and characters of all its values with what aliases stand for.
MAX_BYTES: Final = 1024 * 1024
#: Levels of names and lists, as for every other body; a document of ours has six.
MAX_LEVELS: Final = 8
MAX_VALUES: Final = 100_000
_LARGEST: Final = 2**63
_ODD: Final = re.compile("[\0\ud800-\udfff]")


class Unreadable(Exception):
    """A text that holds no document; the message says why, ``position`` (line, column) where, when that is known."""

    def __init__(self, message: str, position: tuple[int, int] | None = None) -> None:
        super().__init__(message)
        self.position = position


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a value stands: its first character and the one behind it, and its style: `"`, `'`, `|`, `>` or none."""

    start: int
    end: int
    style: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """A document with the places of its values in the text."""

    document: dict[str, Any]
    text: str = field(default="", repr=False)
    marks: Mapping[Place, Mark] = field(default_factory=dict, repr=False)

    def position(self, place: Place, offset: int | None = None) -> tuple[int, int] | None:
        """Return line and column of a place, or of what is nearest around it; None when nobody knows.

        ``offset`` is a character of the text that stands there.
        """
        while place and place not in self.marks:
            place, offset = place[:-1], None
        mark = self.marks.get(place)
        if mark is None:
            return None
        return line_and_column(self.text, mark.start if offset is None else _inside(self.text, mark, offset))


#: What a character of a value can be in the text: broken lines, an escape, a doubled quote, itself.
_FOLD: Final = r"[ \t]*(?:\r?\n[ \t]*)+"
_UNITS: Final = {
    '"': re.compile(rf"\\(?:x..|U.{{8}}|u[dD][89abAB]..\\u[dD][c-fC-F]..|u.{{4}}|\r?\n[ \t]*|.)|{_FOLD}|.", re.S),
    "'": re.compile(rf"''|{_FOLD}|.", re.S),
    "": re.compile(rf"{_FOLD}|.", re.S),
}


def _inside(text: str, mark: Mark, offset: int) -> int:
    """Return where in the text the character ``offset`` of a value stands; the value's beginning when it is folded."""
    if mark.style == "|":
        return _in_block(text, mark, offset)
    if mark.style not in _UNITS:
        return mark.start
    seen, quoted = 0, len(mark.style)
    for unit in _UNITS[mark.style].finditer(text, mark.start + quoted, mark.end - quoted):
        seen += _characters(unit[0])
        if seen > offset:
            return unit.start()
    return mark.start


def _characters(unit: str) -> int:
    """Return for how many characters of the value a unit of the text stands."""
    breaks = unit.count("\n")
    if unit.startswith("\\"):
        return 0 if breaks else 1
    return 1 if breaks < 2 else breaks - 1


def _in_block(text: str, mark: Mark, offset: int) -> int:
    """Return a character's place in a literal block: every line is its own, behind the indentation of all."""
    begin = text.find("\n", mark.start) + 1
    lines = text[begin : mark.end].split("\n")
    given = re.match(r"\|[-+]?([1-9])", text[mark.start : mark.start + 3])
    full = next((line for line in lines if line.strip()), "")
    indent = len(full) - len(full.lstrip(" ")) if given is None else int(given[1])
    for line in lines:
        length = max(0, len(line.removesuffix("\r")) - indent) + 1
        if offset < length:
            return begin + min(len(line), indent + offset)
        begin, offset = begin + len(line) + 1, offset - length
    return mark.start


def read_json(data: bytes) -> Sent:
    """Read JSON (RFC 8259) strictly, as every other body. Raises Unreadable."""
    try:
        document = read_object(data)
    except JSONRefused as problem:
        raise Unreadable(str(problem), _where_json_ends(data)) from None
    text = data.decode()
    made = _Making(text)
    for event in _json_events(text):
        made.take(*event)
    return made.sent(document)


def _where_json_ends(data: bytes) -> tuple[int, int] | None:
    try:
        json.loads(data)
    except json.JSONDecodeError as error:
        return error.lineno, error.colno
    except (ValueError, RecursionError):
        return None
    return None


_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{\[]|[}\]]|[^\s,:{}\[\]"]+', re.S)
_KINDS: Final = {"{": "map", "[": "list", "}": "end", "]": "end"}


def _json_events(text: str) -> Iterator[tuple[str, Any, Mark]]:
    for token in _TOKEN.finditer(text):
        kind = _KINDS.get(token[0], "value")
        style = '"' if token[0].startswith('"') else ""
        yield kind, json.loads(token[0]) if kind == "value" else None, Mark(token.start(), token.end(), style)


def read_yaml(data: bytes) -> Sent:
    """Read one YAML document whose values are texts, numbers, true, false, null, lists and sets of names.

    Refuses names given twice, tags, more than MAX_LEVELS levels and more than MAX_BYTES, aliases counted. Raises
    Unreadable.
    """
    text = _decoded(data)
    made = _Making(text)
    try:
        for event in yaml.parse(text, yaml.CSafeLoader):
            _take_yaml(made, event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise Unreadable(
            f"It is not YAML: {error.problem or error.context}.", (mark.line + 1, mark.column + 1) if mark else None
        ) from None
    except yaml.YAMLError:
        raise Unreadable("It is not YAML: it holds a character that no text has.") from None
    if not isinstance(made.root, dict):
        raise Unreadable("It holds no dashboard: write a set of names and values.", (1, 1))
    return made.sent(made.root)


def _decoded(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("It is not written in UTF-8.") from None
    if len(data) > MAX_BYTES:
        raise Unreadable(f"It is longer than {MAX_BYTES // 1024:,} KB.")
    return text


class _Resolver(yaml.SafeLoader):
    """What a bare word is in YAML; dates and times stay the text that their author wrote."""

    yaml_implicit_resolvers = {  # noqa: RUF012 -- the library's own table, without dates
        first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
        for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _mark_of(event: yaml.Event) -> Mark:
    begin, end = event.start_mark, event.end_mark
    return Mark(begin.index if begin else 0, end.index if end else 0)


def _take_yaml(made: "_Making", event: yaml.Event) -> None:
    mark = _mark_of(event)
    if isinstance(event, yaml.DocumentStartEvent):
        made.begin(mark)
    if isinstance(event, yaml.AliasEvent):
        made.repeat(str(event.anchor), mark)
    if isinstance(event, (yaml.ScalarEvent, yaml.SequenceStartEvent, yaml.MappingStartEvent)):
        if event.tag is not None:
            raise made.refusal("Tags (!) are not taken.", mark)
        made.anchor = event.anchor
    if isinstance(event, yaml.ScalarEvent):
        style = "" if event.style is None else event.style
        made.take("value", _scalar(made, event, mark), Mark(mark.start, mark.end, style))
    elif isinstance(event, yaml.MappingStartEvent):
        made.take("map", None, mark)
    elif isinstance(event, yaml.SequenceStartEvent):
        made.take("list", None, mark)
    elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
        made.take("end", None, mark)


_RESOLVER: Final = _Resolver("")


def _scalar(made: "_Making", event: yaml.ScalarEvent, mark: Mark) -> object:
    # A bare word with a colon is a time or a date; YAML 1.1 counts in base 60, which takes ages when it is long.
    if not event.implicit[0] or ":" in event.value:
        return event.value
    tag = _RESOLVER.resolve(yaml.ScalarNode, event.value, event.implicit)  # type: ignore[no-untyped-call]  # untyped there
    try:
        return _RESOLVER.construct_object(yaml.ScalarNode(tag, event.value))
    except (yaml.YAMLError, ValueError):
        raise made.refusal("This value cannot be read. Write it as a text, in quotes.", mark) from None


_Size = tuple[int, int]


@dataclass(slots=True)
class _Open:
    """A list or set of names that is being read."""

    value: dict[str, Any] | list[Any]
    place: Place
    anchor: str | None
    began: _Size
    name: str | None = None


class _Making:
    """Builds values from events, and writes down where each of them stands."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.root: Any = None
        self.anchor: str | None = None
        self._open: list[_Open] = []
        self._marks: dict[Place, Mark] = {}
        #: By its name, what an anchor stands for, and its size.
        self._anchors: dict[str, tuple[Any, _Size]] = {}
        #: Characters and values so far.
        self._size = (0, 0)
        self._begun = False

    def sent(self, document: dict[str, Any]) -> Sent:
        """Return what was read."""
        return Sent(_plain(document), self.text, self._marks)

    def refusal(self, message: str, mark: Mark) -> Unreadable:
        return Unreadable(message, line_and_column(self.text, mark.start))

    def begin(self, mark: Mark) -> None:
        """Begin a document, of which there is one."""
        if self._begun:
            raise self.refusal("It holds more than one document.", mark)
        self._begun = True

    def take(self, kind: str, value: object, mark: Mark, size: _Size | None = None) -> None:
        """Take a value, the beginning of a map or list, or its end; ``size``: where it is not that of a text."""
        if kind == "end":
            self._close()
            return
        anchor, self.anchor = self.anchor, None
        top = self._open[-1] if self._open else None
        if top is not None and isinstance(top.value, dict) and top.name is None:
            top.name = self._name(top.value, kind, value, mark)
            return
        self._count(size or ((len(value), 1) if isinstance(value, str) else (1, 1)), mark)
        self._add(kind, value, anchor, mark)

    def repeat(self, anchor: str, mark: Mark) -> None:
        """Take what an anchor stands for once more."""
        if anchor not in self._anchors:
            raise self.refusal("This alias stands for nothing, or for what it is a part of.", mark)
        value, size = self._anchors[anchor]
        self.take("value", value, mark, size)
        if len(self._open) + _levels(value) > MAX_LEVELS:
            raise self.refusal(f"It has more than {MAX_LEVELS} levels.", mark)

    def _name(self, into: dict[str, Any], kind: str, value: object, mark: Mark) -> str:
        if kind != "value" or not isinstance(value, str) or len(value) > MAX_NAME or _ODD.search(value):
            raise self.refusal(f"A name is a text of at most {MAX_NAME} characters. Write it in quotes.", mark)
        if value in into:
            raise self.refusal("This name is given twice.", mark)
        self._count((len(value), 1), mark)
        return value

    def _count(self, size: _Size, mark: Mark) -> None:
        characters, values = self._size = (self._size[0] + size[0], self._size[1] + size[1])
        if characters > MAX_BYTES or values > MAX_VALUES:
            raise self.refusal("The document is too large, with everything that its aliases stand for.", mark)

    def _add(self, kind: str, value: object, anchor: str | None, mark: Mark) -> None:
        top = self._open[-1] if self._open else None
        place = () if top is None else (*top.place, top.name if top.name is not None else str(len(top.value)))
        self._marks[place] = mark
        if kind == "value":
            made: Any = self._checked(value, mark)
            self._remember(anchor, made, (len(made) if isinstance(made, str) else 1, 1))
        else:
            made = {} if kind == "map" else []
        self._put(top, made)
        if kind != "value":
            if len(self._open) >= MAX_LEVELS:
                raise self.refusal(f"It has more than {MAX_LEVELS} levels.", mark)
            self._open.append(_Open(made, place, anchor, self._size))

    def _put(self, top: _Open | None, made: Any) -> None:
        if top is None:
            self.root = made
        elif isinstance(top.value, list):
            top.value.append(made)
        elif top.name is not None:
            top.value[top.name], top.name = made, None

    def _close(self) -> None:
        done = self._open.pop()
        characters, values = (now - then for now, then in zip(self._size, done.began, strict=True))
        self._remember(done.anchor, done.value, (characters + 1, values + 1))

    def _remember(self, anchor: str | None, value: Any, size: _Size) -> None:
        if anchor is not None:
            self._anchors[anchor] = (value, size)

    def _checked(self, value: object, mark: Mark) -> object:
        if isinstance(value, str) and _ODD.search(value):
            raise self.refusal("A text holds a character that cannot be kept.", mark)
        if isinstance(value, (int, float)) and not abs(value) < _LARGEST:
            raise self.refusal("A number is too large, or none.", mark)
        return value


def _levels(value: object) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max((_levels(item) for item in inner), default=0)


def _plain(value: Any) -> Any:
    """Return a value whose parts are its own, and with numbers whole where they can be (JSON Schema's integers)."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return without_fraction(value)
