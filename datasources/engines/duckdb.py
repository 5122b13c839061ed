"""DuckDB files, opened read-only with no way out of the process, through DuckDB's own interface."""

import atexit
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import duckdb

from datasources.cancel import Cancel
from datasources.catalog import Catalog
from datasources.dialect import Dialect, words
from datasources.engines.base import Connection, Field, Role, checked_file, grouped
from datasources.engines.functions import COMMON_FUNCTIONS
from datasources.errors import QueryFailed, QueryTimeout, ResultTooLarge, SourceUnavailable
from datasources.result import Result, make_result
from embedhost.lib.deadline import Deadline

#: Set when a file is opened, before the configuration is locked.
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_unsigned_extensions": "false",
    "allow_persistent_secrets": "false",
    "python_enable_replacements": "false",
    "temp_directory": "",
    "memory_limit": "512MB",
    "threads": "2",
}
_LOCK = ("LOAD icu", "SET TimeZone = 'UTC'", "SET lock_configuration = true")

_COLUMNS = """
    SELECT c.schema_name, c.table_name, c.column_name, lower(c.data_type), ''
    FROM duckdb_columns() AS c
    WHERE NOT c.internal AND c.database_name = current_database() AND position('.' IN c.schema_name) = 0
    ORDER BY 1, 2, c.column_index
"""

_TYPES = {
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIME": "time",
    "UUID": "text",
    **dict.fromkeys(
        words("TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT UHUGEINT FLOAT DOUBLE"),
        "number",
    ),
}

DIALECT = Dialect(
    name="duckdb",
    grammar="duckdb",
    default_schema="main",
    placeholder="${}",
    list_style="array",
    functions=COMMON_FUNCTIONS
    | words(
        """
        DATE_TRUNC DATE_PART DATE_DIFF EXTRACT STRFTIME STRPTIME MAKE_DATE YEAR QUARTER MONTH WEEK DAYOFMONTH DAYOFWEEK
        DAYOFYEAR DAYNAME MONTHNAME LAST_DAY EPOCH AGE NOW TRY_CAST LEFT RIGHT SPLIT_PART STRPOS STARTS_WITH ENDS_WITH
        CONTAINS REVERSE CONCAT CONCAT_WS REGEXP_REPLACE REGEXP_MATCHES GREATEST LEAST TRUNC LOG LISTAGG MEDIAN
        QUANTILE_CONT QUANTILE_DISC MODE ARG_MAX ARG_MIN ANY_VALUE APPROX_COUNT_DISTINCT COUNT_IF STDDEV STDDEV_POP
        STDDEV_SAMP VARIANCE VAR_POP CORR COVAR_POP COVAR_SAMP GROUPING REGR_SLOPE REGR_INTERCEPT REGR_R2 REGR_COUNT
        REGR_AVGX REGR_AVGY REGEXP_EXTRACT BOOL_AND BOOL_OR DATE_SUB TO_DAYS ISODOW FIRST LAST TRANSLATE ASCII CBRT PI
        DEGREES RADIANS JSON_ARRAY_LENGTH
        """
    ),
    types=words(
        "TINYINT SMALLINT INT BIGINT INT128 FLOAT DOUBLE DECIMAL BOOLEAN TEXT VARCHAR DATE TIME TIMESTAMP "
        "TIMESTAMPNTZ TIMESTAMPTZ JSON"
    ),
    words=words(
        "TINYINT SMALLINT INT BIGINT HUGEINT INT128 REAL FLOAT DOUBLE DECIMAL BOOLEAN TEXT VARCHAR DATE TIME TIMESTAMP "
        "TIMESTAMPTZ JSON AT ZONE QUALIFY USING SAMPLE TABLESAMPLE BERNOULLI RESERVOIR PERCENT REPEATABLE SEMI ANTI "
        "ASOF POSITIONAL"
    ),
    series=words("GENERATE_SERIES RANGE"),
    joins=words("SEMI ANTI ASOF POSITIONAL"),
    sampling="relation",
    reuses_outputs=True,
    values_columns="col{}",
    values_from=0,
    text_types=words("varchar"),
    integer_types=words("tinyint smallint integer bigint utinyint usmallint uinteger ubigint"),
    binary_collation="C",
    casts={
        "text": "TEXT",
        "choice": "TEXT",
        "boolean": "BOOLEAN",
        "date": "DATE",
        "integer": "BIGINT",
        "multi_choice[]": "TEXT[]",
        "text[]": "TEXT[]",
        "integer[]": "BIGINT[]",
    },
)


