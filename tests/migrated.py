"""A migrated SQLite file that test databases begin as copies of: migrations take seconds, and change seldom."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path

from embedhost.lib.env import ROOT

_KEPT = ROOT / "var" / "test"


def copy_migrated(path: Path) -> None:
    """Put a database that has all migrations and no rows at ``path``; migrate it first, if no process has yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(_migrated(), path)


@cache
def _migrated() -> Path:
    _KEPT.mkdir(parents=True, exist_ok=True)
    made = _KEPT / f"migrated-{_digest()}.sqlite3"
    with (_KEPT / "migrated.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.is_file():
            _migrate(made)
    return made


def _migrate(made: Path) -> None:
    unfinished = made.with_suffix(".new")
    for old in _KEPT.glob("migrated-*"):
        old.unlink()
    env = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"],
        cwd=ROOT,
        env={**env, "DEVELOPMENT": "1", "DATABASE_URL": f"sqlite:///{unfinished}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"manage.py migrate: {done.stdout}{done.stderr}"
    unfinished.rename(made)


def _digest() -> str:
    """Say which migrations there are: ours by their content, Django's and allauth's by their versions."""
    seal = hashlib.sha256(repr([version(name) for name in ("Django", "django-allauth")]).encode())
    for path in sorted(ROOT.glob("*/migrations/*.py")):
        seal.update(path.name.encode())
        seal.update(path.read_bytes())
    return seal.hexdigest()[:16]
