"""Author SQL to a checked, scoped statement with typed binds; done once and kept.

>>> compiled = compile_query(sql, dialect="duckdb", catalog=catalog, rules=rules, variables={"region": "text"},
...                          present=frozenset({"region"}))                                      # doctest: +SKIP
>>> params = bind_values(compiled, values={"region": "DACH"}, reserved={}, scope=scope)          # doctest: +SKIP
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from datasources.binds import Bind, Binds, check_slots
from datasources.catalog import Catalog
from datasources.dialect import Dialect
from datasources.digests import digest
from datasources.engines import ENGINES
from datasources.errors import BadValue, QueryRejected, ScopeMissing
from datasources.extra import extended
from datasources.gate.limits import check_text, check_tokens
from datasources.gate.places import line_and_column, offset_of, original
from datasources.gate.proof import prove
from datasources.gate.queries import Queries
from datasources.gate.seal import grammar, write
from datasources.gate.spelling import respelled
from datasources.gate.tables import Tables
from datasources.rules import Kind, Rules
from datasources.scope import Scope, scope_value
from datasources.template import CUSTOMER_PREFIX, VARIABLE_MARK, Plan, expand, names_used, slots_used
from datasources.values import convert

#: Raised with every change of what the gate accepts or writes: part of every key that outlives the process.
GATE_VERSION = 4

#: Compiled statements kept in this process, about 10 KB each.
KEPT = 2_000

_MARK = re.compile(rf'"({VARIABLE_MARK}\d+)"', re.ASCII)
_SCOPE_NAMES = frozenset({"customer_id", "customer_name"})


@dataclass(frozen=True, slots=True)
class Compiled:
    """A statement that passed the gate.

    ``tables`` holds (schema.name, kind, predicate digest) of every table read; ``scoped`` tells whether a customer's
    scope must be bound; ``reserved`` are the reserved names that are bound. ``digest`` covers all of it.
    """

    dialect: str
    text: str
    binds: tuple[Bind, ...]
    tables: tuple[tuple[str, str, str], ...]
    scoped: bool
    reserved: frozenset[str]
    columns: tuple[str, ...]
    digest: str


def compile_query(
    sql: str,
    *,
    dialect: str,
    catalog: Catalog,
    rules: Rules,
    variables: Mapping[str, str],
    present: frozenset[str],
) -> Compiled:
    """Return the checked statement. Raises QueryRejected with a ``problem`` for the author.

    ``variables`` maps each declared name to its type, ``present`` names those that have a value: an optional part
    ``[[ ... ]]`` is kept when all of its variables are present. A warm call parses nothing.
    """
    try:
        used = _names(sql)
    except QueryRejected as error:
        raise _pointing(error, sql, error.offset) from None
    types = tuple((name, kind) for name, kind in sorted(variables.items()) if name in used)
    outcome = _compiled(sql, dialect, catalog, rules, types, present & used)
    if isinstance(outcome, Compiled):
        return outcome
    problem, detail, offset = outcome
    raise _pointing(QueryRejected(problem, detail), sql, offset)


def _pointing(error: QueryRejected, sql: str, offset: int | None) -> QueryRejected:
    """Say in the problem at which line and column of the author's SQL it is; at the beginning when nobody knows."""
    error.offset = max(0, min(offset or 0, len(sql) - 1)) if sql else 0
    error.line, error.column = line_and_column(sql, error.offset)
    error.problem = f"Line {error.line}, column {error.column}: {error.problem}"
    return error


def bind_values(
    compiled: Compiled, *, values: Mapping[str, object], reserved: Mapping[str, object], scope: Scope | None
) -> tuple[object, ...]:
    """Return what is bound, in order: text, int, float, bool, date, None, or a tuple for a list.

    ``values`` holds the variables (a date range as ``{"start", "end"}`` in YYYY-MM-DD), ``reserved`` the Grant's own
    (``customer_id``, ``customer.region`` ...). Raises BadValue, and ScopeMissing when the statement needs a customer
    and there is none.
    """
    if compiled.scoped and scope is None:
        raise ScopeMissing("The statement reads scoped tables and there is no customer.")
    return tuple(_bound(bind, values, reserved, scope) for bind in compiled.binds)


def _bound(bind: Bind, values: Mapping[str, object], reserved: Mapping[str, object], scope: Scope | None) -> object:
    if bind.source == "scope":
        if scope is None:
            raise ScopeMissing("The statement reads scoped tables and there is no customer.")
        return scope_value(scope, bind)
    if bind.source == "reserved":
        return _reserved(bind, reserved)
    if bind.name not in values:
        raise BadValue(bind.name, f"{bind.name}: no value was given")
    return convert(bind, values[bind.name])


