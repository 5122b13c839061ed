"""What the engine of MariaDB and MySQL says and accepts: its dialect, its own statements, the types of its results."""

from pymysql.constants import FIELD_TYPE

from datasources.dialect import Dialect, words
from datasources.engines.functions import COMMON_FUNCTIONS
from datasources.template import BIND_MARK

DIALECT = Dialect(
    name="mariadb",
    grammar="mysql",
    default_schema="",
    quote="`",
    #: Authors cannot write this name, so it stands for a value and never for a part of a text.
    placeholder=f"`{BIND_MARK}{{}}`",
    list_style="expand",
    functions=COMMON_FUNCTIONS
    | words(
        """
        CHAR_LENGTH NOW DATE_FORMAT STR_TO_DATE DATE_ADD DATE_SUB DATEDIFF TIMESTAMPDIFF EXTRACT YEAR QUARTER MONTH WEEK
        DAY DAYOFMONTH DAYOFWEEK DAYOFYEAR WEEKDAY DAYNAME LAST_DAY DATE HOUR IF CONCAT CONCAT_WS GROUP_CONCAT LEFT
        RIGHT SUBSTRING_INDEX LOCATE REVERSE GREATEST LEAST TRUNCATE LOG STDDEV_POP STDDEV_SAMP VAR_POP VAR_SAMP STDDEV
        JSON_VALID JSON_VALUE JSON_EXTRACT JSON_UNQUOTE JSON_LENGTH REGEXP_INSTR REGEXP_SUBSTR
        """
    ),
    types=words("CHAR DATE DATETIME TIME DECIMAL DOUBLE FLOAT BIGINT UBIGINT"),
    words=words("CHAR BINARY DATE DATETIME TIME DECIMAL DOUBLE FLOAT SIGNED UNSIGNED SEPARATOR DIV <=> UTC_TIMESTAMP"),
    text_types=words("char varchar tinytext text mediumtext longtext"),
    integer_types=words("tinyint smallint mediumint int bigint"),
    binary_collation="",
    compares_bytes=True,
    totals="last",
    casts={"date": "DATE"},
)

#: Result types by the protocol's number; what is not here is text.
KINDS = {
    **dict.fromkeys(
        (
            FIELD_TYPE.TINY,
            FIELD_TYPE.SHORT,
            FIELD_TYPE.INT24,
            FIELD_TYPE.LONG,
            FIELD_TYPE.LONGLONG,
            FIELD_TYPE.FLOAT,
            FIELD_TYPE.DOUBLE,
            FIELD_TYPE.DECIMAL,
            FIELD_TYPE.NEWDECIMAL,
            FIELD_TYPE.YEAR,
        ),
        "number",
    ),
    FIELD_TYPE.DATE: "date",
    FIELD_TYPE.DATETIME: "datetime",
    FIELD_TYPE.TIMESTAMP: "datetime",
    FIELD_TYPE.TIME: "time",
}

#: The connection's own database only; another one is another source.
CATALOG = """
    SELECT table_schema, table_name, column_name, lower(data_type), coalesce(collation_name, '')
    FROM information_schema.columns
    WHERE table_schema = database() AND locate('.', table_schema) = 0
    ORDER BY table_schema, table_name, ordinal_position
"""

_WRITES = "'INSERT', 'UPDATE', 'DELETE', 'CREATE', 'DROP', 'ALTER', 'INDEX', 'TRIGGER', 'EVENT', 'CREATE ROUTINE'"
_RULES = "'SUPER', 'CREATE USER', 'FILE', 'PROCESS', 'SHUTDOWN', 'RELOAD'"

#: A login sees its own rights here, and those of others only when it may read the server's own tables.
ROLE = f"""
    SELECT current_user(),
           EXISTS (SELECT 1 FROM information_schema.user_privileges WHERE privilege_type IN ({_WRITES}))
           OR EXISTS (SELECT 1 FROM information_schema.schema_privileges WHERE privilege_type IN ({_WRITES}))
           OR EXISTS (SELECT 1 FROM information_schema.table_privileges WHERE privilege_type IN ({_WRITES})),
           0,
           EXISTS (SELECT 1 FROM information_schema.user_privileges
                   WHERE privilege_type IN ({_RULES}) OR is_grantable = 'YES'),
           0
"""  # noqa: S608  # constants


def begin(timeout: float, *, is_mariadb: bool) -> str:
    """Return what sets up a session: read-only for each statement, how text is read, in which zone, for how long.

    ``timeout`` is in seconds. The gate's text is written for this mode: double quotes are texts, a backslash escapes,
    || is OR. START TRANSACTION READ ONLY would not do: a prepared DROP or TRUNCATE ends it and runs.
    """
    seconds = max(timeout, 0.001)
    own = {"tx_read_only": "1", "max_statement_time": f"{seconds:.3f}"}
    mysqls = {"transaction_read_only": "1", "max_execution_time": f"{seconds * 1000:.0f}"}
    session = {
        **(own if is_mariadb else mysqls),
        "character_set_client": "utf8mb4",
        "character_set_connection": "utf8mb4",
        "character_set_results": "utf8mb4",
        "sql_mode": "'NO_ENGINE_SUBSTITUTION'",
        "lock_wait_timeout": f"{max(1, int(timeout)):d}",
        "time_zone": "'+00:00'",
        "group_concat_max_len": "1048576",
    }
    return "SET SESSION " + ", ".join(f"{name} = {value}" for name, value in session.items())
