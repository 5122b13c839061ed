"""``{{ name }}`` and ``[[ optional ]]`` in an author's SQL, resolved before any parser sees it.

>>> plan = expand("SELECT 1 WHERE a = {{ x }} [[ AND b = {{ y.start }} ]]", present=frozenset({"x"}))
>>> plan.sql
'SELECT 1 WHERE a = "eh_var_0" '
>>> plan.slots
(Slot(name='x', part=''),)
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate

from datasources.errors import QueryRejected

#: Names that only the Grant fills. ``customer.<property>`` comes on top.
RESERVED = frozenset({"customer_id", "customer_name", "viewer_id", "time_zone"})
CUSTOMER_PREFIX = "customer."

#: A placeholder travels through the parser as an identifier of this spelling; authors may not write it.
VARIABLE_MARK = "eh_var_"
BIND_MARK = "eh_bind_"

#: The end of every $tag$ is looked for through the whole text.
MOST_DOLLARS = 1_000

# What is opened and not closed must not be looked for to the end of the text from each of its beginnings.
_TOKEN = re.compile(
    r"""(?P<string>'(?:[^']|'')*')
      | (?P<name>"(?:[^"]|"")*"|`[^`]*`)
      | (?P<dollar>\$(?P<tag>[A-Za-z_]*)\$.*?\$(?P=tag)\$)
      | (?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
      | (?P<variable>\{\{.{0,300}?\}\})
      | (?P<open>\[\[) | (?P<close>\]\])
      | (?P<plain>[^'"`$\-/{\[\]]+|.)""",
    re.VERBOSE | re.DOTALL,
)
_VARIABLE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)(?:\.([A-Za-z_][A-Za-z0-9_]*))?\s*\}\}")


@dataclass(frozen=True, slots=True)
class Slot:
    """One distinct placeholder. ``part`` is start or end of a date range."""

    name: str
    part: str = ""

    @property
    def reserved(self) -> bool:
        """Tell whether only the Grant fills this slot."""
        return self.name in RESERVED or self.name.startswith(CUSTOMER_PREFIX)


