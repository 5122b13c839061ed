"""What the gate must know about one database's SQL. Every list is closed: what is not on it is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from datasources.catalog import Column

#: How a list of bound values is written: one array, one JSON text that the database unpacks, or a value for each.
ListStyle = Literal["array", "json", "expand"]
ScopeType = Literal["text", "integer"]
#: Where a sample of rows is taken: nowhere, of the stored table, or of any relation.
Sampling = Literal["", "table", "relation"]

#: How totals of groups are asked for: not at all, by ROLLUP (a), CUBE and GROUPING SETS, or by a, b WITH ROLLUP.
Totals = Literal["", "sets", "last"]

_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def words(text: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(text.split())


def ascii_lower(text: str) -> str:
    """Fold A to Z only, as the databases do for identifiers."""
    return text.translate(_ASCII_LOWER)


@dataclass(frozen=True, eq=False)
class Dialect:
    """One database's spelling, and the functions, types and words that a statement may use there.

    ``functions`` and ``words`` are upper case, as written out after the check. ``casts`` gives the SQL type that a
    bound value of a variable's type is cast to, so that the database never guesses it.
    """

    name: str
    grammar: str
    default_schema: str
    placeholder: str
    list_style: ListStyle
    functions: frozenset[str]
    types: frozenset[str]
    text_types: frozenset[str]
    integer_types: frozenset[str]
    binary_collation: str
    words: frozenset[str] = frozenset()
    #: Whether a list is compared so late that an author's expression would meet other customers' rows before it.
    fences_lists: bool = False
    #: What stands around a name.
    quote: str = '"'
    quoted_names_fold: bool = True
    always_compare_binary: bool = True
    #: Whether texts are compared exactly as the bytes of their UTF-8, since every collation pads or folds something.
    compares_bytes: bool = False
    #: Whether round(x, digits) takes numeric only, so that x is cast to it.
    rounds_numeric_only: bool = False
    #: Those of ``functions`` that an operator added.
    extra: frozenset[str] = frozenset()
    #: Functions that may stand in FROM: they count, and read nothing.
    series: frozenset[str] = frozenset()
    #: Whether a series without a list of columns calls its column as its alias, and not as the function.
    series_named_by_alias: bool = False
    #: Kinds and methods of joins besides those of the standard.
    joins: frozenset[str] = frozenset()
    sampling: Sampling = ""
    #: Whether conditions may name outputs, and GROUP BY and ORDER BY may say ALL.
    reuses_outputs: bool = False
    totals: Totals = ""
    #: Names of the columns of VALUES, by their number.
    values_columns: str = "column{}"
    values_from: int = 1
    casts: Mapping[str, str] = field(default_factory=dict)

    def written(self, name: str, quoted: bool) -> str:
        """Return an author's identifier as the database would store it."""
        return name if quoted or self.quoted_names_fold else ascii_lower(name)

    def key(self, name: str) -> str:
        """Return what two names have in common exactly when the database takes them for the same."""
        return ascii_lower(name) if self.quoted_names_fold else name

    def scope_type(self, column: Column) -> ScopeType | None:
        """Return how values of a scope column are bound; None when its type cannot limit rows safely."""
        base = column.type.partition("(")[0].strip()
        if base in self.integer_types:
            return "integer"
        return "text" if base in self.text_types else None

    def needs_binary(self, column: Column) -> bool:
        """Tell whether a text comparison with this column must name a binary collation."""
        return self.always_compare_binary or bool(column.collation)
