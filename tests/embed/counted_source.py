"""A PostgreSQL data source that counts, at the server, how often each of its panels was queried.

Each panel reads a table of its own through a view that takes a while, and the server counts the table's scans: one for
each query, whoever sent it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from dashboards.models import Dashboard
from dashboards.services import save_version
from datasources.services import create_source, set_rule
from secrets_admin.access import SYSTEM
from tests.world import Tenant

#: How long the query of each panel takes (seconds); the last one fails while it reads.
PANELS = {"quick": 0.3, "steady": 1.0, "slow": 4.0, "endless": 18.0, "broken": 0.2}


@dataclass
class Counted:
    """The database as its server sees it."""

    server: "psycopg.Connection[Any]"

    def queries(self, panel: str) -> int:
        """Return how many queries of a panel reached the server."""
        self.server.execute("SELECT pg_stat_clear_snapshot()")
        row = self.server.execute(
            "SELECT coalesce(seq_scan, 0) + coalesce(idx_scan, 0) FROM pg_stat_user_tables WHERE relname = %s",
            [f"of_{panel}"],
        ).fetchone()
        return int(row[0]) if row else 0

    def running(self) -> int:
        """Return how many queries of viewers run now."""
        row = self.server.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' "
            "AND pid <> pg_backend_pid() AND query LIKE %s",
            ["%eh_all%"],
        ).fetchone()
        return int(row[0]) if row else 0


@contextmanager
def counted_source(url: str, name: str) -> Iterator[tuple[Counted, dict[str, str]]]:
    """Make the database; yields it and the connection of a data source on it."""
    with psycopg.connect(url, autocommit=True) as root:
        root.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        root.execute(f"CREATE DATABASE {name}")
        try:
            with psycopg.connect(psycopg.conninfo.make_conninfo(url, dbname=name), autocommit=True) as server:
                _fill(server)
                info = server.info
                fields = {"host": info.host, "port": str(info.port), "user": info.user, "password": info.password or ""}
                yield Counted(server), {**fields, "dbname": name, "sslmode": "disable"}
        finally:
            root.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _fill(server: "psycopg.Connection[Any]") -> None:
    for panel, seconds in PANELS.items():
        server.execute(f"CREATE TABLE of_{panel} (cst text, n integer)")
        server.execute(f"INSERT INTO of_{panel} VALUES ('acme', 100), ('globex', 200), ('initech', 300)")
        number = "1 / (n - n)" if panel == "broken" else "n"
        server.execute(
            f"CREATE VIEW {panel} AS SELECT cst, {number} AS n FROM of_{panel}, "
            # A connection would tell of its scans only after ten idle seconds.
            f"(SELECT pg_sleep({seconds}), pg_stat_force_next_flush()) AS pause"
        )


def counted_dashboard(tenant: Tenant, connection: dict[str, str]) -> Dashboard:
    """Save a dashboard with a panel for each view, scoped to the customer."""
    source = create_source(tenant.workspace, name="counted", engine="postgresql", connection=connection, actor=SYSTEM)
    for panel in PANELS:
        set_rule(source, f"public.{panel}", kind="scoped", column="cst", actor=SYSTEM)
    panels = [
        {
            "id": panel,
            "type": "number",
            "title": panel,
            "source": "counted",
            "sql": f"SELECT sum(n) AS total FROM {panel}",
            "encoding": {"value": "total"},
        }
        for panel in PANELS
    ]
    return save_version(tenant.organization, {"title": "Counted", "slug": "counted", "panels": panels})


def varied_dashboard(tenant: Tenant, connection: dict[str, str], panel: str) -> Dashboard:
    """Save a dashboard with one of the panels, which is another query for each value of its variable."""
    source = create_source(tenant.workspace, name="counted", engine="postgresql", connection=connection, actor=SYSTEM)
    set_rule(source, f"public.{panel}", kind="scoped", column="cst", actor=SYSTEM)
    drawn = {
        "id": panel,
        "type": "number",
        "title": panel,
        "source": "counted",
        "sql": f"SELECT sum(n) AS total FROM {panel} WHERE n <> {{{{ other }}}}",
        "encoding": {"value": "total"},
    }
    variables = [{"name": "other", "type": "number", "mode": "open", "label": "Other"}]
    return save_version(
        tenant.organization, {"title": "Varied", "slug": "varied", "variables": variables, "panels": [drawn]}
    )
