"""A login per customer, and a source per customer: what a panel's query runs under, and what happens without."""

from typing import Any

import psycopg
import pytest

from datasources.access import source_for
from datasources.engines import ENGINES
from datasources.errors import BadConnection, ScopeMissing, SourceUnavailable
from datasources.models import CustomerLogin, DataSource
from datasources.services import create_source
from datasources.walls import set_customer_login, set_login_per_customer, set_route
from secrets_admin.access import SYSTEM
from secrets_admin.models import Workspace
from tests.console.cast import audited
from tests.datasources.world import mariadb_root

pytestmark = pytest.mark.django_db


@pytest.fixture
def source(workspace: Workspace, connections: dict[str, dict[str, Any]]) -> DataSource:
    return create_source(workspace, name="warehouse", engine="mariadb", connection=connections["mariadb"], actor=SYSTEM)


@pytest.fixture
def login(source: DataSource, mariadb_url: str) -> Any:
    """A login of acme's own that may only read one table."""
    name, database = f"{source.connection['user']}a"[-32:], source.connection["dbname"]
    with mariadb_root(mariadb_url, database) as cursor:
        cursor.execute(f"GRANT SELECT ON {database}.regions TO '{name}'@'%' IDENTIFIED BY 'acmes-own'")
        yield name
        cursor.execute(f"DROP USER '{name}'@'%'")


def who(source: DataSource, external_id: str | None) -> Any:
    found = source_for(source.workspace_id, source.name, external_id)
    sql = "SELECT current_user() AS a"
    return ENGINES[found.engine].run(found.connection, sql, (), timeout=5, max_rows=5).values[0][0]


def test_each_customers_statements_run_under_its_own_login(source: DataSource, login: str) -> None:
    set_login_per_customer(source, True, actor=SYSTEM)
    set_customer_login(source, "acme", user=login, password="acmes-own", actor=SYSTEM)
    assert who(source, "acme") == f"{login}@%"
    found = source_for(source.workspace_id, "warehouse", "acme")
    assert (found.two_walls, found.role) == (True, login)
    assert "acmes-own" not in repr(found)
    for nobody in ("globex", "ACME", "acme ", None):
        with pytest.raises(ScopeMissing):
            source_for(source.workspace_id, "warehouse", nobody)
    set_customer_login(source, "acme", user="", password="", actor=SYSTEM)
    with pytest.raises(ScopeMissing):
        source_for(source.workspace_id, "warehouse", "acme")


def test_with_one_wall_all_share_the_login(source: DataSource, login: str) -> None:
    set_customer_login(source, "acme", user=login, password="acmes-own", actor=SYSTEM)
    assert who(source, "acme") == who(source, None) == f"{source.connection['user']}@%"


def test_two_customers_never_share_a_login(source: DataSource, login: str) -> None:
    set_customer_login(source, "acme", user=login, password="acmes-own", actor=SYSTEM)
    for user in (login, source.connection["user"]):
        with pytest.raises(BadConnection):
            set_customer_login(source, "globex", user=user, password="acmes-own", actor=SYSTEM)
    assert CustomerLogin.objects.count() == 1
    assert "acmes-own" not in CustomerLogin.objects.get().password_sealed
    assert "acmes-own" not in str([record.detail for record in audited("source.login_changed")])


def test_a_file_has_no_logins(workspace: Workspace, connections: dict[str, dict[str, Any]]) -> None:
    file = create_source(workspace, name="file", engine="sqlite", connection=connections["sqlite"], actor=SYSTEM)
    with pytest.raises(BadConnection):
        set_login_per_customer(file, True, actor=SYSTEM)


def test_a_routed_customer_asks_its_own_source_whatever_the_panel_names(
    source: DataSource, workspace: Workspace, connections: dict[str, dict[str, Any]]
) -> None:
    own = create_source(
        workspace, name="acmes", engine="postgresql", connection=connections["postgresql"], actor=SYSTEM
    )
    assert source_for(workspace.pk, "warehouse", "acme").id == source.pk
    set_route(workspace, "acme", own, actor=SYSTEM)
    assert source_for(workspace.pk, "warehouse", "acme").id == own.pk
    assert source_for(workspace.pk, "acmes", "acme").id == own.pk
    assert source_for(workspace.pk, "warehouse", "globex").id == source.pk
    assert source_for(workspace.pk, "warehouse", None).id == source.pk
    set_route(workspace, "acme", None, actor=SYSTEM)
    assert source_for(workspace.pk, "warehouse", "acme").id == source.pk


def test_a_foreign_workspaces_route_and_login_change_nothing(
    source: DataSource, foreign_workspace: Workspace, connections: dict[str, dict[str, Any]]
) -> None:
    theirs = create_source(
        foreign_workspace, name="warehouse", engine="postgresql", connection=connections["postgresql"], actor=SYSTEM
    )
    set_route(foreign_workspace, "acme", theirs, actor=SYSTEM)
    assert source_for(source.workspace_id, "warehouse", "acme").id == source.pk


def test_p_dl_03_the_pool_is_bounded_and_says_so(
    connections: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch, postgres_url: str
) -> None:
    monkeypatch.setattr("datasources.engines.pool.WAIT_SECONDS", 0.05)
    engine = ENGINES["postgresql"]
    connection = engine.check({**connections["postgresql"], "dbname": connections["postgresql"]["dbname"]})
    pool = engine._pool(connection)  # type: ignore[attr-defined]  # the pool of this very process
    lines = [pool.take(lambda line: engine.begin(line, 5)) for _ in range(10)]  # type: ignore[attr-defined]
    with psycopg.connect(postgres_url) as server:
        count = server.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = %s", [connection["user"]]
        ).fetchone()
    assert count == (10,)
    with pytest.raises(SourceUnavailable) as caught:
        pool.take(lambda line: engine.begin(line, 5))  # type: ignore[attr-defined]
    assert "in use" in caught.value.detail
    for line in lines:
        pool.give(line)
    pool.give(pool.take(lambda line: engine.begin(line, 5)))  # type: ignore[attr-defined]
