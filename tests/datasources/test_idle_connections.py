"""How many connections to a database stay open, as PostgreSQL itself counts them."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from pytest_django import Settings

from datasources import opened, turns
from datasources.access import is_in_force, source_for
from datasources.catalog import Catalog
from datasources.compile import Compiled
from datasources.engines import ENGINES, duckdb_process
from datasources.engines.postgresql import PostgreSQL
from datasources.errors import ServerBusy, SourceUnavailable
from datasources.models import DataSource
from datasources.rules import Rules
from datasources.run import run_statement
from datasources.services import change_connection, create_source, delete_source
from datasources.snapshot import SourceSnapshot
from datasources.walls import set_customer_login, set_login_per_customer
from secrets_admin.access import SYSTEM
from secrets_admin.models import Workspace

CUSTOMERS = ("acme", "globex", "initech")
#: One server by three spellings of its name.
SPELLED = {"acme": "localhost", "globex": "LocalHost", "initech": "LOCALHOST"}


class Logins:
    """A login for each customer, and how many connections the server has of some of them."""

    def __init__(self, server: "psycopg.Connection[Any]", connection: dict[str, Any]) -> None:
        self._server = server
        self.names = {customer: f"{connection['user']}_{customer}" for customer in CUSTOMERS}
        self.shared = str(connection["user"])
        self._connection = connection

    def of(self, customer: str) -> dict[str, Any]:
        return {**self._connection, "user": self.names[customer], "password": "own"}

    def open(self, *customers: str) -> int:
        """Count the connections of some customers' logins, or of all."""
        names = [self.names[customer] for customer in customers or CUSTOMERS]
        row = self._server.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = ANY(%s)", [names]).fetchone()
        return int(row[0]) if row else 0

    def settle(self, number: int, *customers: str, at_least: int | None = None) -> None:
        """Wait for the server to notice what was closed: until it counts so many, or from ``at_least`` to so many."""
        deadline, least = time.monotonic() + 5, number if at_least is None else at_least
        while not least <= self.open(*customers) <= number:
            assert time.monotonic() < deadline, (self.open(*customers), number)
            time.sleep(0.02)


@pytest.fixture
def logins(connections: dict[str, dict[str, Any]], postgres_url: str) -> Iterator[Logins]:
    connection = ENGINES["postgresql"].check(connections["postgresql"])
    info = psycopg.conninfo.make_conninfo(postgres_url, dbname=connection["dbname"])
    with psycopg.connect(info, autocommit=True) as server:
        found = Logins(server, connection)
        for name in found.names.values():
            server.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'own'")
            server.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}")
        yield found
        for customer, name in found.names.items():
            ENGINES["postgresql"].close(found.of(customer))
            server.execute("SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity WHERE usename = %s", [name])
            server.execute(f"DROP OWNED BY {name}")
            server.execute(f"DROP ROLE {name}")


def ask(engine: PostgreSQL, connection: dict[str, Any], sql: str = "SELECT 1") -> None:
    engine.run(connection, sql, (), timeout=10, max_rows=5)


