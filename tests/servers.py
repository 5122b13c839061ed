"""Real web servers (granian) over one database, for what only several processes can show."""

import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import connection

from tests.forked import Program

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Server:
    """One running process, by its port on 127.0.0.1."""

    port: int
    url: str


def url_of_the_test_database() -> str:
    """Return the URL under which another process finds this test's database."""
    config = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{config['NAME']}"
    return f"postgresql://{config['USER']}:{config['PASSWORD']}@{config['HOST']}:{config['PORT']}/{config['NAME']}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(env: Mapping[str, str], number: int) -> Iterator[list[Server]]:
    """Start ``number`` separate servers that answer to the host names of ``env``, and stop them at the end.

    They share one journal folder of their own, so that nothing of an earlier test's server is taken over.
    """
    with ExitStack() as stack:
        env = {"JOURNAL_DIR": stack.enter_context(TemporaryDirectory(prefix="embedhost-journal-")), **env}
        yield [stack.enter_context(_server(env)) for _ in range(number)]


@contextmanager
def _server(env: Mapping[str, str]) -> Iterator[Server]:
    port = free_port()
    process = start_server(env, port)
    try:
        yield Server(port, f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(20)


def start_server(env: Mapping[str, str], port: int) -> Program:
    """Start a server with one web process in a process group of its own, and return it when it listens."""
    shape = (
        f"--interface wsgi --host 127.0.0.1 --port {port} --workers 1 --blocking-threads 4 --http 1 --log-level error"
    )
    # As in production, whatever the tests of this process have.
    env = {**os.environ, "REVOCATION_POLL_SECONDS": "0.5", **env}
    words = [*shape.split(), "--no-access-log", "embedhost.wsgi:application"]
    process = Program("embedhost.serve", words, env)
    _wait(port, process)
    return process


def _wait(port: int, process: Program) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended at its start"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError("the server did not start within 30 seconds")