@dataclass(frozen=True, slots=True)
class Plan:
    """The SQL with marks in place of placeholders; mark number n stands for ``slots[n]``.

    ``joints`` has (place in ``sql``, place in the author's text) of every piece, in order.
    """

    sql: str
    slots: tuple[Slot, ...]
    joints: tuple[tuple[int, int], ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class _Piece:
    kind: str
    text: str
    block: int  # 0 outside of optional blocks
    start: int


def slots_used(sql: str) -> tuple[Slot, ...]:
    """Return every distinct placeholder of a statement, optional or not. Raises QueryRejected."""
    return tuple(dict.fromkeys(_slot(piece.text) for piece in _pieces(sql) if piece.kind == "variable"))


@lru_cache(maxsize=2000)
def names_used(sql: str) -> frozenset[str]:
    """Return the name of every variable that a statement uses. Raises QueryRejected."""
    return frozenset(slot.name for slot in slots_used(sql))


@lru_cache(maxsize=2000)
def choose(sql: str, texts: frozenset[tuple[str, str]]) -> str:
    """Return the SQL with the placeholders that ``texts`` names replaced by the author's own SQL for each of them.

    This is how a listed column or unit is chosen. The texts come from the author's list, never from a viewer, and the
    whole is checked like everything that the author wrote. Raises QueryRejected.

    >>> choose("SELECT 1 ORDER BY {{ sort }}", frozenset({("sort", "total DESC")}))
    'SELECT 1 ORDER BY  total DESC '
    """
    chosen = dict(texts)
    return "".join(_chosen(match, chosen) for match in _tokens(sql))


def _tokens(sql: str) -> Iterator[re.Match[str]]:
    if sql.count("$") > MOST_DOLLARS:
        raise QueryRejected(f"The query has more than {MOST_DOLLARS:,} dollar signs. Use fewer.")
    return _TOKEN.finditer(sql)


def _chosen(match: re.Match[str], texts: Mapping[str, str]) -> str:
    if match.lastgroup != "variable":
        return match.group()
    slot = _slot(match.group())
    return match.group() if slot.part or slot.name not in texts else f" {texts[slot.name]} "


def expand(sql: str, present: frozenset[str]) -> Plan:
    """Drop the optional blocks whose variables are not all ``present``. Raises QueryRejected."""
    if VARIABLE_MARK in sql.lower() or BIND_MARK in sql.lower():
        raise QueryRejected(f"Names that begin with {VARIABLE_MARK} or {BIND_MARK} are taken. Use another name.")
    pieces = list(_pieces(sql))
    kept = _kept_blocks(pieces, present)
    slots: dict[Slot, int] = {}
    shown = [piece for piece in pieces if piece.block in kept]
    _check_joints(shown)
    texts = [_rendered(piece, slots) for piece in shown]
    starts = accumulate((len(text) for text in texts), initial=0)
    return Plan(
        "".join(texts), tuple(slots), tuple((at, piece.start) for at, piece in zip(starts, shown, strict=False))
    )


def _check_joints(shown: list[_Piece]) -> None:
    """A block that is dropped joins what stood around it; the joint must not spell one of our marks."""
    plain = "".join(" " if piece.kind == "variable" else piece.text for piece in shown).lower()
    if VARIABLE_MARK in plain or BIND_MARK in plain:
        raise QueryRejected(f"Names that begin with {VARIABLE_MARK} or {BIND_MARK} are taken. Use another name.")


def _rendered(piece: _Piece, slots: dict[Slot, int]) -> str:
    if piece.kind != "variable":
        return piece.text
    number = slots.setdefault(_slot(piece.text), len(slots))
    return f'"{VARIABLE_MARK}{number}"'


_NESTED = "Optional parts [[ ... ]] cannot stand inside each other. Close the first one."


def _pieces(sql: str) -> Iterator[_Piece]:
    block, last = 0, 0
    for match in _tokens(sql):
        kind, text = match.lastgroup or "plain", match.group()
        if kind == "open":
            if block:
                raise QueryRejected(_NESTED, offset=match.start())
            last = block = last + 1
        elif kind == "close":
            if not block:
                raise QueryRejected("There is a ]] without [[. Write ] ] if a list is meant.", offset=match.start())
            block = 0
        else:
            try:
                _check_opaque(kind, text)
            except QueryRejected as error:
                error.offset = match.start()
                raise
            yield _Piece(kind, text, block, match.start())
    if block:
        raise QueryRejected("An optional part is opened with [[ and never closed. Add ]].")


def _check_opaque(kind: str, text: str) -> None:
    if "{{" not in text or kind == "variable":
        return
    found = _VARIABLE.search(text)
    shown = found.group() if found else "{{ ... }}"
    if kind in ("string", "dollar"):
        raise QueryRejected(f"{shown} stands inside quotes, where no value can be bound. {_mended(kind, text, shown)}")
    if kind == "name":
        raise QueryRejected(f"{shown} stands inside a quoted name. A value cannot choose a column or table; use CASE.")
    raise QueryRejected(f"{shown} stands inside a comment. Take it out of the comment.")


def _mended(kind: str, text: str, shown: str) -> str:
    if kind == "dollar":
        return "Write it outside of the $$ text and join with ||."
    before, _, after = text[1:-1].partition(shown)
    parts = [f"'{before}'" if before else "", shown, f"'{after}'" if after else ""]
    return f"Write {' || '.join(part for part in parts if part)} instead."


def _slot(text: str) -> Slot:
    match = _VARIABLE.fullmatch(text)
    if match is None:
        raise QueryRejected("Between {{ and }} there may be only a variable's name, such as {{ region }}.")
    name, part = match.group(1), match.group(2) or ""
    return Slot(CUSTOMER_PREFIX + part) if name == "customer" and part else Slot(name, part)


def _kept_blocks(pieces: list[_Piece], present: frozenset[str]) -> set[int]:
    names: dict[int, set[str]] = {piece.block: set() for piece in pieces}
    for piece in pieces:
        if piece.kind == "variable":
            slot = _slot(piece.text)
            if piece.block and slot.reserved:
                raise QueryRejected(f"{{{{ {slot.name} }}}} is always set, so it cannot stand inside [[ ... ]].")
            names[piece.block].add(slot.name)
    if any(block and not used for block, used in names.items()):
        raise QueryRejected("An optional part [[ ... ]] needs a variable in it. Write [ [ if a list is meant.")
    return {block for block, used in names.items() if not block or used <= present}