class DuckDB:
    """One handle per file and process, shared by all threads; each statement gets a cursor of its own."""

    name: ClassVar[str] = "duckdb"
    label: ClassVar[str] = "DuckDB file"
    dialect: ClassVar[Dialect] = DIALECT
    fields: ClassVar[tuple[Field, ...]] = (Field("path", "Path of the file"),)

    def __init__(self) -> None:
        self._handles: dict[str, tuple[tuple[int, ...], Any]] = {}
        self._lock = threading.Lock()
        atexit.register(self._handles.clear)

    def check(self, connection: Connection) -> dict[str, Any]:
        """Return the path of an existing file. Raises BadConnection."""
        return checked_file(self.fields, connection)

    def catalog(self, connection: Connection) -> Catalog:
        """Read every table and view of the file."""
        cursor = self._cursor(connection)
        try:
            rows = cursor.execute(_COLUMNS).fetchall()
        except duckdb.Error as error:
            raise SourceUnavailable(str(error)) from None
        finally:
            cursor.close()
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
        """Run one statement; an interrupt stops it inside DuckDB when its time is over."""
        cursor = self._cursor(connection)
        with Deadline(timeout, cursor.interrupt) as deadline:
            try:
                cursor.execute(sql, [list(value) if isinstance(value, tuple) else value for value in params])
                columns = [(name, _kind(kind)) for name, kind, *_ in cursor.description]
                rows = cursor.fetchmany(max_rows + 1)
            except (duckdb.Error, MemoryError) as error:
                raise _failure(error, timed_out=deadline.passed) from None
            finally:
                cursor.close()
        return make_result(columns, rows, max_rows)

    def close(self, connection: Connection) -> None:
        """Close the file's handle; statements that still run end first."""
        with self._lock:
            self._handles.pop(str(connection["path"]), None)

    def _cursor(self, connection: Connection) -> Any:
        """A file that was replaced is opened anew, and a handle never crosses a fork."""
        path = str(connection["path"])
        try:
            stat = Path(path).stat()
            state = (os.getpid(), stat.st_dev, stat.st_ino, stat.st_mtime_ns)
            with self._lock:
                known = self._handles.pop(path, None)
                if known is None or known[0] != state:
                    # While the old handle lives, DuckDB would give its locked instance for the new file.
                    known = None
                    known = (state, _open(path))
                self._handles[path] = known
                return known[1].cursor()
        except (OSError, duckdb.Error) as error:
            raise SourceUnavailable(str(error)) from None


def _open(path: str) -> Any:
    handle = duckdb.connect(path, read_only=True, config=_CONFIG)
    for statement in _LOCK:
        handle.execute(statement)
    return handle


def _kind(described: object) -> str:
    name = str(described)
    if name.startswith("DECIMAL"):
        return "number"
    return "datetime" if name.startswith("TIMESTAMP") else _TYPES.get(name, "text")


def _failure(error: BaseException, *, timed_out: bool) -> Exception:
    if timed_out:
        return QueryTimeout(str(error))
    if isinstance(error, duckdb.OutOfMemoryException | MemoryError):
        return ResultTooLarge(str(error))
    return SourceUnavailable(str(error)) if isinstance(error, duckdb.IOException) else QueryFailed(str(error))
