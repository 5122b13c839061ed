"""./dev demo: everything installed, built, migrated, seeded and served on this machine, in the default shape."""

import argparse
import base64
import http.client
import json
import os
import secrets
import socket
import subprocess
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from devtools.children import last_lines, must_run, start
from devtools.frontend import build
from devtools.install import install
from devtools.places import PYTHON, ROOT, VAR, digest, environment, is_stamped, set_stamp
from devtools.say import Problem, say, skip, step

_KEYS = VAR / "demo.env"
_FACTS = VAR / "demo.json"
_READY_SECONDS = 30.0
_THREADS = 16


def demo(words: Sequence[str]) -> int:
    """Serve the demo until Ctrl-C: the console on localhost, the embed host on 127.0.0.1, the host page beside them."""
    port = _port(words)
    for number in (port, port + 1):
        _require_free(number)
    started = time.monotonic()
    install("base")
    build()
    env = environment(_settings(port))
    _migrate(env)
    _seed(env, port)
    children = _serve(env, port)
    _print_where_to_look(time.monotonic() - started)
    return _wait(children)


def _port(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev demo")
    parser.add_argument("--port", type=int, default=8000, help="the host page is on the port after it")
    port: int = parser.parse_args(words).port
    if not 1024 <= port <= 65534:
        raise Problem(f"Port {port} cannot be used: choose one between 1024 and 65534.")
    return port


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Problem(
                f"Port {port} is taken, perhaps by another demo: stop that, or choose another with ./dev demo --port N."
            ) from error


def _settings(port: int) -> dict[str, str]:
    """Return the demo's environment. Its keys are made once and stay readable by this user only."""
    if not _KEYS.is_file():
        _write_keys()
    kept = dict(line.split("=", 1) for line in _KEYS.read_text(encoding="utf-8").splitlines() if line)
    return {
        **kept,
        "CONSOLE_HOST": f"localhost:{port}",
        "EMBED_HOST": f"127.0.0.1:{port}",
        "VAR_DIR": str(VAR),
        "WEB_THREADS": str(_THREADS),
        "MALLOC_ARENA_MAX": "2",
    }


def _write_keys() -> None:
    VAR.mkdir(exist_ok=True)
    ring = f"demo:{base64.b64encode(secrets.token_bytes(32)).decode()}"
    lines = [
        "DEVELOPMENT=1",
        "EMBEDDING_DEFAULT=on",
        f"SECRET_KEY={secrets.token_urlsafe(50)}",
        f"ENCRYPTION_KEYS={ring}",
    ]
    with os.fdopen(os.open(_KEYS, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def _migrate(env: dict[str, str]) -> None:
    migrations = ROOT.glob("*/migrations/*.py")
    seal, stamp = digest([*migrations, ROOT / "requirements" / "base.txt"]), VAR / "stamp-migrate"
    if is_stamped(stamp, seal) and _database().is_file():
        skip("Preparing the database")
        return
    with step("Preparing the database"):
        _manage(env, "migrate", "--verbosity=0")
    set_stamp(stamp, seal)


def _database() -> Path:
    return VAR / "embedhost.sqlite3"


def _seed(env: dict[str, str], port: int) -> None:
    sources = [ROOT / "embedhost" / "demo", ROOT / "embedhost" / "management"]
    # The orders end today, and another database knows nothing of the demo yet.
    made_for = f"{port} {datetime.now(UTC).date()} {_database().stat().st_ino}"
    seal, stamp = digest(sources, made_for), VAR / "stamp-seed"
    if is_stamped(stamp, seal) and _FACTS.is_file():
        skip("Making the demo's data")
        return
    with step("Making the demo's data"):
        _manage(env, "seed_demo", f"--port={port}")
    set_stamp(stamp, seal)


def _manage(env: dict[str, str], *words: str) -> None:
    must_run([PYTHON, "manage.py", *words], env=env, sorry=f"manage.py {words[0]} failed:")


def _serve(env: dict[str, str], port: int) -> dict[str, subprocess.Popen[bytes]]:
    granian = [PYTHON, "-m", "embedhost.serve", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    shape = ["--workers", "1", "--blocking-threads", str(_THREADS), "--http", "1", "--no-access-log"]
    host_page = [PYTHON, "-m", "embedhost.demo.host", "--port", str(port + 1)]
    with step("Starting the servers"):
        with (VAR / "demo.log").open("wb") as log:
            children = {
                "embedhost": start([*granian, *shape, "embedhost.wsgi:application"], env=env, output=log.fileno()),
                "the host page": start(host_page, env=env, output=log.fileno()),
            }
        for (name, child), number in zip(children.items(), (port, port + 1), strict=True):
            _wait_until_it_answers(name, child, number)
    return children


def _wait_until_it_answers(name: str, child: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while not _answers(port):
        if child.poll() is not None or time.monotonic() > deadline:
            raise Problem(f"{name[0].upper()}{name[1:]} did not start. The end of var/demo.log:\n{_log()}")
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


def _log() -> str:
    return last_lines((VAR / "demo.log").read_text(encoding="utf-8", errors="replace"))


def _print_where_to_look(seconds: float) -> None:
    facts = json.loads(_FACTS.read_text(encoding="utf-8"))
    owner = facts["logins"]["owner"]
    say(
        f"\nUp after {seconds:.1f} s.\n\n"
        f"  {facts['host_page']}  a product with an embedded dashboard: switch its customer and watch the numbers\n"
        f"  {facts['console_url']}  the console: log in as {owner['email']} with the password {owner['password']}\n\n"
        "Keys, ids and tokens for your own tries are in var/demo.json. Ctrl-C stops everything."
    )


def _wait(children: dict[str, subprocess.Popen[bytes]]) -> int:
    while True:
        for name, child in children.items():
            if child.poll() is not None:
                raise Problem(f"{name[0].upper()}{name[1:]} ended by itself. The end of var/demo.log:\n{_log()}")
        time.sleep(0.3)
