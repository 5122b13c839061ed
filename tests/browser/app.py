"""embedhost as it runs: its own database and granian, with the world of tests/browser/seed.py in it."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jose import jwe

from tests.migrated import copy_migrated

ROOT = Path(__file__).resolve().parent.parent.parent
_READY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class App:
    """A running embed host; makes tokens as a company's backend does."""

    port: int
    folder: Path
    facts: dict[str, Any]

    @property
    def origin(self) -> str:
        return f"http://embed.test:{self.port}"

    def token(self, customer: str = "acme", dashboard: str = "sales", **changes: object) -> str:
        now = int(time.time())
        claims = {"cst": customer, "dsh": self.facts["dashboards"][dashboard], "iat": now, "exp": now + 3600, **changes}
        made: bytes = jwe.encrypt(
            json.dumps(claims),
            self.facts["key_value"],
            algorithm="dir",
            encryption="A256GCM",
            kid=self.facts["key_id"],
        )
        return made.decode()

    def page(self, customer: str = "acme", dashboard: str = "sales", query: str = "", **claims: object) -> str:
        return f"{self.origin}/iframe/{self.token(customer, dashboard, **claims)}{query}"


@contextmanager
def running_app(folder: Path, host_origin: str, collector: str) -> Iterator[App]:
    """Seed and serve embedhost from ``folder`` until the end. ``host_origin`` is the one site that may show it."""
    port = _free_port()
    env = _environment(folder, port)
    copy_migrated(folder / "embedhost.sqlite3")
    facts = json.loads(_run(env, "-m", "tests.browser.seed", str(folder), host_origin, collector).splitlines()[-1])
    command = [str(Path(sys.executable).with_name("granian")), "--interface", "wsgi", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--blocking-threads", "8", "embedhost.wsgi:application"]
    log = folder / "server.log"
    with log.open("wb") as output:
        child = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=output)
        try:
            _wait(child, port, log)
            yield App(port, folder, facts)
        finally:
            child.terminate()
            child.wait(10)


def _environment(folder: Path, port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    return {
        **kept,
        "DEVELOPMENT": "1",
        "VAR_DIR": str(folder),
        "CONSOLE_HOST": f"console.test:{port}",
        "EMBED_HOST": f"embed.test:{port}",
        "REVOCATION_POLL_SECONDS": "0.5",
        "LOG_LEVEL": "INFO",
    }


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _run(env: dict[str, str], *words: str) -> str:
    done = subprocess.run([sys.executable, *words], cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout


def _wait(child: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while not _answers(port):
        if child.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"The server did not start:\n{log.read_text()[-2000:]}")
        time.sleep(0.05)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/iframe/-", headers={"Host": f"embed.test:{port}"})
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
