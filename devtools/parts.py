"""The parts of ./dev test, and what each of them runs."""

import os
import re
import shutil
import threading
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from devtools.browsers import chromium
from devtools.children import run
from devtools.frontend import node_environment, npm
from devtools.places import PYTHON, ROOT, VAR, VENV, environment
from tests.services import apt_install, running

PACKAGES = ("console", "customers", "dashboards", "datasources", "embed", "embedhost", "secrets_admin", "tokens")
#: One database is enough for these: SQLite.
_ONCE = ["--ignore=tests/demo", "--ignore=tests/console/test_snippets.py", "--ignore=tests/embed/test_any_token.py"]
#: Several web processes, or a worker beside one, stand on PostgreSQL and Redis alone (docs/install.md). What takes a
#: server long (calls of any kind for a minute, a database that is cut off) is shown there once.
_PROCESSES = [
    f"tests/{name}.py"
    for name in (
        "api/test_fuzzing",
        "api/test_two_servers",
        "embed/test_closed_connections",
        "embed/test_cut_off",
        "embed/test_killed_processes",
        "embed/test_one_query",
        "embed/test_refresh_worker",
        "embed/test_two_servers",
        "embed/test_two_servers_customers",
        "embed/test_two_servers_revoke",
    )
]
_ELSEWHERE = [f"--ignore={name}" for name in _PROCESSES]
#: Where tests in a browser are; the others are not even read.
BROWSED = ("tests/browser", "tests/charts")
_TYPED = (*PACKAGES, "devtools", "tests", "dev")
_QUICK = ["-m", "not browser and not deep"]
_TWO = ["-n", "2", "--dist", "worksteal"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many checks or tests of a part passed and failed, and what it printed."""

    passed: int
    failed: int
    printed: str


@dataclass(frozen=True, slots=True)
class Part:
    """One word of ./dev: what it proves, and how. Only the parts that are pytest take its arguments."""

    word: str
    help: str
    work: Callable[[Sequence[str]], Outcome]
    takes_arguments: bool = False


def _lint(_: Sequence[str]) -> Outcome:
    ours = [*PACKAGES, "devtools", "dev"]
    folders = [ROOT / "templates", *(ROOT / name / "templates" for name in PACKAGES)]
    templates = [folder for folder in folders if folder.is_dir()]
    return _checks(
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["bandit", "-q", "-ll", "-c", "pyproject.toml", "-r", *ours],
        ["lint-imports"],
        ["djlint", "--lint", "--quiet", *templates],
    )


def _types(_: Sequence[str]) -> Outcome:
    return _checks(["mypy", *_TYPED])


def _typescript(_: Sequence[str]) -> Outcome:
    env = node_environment()
    types_code, types = run([*npm(), "run", "--silent", "check"], env=env)
    code, printed = run([*npm(), "test", "--silent"], env=env)
    passed, failed = (sum_of(word, printed) for word in ("pass", "fail"))
    # A run that dies before it counts is one failure, not none.
    failed = failed or int(code != 0 or not passed)
    return Outcome(passed + (types_code == 0), failed + (types_code != 0), types + printed)


def sum_of(word: str, printed: str) -> int:
    """Add up what Node's test runner counted: Node 20 writes `# pass 12` at the end, later ones `ℹ pass 12`."""
    return sum(map(int, re.findall(rf"^\S* ?{word} (\d+)$", printed, re.MULTILINE)))


def _checks(*commands: Sequence[Path | str]) -> Outcome:
    failed, words = 0, ""
    for program, *arguments in commands:
        code, printed = run([VENV / "bin" / program, *arguments], env=environment({"DEVELOPMENT": "1"}))
        failed += code != 0
        words += f"$ {program} {' '.join(map(str, arguments))}\n{printed}" if code else ""
    return Outcome(len(commands) - failed, failed, words)


def _unit(arguments: Sequence[str]) -> Outcome:
    with _services() as env:
        # It runs when most others have ended: two processes leave no core idle.
        return _pytest("unit", arguments or [*_QUICK, *_TWO, "--database=unknown", *_ELSEWHERE], env)


def _on_sqlite(arguments: Sequence[str]) -> Outcome:
    with _services() as env:
        return _pytest("sqlite", arguments or [*_QUICK, "--database=known", *_ELSEWHERE], env)


def _on_services(arguments: Sequence[str]) -> Outcome:
    with _services() as env:
        return _pytest("services", arguments or [*_QUICK, "--database=known", *_ONCE, *_ELSEWHERE], _served(env))


def _processes(arguments: Sequence[str]) -> Outcome:
    with _services() as env:
        return _pytest("processes", arguments or [*_QUICK, *_PROCESSES], _served(env))


def _served(env: Mapping[str, str]) -> dict[str, str]:
    return {**env, "DATABASE_URL": env["TEST_DATABASE_URL"], "REDIS_URL": env["TEST_REDIS_URL"]}


def _browser(arguments: Sequence[str]) -> Outcome:
    """The servers that these tests show have SQLite and no Redis: nothing else is started."""
    arguments = arguments or ["-m", "browser and not deep", *BROWSED]
    return _pytest("browser", arguments, {"DEVELOPMENT": "1", "TEST_CHROMIUM": chromium()})


def _deep(arguments: Sequence[str]) -> Outcome:
    with _services() as env:
        arguments = arguments or ["-m", "deep", *_TWO, "--timeout=3300"]
        return _pytest("deep", arguments, {**env, "TEST_CHROMIUM": chromium()})


def _selected(arguments: Sequence[str]) -> Outcome:
    with _services() as env:
        return _pytest("selected", arguments, {**env, "TEST_CHROMIUM": chromium()})


@contextmanager
def _services() -> Iterator[dict[str, str]]:
    """Each part has servers of its own, so that two parts side by side cannot meet in one."""
    _install_languages()
    with running() as urls:
        named = {"TEST_DATABASE_URL": urls.database_url, "TEST_REDIS_URL": urls.redis_url}
        yield {"DEVELOPMENT": "1", **named, "TEST_MARIADB_URL": urls.mariadb_url}


def _install_languages() -> None:
    """Tests run the snippets that the console shows. Where this cannot install them, those tests say what to do."""
    for program, package in (("ruby", "ruby"), ("php", "php-cli")):
        if not shutil.which(program) and os.geteuid() == 0 and shutil.which("apt-get"):
            apt_install(package)


_first = threading.Lock()


def _read_once(env: Mapping[str, str]) -> None:
    """Have one process compile what all read in a fresh clone; several at once would each do all of it."""
    with _first:
        if not any((ROOT / "tests" / "__pycache__").glob("conftest.*-pytest-*.pyc")):
            run([PYTHON, "-m", "pytest", "-q", "--collect-only"], env=env)


def _pytest(name: str, arguments: Sequence[str], env: dict[str, str]) -> Outcome:
    _read_once(environment(env))
    report = VAR / "test" / f"{name}.xml"
    report.unlink(missing_ok=True)
    command = [PYTHON, "-m", "pytest", "-p", "tests.noskip", "-q", f"--junit-xml={report}", *arguments]
    code, printed = run(command, env={**environment(env), "PATH": node_environment()["PATH"]})
    if not report.is_file():
        return Outcome(0, 1, f"{printed}\npytest left no report; it ended with status {code}.")
    total, failed = _count(report)
    # No test at all, a warning turned error at the end or an internal error: the counts alone would look green.
    return Outcome(total - failed, failed or int(code != 0), printed)


def _count(report: Path) -> tuple[int, int]:
    total = failed = 0
    for suite in ElementTree.parse(report).getroot().iter("testsuite"):  # noqa: S314 -- pytest wrote it
        total += int(suite.get("tests", 0))
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
    return total, failed


PARTS = {
    part.word: part
    for part in (
        Part("lint", "ruff, bandit, import-linter, djlint", _lint),
        Part("types", "mypy, strict", _types),
        Part("unit", "tests that know no database of embedhost's", _unit, takes_arguments=True),
        Part("sqlite", "those that know one, on SQLite without Redis", _on_sqlite, takes_arguments=True),
        Part("services", "the same on PostgreSQL with Redis", _on_services, takes_arguments=True),
        Part("processes", "several servers and workers on PostgreSQL with Redis", _processes, takes_arguments=True),
        Part("typescript", "the front end's types and unit tests", _typescript),
        Part("browser", "tests in a real Chromium", _browser, takes_arguments=True),
        Part("deep", "fuzzing and corpora, at most an hour; not part of ./dev test", _deep, takes_arguments=True),
    )
}
SELECTED = Part("selected", "the tests that the arguments name", _selected, takes_arguments=True)
