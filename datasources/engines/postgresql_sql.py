"""What PostgreSQL's engine says and accepts: its dialect, its own statements, the types of its results."""

from datasources.dialect import Dialect, words
from datasources.engines.functions import COMMON_FUNCTIONS

DIALECT = Dialect(
    name="postgresql",
    grammar="postgres",
    default_schema="public",
    placeholder="${}",
    list_style="array",
    fences_lists=True,
    functions=COMMON_FUNCTIONS
    | words(
        """
        DATE_TRUNC EXTRACT AGE MAKE_DATE TO_CHAR TO_DATE LEFT RIGHT SPLIT_PART POSITION STARTS_WITH INITCAP REVERSE
        CONCAT CONCAT_WS REGEXP_REPLACE GREATEST LEAST TRUNC LOG WIDTH_BUCKET STRING_AGG PERCENTILE_CONT
        PERCENTILE_DISC MODE STDDEV STDDEV_POP STDDEV_SAMP VAR_POP CORR COVAR_POP COVAR_SAMP BOOL_AND BOOL_OR
        GROUPING VAR_SAMP EVERY REGR_SLOPE REGR_INTERCEPT REGR_R2 REGR_COUNT REGR_AVGX REGR_AVGY NOW LOCALTIMESTAMP
        TO_TIMESTAMP JUSTIFY_INTERVAL STRPOS TRANSLATE ASCII CBRT PI DEGREES RADIANS JSON_ARRAY_LENGTH
        JSONB_ARRAY_LENGTH JSONB_EXTRACT_PATH_TEXT
        """
    ),
    types=words(
        "SMALLINT INT BIGINT FLOAT DOUBLE DECIMAL BOOLEAN TEXT VARCHAR DATE TIME TIMESTAMP TIMESTAMPTZ UUID JSON JSONB"
    ),
    words=words(
        "SMALLINT INT BIGINT REAL DOUBLE PRECISION DECIMAL BOOLEAN TEXT VARCHAR DATE TIME TIMESTAMP TIMESTAMPTZ UUID "
        "AT ZONE ONLY TABLESAMPLE BERNOULLI REPEATABLE ARRAY JSON JSONB"
    ),
    series=words("GENERATE_SERIES"),
    series_named_by_alias=True,
    sampling="table",
    totals="sets",
    text_types=words("text") | {"character varying"},
    integer_types=words("smallint integer bigint"),
    binary_collation="C",
    quoted_names_fold=False,
    always_compare_binary=False,
    rounds_numeric_only=True,
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

#: Result types by object id; what is not here is text.
KINDS = {
    16: "boolean",
    **dict.fromkeys((20, 21, 23, 700, 701, 1700), "number"),
    1082: "date",
    **dict.fromkeys((1114, 1184), "datetime"),
    **dict.fromkeys((1083, 1266), "time"),
}

CATALOG = """
    SELECT n.nspname::text, c.relname::text, a.attname::text, format_type(a.atttypid, NULL),
           CASE WHEN co.collisdeterministic THEN '' ELSE coalesce(co.collname, '')::text END
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_collation AS co ON co.oid = a.attcollation
    WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND n.nspname <> 'information_schema'
      AND n.nspname NOT LIKE 'pg\\_%' AND position('.' IN n.nspname) = 0
      AND has_schema_privilege(n.oid, 'USAGE') AND has_column_privilege(c.oid, a.attnum, 'SELECT')
    ORDER BY 1, 2, a.attnum
"""

ROLE = """
    WITH relations AS (
        SELECT c.oid, c.relowner FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND n.nspname NOT LIKE 'pg\\_%'
          AND n.nspname <> 'information_schema'
    )
    SELECT r.rolname::text,
           EXISTS (SELECT 1 FROM relations WHERE has_table_privilege(oid, 'INSERT, UPDATE, DELETE, TRUNCATE'))
           OR EXISTS (SELECT 1 FROM pg_namespace
                      WHERE nspname NOT LIKE 'pg\\_%' AND has_schema_privilege(oid, 'CREATE')),
           EXISTS (SELECT 1 FROM relations WHERE pg_has_role(relowner, 'USAGE')),
           r.rolsuper,
           r.rolbypassrls
    FROM pg_roles AS r WHERE r.rolname = current_user
"""


#: Undoes whatever a statement could have left in the session, in one round trip.
CLEAN = "ROLLBACK; CLOSE ALL; RESET ALL; UNLISTEN *; DEALLOCATE ALL; SELECT pg_advisory_unlock_all()"


def begin(timeout: float) -> str:
    """Return what starts every transaction: read-only, bounded, with the system's own functions only, and checked.

    ``timeout`` is in seconds. The last row says whether the session is what it must be.
    """
    milliseconds = max(1, int(timeout * 1000))
    return (
        "BEGIN TRANSACTION READ ONLY; "
        f"SET LOCAL statement_timeout = {milliseconds:d}; SET LOCAL lock_timeout = {milliseconds:d}; "
        "SET LOCAL idle_in_transaction_session_timeout = 60000; SET LOCAL search_path = pg_catalog; "
        "SET LOCAL standard_conforming_strings = on; SET LOCAL TimeZone = 'UTC'; "
        "SELECT current_setting('transaction_read_only'), current_user = session_user"
    )
