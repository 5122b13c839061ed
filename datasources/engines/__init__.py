"""Every database that a data source may be. A new one is a file here and a line in ENGINES.

Its file is imported when it is used first: a driver that is not installed is missed by nobody who does not need it.
"""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from datasources.engines.base import Connection, Engine
from datasources.errors import BadConnection, SourceUnavailable


@dataclass(frozen=True, slots=True)
class Entry:
    """An engine's class in its file here, what people call it, and the module of its driver.

    pyproject.toml has an extra of the engine's name that brings the driver.
    """

    place: str
    label: str
    driver: str
    is_file: bool = False


class Engines(Mapping[str, Engine]):
    """Engines by name, each made once per process. Names and labels are there without any driver."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self._entries = entries
        self._made: dict[str, Engine] = {}
        self._making = threading.Lock()

    def __getitem__(self, name: str) -> Engine:
        """Return an engine. Raises KeyError, and SourceUnavailable when its driver is not installed."""
        return self._made.get(name) or self._make(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def label(self, name: str) -> str:
        """Return what people call an engine."""
        return self._entries[name].label

    def is_file(self, name: str) -> bool:
        """Tell whether an engine reads files of this machine."""
        return self._entries[name].is_file

    def chosen(self, name: str) -> Engine:
        """Return the engine that somebody chose. Raises BadConnection with what to do when it cannot be had."""
        if name not in self._entries:
            raise BadConnection(f"There is no engine {name[:40]}. Choose one of {', '.join(self._entries)}.")
        try:
            return self[name]
        except SourceUnavailable as missing:
            raise BadConnection(missing.problem) from None

    def driver(self, name: str) -> ModuleType:
        """Return the module of an engine's driver. Raises SourceUnavailable when it is not installed."""
        entry = self._entries[name]
        if find_spec(entry.driver) is None:
            problem = (
                f"The driver for {entry.label} is not installed on this server. "
                f"Ask its operator to install the extra {name}: pip install 'embedhost[{name}]'."
            )
            raise SourceUnavailable(problem, problem)
        return import_module(entry.driver)

    def close(self, name: str, connection: Connection) -> None:
        """Let go of what an engine keeps open for a connection, if it was used at all."""
        if name in self._made:
            self._made[name].close(connection)

    def sweep(self) -> None:
        """Let every engine that was used let go of what nobody has used for long."""
        for engine in list(self._made.values()):
            engine.sweep()

    def _make(self, name: str) -> Engine:
        module, _, made = self._entries[name].place.partition(":")
        with self._making:
            if name not in self._made:
                self.driver(name)
                self._made[name] = getattr(import_module(f"{__name__}.{module}"), made)()
            return self._made[name]


ENGINES = Engines(
    {
        "duckdb": Entry("duckdb:DuckDB", "DuckDB, Parquet, CSV", driver="duckdb", is_file=True),
        "sqlite": Entry("sqlite:SQLite", "SQLite file", driver="sqlite3", is_file=True),
        "postgresql": Entry("postgresql:PostgreSQL", "PostgreSQL", driver="psycopg"),
        "mariadb": Entry("mariadb:MariaDB", "MariaDB or MySQL", driver="pymysql"),
    }
)
