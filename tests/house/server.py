"""A real granian on a free port, for tests that a test client cannot do."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from embedhost.lib.env import ROOT
from tests.servers import free_port

_READY_SECONDS = 30.0
THREADS = 4
HEADER_SECONDS = 3


@dataclass(frozen=True, slots=True)
class Server:
    """A running web server and the file that it writes its log to."""

    port: int
    log: Path
    child: "subprocess.Popen[bytes]"

    def stops(self, seconds: float) -> bool:
        """Ask the server to end, and say whether it did in time."""
        self.child.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.child.wait(seconds)
        return self.child.poll() is not None

    def get(self, path: str, host: str, **headers: str) -> tuple[int, str]:
        """Return status and body of a GET with this Host header; ``x_name="..."`` sends X-Name too."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path, headers={"Host": host, **more})
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()


def clean_environment(more: Mapping[str, str]) -> dict[str, str]:
    """Return an environment that holds none of the test run's own settings, and ``more``."""
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **more}


def granian(port: int) -> list[str]:
    """Return the command that serves embedhost, as ./dev demo and the image start it."""
    command = [sys.executable, "-m", "embedhost.serve", "--interface", "wsgi", "--host", "127.0.0.1"]
    shape = f"--port {port} --workers 1 --blocking-threads {THREADS} --http 1"
    patience = f"--http1-header-read-timeout {HEADER_SECONDS * 1000}"
    return [*command, *shape.split(), *patience.split(), "embedhost.wsgi:application"]


@contextmanager
def serving(env: Mapping[str, str], folder: Path) -> Iterator[Server]:
    """Serve until the block ends; AssertionError with the log when the server does not come up."""
    port, path = free_port(), folder / "server.log"
    with path.open("wb") as log:
        child = subprocess.Popen(
            granian(port), cwd=ROOT, env=dict(env), stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    server = Server(port, path, child)
    try:
        _wait(child, server)
        yield server
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _wait(child: subprocess.Popen[bytes], server: Server) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", server.port), timeout=1):
            return
        assert child.poll() is None, server.log.read_text(errors="replace")
        assert time.monotonic() < deadline, server.log.read_text(errors="replace")
        time.sleep(0.05)
