"""./dev: every problem gets one clear sentence, nothing is skipped silently, and nothing stays behind."""

import ast
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pymysql
import pytest
import redis

from devtools.children import start, stop
from devtools.parts import BROWSED, PARTS, sum_of
from devtools.places import digest, environment
from devtools.testing import AT_ONCE, ORDER
from embedhost.lib.env import ROOT
from tests import services
from tests.house.server import clean_environment

_SCRIPT = (ROOT / "dev").read_text(encoding="utf-8")


def _dev(
    *words: str, root: Path = ROOT, env: Mapping[str, str] | None = None, python: str = sys.executable
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [python, "dev", *words],
        cwd=root,
        env=clean_environment(env or {}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _eventually(is_true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 60
    while not is_true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@contextmanager
def _running(command: Sequence[str], env: Mapping[str, str]) -> "Iterator[subprocess.Popen[bytes]]":
    """Run a program beside the test, which ends with it."""
    child = subprocess.Popen(command, cwd=ROOT, env=dict(env), stdout=subprocess.DEVNULL)
    try:
        yield child
    finally:
        child.kill()
        child.wait()


def test_an_old_python_can_read_the_script() -> None:
    ast.parse(_SCRIPT, feature_version=(3, 4))


def test_an_old_python_gets_one_sentence() -> None:
    pretend = "import sys; sys.version_info = (3, 10, 9); exec(open('dev').read())"
    told = subprocess.run([sys.executable, "-c", pretend], cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert told.stderr.strip() == (
        "embedhost needs Python 3.11 or newer, and this is Python 3.10. "
        "Install a newer one, then run it by name: python3.12 ./dev help"
    )


def test_help_names_every_word() -> None:
    told = _dev("help")
    assert told.returncode == 0
    assert [word for word in (*PARTS, "demo", "test", "bench", "build", "help") if word not in told.stdout] == []


def test_no_word_at_all_prints_the_help() -> None:
    assert _dev().stdout == _dev("help").stdout


def test_an_unknown_word_is_an_error_that_shows_the_help() -> None:
    told = _dev("tset")
    assert told.returncode == 1
    assert "./dev has no word 'tset'." in told.stdout
    assert "./dev demo" in told.stdout


@pytest.mark.parametrize("offset", [0, 1])
def test_a_taken_port_gets_one_sentence(offset: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = _dev("demo", "--port", str(port - offset))
    assert told.returncode == 1
    assert told.stdout.strip() == (
        f"Port {port} is taken, perhaps by another demo: stop that, or choose another with ./dev demo --port N."
    )


@pytest.mark.parametrize("port", ["0", "80", "65535", "70000"])
def test_a_port_that_cannot_be_used_gets_one_sentence(port: str) -> None:
    told = _dev("demo", "--port", port)
    assert told.returncode == 1
    assert told.stdout.strip() == f"Port {port} cannot be used: choose one between 1024 and 65534."


def test_no_network_gets_one_sentence(tmp_path: Path) -> None:
    for name in ("devtools", "requirements", "tests"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "dev", tmp_path)
    nowhere = "http://127.0.0.1:9/simple"
    env = {"PIP_INDEX_URL": nowhere, "PIP_RETRIES": "1", "PIP_CONFIG_FILE": os.devnull, "HOME": str(tmp_path)}
    # The Python that a new user has, which has pip; one of a virtual environment would have to unpack it first.
    told = _dev("build", root=tmp_path, env=env, python=str(Path(sys.executable).resolve()))
    assert told.returncode == 1
    assert told.stdout.strip().splitlines()[-1] == (
        "The Python package registry cannot be reached. Check the network, or set pip's index-url, then try again."
    )


def test_ci_runs_dev_test_and_nothing_else() -> None:
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert lines == ["#!/bin/sh", 'cd "$(dirname "$0")/.." && exec ./dev test']
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert os.access(ROOT / "dev", os.X_OK)


def test_tests_in_a_browser_are_where_their_part_looks() -> None:
    marked = re.compile(r"^\s*(?:@|pytestmark = )pytest\.mark\.browser", re.MULTILINE)
    found = {path for path in (ROOT / "tests").rglob("*.py") if marked.search(path.read_text(encoding="utf-8"))}
    assert {str(path.parent.relative_to(ROOT)) for path in found} == set(BROWSED)


def test_every_part_but_the_deep_one_runs_in_dev_test() -> None:
    assert sorted(ORDER) == sorted(PARTS.keys() - {"deep"})


@pytest.mark.parametrize("printed", ["# tests 13\n# pass 12\n# fail 1\n", "ℹ tests 13\nℹ pass 12\nℹ fail 1\n"])
def test_what_node_counts_is_read_in_the_words_of_every_version(printed: str) -> None:
    assert (sum_of("pass", printed), sum_of("fail", printed)) == (12, 1)


def test_a_child_sees_no_setting_of_another_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://production.example.com/real")
    monkeypatch.setenv("SECRET_KEY", "of another project")
    assert {"DATABASE_URL", "SECRET_KEY"} & environment().keys() == set()
    assert environment({"DEVELOPMENT": "1"})["DEVELOPMENT"] == "1"


def test_a_digest_changes_with_a_name_and_with_content() -> None:
    first = ROOT / "dev"
    assert digest([first]) == digest([first])
    assert len({digest([first]), digest([first], "8000"), digest([ROOT / "manage.py"]), digest([])}) == 4


def test_stopping_a_child_stops_what_the_child_started(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    child = start(["sh", "-c", f"sleep 300 & echo $! > {note}; wait"])
    assert _eventually(lambda: note.is_file() and note.read_text().strip() != "")
    grandchild = int(note.read_text())
    stop(child)
    assert child.returncode is not None
    assert _eventually(lambda: _is_gone(grandchild))


def _is_gone(pid: int) -> bool:
    """A process is gone when nothing has its id, or when it only waits to be reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_and_polite_kills_stop_every_child(tmp_path: Path, number: signal.Signals) -> None:
    note = tmp_path / "pid"
    program = (
        "import sys, time; from devtools import cli, children; from pathlib import Path\n"
        "def work(words):\n"
        "    child = children.start(['sleep', '300'])\n"
        f"    Path({str(note)!r}).write_text(str(child.pid)); time.sleep(300)\n"
        "cli._WORDS['help'] = work\n"
        "sys.exit(cli.main(['help']))"
    )
    with _running([sys.executable, "-c", program], clean_environment({})) as running:
        assert _eventually(lambda: note.is_file() and note.read_text() != "")
        running.send_signal(number)
        assert running.wait(60) != 0
    assert _is_gone(int(note.read_text()))


def test_ctrl_c_ends_all_parts_and_their_servers(tmp_path: Path) -> None:
    program = (
        "import sys, time; from devtools import cli, testing, children, parts; from tests import services\n"
        "from pathlib import Path\n"
        "def work(arguments):\n"
        "    with services.running() as urls:\n"
        f"        Path({str(tmp_path)!r}, str(time.monotonic())).write_text(urls.database_url)\n"
        "        children.run(['sleep', '300'])\n"
        "    return parts.Outcome(0, 0, '')\n"
        "testing.PARTS = {word: parts.Part(word, '', work) for word in 'abcde'}\n"
        "testing.ORDER = ('a', 'b', 'c', 'd', 'e')\n"
        "testing.install = testing.build = lambda *words: None\n"
        "sys.exit(cli.main(['test']))"
    )
    env = clean_environment({"HOME": str(tmp_path)})
    with _running([sys.executable, "-c", program], env) as running:
        assert _eventually(lambda: len(list(tmp_path.iterdir())) == AT_ONCE)
        urls = [note.read_text() for note in tmp_path.iterdir()]
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 128 + signal.SIGTERM
    assert len(list(tmp_path.iterdir())) == AT_ONCE, "no further part was begun"
    for url in urls:
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url, connect_timeout=2)


_SKIPPING = """
import pytest

def test_skips_itself():
    pytest.skip("no such thing here")

@pytest.mark.skip(reason="not today")
def test_is_skipped(): ...

@pytest.mark.xfail(reason="known", strict=True)
def test_is_expected_to_fail():
    raise AssertionError
"""


def _pytest(folder: Path, text: str) -> "subprocess.CompletedProcess[str]":
    (folder / "test_it.py").write_text(text)
    words = ["-m", "pytest", "-q", "-p", "tests.noskip", "-c", os.devnull, "--rootdir", str(folder), str(folder)]
    env = clean_environment({"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"})
    return subprocess.run([sys.executable, *words], cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_a_skipped_test_fails_with_its_reason_and_an_expected_failure_does_not(tmp_path: Path) -> None:
    ran = _pytest(tmp_path, _SKIPPING)
    assert ran.returncode == 1
    assert "1 failed, 1 xfailed, 1 error" in ran.stdout
    assert "Make what this test needs available: Skipped: no such thing here" in ran.stdout


def test_a_skipped_file_fails_with_its_reason(tmp_path: Path) -> None:
    ran = _pytest(tmp_path, "import pytest\npytest.importorskip('nothing_of_this_name')\ndef test_it(): ...\n")
    assert ran.returncode != 0
    assert "could not import 'nothing_of_this_name'" in ran.stdout


def _mariadb(urls: services.Services) -> dict[str, Any]:
    parts = urlsplit(urls.mariadb_url)
    return {"host": parts.hostname, "port": parts.port, "user": parts.username, "password": parts.password}


def test_the_test_services_are_real_need_a_password_and_are_gone_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE", "REDIS", "MARIADB"):
        monkeypatch.delenv(f"TEST_{name}_URL", raising=False)
    with services.running() as urls:
        with closing(pymysql.connect(**_mariadb(urls))) as other, other.cursor() as cursor:
            cursor.execute("SELECT @@tmpdir")
            assert cursor.fetchone() != (tempfile.gettempdir(),), "one that starts would remove its tables"
        with psycopg.connect(urls.database_url) as connection:
            found = connection.execute("SELECT current_setting('is_superuser'), current_setting('fsync')").fetchone()
        assert found == ("on", "off")
        without = urls.database_url.replace(urls.database_url.split(":")[2].split("@")[0], "wrong")
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(without)
        with redis.from_url(urls.redis_url) as client:
            assert client.ping() is True
        stranger = redis.from_url("redis://" + urls.redis_url.partition("@")[2])
        with stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(urls.database_url, connect_timeout=2)


def test_services_that_are_named_are_used_and_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_DATABASE_URL", "postgresql://somewhere.example.com/tests")
    monkeypatch.setenv("TEST_REDIS_URL", "redis://somewhere.example.com/3")
    monkeypatch.setenv("TEST_MARIADB_URL", "mysql://root@somewhere.example.com/")
    with services.running() as urls:
        assert urls == services.Services(
            "postgresql://somewhere.example.com/tests",
            "redis://somewhere.example.com/3",
            "mysql://root@somewhere.example.com/",
        )


def test_a_missing_service_gets_a_sentence_that_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_REDIS_URL", raising=False)
    monkeypatch.setenv("TEST_DATABASE_URL", "postgresql://somewhere.example.com/tests")
    monkeypatch.setenv("TEST_MARIADB_URL", "mysql://root@somewhere.example.com/")
    monkeypatch.setattr(services, "_PACKAGES", Path("/nowhere"))
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(services.ServiceMissing, match="apt install redis-server"), services.running():
        pass
