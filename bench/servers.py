"""Servers, databases and calls of one run of measurements; everything is bounded and stopped at the end."""

import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

ROOT = Path(__file__).resolve().parent.parent
#: A connection that was not used for so long is made anew; the server closes idle ones.
_IDLE_SECONDS = 1.0


def database(url: str, name: str, template: str = "template0") -> str:
    """Make a database anew on the server of ``url`` and return its URL."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@contextmanager
def served(application: str, env: Mapping[str, str], port: int, threads: int) -> Iterator[int]:
    """Serve a WSGI application with granian and two workers, and give the server's process id."""
    command = [sys.executable, "-m", "embedhost.serve", "--interface", "wsgi", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--workers", "2"]
    command += ["--blocking-threads", str(threads), "--backpressure", "512", "--no-access-log"]
    server = subprocess.Popen([*command, "--log-level", "error", application], env=env, cwd=ROOT)
    try:
        _wait_for(port)
        yield server.pid
    finally:
        server.terminate()
        server.wait(20)


def run_python(arguments: Sequence[str], env: Mapping[str, str]) -> str:
    """Run a Python program of this repository to its end and return what it printed."""
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=env, check=True, cwd=ROOT, stdout=subprocess.PIPE, text=True).stdout


class Line:
    """A connection to a server that stays open, as a browser's does."""

    def __init__(self, port: int) -> None:
        self._line = http.client.HTTPConnection("127.0.0.1", port)
        self._used = time.monotonic()

    def ask(self, path: str, token: str = "") -> tuple[int, bytes, float]:
        """Return status, body as sent, and milliseconds."""
        return self._send("GET", path, token, {"Accept-Encoding": "gzip, deflate, br, zstd"})

    def post(self, path: str, token: str, body: object) -> tuple[int, bytes, float]:
        """The same for a POST of JSON, whose answer is not compressed; making its text is not in the time."""
        return self._send("POST", path, token, {"Content-Type": "application/json"}, json.dumps(body).encode())

    def _send(
        self, method: str, path: str, token: str, headers: dict[str, str], body: bytes | None = None
    ) -> tuple[int, bytes, float]:
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        self._open()
        began = time.perf_counter()
        self._line.request(method, path, body=body, headers=headers)
        answer = self._line.getresponse()
        body = answer.read()
        self._used = time.monotonic()
        return answer.status, body, (time.perf_counter() - began) * 1000

    def _open(self) -> None:
        """Connect anew before the server closes a connection that was idle."""
        if time.monotonic() - self._used > _IDLE_SECONDS:
            self._line.close()
            self._line.connect()

    def ready(self, path: str, token: str = "") -> tuple[bytes, float]:
        """Return the body and milliseconds of a call that succeeds, asking again while it is under way."""
        began = time.perf_counter()
        while time.perf_counter() - began < 30:
            status, body, _ = self.ask(path, token)
            if status == 200:
                return body, (time.perf_counter() - began) * 1000
            if status != 202:
                sys.exit(f"{path} answered {status}: {body[:300]!r}")
            time.sleep(0.05)
        sys.exit(f"{path} was not ready within 30 seconds.")


def median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    sys.exit("The server did not start within 60 seconds.")


def say(text: str) -> None:
    print(text, flush=True)
