"""What every chart type is: an encoding that can be checked, a summary in words and a table of its rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeGuard

from babel.numbers import is_currency

from dashboards.charts.data import Spec
from dashboards.charts.formats import STYLES


@dataclass(frozen=True, slots=True)
class Check:
    """What a key of an encoding takes: a sentence about what is wrong, or None; and the same as JSON Schema."""

    problem: Callable[[str, object], str | None]
    schema: Mapping[str, Any]

    def __call__(self, key: str, value: object) -> str | None:
        return self.problem(key, value)


#: Characters of a name that an author chooses: of a value in the data, mostly.
MAX_NAME: Final = 200
COLOURS = ("c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "past")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table: its text, and how it stands there."""

    text: str
    number: bool = False
    head: bool = False
    sub: str = ""
    tone: str = ""
    bar: tuple[float, float] | None = None
    secondary: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """A column's head."""

    text: str
    number: bool = False
    sort: str = ""
    secondary: bool = False
    bar: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A panel's rows as they are shown: ``total`` counts those that the query returned."""

    heads: Sequence[Head]
    rows: Sequence[Sequence[Cell]]
    total: int
    truncated: bool = False


class Chart(Protocol):
    """A chart type. CHARTS holds one of each; frontend/src/charts has the drawing of the drawn ones."""

    @property
    def name(self) -> str:
        """Return the word after ``type:``."""
        ...

    @property
    def drawn(self) -> bool:
        """Return whether frontend/src/charts draws this type."""
        ...

    @property
    def encoding(self) -> "Encoding":
        """Return the keys that it takes."""
        ...

    def check(self, encoding: Mapping[str, Any], columns: Sequence[str] | None = None) -> list[str]:
        """Return what is wrong with an encoding, in sentences; with ``columns``, also names that are not there."""
        ...

    def summary(self, spec: Spec) -> str:
        """Return the panel in one sentence. Raises MissingColumn."""
        ...

    def table(self, spec: Spec) -> Table:
        """Return the rows for "Show table". Raises MissingColumn."""
        ...


@dataclass(frozen=True, slots=True)
class Encoding:
    """The keys of a type's encoding: each with its check; some must be there."""

    checks: Mapping[str, Check]
    required: Sequence[str] = ()
    columns: Sequence[str] = field(default=())

    def problems(self, encoding: Mapping[str, Any], columns: Sequence[str] | None) -> list[str]:
        """Return what is wrong with ``encoding``, in sentences."""
        known = ", ".join(sorted(self.checks))
        found = [f"encoding has no key `{key}`; it takes {known}." for key in encoding if key not in self.checks]
        found += [f"encoding needs `{key}`." for key in self.required if encoding.get(key) in (None, "", [])]
        for key, check in self.checks.items():
            problem = check(key, encoding[key]) if encoding.get(key) is not None else None
            if problem:
                found.append(problem)
        return found or self._missing(encoding, columns)

    def schema(self) -> dict[str, Any]:
        """Return what this takes as JSON Schema; a key that need not be there may be null."""
        keys = {
            key: check.schema if key in self.required else {"anyOf": [check.schema, {"type": "null"}]}
            for key, check in self.checks.items()
        }
        needed = {"required": list(self.required)} if self.required else {}
        return {"type": "object", "properties": keys, **needed, "additionalProperties": False}

    def _missing(self, encoding: Mapping[str, Any], columns: Sequence[str] | None) -> list[str]:
        if columns is None:
            return []
        wanted = [name for key in self.columns for name in names_in(encoding.get(key))]
        there = ", ".join(columns)
        return [f"the query returns no column `{name}`; it returns {there}." for name in wanted if name not in columns]


def names_in(value: object) -> list[str]:
    """Return the column names that one encoding key holds: a name, a list of names, or a list of ``{name: ...}``."""
    items = value if isinstance(value, list) else [value]
    names = [item.get("name") if isinstance(item, Mapping) else item for item in items]
    return [name for name in names if isinstance(name, str)]


_NAME: Mapping[str, Any] = {"type": "string", "minLength": 1}


def _a_column(key: str, value: object) -> str | None:
    return None if isinstance(value, str) and value else f"`{key}` is the name of a column."


def _columns_of(key: str, value: object) -> str | None:
    names = value if isinstance(value, list) else [value]
    good = bool(names) and all(isinstance(name, str) and name for name in names)
    return None if good else f"`{key}` is the name of a column or a list of such names."


def _yes_or_no(key: str, value: object) -> str | None:
    return None if isinstance(value, bool) else f"`{key}` is true or false."


def _a_text(key: str, value: object) -> str | None:
    return None if isinstance(value, str) and len(value) <= 200 else f"`{key}` is a text of at most 200 characters."


def one_of(*words: str) -> Check:
    """Return the check of a key that takes one of these words."""
    said = " or ".join(words)
    return Check(lambda key, value: None if value in words else f"`{key}` is {said}.", {"enum": list(words)})


def _texts_by_name(key: str, value: object) -> str | None:
    good = _has_names(value) and all(isinstance(text, str) for text in value.values())
    return None if good else f"`{key}` gives a text for each name of at most {MAX_NAME} characters."


def _colours_by_name(key: str, value: object) -> str | None:
    good = _has_names(value) and all(colour in COLOURS for colour in value.values())
    said = f"`{key}` gives one of {', '.join(COLOURS)} for each name of at most {MAX_NAME} characters."
    return None if good else said


def _has_names(value: object) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, Mapping) and all(isinstance(name, str) and len(name) <= MAX_NAME for name in value)


def _by_name(value: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "propertyNames": {"maxLength": MAX_NAME}, "additionalProperties": value}


def _a_format(key: str, value: object) -> str | None:
    if not isinstance(value, Mapping) or set(value) - {"style", "currency", "decimals", "compact"}:
        return f"`{key}` takes style, currency, decimals and compact."
    style, decimals = value.get("style", "number"), value.get("decimals", 0)
    if style not in STYLES:
        return f"`{key}.style` is {', '.join(STYLES)}."
    if style == "currency" and not (isinstance(value.get("currency"), str) and is_currency(value["currency"])):
        return f"`{key}.currency` is a currency's code, such as EUR."
    if not isinstance(value.get("currency", ""), str):
        return f"`{key}.currency` is a text."
    if isinstance(decimals, bool) or not isinstance(decimals, int) or not 0 <= decimals <= 6:
        return f"`{key}.decimals` is a whole number from 0 to 6."
    return yes_or_no(f"{key}.compact", value["compact"]) if "compact" in value else None


a_column = Check(_a_column, _NAME)
columns_of = Check(_columns_of, {"anyOf": [_NAME, {"type": "array", "items": _NAME, "minItems": 1}]})
yes_or_no = Check(_yes_or_no, {"type": "boolean"})
a_text = Check(_a_text, {"type": "string", "maxLength": 200})
texts_by_name = Check(_texts_by_name, _by_name({"type": "string"}))
colours_by_name = Check(_colours_by_name, _by_name({"enum": list(COLOURS)}))
#: ``{style, currency, decimals, compact}``. Which codes are currencies is beyond the schema.
a_format = Check(
    _a_format,
    {
        "type": "object",
        "properties": {
            "style": {"enum": list(STYLES)},
            "currency": {"type": "string", "description": "With style currency: its code, such as EUR."},
            "decimals": {"type": "integer", "minimum": 0, "maximum": 6},
            "compact": {"type": "boolean"},
        },
        "additionalProperties": False,
    },
)

#: Keys that every type with a query takes.
COMMON: Mapping[str, Check] = {"format": a_format, "labels": texts_by_name, "empty": a_text}
