"""schemathesis against a running server: calls that the OpenAPI document allows, and calls that it does not."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings

from tests.servers import free_port, start_server, url_of_the_test_database

_SETTINGS = Path(__file__).with_name("schemathesis.toml")


@contextmanager
def running() -> Iterator[str]:
    """Run a server of the test's database that answers to its own address, and yield that address."""
    port = free_port()
    with TemporaryDirectory(prefix="embedhost-journal-") as journal:
        env = {
            "DATABASE_URL": url_of_the_test_database(),
            "REDIS_URL": settings.REDIS_URL,
            "EMBED_HOST": f"127.0.0.1:{port}",
            "JOURNAL_DIR": journal,
            "LOG_LEVEL": "ERROR",
        }
        process = start_server(env, port)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(20)


def fuzz(address: str, key: str, *, seconds: int, anew: bool, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run schemathesis for so long, all checks on, with an API key; its report is what it prints.

    ``anew`` draws other calls each time; without it they are the same until the document changes.
    """
    program = [sys.executable, "-m", "schemathesis.cli"]
    chosen = ["--checks", "all", "--max-time", str(seconds), "--header", f"Authorization: Bearer {key}"]
    # One worker: two that parse Python at once can end with a SystemError of Python 3.11 (gh-106905).
    quiet = ["--no-color", "--workers", "1", "--request-timeout", "30"]
    drawn = ["--generation-database", "none"] if anew else ["--generation-deterministic"]
    return subprocess.run(
        [*program, "--config-file", str(_SETTINGS), "run", f"{address}/api/v1/schema/", *chosen, *quiet, *drawn],
        cwd=folder,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=seconds * 4 + 120,
        check=False,
    )
