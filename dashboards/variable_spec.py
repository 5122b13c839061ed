"""A variable as its author declares it: type, mode, default, and what may be chosen."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboards.reader import Place, Reader, Where

MODES = ("open", "locked", "hidden")
TYPES = ("text", "number", "boolean", "date", "date_range", "choice", "multi_choice")
#: Types whose values are chosen from a list.
CHOSEN = frozenset({"choice", "multi_choice"})
MAX_CHOICES = 1000
#: Characters of a label, of a source's name and of a query, at most.
LABEL, SOURCE, SQL = 100, 63, 50_000

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}\Z")
#: Names that the Grant alone fills (design.md section 8).
RESERVED = frozenset({"customer_id", "customer_name", "viewer_id", "customer", "time_zone"})

#: What an identifier's option may stand for: a column, a unit in quotes, a direction. The gate reads it all the same.
_WORD = r"[A-Za-z_][A-Za-z0-9_]*"
_ORDER = r"(?:ASC|DESC)(?: NULLS (?:FIRST|LAST))?"
_IDENTIFIER = re.compile(rf"(?:{_WORD}(?:\.{_WORD})?|'[A-Za-z_]{{1,40}}')(?: {_ORDER})?\Z|{_ORDER}\Z", re.IGNORECASE)

_VARIABLE = frozenset({"name", "type", "mode", "label", "default", "required", "choices", "choices_from", "identifier"})


@dataclass(frozen=True, slots=True)
class ChoicesQuery:
    """The query whose first column holds a variable's values and whose second one, if any, their labels."""

    source: str
    sql: str


@dataclass(frozen=True, slots=True)
class VariableSpec:
    """A named, typed input: open (viewers may change it), locked (the token sets it) or hidden (and never shown).

    ``choices`` are (value, label); with ``identifiers`` each stands for the author's SQL at the same place there.
    """

    name: str
    type: str
    mode: str
    label: str
    default: Any = None
    required: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    choices_from: ChoicesQuery | None = None
    identifiers: tuple[str, ...] = ()

    def identifier(self, value: object) -> str | None:
        """Return the author's SQL for a chosen value, by its place in the list; None for any other value."""
        places = {choice: place for place, (choice, _) in enumerate(self.choices)}
        place = places.get(value) if isinstance(value, str) else None
        return None if place is None else self.identifiers[place]


def read_variable(reader: Reader, item: object, place: Place) -> VariableSpec:
    """Return a document's variable; what is wrong is said to the reader."""
    raw = reader.mapping(item, Where("A variable", place), _VARIABLE)
    where = Where(f"Variable {raw.get('name', '?')!s}"[:100], place)
    identifier = reader.flag(raw, "identifier", where)
    options = _options(reader, raw.get("choices", []), where, identifier=identifier)
    variable = VariableSpec(
        name=reader.matching(raw, "name", where, NAME),
        type=reader.one_of(raw, "type", where, TYPES),
        mode=reader.one_of(raw, "mode", where, MODES, default="open"),
        label=reader.text(raw, "label", where, required=False, limit=LABEL) or str(raw.get("name", "")),
        default=raw.get("default"),
        required=reader.flag(raw, "required", where) or identifier,
        choices=tuple((value, label) for value, label, _ in options),
        choices_from=_choices_from(reader, raw, where),
        identifiers=tuple(sql for _, _, sql in options) if identifier else (),
    )
    _check(reader, variable, where, identifier=identifier)
    return variable


def _check(reader: Reader, variable: VariableSpec, where: Where, *, identifier: bool) -> None:
    if variable.name in RESERVED:
        reader.say(f"{where}: the name is reserved. Choose another one.", where.of("name"))
    ways = bool(variable.choices) + (variable.choices_from is not None)
    if ways != (variable.type in CHOSEN):
        reader.say(
            f"{where}: give `choices` or `choices_from` to a variable of type choice or multi_choice, and one only.",
            where.place,
        )
    if identifier and (variable.type != "choice" or not variable.choices or variable.default is None):
        problem = f"{where}: an `identifier` is of type choice and has `choices` and a `default`."
        reader.say(problem, where.of("identifier"))


def _choices_from(reader: Reader, raw: Mapping[str, Any], where: Where) -> ChoicesQuery | None:
    if raw.get("choices_from") is None:
        return None
    where = Where(f"{where}, choices_from", where.of("choices_from"))
    query = reader.mapping(raw["choices_from"], where, frozenset({"source", "sql"}))
    return ChoicesQuery(
        source=reader.text(query, "source", where, limit=SOURCE), sql=reader.text(query, "sql", where, limit=SQL)
    )


def _options(reader: Reader, raw: object, where: Where, *, identifier: bool) -> list[tuple[str, str, str]]:
    if not isinstance(raw, list) or len(raw) > MAX_CHOICES:
        problem = f"{where}: `choices` is a list of at most {MAX_CHOICES:,} texts, or of {{value, label}}."
        reader.say(problem, where.of("choices"))
        return []
    options = [option for item in raw if (option := _option(item, identifier=identifier)) is not None]
    if len(options) < len(raw):
        more = ", or {value, label, sql} with the `sql` of a column, a 'unit', ASC or DESC" if identifier else ""
        reader.say(f"{where}: every choice is a text, or {{value, label}} with texts{more}.", where.of("choices"))
    if len({value for value, _, _ in options}) < len(options):
        reader.say(f"{where}: two choices have the same value.", where.of("choices"))
    return options


def _option(item: object, *, identifier: bool) -> tuple[str, str, str] | None:
    raw = {"value": item} if isinstance(item, str) else item
    if not isinstance(raw, dict) or set(raw) - ({"value", "label", "sql"} if identifier else {"value", "label"}):
        return None
    value, label, sql = (raw.get(name, raw.get("value")) for name in ("value", "label", "sql"))
    if not isinstance(value, str) or not isinstance(sql, str) or (identifier and not _IDENTIFIER.match(sql)):
        return None
    if not isinstance(label, str) and not (isinstance(label, (int, float)) and abs(label) < 2**53):
        return None
    return value, str(label), sql
