"""Bound values: which ones a statement needs, in what type, and how an author's list or pattern takes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from datasources.dialect import Dialect
from datasources.errors import QueryRejected
from datasources.template import BIND_MARK, CUSTOMER_PREFIX, VARIABLE_MARK, Slot

VARIABLE_TYPES = frozenset({"text", "number", "date", "date_range", "choice", "boolean", "multi_choice"})

_LIST_TYPES = frozenset({"multi_choice"})
_TEXT_TYPES = frozenset({"text", "choice", "multi_choice"})


@dataclass(frozen=True, slots=True)
class Bind:
    """One bound value. ``source`` is variable, reserved or scope; ``type`` a variable's type or ``property``.

    ``many`` means a list that is bound whole; ``like`` that the value is matched literally inside a LIKE pattern.
    """

    source: str
    name: str
    type: str
    part: str = ""
    many: bool = False
    like: bool = False


@dataclass(slots=True)
class Binds:
    """The binds of one statement under construction, numbered in the order they are first needed."""

    dialect: Dialect
    slots: tuple[Slot, ...]
    types: Mapping[str, str]
    ordered: dict[Bind, int] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)

    def slot(self, node: Any) -> tuple[int, Slot] | None:
        """Return the slot that a column node stands for; None for an ordinary column."""
        if not isinstance(node, exp.Column) or node.args.get("table") is not None:
            return None
        name = node.name
        if not name.startswith(VARIABLE_MARK):
            return None
        number = int(name.removeprefix(VARIABLE_MARK))
        return number, self.slots[number]

    def is_list(self, node: Any) -> bool:
        """Tell whether a node is a placeholder that may hold several values."""
        found = self.slot(node)
        return found is not None and (self._type(found[1]) in _LIST_TYPES or found[1].name.startswith(CUSTOMER_PREFIX))

    def value(self, node: Any, *, like: bool = False) -> Any:
        """Return what to write for a placeholder that holds one value. Raises QueryRejected for a list."""
        number, slot = self._taken(node)
        kind = self._type(slot)
        if kind in _LIST_TYPES:
            raise QueryRejected(f"{{{{ {slot.name} }}}} holds several values. Write IN ({{{{ {slot.name} }}}}).")
        self.seen.add(number)
        like = like and kind in _TEXT_TYPES | {"property"}
        bind = Bind(_source(slot), slot.name, kind, slot.part, like=like)
        return self.cast(self.mark(bind), "date" if kind == "date_range" else kind)

    def membership(self, left: Any, node: Any) -> Any:
        """Return the condition that ``left`` is one of the values of a list placeholder."""
        number, slot = self._taken(node)
        self.seen.add(number)
        kind = self._type(slot)
        return self.among(left, Bind(_source(slot), slot.name, kind, many=True))

    def among(self, left: Any, bind: Bind) -> Any:
        """Return the condition that ``left`` is one of the values of a list that is bound whole."""
        mark = self.mark(bind)
        if self.dialect.list_style == "json":
            return exp.In(this=left, query=_unpacked(mark))
        if self.dialect.list_style == "expand":
            return exp.In(this=left, expressions=[mark])
        return exp.EQ(this=left, expression=exp.Any(this=exp.Paren(this=self.cast(mark, f"{bind.type}[]"))))

    def mark(self, bind: Bind) -> Any:
        """Return the node that stands for a bind until the text is written."""
        number = self.ordered.setdefault(bind, len(self.ordered) + 1)
        return exp.Column(this=exp.Identifier(this=f"{BIND_MARK}{number}", quoted=True))

    def cast(self, node: Any, kind: str) -> Any:
        """Return the node cast to the dialect's SQL type for a variable's type, if it has one."""
        target = self.dialect.casts.get(kind)
        if target is None:
            return node
        return exp.Cast(this=node, to=exp.DataType.build(target, dialect=self.dialect.grammar))

    @staticmethod
    def is_bound(node: Any) -> bool:
        """Tell whether a column node is a bind that was written already; authors cannot write one."""
        return bool(node.name.startswith(BIND_MARK))

    def _taken(self, node: Any) -> tuple[int, Slot]:
        found = self.slot(node)
        if found is None:
            raise QueryRejected("A placeholder stands where no value can stand.")
        return found

    def _type(self, slot: Slot) -> str:
        if slot.name.startswith(CUSTOMER_PREFIX):
            return "property"
        return "text" if slot.reserved else self.types[slot.name]


def _source(slot: Slot) -> str:
    return "reserved" if slot.reserved else "variable"


def _unpacked(mark: Any) -> Any:
    table = exp.Table(this=exp.Anonymous(this="JSON_EACH", expressions=[mark]))
    value = exp.Column(this=exp.Identifier(this="value", quoted=True))
    return exp.Subquery(this=exp.Select(expressions=[value], from_=exp.From(this=table)))


def check_slots(slots: tuple[Slot, ...], types: Mapping[str, str]) -> None:
    """Raise QueryRejected for a placeholder that no variable declares, or that lacks or misuses a part."""
    for slot in slots:
        if slot.reserved:
            _check_reserved(slot)
        elif slot.name not in types:
            raise QueryRejected(f"There is no variable {slot.name}. Declare it in the dashboard or correct the name.")
        else:
            _check_part(slot, types[slot.name])


def _check_reserved(slot: Slot) -> None:
    if slot.part:
        raise QueryRejected(f"{{{{ {slot.name} }}}} has no parts. Drop .{slot.part}.")


def _check_part(slot: Slot, kind: str) -> None:
    if kind not in VARIABLE_TYPES:
        raise ValueError(f"The variable type {kind} does not exist.")
    if kind == "date_range" and slot.part not in ("start", "end"):
        raise QueryRejected(f"Write {{{{ {slot.name}.start }}}} and {{{{ {slot.name}.end }}}} for a date range.")
    if kind != "date_range" and slot.part:
        raise QueryRejected(f"{{{{ {slot.name} }}}} has no parts. Drop .{slot.part}.")
