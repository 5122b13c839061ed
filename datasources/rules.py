"""The visibility rule of each table. A table without a rule is hidden."""

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from datasources.digests import digest

#: The property of a rule that means the customer's own id and not one of its named properties.
EXTERNAL_ID = "external_id"
#: The property that means the ids of the customer and of everything below it. No named property can be called so.
FAMILY = "external_id+below"


class Kind(StrEnum):
    """Who may read a table's rows."""

    SCOPED = "scoped"
    SHARED = "shared"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Condition:
    """``column`` equals the customer's ``property``; of a list or a family, any of its values.

    ``column_type`` and ``collation`` are those the column had when the rule was made; when the catalog says
    otherwise, the table is refused until the rule is saved again.
    """

    column: str
    property: str = EXTERNAL_ID
    column_type: str = ""
    collation: str = ""


@dataclass(frozen=True, slots=True)
class TableRule:
    """``table`` is the catalog's ``schema.name``. A scoped table shows rows that fulfil every condition.

    The first condition is written out in the fields, with the meaning that Condition gives them; ``also`` has others.
    """

    table: str
    kind: Kind
    column: str = ""
    property: str = EXTERNAL_ID
    column_type: str = ""
    collation: str = ""
    also: tuple[Condition, ...] = ()

    def conditions(self) -> tuple[Condition, ...]:
        """Return every condition of a scoped table; there is at least one."""
        return (Condition(self.column, self.property, self.column_type, self.collation), *self.also)


_HIDDEN = TableRule("", Kind.HIDDEN)


@dataclass(frozen=True, eq=False)
class Rules:
    """All rules of a source. Two sets of rules are equal when their ``version`` digests are."""

    rules: tuple[TableRule, ...] = ()

    @classmethod
    def of(cls, rules: Iterable[TableRule]) -> "Rules":
        """Build from rules in any order."""
        return cls(tuple(sorted(rules, key=lambda rule: rule.table)))

    @cached_property
    def _by_table(self) -> Mapping[str, TableRule]:
        return {rule.table: rule for rule in self.rules}

    def get(self, table: str) -> TableRule:
        """Return the rule of ``schema.name``; hidden when there is none."""
        return self._by_table.get(table, _HIDDEN)

    @cached_property
    def version(self) -> str:
        """Return a digest of every rule."""
        return digest(self.to_json())

    def to_json(self) -> list[list[Any]]:
        """Return primitives that ``from_json`` reads back."""
        return [
            [
                r.table,
                r.kind.value,
                r.column,
                r.property,
                r.column_type,
                r.collation,
                [list(astuple(c)) for c in r.also],
            ]
            for r in self.rules
        ]

    @classmethod
    def from_json(cls, value: Iterable[Iterable[Any]]) -> "Rules":
        """Read what ``to_json`` wrote. Raises ValueError for a kind that does not exist."""
        rows = (tuple(row) for row in value)
        return cls.of(
            TableRule(table, Kind(kind), column, value, form, collation, tuple(Condition(*each) for each in also))
            for table, kind, column, value, form, collation, also in rows
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rules) and self.version == other.version

    def __hash__(self) -> int:
        return hash(self.version)
