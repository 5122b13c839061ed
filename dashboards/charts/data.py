"""A panel's rows by column, as the data call carries them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.charts.formats import NumberFormat


class MissingColumn(Exception):
    """The encoding names a column that the query does not return."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, its type (text, number, boolean, date, datetime, time) and its values."""

    name: str
    type: str
    values: Sequence[Any]

    def numbers(self) -> list[float | None]:
        """Return the values that are numbers, None for all others."""
        return [as_number(value) for value in self.values]


@dataclass(frozen=True, slots=True)
class Spec:
    """A drawing spec with names for its parts; docs/charts.md has the JSON."""

    encoding: Mapping[str, Any]
    columns: Mapping[str, Column]
    rows: int
    truncated: bool
    locale: str
    time_zone: str
    as_of: str

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> "Spec":
        """Return the parts of a spec in its JSON form."""
        data = raw["data"]
        columns = [Column(item["name"], item["type"], item["values"]) for item in data["columns"]]
        return cls(
            encoding=raw["encoding"],
            columns={column.name: column for column in columns},
            rows=data["rows"],
            truncated=bool(data.get("truncated")),
            locale=raw.get("locale") or "en",
            time_zone=raw.get("time_zone") or "UTC",
            as_of=raw.get("as_of") or "",
        )

    @property
    def format(self) -> NumberFormat:
        """Return how the panel's measure is written."""
        return NumberFormat.of(self.encoding.get("format"))

    def column(self, name: object) -> Column:
        """Return a column. Raises MissingColumn."""
        found = self.columns.get(name) if isinstance(name, str) else None
        if found is None:
            raise MissingColumn(f"The query returns no column `{name}`.")
        return found

    def label(self, name: str) -> str:
        """Return what a column is called in legends and table heads."""
        labels = self.encoding.get("labels") or {}
        return str(labels.get(name) or humanise(name))


def humanise(name: str) -> str:
    """Return a column's name as a person would say it: net_revenue is Net revenue."""
    plain = " ".join(name.split("_")).strip()
    return plain[:1].upper() + plain[1:]


def as_number(value: Any) -> float | None:
    """Return a number as it is; None for anything else, booleans included."""
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
