"""A data source as threads outside of the ORM see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from datasources.catalog import Catalog
from datasources.rules import Rules


@dataclass(frozen=True)
class SourceSnapshot:
    """One version of a data source. ``role`` names the login; ``two_walls`` tells of a login per customer, ``login_of``
    whose login this one is (an external id), and ``routed`` whether some customer of its workspace has a source of its
    own.

    ``connection`` holds the password and is never printed.
    """

    id: int
    version: int
    workspace_id: str
    name: str
    engine: str
    connection: Mapping[str, Any] = field(repr=False)
    role: str
    catalog: Catalog = field(repr=False)
    rules: Rules = field(repr=False)
    two_walls: bool = False
    routed: bool = False
    login_of: str = ""
    organization_id: int = 0

    @property
    def dialect(self) -> str:
        """Return the name of the SQL dialect, which is the engine's."""
        return self.engine


#: While these are the same, a login goes where it went before.
DESTINATION = ("host", "port", "dbname", "sslmode")


def destination_of(engine: str, connection: Mapping[str, Any]) -> list[str]:
    """Return where a connection leads, whatever the login: the engine, and DESTINATION's fields as texts."""
    return [engine, *(str(connection.get(name, "")) for name in DESTINATION)]
