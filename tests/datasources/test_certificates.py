"""P-DS-05 at real servers: every fault of a certificate is refused, and whoever connects reads what is wrong."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from datasources.engines import ENGINES
from datasources.errors import BadConnection, SourceUnavailable
from secrets_admin.models import User, Workspace
from tests.console.cast import text_of, visit
from tests.datasources.certificates import Authority, Certificate
from tests.datasources.world import mariadb_root
from tests.services import Encrypting

OURS, STRANGERS = Authority("Ours"), Authority("Stranger's")
GOOD = OURS.certificate("localhost")
FAULTS = {
    "is for another name": OURS.certificate("db.other.example"),
    "has expired": OURS.certificate("localhost", expired=True),
    "does not know": STRANGERS.certificate("localhost"),
}


def read_again_by_postgresql(url: str) -> None:
    def read_at() -> Any:
        with psycopg.connect(url, sslmode="disable") as server:
            return server.execute("SELECT pg_conf_load_time()").fetchone()

    before, deadline = read_at(), time.monotonic() + 10
    with psycopg.connect(url, sslmode="disable") as server:
        server.execute("SELECT pg_reload_conf()")
    # A connection begun after its files were read again tells of a later time.
    while read_at() == before:
        assert time.monotonic() < deadline


def read_again_by_mariadb(url: str) -> None:
    with mariadb_root(url) as cursor:
        cursor.execute("FLUSH SSL")


KINDS: dict[str, tuple[str, Callable[[str], None]]] = {
    "postgresql": ("postgres", read_again_by_postgresql),
    "mariadb": ("mysql", read_again_by_mariadb),
}


@pytest.mark.django_db
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_p_ds_05_a_faulty_certificate_is_refused_and_its_fault_is_named(
    kind: str, tmp_path: Path, workspace: Workspace, erin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "trusted.pem").write_bytes(OURS.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "trusted.pem"))
    database, read_again = KINDS[kind]
    engine = ENGINES[kind]
    with Encrypting(kind, GOOD.certificate, GOOD.key).running() as server:
        login = urlsplit(server.url)
        fields = {"host": "localhost", "port": login.port, "dbname": database, "user": login.username}
        checked = engine.check(fields | {"password": login.password, "sslmode": "verify-full"})

        def refused(fault: str, certificate: Certificate) -> None:
            server.put(certificate.certificate, certificate.key)
            read_again(server.url)
            for look in (engine.catalog, engine.check_role):
                with pytest.raises(BadConnection) as caught:
                    look(checked)
                assert fault in caught.value.message
            with pytest.raises(SourceUnavailable) as unavailable:
                engine.run(checked, "SELECT 1 AS a", (), timeout=5, max_rows=5)
            assert unavailable.value.message == SourceUnavailable().message
            # Whoever chose the weaker mode is not checked for.
            assert engine.check_role(checked | {"sslmode": "require"}).superuser

        assert engine.check_role(checked).superuser
        for fault, certificate in FAULTS.items():
            refused(fault, certificate)
        page = visit(erin).post(f"/o/tradewind/settings/sources/new/{kind}/", {**checked, "name": "warehouse"})
        assert page.status_code == 400
        assert "does not know" in text_of(page)
        server.put(GOOD.certificate, GOOD.key)
        read_again(server.url)
        assert engine.run(checked, "SELECT 1 AS a", (), timeout=5, max_rows=5).values == ([1],)
        engine.close(checked)