def _reserved(bind: Bind, reserved: Mapping[str, object]) -> object:
    """A reserved value that does not fit is no fault of the viewer's: then the panel cannot be scoped."""
    value = reserved.get(bind.name)
    if value is None and (bind.name in _SCOPE_NAMES or bind.name.startswith(CUSTOMER_PREFIX)):
        raise ScopeMissing(f"The statement binds {bind.name} and the Grant has none.")
    try:
        return convert(bind, value)
    except BadValue as error:
        raise ScopeMissing(error.detail) from None


@lru_cache(maxsize=KEPT)
def _names(sql: str) -> frozenset[str]:
    return names_used(sql)


@lru_cache(maxsize=KEPT)
def _compiled(
    sql: str,
    dialect: str,
    catalog: Catalog,
    rules: Rules,
    types: tuple[tuple[str, str], ...],
    present: frozenset[str],
) -> Compiled | tuple[str, str, int | None]:
    """Compile, or say (problem, detail, offset): a refusal is kept too, so that a broken panel costs nothing either."""
    try:
        return _compile(sql, extended(ENGINES[dialect].dialect), catalog, rules, dict(types), present)
    except QueryRejected as error:
        return error.problem, error.detail, error.offset
    except RecursionError:
        return "The query is nested too deeply. Move inner parts into WITH.", "", None


def _compile(
    sql: str, dialect: Dialect, catalog: Catalog, rules: Rules, types: Mapping[str, str], present: frozenset[str]
) -> Compiled:
    check_text(sql)
    check_slots(slots_used(sql), types)
    plan = expand(sql, present)
    try:
        return _checked(plan, dialect, catalog, rules, types)
    except QueryRejected as error:
        if error.offset is not None:
            error.offset = original(error.offset, plan.joints)
        raise


def _checked(plan: Plan, dialect: Dialect, catalog: Catalog, rules: Rules, types: Mapping[str, str]) -> Compiled:
    tree = _parse(_MARK.sub(rf"{dialect.quote}\1{dialect.quote}", plan.sql), dialect)
    binds = Binds(dialect, plan.slots, types)
    tables = Tables(catalog, rules, dialect, binds)
    tree = respelled(tree, dialect)
    columns = Queries(dialect, binds, tables).statement(tree)
    if binds.seen != set(range(len(plan.slots))):
        raise QueryRejected("A placeholder stands where no value can stand. Bind values in conditions only.")
    return _seal(tree, dialect, binds, tables, columns)


def _parse(sql: str, dialect: Dialect) -> Any:
    text = sql.rstrip().removesuffix(";")
    try:
        tokens = grammar(dialect).tokenize(text)
        check_tokens(tokens)
        trees = grammar(dialect).parser().parse(tokens, text)
    except (QueryRejected, RecursionError):
        raise
    except Exception as error:  # noqa: BLE001 -- the parser lets IndexError and others out for odd statements
        raise QueryRejected(_UNREADABLE, detail=str(error)[:500], offset=_offset(error, text)) from None
    if len(trees) != 1 or trees[0] is None:
        raise QueryRejected("Exactly one SELECT statement is needed.")
    return trees[0]


_UNREADABLE = "The query cannot be read. Check brackets, commas and quotes there."


def _offset(error: Exception, text: str) -> int | None:
    """Return where the parser stopped: it names the line and the last column of a token."""
    place: Mapping[str, Any] = next(iter(getattr(error, "errors", [])), {})
    if not (isinstance(place.get("line"), int) and isinstance(place.get("col"), int)):
        return None
    return offset_of(text, place["line"], place["col"] - len(str(place.get("highlight") or "")) + 1)


def _seal(tree: Any, dialect: Dialect, binds: Binds, tables: Tables, columns: list[str]) -> Compiled:
    ordered = tuple(binds.ordered)
    text = write(tree, dialect, len(ordered), lambda again: prove(again, tables.rules, ordered, dialect))
    reads = tuple(tables.reads)
    reserved = frozenset(bind.name for bind in ordered if bind.source == "reserved")
    described = [[b.source, b.name, b.type, b.part, b.many, b.like] for b in ordered]
    return Compiled(
        dialect=dialect.name,
        text=text,
        binds=ordered,
        tables=reads,
        scoped=any(kind == Kind.SCOPED for _, kind, _ in reads),
        reserved=reserved,
        columns=tuple(columns),
        digest=digest(GATE_VERSION, dialect.name, text, described, [list(read) for read in reads]),
    )
