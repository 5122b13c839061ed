"""What only a real MariaDB can show: sessions that are clean, statements that end at the server, a hostile server."""

import contextlib
import datetime
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pymysql
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from datasources.cancel import Cancel
from datasources.engines import ENGINES
from datasources.engines.mariadb import MariaDB
from datasources.errors import (
    BadConnection,
    DataSourceError,
    QueryCancelled,
    QueryFailed,
    QueryTimeout,
    ResultTooLarge,
    SourceUnavailable,
)
from datasources.snapshot import SourceSnapshot
from tests.datasources.test_engine_contract import ENDLESS
from tests.datasources.world import mariadb_root


@pytest.fixture
def connection(sources: dict[str, SourceSnapshot]) -> dict[str, Any]:
    return dict(sources["mariadb"].connection)


@pytest.fixture
def engine() -> MariaDB:
    """An engine with a pool of its own."""
    return MariaDB()


def run(engine: MariaDB, connection: dict[str, Any], sql: str, *params: object, **limits: Any) -> list[list[Any]]:
    found = engine.run(connection, sql, params, **{"timeout": 10, "max_rows": 100} | limits)
    return list(found.values)


def test_p_sq_14_a_borrowed_connection_keeps_nothing_of_the_statement_before(
    engine: MariaDB, connection: dict[str, Any]
) -> None:
    first = run(engine, connection, "SELECT connection_id(), @x := 5, get_lock('eh', 0), `eh_bind_1`", "secret")
    again = "SELECT connection_id(), @x, is_free_lock('eh'), @eh0, @@sql_mode, @@character_set_connection"
    second = run(engine, connection, again)
    assert second[0] == first[0]
    assert [column[0] for column in second[1:]] == [None, 1, None, "NO_ENGINE_SUBSTITUTION", "utf8mb4"]


def test_p_sq_14_a_login_that_may_write_cannot(engine: MariaDB, connection: dict[str, Any], mariadb_url: str) -> None:
    writer = f"{connection['user']}w"[-32:]
    with mariadb_root(mariadb_url, connection["dbname"]) as cursor:
        cursor.execute(f"GRANT ALL ON {connection['dbname']}.* TO '{writer}'@'%' IDENTIFIED BY 'x'")
        try:
            able = connection | {"user": writer, "password": "x"}
            for sql in ("DELETE FROM orders", "DROP TABLE regions", "CREATE TABLE stolen (a int)", "TRUNCATE orders"):
                with pytest.raises(QueryFailed):
                    run(engine, able, sql)
            assert engine.check_role(able).may_write
            assert run(engine, able, "SELECT count(*) FROM orders") == [[8]]
        finally:
            engine.close(able)
            cursor.execute(f"DROP USER '{writer}'@'%'")


def test_a_root_login_is_warned_about(engine: MariaDB, connection: dict[str, Any], mariadb_url: str) -> None:
    with mariadb_root(mariadb_url) as cursor:
        root = connection | {"user": cursor.connection.user.decode(), "password": cursor.connection.password.decode()}
    role = engine.check_role(root)
    assert (role.may_write, role.superuser) == (True, True)
    assert len(role.warnings) == 2


def test_values_of_every_kind_arrive_as_they_were(engine: MariaDB, connection: dict[str, Any]) -> None:
    for value in ("", "it's", "a\\' OR 1=1 -- ", "\U0001f98a \u00e9 \u0000".strip("\u0000"), "`eh_bind_1`", "?", "%s"):
        assert run(engine, connection, "SELECT `eh_bind_1` AS a", value) == [[value]]
    for number in (0, -1, 2**63 - 1, -(2**63), 0.25, 1e20):
        assert run(engine, connection, "SELECT `eh_bind_1` AS a", number) == [[number]]
    assert run(engine, connection, "SELECT 1 WHERE 2 IN (`eh_bind_1`)", (1, 2)) == [[1]]
    assert run(engine, connection, "SELECT 1 AS a FROM DUAL WHERE NOT (2 IN (`eh_bind_1`))", ()) == [[1]]


