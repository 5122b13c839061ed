"""The whole demo as a person starts it: its own database, granian, and the pretend product on another port."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.migrated import copy_migrated

ROOT = Path(__file__).resolve().parent.parent.parent
_READY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo: what var/demo.json says, and the DuckDB file behind it."""

    facts: Mapping[str, Any]
    warehouse: Path

    def host_page(self, dashboard: str, customer: str) -> str:
        """Return the address of the pretend product's page."""
        return f"{self.facts['host_page']}insights/{dashboard}?customer={customer}"


@contextmanager
def running_demo(folder: Path) -> Iterator[Demo]:
    """Seed and serve the demo from ``folder``, and stop it at the end."""
    port, host_port = _free_ports()
    env = _environment(folder, port)
    copy_migrated(folder / "embedhost.sqlite3")
    _manage(env, "seed_demo", f"--port={port}", f"--host-port={host_port}")
    granian = [str(Path(sys.executable).with_name("granian")), "--interface", "wsgi", "--host", "127.0.0.1"]
    with ExitStack() as stack:
        log = stack.enter_context((folder / "demo.log").open("wb"))
        web = [*granian, "--port", str(port), "--blocking-threads", "8", "embedhost.wsgi:application"]
        host = [sys.executable, "-m", "embedhost.demo.host", "--port", str(host_port)]
        for command, number in ((web, port), (host, host_port)):
            child = stack.enter_context(_child(command, env, log.fileno()))
            _wait(child, number, folder / "demo.log")
        yield Demo(json.loads((folder / "demo.json").read_text()), folder / "demo" / "tradewind.duckdb")


def _environment(folder: Path, port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    return {
        **kept,
        "DEVELOPMENT": "1",
        "EMBEDDING_DEFAULT": "on",
        "VAR_DIR": str(folder),
        "CONSOLE_HOST": f"localhost:{port}",
        "EMBED_HOST": f"127.0.0.1:{port}",
        "REVOCATION_POLL_SECONDS": "0.5",
    }


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def _manage(env: dict[str, str], *words: str) -> None:
    done = subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, f"manage.py {words[0]}: {done.stdout}{done.stderr}"


@contextmanager
def _child(command: list[str], env: dict[str, str], output: int) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=output)
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _wait(child: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while not _answers(port):
        if child.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"A server of the demo did not start:\n{log.read_text()[-2000:]}")
        time.sleep(0.05)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/", headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()
