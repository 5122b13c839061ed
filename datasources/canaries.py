"""Rows that only one customer may see: planted in a copy of a source's file, or read by hand where nothing is copied.

Nothing here uses the gate or the scope's predicate, so that a mistake there is seen from outside.
"""

import contextlib
import shutil
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from datasources.catalog import Column, Table
from datasources.engines import ENGINES
from datasources.errors import DataSourceError
from datasources.rules import EXTERNAL_ID, FAMILY, Condition, Kind, TableRule
from datasources.scope import Scope
from datasources.snapshot import SourceSnapshot

#: A larger file is not copied; its rows are read by hand.
LARGEST_FILE = 1 << 30
#: Rows that are read by hand of one table and customer.
MOST_ROWS = 500

#: Engines of single files, which their drivers open as ``connect(path)``.
_FILES = frozenset({"sqlite", "duckdb"})
#: Parts of type names, and what a planted row has in such a column. Nobody has such numbers.
_PLANTED: tuple[tuple[str, object], ...] = (
    ("timestamp", "2026-01-15 12:00:00"),
    ("date", "2026-01-15"),
    ("bool", True),
    ("int", 7_654_321),
    *((word, 7_654_321.25) for word in ("decimal", "numeric", "double", "real", "float", "number")),
    *((word, "") for word in ("char", "text", "clob")),
)


def may_be_copied(source: SourceSnapshot) -> bool:
    """Tell whether a source is one file of a size that can be copied."""
    path = Path(str(source.connection.get("path", "")))
    return source.engine in _FILES and path.is_file() and path.stat().st_size <= LARGEST_FILE


def copied(source: SourceSnapshot, folder: Path, name: str) -> SourceSnapshot:
    """Return the source over a copy of its file; one process may read all copies in a folder. Raises OSError."""
    path = folder / f"{name}{Path(str(source.connection['path'])).suffix}"
    shutil.copyfile(str(source.connection["path"]), path)
    beside = str(folder / f"{source.id}")
    return replace(source, connection={**source.connection, "path": str(path), "beside": beside})


def plant(copy: SourceSnapshot, scope: Scope, mark: str) -> frozenset[str]:
    """Write a row of the customer into every scoped table of a copy, with ``mark`` in each text.

    Returns the tables that took one; views and tables with further rules of their own may not.
    """
    planted: set[str] = set()
    driver = ENGINES.driver(copy.engine)
    with closing(driver.connect(str(copy.connection["path"]))) as database:
        for rule in copy.rules.rules:
            table = copy.catalog.by_key.get(rule.table)
            if rule.kind is not Kind.SCOPED or table is None:
                continue
            with contextlib.suppress(driver.Error):
                planted |= _planted(database, table, rule, scope, mark)
        database.commit()
    return frozenset(planted)


def _planted(database: Any, table: Table, rule: TableRule, scope: Scope, mark: str) -> set[str]:
    owned = {each.column: _values(scope, each)[:1] for each in rule.conditions()}
    if not all(owned.values()):
        return set()
    cells = [owned[column.name][0] if column.name in owned else _cell(column, mark) for column in table.columns]
    name, marks = _name(table, '"'), ", ".join("?" * len(cells))
    database.execute(f"INSERT INTO {name} VALUES ({marks})", cells)  # noqa: S608 -- the catalog's names
    return {rule.table}


def _cell(column: Column, mark: str) -> object:
    found = next((value for word, value in _PLANTED if word in column.type), None)
    return f"{mark}-{column.name}" if found == "" else found


def _values(scope: Scope, condition: Condition) -> tuple[Any, ...]:
    if condition.property == EXTERNAL_ID:
        return (scope.external_id,)
    if condition.property == FAMILY:
        return scope.family or (scope.external_id,)
    value = scope.properties.get(condition.property, ())
    return tuple(value) if isinstance(value, tuple | list) else (value,)


def own_texts(source: SourceSnapshot, table: str, scope: Scope) -> frozenset[str]:
    """Return the texts in a customer's rows of a scoped table, read with conditions written by hand.

    Raises DataSourceError.
    """
    rule, found = source.rules.get(table), source.catalog.by_key[table]
    written, values = _where(source, found, rule, scope)
    return _texts(source, found, written, values) if values else frozenset()


def shared_texts(source: SourceSnapshot, table: str) -> frozenset[str]:
    """Return texts of a shared table, which every customer may see. Raises DataSourceError."""
    return _texts(source, source.catalog.by_key[table], "1 = 1", ())


def _where(source: SourceSnapshot, table: Table, rule: TableRule, scope: Scope) -> tuple[str, tuple[Any, ...]]:
    dialect, parts, values = ENGINES[source.engine].dialect, [], []
    for condition in rule.conditions():
        column = table.column(condition.column)
        whole = column is not None and dialect.scope_type(column) == "integer"
        options = []
        for value in _values(scope, condition)[:MOST_ROWS]:
            values.append(int(value) if whole else str(value))
            options.append(f"{_quoted(condition.column, dialect.quote)} = {dialect.placeholder.format(len(values))}")
        parts.append(f"({' OR '.join(options) or '1 = 0'})")
    return " AND ".join(parts), tuple(values)


def _texts(source: SourceSnapshot, table: Table, where: str, values: Sequence[Any]) -> frozenset[str]:
    name = _name(table, ENGINES[source.engine].dialect.quote)
    sql = f"SELECT * FROM {name} WHERE {where} LIMIT {MOST_ROWS}"  # noqa: S608 -- the catalog's names
    try:
        result = ENGINES[source.engine].run(source.connection, sql, values, timeout=20, max_rows=MOST_ROWS)
    except ValueError as error:
        raise DataSourceError(str(error)) from None
    return frozenset(cell for column in result.values for cell in column if isinstance(cell, str) and len(cell) > 3)


def _name(table: Table, quote: str) -> str:
    return f"{_quoted(table.schema, quote)}.{_quoted(table.name, quote)}"


def _quoted(name: str, quote: str) -> str:
    return f"{quote}{name.replace(quote, quote * 2)}{quote}"
