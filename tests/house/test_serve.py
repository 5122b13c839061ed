"""What the server reads before it forks its workers: libraries, and nothing that belongs to one process."""

import subprocess
import sys
from ast import literal_eval
from pathlib import Path

from embedhost.lib.env import ROOT
from embedhost.serve import LIBRARIES
from tests.house.server import clean_environment

_LOOK = """
import gc, sys, threading
from embedhost import serve
serve.read_libraries()
from django.conf import settings
from django.db import connections
own = {"bench", "console", "customers", "dashboards", "datasources", "embed", "secrets_admin", "tokens"}
connected = hasattr(connections._connections, "default")
print(threading.active_count(), settings.configured, connected, gc.get_freeze_count() > 0)
print(sorted(name for name in sys.modules if name.partition(".")[0] in own or name.startswith("embedhost.")))
"""


_WORKER = """
import sys
import embedhost.wsgi
from django.conf import settings
from django.urls import get_resolver
get_resolver(settings.EMBED_URLCONF).url_patterns
print(sorted(sys.modules))
"""


def _said(program: str, env: dict[str, str]) -> list[str]:
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, cwd=ROOT, env=clean_environment(env), capture_output=True, text=True, check=True)
    return ended.stdout.splitlines()


def test_no_setting_no_connection_no_thread_and_nothing_of_our_own_is_there_before_the_fork() -> None:
    assert _said(_LOOK, {}) == ["1 False False True", "['embedhost.serve']"]


def test_each_library_is_one_that_a_worker_reads(tmp_path: Path) -> None:
    """Any other would take memory in place of sparing it."""
    (modules,) = _said(_WORKER, {"DEVELOPMENT": "1", "VAR_DIR": str(tmp_path)})
    # A dialect is read with the first statement in it.
    assert set(LIBRARIES) - set(literal_eval(modules)) <= {"sqlglot.dialects.postgres"}
