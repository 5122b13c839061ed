"""DuckDB files, and the Parquet and CSV files of a folder, read by a process of their own (duckdb_process.py)."""

import decimal
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from datasources.cancel import Cancel
from datasources.catalog import Catalog
from datasources.dialect import Dialect, words
from datasources.engines import duckdb_process
from datasources.engines.base import INSPECT_SECONDS, Connection, Field, Role, checked_fields, checked_file, grouped
from datasources.engines.functions import COMMON_FUNCTIONS
from datasources.errors import QueryFailed, SourceUnavailable
from datasources.result import Result, make_columns

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
    fences_lists=True,
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
    totals="sets",
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
    """Every statement is a question to the child; nothing of DuckDB is in the web process."""

    name: ClassVar[str] = "duckdb"
    dialect: ClassVar[Dialect] = DIALECT
    fields: ClassVar[tuple[Field, ...]] = (Field("path", "Path of the file or folder"),)

    def check(self, connection: Connection) -> dict[str, Any]:
        """Return the path of an existing file, or of a folder of Parquet and CSV files. Raises BadConnection."""
        path = Path(checked_fields(self.fields, connection)["path"])
        return {"path": str(path)} if path.is_absolute() and path.is_dir() else checked_file(self.fields, connection)

    def catalog(self, connection: Connection) -> Catalog:
        """Read every table and view of the file, or a table for each file of the folder."""
        try:
            answer = self._ask(connection, _COLUMNS, (), INSPECT_SECONDS, 1_000_000, Cancel())
        except QueryFailed as error:
            raise SourceUnavailable(error.detail) from None
        rows: list[Any] = list(zip(*answer["values"], strict=True))
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
        answer = self._ask(connection, sql, params, timeout, max_rows, cancel or Cancel())
        columns = [(name, _kind(kind)) for name, kind in answer["columns"]]
        pairs = zip(columns, answer["values"], strict=True)
        return make_columns(columns, [_cells(kind, cells) for (_, kind), cells in pairs], answer["truncated"])

    def close(self, connection: Connection) -> None:
        """Close the file; statements that still run end first."""
        duckdb_process.close(_process(connection), str(connection["path"]))

    def sweep(self) -> None:
        """End the processes of files that nobody has asked for long."""
        duckdb_process.sweep()

    def _ask(
        self, connection: Connection, sql: str, params: Sequence[object], timeout: float, max_rows: int, cancel: Cancel
    ) -> dict[str, Any]:
        path = str(connection["path"])
        question = {"path": path, "sql": sql, "params": params, "max_rows": max_rows}
        return duckdb_process.ask(_process(connection), question, timeout, cancel)


def _process(connection: Connection) -> str:
    """Return what names the process that reads a file: its path, or what copies of one source have as ``beside``."""
    return str(connection.get("beside") or connection["path"])


def _kind(described: str) -> str:
    if described.startswith("DECIMAL"):
        return "number"
    return "datetime" if described.startswith("TIMESTAMP") else _TYPES.get(described, "text")


def _cells(kind: str, cells: list[Any]) -> list[Any]:
    """Decimals, and integers beyond 64 bits, travel as text."""
    if kind != "number" or str not in set(map(type, cells)):
        return cells
    return [decimal.Decimal(cell) if isinstance(cell, str) else cell for cell in cells]
