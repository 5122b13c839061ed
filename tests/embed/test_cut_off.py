"""S-06: a server that cannot ask PostgreSQL answers 503 within two seconds; it never goes on with what it knew."""

import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.browser.app import App
from tests.servers import ROOT, Server, free_port, serving


class Line:
    """A line to PostgreSQL that can be held: it takes every byte and forwards none, as a stopped machine does."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self.held = threading.Event()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._door.accept()
                threading.Thread(target=self._forward, args=(near,), daemon=True).start()

    def _forward(self, near: socket.socket) -> None:
        with near, socket.create_connection(self._target) as far, suppress(OSError):
            while True:
                if self.held.is_set():
                    time.sleep(0.01)
                    continue
                for source in select.select([near, far], [], [], 0.01)[0]:
                    data = source.recv(65_536)
                    if not data:
                        return
                    (far if source is near else near).sendall(data)

    def close(self) -> None:
        self._door.close()


@pytest.fixture
def database(postgres_url: str) -> Iterator[dict[str, str]]:
    """The address of an empty database of its own."""
    name = f"cut_off_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}_{os.getpid()}"
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            known = {key: str(value) for key, value in conninfo_to_dict(postgres_url).items()}
            yield {"password": "", "port": "5432", **known, "dbname": name}
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def url(database: dict[str, str], port: int | None = None) -> str:
    place = f"127.0.0.1:{port}" if port else f"{database['host']}:{database['port']}"
    return f"postgresql://{database['user']}:{database['password']}@{place}/{database['dbname']}"


#: Migrates and fills the database, prints what is in it, and at the next line from us lets nobody embed any more: one
#: process, since each would import everything anew.
_OPERATOR = """
import json, sys
from pathlib import Path
from tests.browser import seed
from django.core.management import call_command
call_command("migrate", verbosity=0)
print(json.dumps(seed.seed(Path(sys.argv[1]), "https://app.a.test", "https://c.a.test")), flush=True)
sys.stdin.readline()
call_command("set_embedding", "tradewind", "off")
"""


@contextmanager
def operating(database: dict[str, str], folder: Path) -> Iterator["subprocess.Popen[str]"]:
    env = {**os.environ, "DATABASE_URL": url(database), "VAR_DIR": str(folder), "EMBEDDING_DEFAULT": "on"}
    command = [sys.executable, "-c", _OPERATOR, str(folder)]
    with subprocess.Popen(
        command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        yield child


def line_of(child: "subprocess.Popen[str]") -> str:
    assert child.stdout
    line: str = child.stdout.readline()
    assert line, f"the operator's process ended with {child.wait()}"
    return line


def stop_embedding(child: "subprocess.Popen[str]") -> None:
    child.communicate("\n", timeout=60)
    assert child.returncode == 0


def ask(server: Server, path: str) -> tuple[int, float]:
    """Return the status of a page, and after how many seconds it came."""
    began = time.monotonic()
    request = urllib.request.Request(server.url + path, headers={"Host": os.environ["EMBED_HOST"]})
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:
            status = int(answer.status)
    except urllib.error.HTTPError as error:
        status = error.code
    return status, time.monotonic() - began


def test_s_06_a_server_that_is_cut_off_from_its_database_answers_503_and_recovers(
    database: dict[str, str], tmp_path: Path
) -> None:
    line = Line(database["host"], int(database["port"]))
    shared = {"VAR_DIR": str(tmp_path), "REDIS_URL": "", "LOG_LEVEL": "ERROR"}
    with operating(database, tmp_path) as operator:
        app = App(free_port(), tmp_path, json.loads(line_of(operator)))
        with (
            serving({**shared, "DATABASE_URL": url(database)}, 1) as (near,),
            serving({**shared, "DATABASE_URL": url(database, line.port)}, 1) as (far,),
        ):
            seen = f"/iframe/{app.token()}"
            assert [ask(server, seen)[0] for server in (near, far)] == [200, 200]
            line.held.set()
            stop_embedding(operator)
            _comes_to(near, seen, 403, seconds=3)
            # What it knows counts for a second; after that it must not guess.
            _comes_to(far, seen, 503, seconds=2)
            for path in (seen, f"/iframe/{app.token()}"):
                status, seconds = ask(far, path)
                assert status == 503
                assert seconds < 3
            line.held.clear()
            _comes_to(far, seen, 403, seconds=10)
    line.close()


def _comes_to(server: Server, path: str, status: int, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while (now := ask(server, path)[0]) != status:
        assert time.monotonic() < deadline, f"it still answers {now}"