def test_dates_and_times_are_iso(engine: MariaDB, connection: dict[str, Any]) -> None:
    sql = "SELECT DATE'2026-01-15' a, TIMESTAMP'2026-01-15 10:20:30' b, TIME'10:20:30' c, 0.10 d, 2.00 e, X'ff' f"
    found = engine.run(connection, sql, (), timeout=5, max_rows=5)
    assert [column[0] for column in found.values] == ["2026-01-15", "2026-01-15T10:20:30", "10:20:30", 0.1, 2, "ff"]
    assert [kind for _, kind in found.columns] == ["date", "datetime", "time", "number", "number", "text"]


def test_p_dl_03_a_limit_of_its_own_does_not_bring_more_rows_than_the_cap(
    engine: MariaDB, connection: dict[str, Any]
) -> None:
    many = "SELECT a.id FROM orders a, orders b, orders c, orders d, orders e, orders f LIMIT 200000"
    found = engine.run(connection, many, (), timeout=10, max_rows=10)
    assert (found.rows, found.truncated) == (10, True)
    assert run(engine, connection, "SELECT count(*) FROM orders") == [[8]]


def test_p_dl_03_a_giant_cell_is_given_up_while_it_arrives(
    engine: MariaDB, connection: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datasources.result.MAX_CHARACTERS", 1_000_000)
    with pytest.raises(ResultTooLarge):
        run(engine, connection, "SELECT repeat('a', 10000000) AS a")
    assert run(engine, connection, "SELECT count(*) FROM orders") == [[8]]


def running(url: str, connection: dict[str, Any]) -> int:
    with mariadb_root(url) as cursor:
        cursor.execute(
            "SELECT count(*) FROM information_schema.processlist WHERE user = %s AND command IN ('Query', 'Execute')",
            (connection["user"],),
        )
        return int(cursor.fetchone()[0])


def until(condition: Any) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_p_dl_04_a_cancelled_statement_ends_at_the_server(
    engine: MariaDB, connection: dict[str, Any], mariadb_url: str
) -> None:
    cancel, caught = Cancel(), []

    def ask() -> None:
        try:
            engine.run(connection, ENDLESS, (), timeout=60, max_rows=5, cancel=cancel)
        except DataSourceError as error:
            caught.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    until(lambda: running(mariadb_url, connection) == 1)
    cancel()
    asking.join(5)
    assert isinstance(caught[0], QueryCancelled)
    until(lambda: running(mariadb_url, connection) == 0)


def test_p_dl_04_a_pattern_that_takes_forever_ends_with_the_statements_time(
    engine: MariaDB, connection: dict[str, Any]
) -> None:
    """The server looks at the time between rows, and gives up one row's pattern after as many steps as it allows."""
    many = ", ".join(f"orders AS o{n}" for n in range(9))
    text = "concat('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', o0.id)"
    started = time.monotonic()
    with pytest.raises(QueryTimeout):
        run(engine, connection, f"SELECT count(*) FROM {many} WHERE regexp_instr({text}, '^(a|aa)+$') > 0", timeout=0.2)
    assert time.monotonic() - started < 10


def test_what_is_cancelled_before_it_began_is_not_sent(engine: MariaDB, connection: dict[str, Any]) -> None:
    cancel = Cancel()
    cancel()
    with pytest.raises(QueryCancelled):
        run(engine, connection, "SELECT 1", cancel=cancel)


@contextmanager
def listener(answer: bytes) -> Iterator[int]:
    """A server on loopback that says one thing to everybody, and then nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept = []

        def serve() -> None:
            while True:
                try:
                    line, _ = server.accept()
                    kept.append(line)
                    line.sendall(answer)
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            for line in kept:
                line.close()


CLEAR_TEXT = (
    b"\x0a10.11.0-MariaDB\x00"
    + b"\x01\x00\x00\x00"
    + b"12345678\x00"
    + b"\xff\xf7"
    + b"\x2d"
    + b"\x02\x00"
    + b"\xff\x81"
    + b"\x15"
    + b"\x00" * 10
    + b"123456789012\x00"
    + b"mysql_native_password\x00"
)
ASKS_FOR_CLEAR_TEXT = b"\xfemysql_clear_password\x00\x00"


def packet(number: int, body: bytes) -> bytes:
    return len(body).to_bytes(3, "little") + bytes([number]) + body


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n<html>secret inner page</html>",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x00\x00\x00\x00",
        b"\xff\xff\xff\x00" + b"\x0a" * 100,
        packet(0, CLEAR_TEXT) + packet(2, ASKS_FOR_CLEAR_TEXT),
    ],
)
def test_p_ds_04_whatever_answers_it_is_one_message_in_bounded_time(connection: dict[str, Any], answer: bytes) -> None:
    engine, started = MariaDB(), time.monotonic()
    with listener(answer) as port, pytest.raises(SourceUnavailable) as caught:
        engine.catalog(connection | {"port": port})
    assert time.monotonic() - started < 8
    assert caught.value.message == SourceUnavailable().message
    assert "secret" not in repr(caught.value) + str(caught.value)


def test_p_ds_05_a_server_without_tls_is_refused_unless_that_was_chosen(connection: dict[str, Any]) -> None:
    for mode in ("verify-full", "require"):
        with pytest.raises(SourceUnavailable):
            MariaDB().catalog(connection | {"sslmode": mode})
    assert ENGINES["mariadb"].catalog(connection).tables


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost that nobody signed but itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    signed = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False).sign(key, SHA256())
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(signed.public_bytes(Encoding.PEM) + secret)
    return path


@contextmanager
def encrypted(certificate: Path, greeting: bytes, asked: int, agreed: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """A server that greets, reads ``asked`` bytes, agrees, talks TLS, and keeps what it was told after that."""
    context, heard = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), []
    context.load_cert_chain(certificate)

    def serve(server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            line, _ = server.accept()
            with line:
                line.settimeout(5)
                line.sendall(greeting)
                line.recv(asked, socket.MSG_WAITALL)
                line.sendall(agreed)
                with context.wrap_socket(line, server_side=True) as safe:
                    heard.append(safe.recv(1000))

    with socket.create_server(("127.0.0.1", 0)) as server:
        serving = threading.Thread(target=serve, args=(server,))
        serving.start()
        yield server.getsockname()[1], heard
        server.shutdown(socket.SHUT_RDWR)
        serving.join(6)


#: MariaDB greets, and a client that wants TLS answers with 36 bytes; PostgreSQL is asked with 8 bytes and says S.
SPEAKS_TLS = {
    "mariadb": (packet(0, CLEAR_TEXT.replace(b"\xff\xf7", b"\xff\xff")), 36, b""),
    "postgresql": (b"", 8, b"S"),
}


@pytest.mark.parametrize("engine", sorted(SPEAKS_TLS))
@pytest.mark.parametrize("mode", ["verify-full", "require"])
def test_p_ds_05_a_certificate_that_nobody_signed_gets_no_login(
    connections: dict[str, dict[str, Any]], certificate: Path, engine: str, mode: str
) -> None:
    fields = connections[engine] | {"host": "localhost", "sslmode": mode, "user": "eh_secret_user"}
    refused = pytest.raises((SourceUnavailable, BadConnection))
    with encrypted(certificate, *SPEAKS_TLS[engine]) as (port, heard), refused:
        ENGINES[engine].catalog(fields | {"port": port})
    told = b"eh_secret_user" in b"".join(heard)
    assert told == (mode == "require"), heard


def test_only_what_is_about_the_connection_is_unreachable(engine: MariaDB) -> None:
    cell = UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")
    for error in (cell, ValueError("a cell"), pymysql.OperationalError(1117, "Too many columns")):
        assert not engine.unreachable(error), error
    for lost in (ConnectionResetError(), pymysql.OperationalError(2013, "Lost"), pymysql.InterfaceError(0, "")):
        assert engine.unreachable(lost), lost