def test_what_is_idle_for_long_is_closed_and_its_pool_forgotten(
    logins: Logins, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = PostgreSQL()
    for customer in CUSTOMERS:
        ask(engine, logins.of(customer))
    engine.sweep()
    assert logins.open() == 3
    monkeypatch.setattr("datasources.engines.pool.MAX_IDLE_SECONDS", 0.0)
    engine.sweep()
    logins.settle(0)
    assert engine._pools == {}
    ask(engine, logins.of("acme"))
    assert logins.open() == 1
    engine.close(logins.of("acme"))


def test_all_logins_together_have_a_bounded_number_of_connections_to_one_server(
    logins: Logins, settings: Settings
) -> None:
    settings.SERVER_CONNECTIONS = 2
    engine = PostgreSQL()
    for customer in CUSTOMERS * 3:
        ask(engine, logins.of(customer))
        # We never hold more; the server may notice a little later what we closed.
        assert sum(not kept.pool.is_unused for kept in engine._pools.values()) <= 2
        logins.settle(2, at_least=1)
    logins.settle(0, "acme")  # It was idle for longest.
    logins.settle(2)
    for customer in CUSTOMERS:
        engine.close(logins.of(customer))
    logins.settle(0)


def test_a_server_whose_connections_are_all_busy_is_waited_for_and_opens_no_breaker(
    logins: Logins, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SERVER_CONNECTIONS = 1
    engine = PostgreSQL()
    busy = threading.Thread(target=ask, args=(engine, logins.of("acme"), "SELECT pg_sleep(0.6)"))
    busy.start()
    logins.settle(1, "acme")
    monkeypatch.setattr("datasources.engines.pool.WAIT_SECONDS", 0.05)
    with pytest.raises(ServerBusy) as caught:
        ask(engine, logins.of("globex"))
    assert "SERVER_CONNECTIONS" in caught.value.detail
    monkeypatch.setattr("datasources.engines.pool.WAIT_SECONDS", 10.0)
    ask(engine, logins.of("globex"))
    busy.join()
    assert logins.open() == 1
    engine.close(logins.of("globex"))


def asked_by(organization_id: int, connection: dict[str, Any], sql: str = "SELECT 1") -> None:
    """Run a statement of an organization's source, past the gate."""
    bare = SourceSnapshot(organization_id, 1, "ws", "s", "postgresql", connection, "", Catalog(()), Rules())
    source = replace(bare, organization_id=organization_id)
    statement = Compiled("postgresql", sql, (), (), scoped=False, reserved=frozenset(), columns=(), digest="")
    run_statement(source, statement, (), timeout=10, max_rows=5)


def test_p_dl_05_an_organization_that_fills_a_shared_server_leaves_room_for_another(
    logins: Logins, settings: Settings
) -> None:
    settings.SERVER_CONNECTIONS = 4
    there = {name: {**logins.of(name), "host": host} for name, host in SPELLED.items()}
    with ThreadPoolExecutor(9) as threads:
        slow = [threads.submit(asked_by, 1, there[name], "SELECT pg_sleep(1)") for name in ("acme", "globex") * 4]
        logins.settle(3)  # Half of the room, and more while a quarter is free.
        began = time.monotonic()
        asked_by(2, there["initech"])
        took, running = time.monotonic() - began, logins.open("acme", "globex")
        assert (took < 0.9, running) == (True, 3), took
        failures = [error for error in (each.exception() for each in slow) if error is not None]
    assert all(isinstance(error, ServerBusy) for error in failures)
    for name in CUSTOMERS:
        ENGINES["postgresql"].close(there[name])


def test_p_dl_05_an_organization_without_its_share_of_a_server_is_told_when_to_try_again(
    logins: Logins, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SERVER_CONNECTIONS = 2
    monkeypatch.setattr("datasources.turns.WAIT_SECONDS", 0.05)
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(asked_by, 1, logins.of("acme"), "SELECT pg_sleep(0.6)")
        logins.settle(1, "acme")
        with pytest.raises(ServerBusy) as caught:
            asked_by(1, logins.of("acme"))
        slow.result()
    assert caught.value.retry_after
    assert not turns._running


def test_a_connection_that_cannot_be_made_takes_no_room(logins: Logins, settings: Settings) -> None:
    settings.SERVER_CONNECTIONS = 1
    engine = PostgreSQL()
    for _ in range(3):
        with pytest.raises(SourceUnavailable):
            ask(engine, {**logins.of("acme"), "password": "wrong"})
    ask(engine, logins.of("acme"))
    engine.close(logins.of("acme"))


def test_what_is_only_tried_is_closed_at_once(logins: Logins) -> None:
    engine = PostgreSQL()
    assert engine.catalog(logins.of("acme")).tables
    assert engine.check_role(logins.of("acme")).name == logins.names["acme"]
    logins.settle(0)
    assert engine._pools == {}


def test_a_statement_that_runs_when_its_pool_is_closed_ends_in_order_and_takes_its_connection_along(
    logins: Logins,
) -> None:
    engine = PostgreSQL()
    running = threading.Thread(target=ask, args=(engine, logins.of("acme"), "SELECT pg_sleep(0.3)"))
    running.start()
    logins.settle(1, "acme")
    engine.close(logins.of("acme"))
    running.join()
    logins.settle(0)


@pytest.mark.django_db
def test_a_changed_or_deleted_source_or_login_loses_its_connections(
    workspace: Workspace, connections: dict[str, dict[str, Any]], logins: Logins
) -> None:
    source = create_source(
        workspace, name="warehouse", engine="postgresql", connection=connections["postgresql"], actor=SYSTEM
    )
    set_login_per_customer(source, True, actor=SYSTEM)
    for customer in CUSTOMERS:
        set_customer_login(source, customer, user=logins.names[customer], password="own", actor=SYSTEM)
        look_at_a_panel(source, customer)
    opened.sweep()
    assert logins.open() == 3
    set_customer_login(source, "acme", user="", password="", actor=SYSTEM)
    opened.sweep()
    logins.settle(0, "acme")
    assert logins.open("globex", "initech") == 2
    moved = {**connections["postgresql"], "dbname": "postgres"}
    change_connection(source, moved, actor=SYSTEM, remove_logins=True)
    opened.sweep()
    logins.settle(0)
    delete_source(source, actor=SYSTEM)
    opened.sweep()


def look_at_a_panel(source: DataSource, customer: str | None) -> None:
    """As dashboards/queries.py does it."""
    found = source_for(source.workspace_id, source.name, customer)
    opened.note(found)
    ENGINES[found.engine].run(found.connection, "SELECT 1 AS a", (), timeout=5, max_rows=5)


@pytest.mark.django_db
def test_the_shared_login_is_not_in_force_where_each_customer_has_its_own(
    workspace: Workspace, connections: dict[str, dict[str, Any]], logins: Logins
) -> None:
    source = create_source(
        workspace, name="warehouse", engine="postgresql", connection=connections["postgresql"], actor=SYSTEM
    )
    shared = source_for(workspace.pk, "warehouse", "acme")
    assert is_in_force(shared)
    assert not is_in_force(replace(shared, connection={**shared.connection, "password": "older"}))
    set_login_per_customer(source, True, actor=SYSTEM)
    set_customer_login(source, "acme", user=logins.names["acme"], password="own", actor=SYSTEM)
    assert not is_in_force(shared)
    assert is_in_force(own := source_for(workspace.pk, "warehouse", "acme"))
    set_login_per_customer(source, False, actor=SYSTEM)
    assert is_in_force(shared)
    assert not is_in_force(own)
    delete_source(source, actor=SYSTEM)
    assert not is_in_force(shared)


def test_a_duckdb_process_that_nobody_asks_is_ended(
    connections: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, connection = ENGINES["duckdb"], connections["duckdb"]
    engine.run(connection, "SELECT 1", (), timeout=10, max_rows=5)
    child = duckdb_process.child(connection["path"])
    lives = []
    for patience in (duckdb_process.MAX_IDLE_SECONDS, 0.0):
        monkeypatch.setattr(duckdb_process, "MAX_IDLE_SECONDS", patience)
        engine.sweep()
        lives.append(child.lives)
    assert lives == [True, False]
    assert engine.run(connection, "SELECT 1 AS a", (), timeout=10, max_rows=5).values == ([1],)
