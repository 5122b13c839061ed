"""Every database that a data source may be. A new one is a file here and a line in ENGINES."""

from collections.abc import Mapping

from datasources.engines.base import Engine
from datasources.engines.duckdb import DuckDB
from datasources.engines.mariadb import MariaDB
from datasources.engines.postgresql import PostgreSQL
from datasources.engines.sqlite import SQLite

ENGINES: Mapping[str, Engine] = {
    "duckdb": DuckDB(),
    "sqlite": SQLite(),
    "postgresql": PostgreSQL(),
    "mariadb": MariaDB(),
}
