"""The wall between tenants: which rows of a scoped table a customer may read, as a bound predicate.

Every scoped table of a statement is replaced by a derived table of its catalogued columns with this predicate, so
nothing around it can see other rows. Integers are bound as integers in canonical form, text compares byte by byte.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, field
from typing import Any

from sqlglot import exp

from datasources.binds import Bind, Binds
from datasources.catalog import Column, Table
from datasources.dialect import Dialect
from datasources.digests import digest
from datasources.errors import QueryRejected, ScopeMissing
from datasources.rules import EXTERNAL_ID, FAMILY, Condition, TableRule

#: The alias of a table inside its own derived table; with it, a column that vanished cannot mean one further out.
ROWS = "eh_rows"

PropertyValue = str | int | tuple[str | int, ...]

_CANONICAL = re.compile(r"-?[1-9][0-9]*|0", re.ASCII)
_INT64 = 2**63
#: A property with more values than this belongs into a table of its own.
MAX_LIST = 10_000


@dataclass(frozen=True, slots=True)
class Scope:
    """The customer whose rows may be read: ids, generation, and the properties that rules can name.

    ``family`` has the ids of the customer and of all below it; None unless the statement's rules name it.
    """

    customer_id: int
    external_id: str
    generation: int
    properties: Mapping[str, PropertyValue] = field(default_factory=dict)
    family: tuple[str, ...] | None = None


def predicate(table: Table, rule: TableRule, binds: Binds) -> Any:
    """Return the condition on a scoped table's rows: all of its rule's, with every value bound.

    Raises QueryRejected when a column changed or cannot limit rows safely.
    """
    conditions = [_one(_column(table, each, binds.dialect), each, binds) for each in rule.conditions()]
    return exp.and_(*conditions, copy=False)


def needs_fence(rule: TableRule, dialect: Dialect) -> bool:
    """Tell whether the scoped rows must be closed off from the conditions around them.

    PostgreSQL takes cheap conditions first, wherever they stand, and a list costs more with every value: an author's
    expression would run, and could fail, on rows that the list leaves out.
    """
    return dialect.fences_lists and any(condition.property != EXTERNAL_ID for condition in rule.conditions())


def fence() -> Any:
    """Return what keeps a derived table whole: PostgreSQL never merges one that has an OFFSET."""
    return exp.Offset(expression=exp.Literal.number(0))


def _column(table: Table, condition: Condition, dialect: Dialect) -> Column:
    column = table.column(condition.column)
    if column is None:
        raise QueryRejected(f"The table {table.key} has no column {condition.column} any more. Save its rule again.")
    if (column.type, column.collation) != (condition.column_type, condition.collation):
        raise QueryRejected(f"The column {column.name} of {table.key} changed its type. Save the table's rule again.")
    if dialect.scope_type(column) is None:
        raise QueryRejected(f"{table.key} cannot be limited by a column of type {column.type}. Use text or integers.")
    return column


def _one(column: Column, rule: Condition, binds: Binds) -> Any:
    dialect = binds.dialect
    kind = dialect.scope_type(column) or ""
    left: Any = exp.Column(this=_quoted(column.name), table=_quoted(ROWS))
    if kind == "text" and dialect.compares_bytes:
        return _same_bytes(left, rule, binds)
    if kind == "text" and dialect.needs_binary(column):
        left = exp.Collate(this=left, expression=_quoted(dialect.binary_collation))
    bind = Bind("scope", rule.property, kind, many=rule.property != EXTERNAL_ID)
    if bind.many:
        return binds.among(left, bind)
    return exp.EQ(this=left, expression=binds.cast(binds.mark(bind), kind))


def _same_bytes(left: Any, rule: Condition, binds: Binds) -> Any:
    """Compare twice: as the column does, for its index, and byte for byte, for what its collation takes for equal."""
    many = rule.property != EXTERNAL_ID
    near = binds.among(left, Bind("scope", rule.property, "text", many=many))
    text = exp.Cast(this=left.copy(), to=exp.DataType.build("CHAR", dialect="mysql"))
    exactly = exp.Cast(this=text, to=exp.DataType.build("BINARY", dialect="mysql"))
    return exp.And(this=near, expression=binds.among(exactly, Bind("scope", rule.property, "bytes", many=many)))


def _quoted(name: str) -> Any:
    return exp.Identifier(this=name, quoted=True)


def predicate_digest(rule: TableRule) -> str:
    """Return a digest that names the rule's predicate in logs and reports, without any value."""
    return digest(rule.table, *(part for condition in rule.conditions() for part in astuple(condition)))


def scope_value(scope: Scope, bind: Bind) -> object:
    """Return what is bound for a scope predicate. Raises ScopeMissing when the customer has no fitting value."""
    if bind.name == EXTERNAL_ID:
        return _typed(scope.external_id, bind)
    values = _listed(scope, bind)
    if not values or "" in values:
        raise ScopeMissing(f"The customer's property {bind.name} is empty.")
    if len(values) > MAX_LIST:
        raise ScopeMissing(f"The property {bind.name} has more than {MAX_LIST:,} values.")
    return tuple(_typed(item, bind) for item in values)


def _listed(scope: Scope, bind: Bind) -> tuple[object, ...]:
    if bind.name == FAMILY:
        return scope.family or ()
    if bind.name not in scope.properties:
        raise ScopeMissing(f"The customer has no property {bind.name}.")
    value = scope.properties[bind.name]
    return tuple(value) if isinstance(value, tuple | list) else (value,)


def needs_family(binds: Iterable[Bind]) -> bool:
    """Tell whether a statement can only be bound with the ids of the customer and of all below it."""
    return any(bind.source == "scope" and bind.name == FAMILY for bind in binds)


def _typed(value: object, bind: Bind) -> str | int | bytes:
    if bind.type == "integer":
        return _integer(value, bind)
    if not isinstance(value, str) or "\x00" in value or not _is_unicode(value):
        raise ScopeMissing(f"The property {bind.name} is not a text, but its column is.")
    return value.encode() if bind.type == "bytes" else value


def _integer(value: object, bind: Bind) -> int:
    """'01', '1.0' and '1e0' would all match 1 if the database converted them, so only '1' is taken."""
    if isinstance(value, str) and _CANONICAL.fullmatch(value) and len(value) < 20:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not -_INT64 <= value < _INT64:
        raise ScopeMissing(f"The property {bind.name} is not a whole number in plain form, but its column holds those.")
    return value


def _is_unicode(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
