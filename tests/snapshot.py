"""Rows that many tests begin with: made once in a process by the product's own services, then written as they were.

Making the world takes a tenth of a second and begins thousands of tests; writing its rows takes a tenth of that.
"""

import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.backends.postgresql.operations import DatabaseOperations

_Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a function returned, and the statements that write its rows, with their values."""

    made: bytes
    inserts: tuple[tuple[str, list[Any] | None], ...]

    def restore(self) -> object:
        """Write the rows again and return a copy of what was made."""
        with transaction.atomic(), connection.cursor() as cursor:
            for statement, values in self.inserts:
                cursor.execute(statement, values)
        return pickle.loads(self.made)


def take(make: Callable[[], object]) -> Snapshot:
    """Call a function and keep what it returned and wrote; what it wrote stays."""
    before = {table: set(rows) for table, (_, rows) in _tables().items()}
    made = make()
    after = {
        table: (columns, [row for row in rows if row not in before[table]])
        for table, (columns, rows) in _tables().items()
    }
    return Snapshot(pickle.dumps(made), tuple(_joined(_inserts(after))))


def _tables() -> Mapping[str, tuple[list[str], list[_Row]]]:
    names = [model._meta.db_table for model in apps.get_models(include_auto_created=True)]
    return {name: _rows(name) for name in dict.fromkeys(names)}


def _rows(table: str) -> tuple[list[str], list[_Row]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
        return [column[0] for column in cursor.description], [tuple(map(_plain, row)) for row in cursor.fetchall()]


def _plain(value: object) -> object:
    return bytes(value) if isinstance(value, memoryview) else value


def _joined(inserts: list[tuple[str, list[Any]]]) -> list[tuple[str, list[Any] | None]]:
    """Write the values into one text for PostgreSQL, so that all goes there at once; SQLite takes one at a time."""
    if not isinstance(connection.ops, DatabaseOperations):
        return [*inserts]
    return [(";\n".join(connection.ops.compose_sql(*insert) for insert in inserts), None)]


def _inserts(tables: Mapping[str, tuple[list[str], list[_Row]]]) -> list[tuple[str, list[Any]]]:
    """Return one INSERT and its values for each table that has rows."""
    quote = connection.ops.quote_name
    return [
        (
            f"INSERT INTO {quote(table)} ({', '.join(map(quote, columns))}) VALUES "
            + ", ".join([f"({', '.join(['%s'] * len(columns))})"] * len(rows)),
            [value for row in rows for value in row],
        )
        for table, (columns, rows) in tables.items()
        if rows
    ]
