"""What PostgreSQL needs besides the contract: sessions that are clean, roles that are told of, connections that end."""

from typing import Any

import psycopg
import pytest

from datasources.engines import ENGINES
from datasources.engines.postgresql import PostgreSQL
from datasources.errors import BadConnection, QueryTimeout, SourceUnavailable
from datasources.snapshot import SourceSnapshot
from tests.datasources.test_engine_contract import ENDLESS

ENGINE = ENGINES["postgresql"]


@pytest.fixture
def server(sources: dict[str, SourceSnapshot]) -> dict[str, Any]:
    return dict(sources["postgresql"].connection)


def run(server: dict[str, Any], sql: str) -> Any:
    return ENGINE.run(server, sql, (), timeout=5, max_rows=10).values


@pytest.fixture
def administrator(server: dict[str, Any], postgres_url: str) -> dict[str, Any]:
    info = psycopg.conninfo.conninfo_to_dict(postgres_url)
    return {**server, "user": info["user"], "password": info.get("password", "")}


def test_p_sq_14_settings_that_a_statement_changed_do_not_reach_the_next(server: dict[str, Any]) -> None:
    run(server, "SELECT set_config('default_transaction_read_only', 'off', false)")
    run(server, "SELECT set_config('search_path', 'evil', false), pg_advisory_lock(7)")
    assert run(server, "SELECT current_setting('search_path') AS a, current_setting('transaction_read_only') AS b") == (
        ["pg_catalog"],
        ["on"],
    )
    assert run(server, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == ([0],)


def test_a_function_of_the_same_name_in_another_schema_is_never_called(
    server: dict[str, Any], administrator: dict[str, Any]
) -> None:
    with psycopg.connect(**administrator, autocommit=True) as database:
        database.execute("CREATE FUNCTION public.upper(text) RETURNS text LANGUAGE sql AS $$ SELECT 'hijacked' $$")
    assert run(server, "SELECT upper('a')") == (["A"],)


def test_a_statement_that_timed_out_is_gone_from_the_server(
    server: dict[str, Any], administrator: dict[str, Any]
) -> None:
    with pytest.raises(QueryTimeout):
        ENGINE.run(server, ENDLESS.replace("orders", "public.orders"), (), timeout=0.2, max_rows=1)
    with psycopg.connect(**administrator, autocommit=True) as database:
        busy = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%%o12%%' AND pid <> %s"
        assert database.execute(busy, [database.info.backend_pid]).fetchone() == (0,)


def test_a_connection_that_the_server_closed_is_replaced(server: dict[str, Any], administrator: dict[str, Any]) -> None:
    first = run(server, "SELECT pg_backend_pid()")[0][0]
    with psycopg.connect(**administrator, autocommit=True) as database:
        database.execute("SELECT pg_terminate_backend(%s, 5000)", [first])
    assert run(server, "SELECT 1") == ([1],)


@pytest.mark.parametrize("cleaning", ["SELECT pg_sleep(30)", "SELECT 1; SELECT 1 / 0"], ids=["never ends", "fails"])
def test_p_sq_14_a_connection_that_did_not_become_clean_is_replaced(
    server: dict[str, Any], monkeypatch: pytest.MonkeyPatch, cleaning: str
) -> None:
    monkeypatch.setattr("datasources.engines.postgresql.CONNECT_SECONDS", 0.2)
    with monkeypatch.context() as patch:
        patch.setattr("datasources.engines.postgresql.CLEAN", cleaning)
        first = run(server, "SELECT pg_backend_pid()")
    assert run(server, "SELECT pg_backend_pid()") != first


def test_what_a_statement_locked_is_free_soon_though_nobody_asks_again(
    server: dict[str, Any], administrator: dict[str, Any]
) -> None:
    run(server, "SELECT pg_advisory_lock(8)")
    with psycopg.connect(**administrator, autocommit=True) as database:
        database.execute("SET lock_timeout = '5s'")
        database.execute("SELECT pg_advisory_lock(8)")


def test_a_connection_is_used_again(server: dict[str, Any]) -> None:
    assert run(server, "SELECT pg_backend_pid()") == run(server, "SELECT pg_backend_pid()")


def test_a_superuser_is_told_of(administrator: dict[str, Any]) -> None:
    role = ENGINE.check_role(administrator)
    assert (role.superuser, role.bypasses_rls, role.owns_tables, role.may_write) == (True, True, True, True)
    assert len(role.warnings) == 4


def test_a_wrong_password_is_unavailable_like_a_closed_port(server: dict[str, Any]) -> None:
    messages = set()
    for change in ({"user": "nobody_at_all"}, {"port": 1}, {"dbname": "no_such_database"}):
        with pytest.raises(SourceUnavailable) as caught:
            ENGINE.catalog({**server, **change})
        messages.add((caught.value.status, caught.value.message))
    assert len(messages) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"host": ""},
        {"host": "a.example,127.0.0.1"},
        {"host": "/var/run/postgresql"},
        {"host": "@abstract"},
        {"host": "a b"},
        {"port": "0"},
        {"port": "65536"},
        {"port": "5432,5433"},
        {"port": "\u0665\u0664\u0663\u0662"},
        {"port": True},
        {"dbname": "host=127.0.0.1"},
        {"dbname": "postgresql://127.0.0.1/x"},
        {"dbname": ""},
        {"user": "a\nb"},
        {"sslmode": "allow"},
        {"sslmode": ["disable"]},
    ],
)
def test_p_ds_02_odd_connection_fields_are_refused(server: dict[str, Any], change: dict[str, Any]) -> None:
    with pytest.raises(BadConnection):
        ENGINE.check({**server, **change})


def test_results_of_a_thousand_rows_come_in_chunks(server: dict[str, Any]) -> None:
    result = ENGINE.run(server, "SELECT n FROM generate_series(1, 2500) AS n", (), timeout=5, max_rows=2000)
    assert (result.rows, result.truncated, result.values[0][-1]) == (2000, True, 2000)


def test_types_without_a_word_of_their_own_become_text(server: dict[str, Any]) -> None:
    sql = "SELECT '{\"a\": 1}'::jsonb, '1 day'::interval, ARRAY[1, 2], '\\xff'::bytea, 'a'::\"char\", now()"
    values = [column[0] for column in ENGINE.run(server, sql, (), timeout=5, max_rows=1).values]
    assert values[:3] == ['{"a":1}', "1 day, 0:00:00", "[1,2]"]
    assert values[5].endswith("+00:00")


def test_only_what_is_about_the_connection_is_unreachable() -> None:
    engine = PostgreSQL()
    for state in ("54011", "54001", "40001", "40P01", "53100", "53200", "53400", "55P03", "57014", "58030", "22P02"):
        assert not engine.unreachable(psycopg.errors.lookup(state)()), state
    for state in ("08006", "08P01", "28000", "28P01", "3D000", "53300", "57P01", "57P02", "57P03"):
        assert engine.unreachable(psycopg.errors.lookup(state)()), state
    assert engine.unreachable(psycopg.OperationalError("server closed the connection unexpectedly"))
    assert not engine.unreachable(psycopg.DataError("a cell that the driver cannot read"))
