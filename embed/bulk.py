"""Many rows into one table with one statement, for the lines of the journal.

Composing a model and a quoted value for each cell cost a process 190 us a row, more than drawing on the cache for the
page that the row is about; this costs 20 us.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from django.db import connection
from django.db.models import JSONField, Model
from django.db.models.fields import Field

Row = dict[str, Any]
Fields = Mapping[str, "Field[Any, Any]"]


def insert(model: type[Model], rows: Sequence[Row], *, unless_there: bool = False) -> None:
    """Insert rows of JSON primitives and aware datetimes, by column; all name the same columns. Raises DatabaseError.

    ``unless_there`` leaves out what a constraint of the table says is there. No model's own code runs, and no signal is
    sent.
    """
    if not rows:
        return
    fields = {field.column or "": field for field in model._meta.concrete_fields if field.column in rows[0]}
    insert_all = _by_recordset if connection.vendor == "postgresql" else _one_by_one
    insert_all(model._meta.db_table, fields, rows, " ON CONFLICT DO NOTHING" if unless_there else "")


def _by_recordset(table: str, fields: Fields, rows: Sequence[Row], conflicts: str) -> None:
    """PostgreSQL takes the rows apart itself, with the types of the table's own columns."""
    names = _names(fields)
    typed = ", ".join(
        f"{connection.ops.quote_name(name)} {field.db_type(connection)}" for name, field in fields.items()
    )
    statement = f"INSERT INTO {table} ({names}) SELECT {names} FROM json_to_recordset(%s) AS line ({typed}){conflicts}"  # noqa: S608 -- names of our own table and columns
    with connection.cursor() as cursor:
        cursor.execute(statement, [orjson.dumps(rows).decode()])


def _one_by_one(table: str, fields: Fields, rows: Sequence[Row], conflicts: str) -> None:
    """SQLite runs in this process, so that a row more is no round trip more."""
    places = ", ".join(["%s"] * len(fields))
    statement = f"INSERT INTO {table} ({_names(fields)}) VALUES ({places}){conflicts}"  # noqa: S608 -- names of our own table and columns
    with connection.cursor() as cursor:
        cursor.executemany(statement, [[_adapted(field, row[name]) for name, field in fields.items()] for row in rows])


def _names(fields: Fields) -> str:
    return ", ".join(connection.ops.quote_name(name) for name in fields)


def _adapted(field: "Field[Any, Any]", value: Any) -> Any:
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return orjson.dumps(value).decode() if isinstance(field, JSONField) else value
