"""SQLite files, opened read-only for each statement, behind an authorizer that allows reading and nothing else."""

import datetime
import itertools
import json
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from datasources.cancel import Cancel
from datasources.catalog import Catalog
from datasources.dialect import Dialect, words
from datasources.engines.base import CONNECT_SECONDS, Connection, Field, Role, checked_file, grouped
from datasources.engines.functions import COMMON_FUNCTIONS
from datasources.errors import QueryCancelled, QueryFailed, QueryTimeout, ResultTooLarge, SourceUnavailable
from datasources.extra import extra_functions
from datasources.result import Result, check_characters, check_columns, make_result
from embedhost.lib.deadline import Deadline

_COLUMNS = """
    SELECT t.schema, t.name, c.name, lower(c.type), ''
    FROM pragma_table_list AS t JOIN pragma_table_xinfo(t.name) AS c
    WHERE t.schema = 'main' AND t.type IN ('table', 'view') AND c.hidden <> 1
      AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
    ORDER BY t.name, c.cid
"""

#: Longest text and blob, also within a statement (bytes); a row holds as many of them as it has columns.
_LONGEST = 1_000_000

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DATETIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?", re.ASCII)

DIALECT = Dialect(
    name="sqlite",
    grammar="sqlite",
    default_schema="main",
    placeholder="?{}",
    list_style="json",
    functions=COMMON_FUNCTIONS
    | words("DATE DATETIME TIME STRFTIME JULIANDAY UNIXEPOCH GROUP_CONCAT TOTAL INSTR IIF TRUNC LOG JSON_EXTRACT"),
    types=words("INT INTEGER BIGINT REAL DOUBLE FLOAT TEXT VARCHAR NUMERIC"),
    words=words("INTEGER REAL TEXT NUMERIC JSON_EACH"),
    text_types=words("text varchar char character clob nvarchar nchar") | {"character varying"},
    integer_types=words("integer int bigint smallint tinyint mediumint int2 int4 int8"),
    binary_collation="BINARY",
)

#: What the gate's statements need; everything else is denied before a statement runs.
_ALLOWED = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE})
_FUNCTIONS = frozenset(name.lower() for name in DIALECT.functions) | {"like", "substr", "json_each", "->", "->>"}


class SQLite:
    """A connection per statement: opening one takes a tenth of a millisecond and leaves nothing behind."""

    name: ClassVar[str] = "sqlite"
    dialect: ClassVar[Dialect] = DIALECT
    fields: ClassVar[tuple[Field, ...]] = (Field("path", "Path of the file"),)

    def check(self, connection: Connection) -> dict[str, Any]:
        """Return the path of an existing file. Raises BadConnection."""
        return checked_file(self.fields, connection)

    def catalog(self, connection: Connection) -> Catalog:
        """Read every table and view of the file."""
        with _open(connection) as database:
            try:
                rows = database.execute(_COLUMNS).fetchall()
            except sqlite3.Error as error:
                raise SourceUnavailable(str(error)) from None
        return grouped(rows)

    def check_role(self, connection: Connection) -> Role:
        """Return a role without rights: the file is opened read-only."""
        del connection
        return Role(name="of the file")

    def run(
        self,
        connection: Connection,
        sql: str,
        params: Sequence[object],
        *,
        timeout: float,
        max_rows: int,
        cancel: Cancel | None = None,
    ) -> Result:
        """Run one statement; an interrupt stops it inside SQLite when its time is over."""
        cancel = cancel or Cancel()
        with _open(connection) as database, cancel.stopping(database.interrupt):
            database.set_authorizer(_authorize)
            with Deadline(timeout, database.interrupt) as deadline:
                try:
                    cursor = database.execute(sql, [_adapted(value) for value in params])
                    rows = _fetched(cursor, max_rows)
                except (sqlite3.Error, MemoryError) as error:
                    raise QueryCancelled if cancel.requested else _failure(error, timed_out=deadline.passed) from None
                names = [name for name, *_ in cursor.description or ()]
        return make_result([(name, _kind(rows, place)) for place, name in enumerate(names)], rows, max_rows)

    def close(self, connection: Connection) -> None:
        """Do nothing: no connection outlives its statement."""

    def sweep(self) -> None:
        """Do nothing, likewise."""


def _fetched(cursor: sqlite3.Cursor, max_rows: int) -> list[tuple[Any, ...]]:
    """Read row by row, at most one more than the cap. Raises ResultTooLarge before too much text is held."""
    check_columns(len(cursor.description or ()))
    rows: list[tuple[Any, ...]] = []
    characters = 0
    for row in itertools.islice(cursor, max_rows + 1):
        characters += sum(len(cell) for cell in row if isinstance(cell, str | bytes))
        check_characters(characters)
        rows.append(row)
    return rows


@contextmanager
def _open(connection: Connection) -> Iterator[sqlite3.Connection]:
    uri = Path(str(connection["path"])).as_uri() + "?mode=ro"
    try:
        database = sqlite3.connect(
            uri, uri=True, timeout=CONNECT_SECONDS, isolation_level=None, check_same_thread=False
        )
    except sqlite3.Error as error:
        raise SourceUnavailable(str(error)) from None
    try:
        _harden(database)
        yield database
    finally:
        database.close()


def _harden(database: sqlite3.Connection) -> None:
    """Views of the file get no dangerous functions. That a quoted name is never a text is up to the gate."""
    database.execute("PRAGMA query_only = ON")
    database.execute("PRAGMA trusted_schema = OFF")
    database.execute("SELECT 1 FROM json_each('[]')")  # Its first use declares a table, which is denied from now on.
    database.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)


def _authorize(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    system = action == sqlite3.SQLITE_READ and (first or "").lower().startswith(("sqlite_", "pragma_"))
    known = action in _ALLOWED or (action == sqlite3.SQLITE_FUNCTION and _is_allowed(second or ""))
    return sqlite3.SQLITE_OK if known and not system else sqlite3.SQLITE_DENY


def _is_allowed(function: str) -> bool:
    return function.lower() in _FUNCTIONS or function.upper() in extra_functions("sqlite")


def _adapted(value: object) -> Any:
    if isinstance(value, tuple):
        return json.dumps(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    return int(value) if isinstance(value, bool) else value


def _kind(rows: Sequence[Sequence[Any]], place: int) -> str:
    """SQLite types values, not columns: a column is what all of its values are."""
    cells = [row[place] for row in rows if row[place] is not None]
    if cells and all(isinstance(cell, int | float) for cell in cells):
        return "number"
    if cells and all(isinstance(cell, str) for cell in cells):
        for kind, pattern in (("date", _DATE), ("datetime", _DATETIME)):
            if all(pattern.fullmatch(cell) for cell in cells):
                return kind
    return "text"


def _failure(error: sqlite3.Error | MemoryError, *, timed_out: bool) -> Exception:
    if isinstance(error, MemoryError) or getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_TOOBIG:
        return ResultTooLarge(str(error))
    if timed_out:
        return QueryTimeout(str(error))
    if isinstance(error, sqlite3.OperationalError) and "unable to open" in str(error):
        return SourceUnavailable(str(error))
    return QueryFailed(str(error))
