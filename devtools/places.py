"""Where things are, and what a child process may see of this one's environment."""

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
VAR = ROOT / "var"

#: A DATABASE_URL or REDIS_URL that is exported for another project must not become ours.
_PASSED_ON = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TMPDIR", "TERM", "PLAYWRIGHT_BROWSERS_PATH")


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for a child: what a program needs to run, and ``more``."""
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    kept["PATH"] = f"{VENV / 'bin'}{os.pathsep}{kept.get('PATH', os.defpath)}"
    return {**kept, "PYTHONUNBUFFERED": "1", **(more or {})}


def digest(paths: Iterable[Path], *words: str) -> str:
    """Return a digest over the names and bytes of files (folders: every file below), and some words."""
    seal = hashlib.sha256(repr(words).encode())
    for file in sorted({file for path in paths for file in _files(path)}):
        name, content = str(file.relative_to(ROOT)).encode(), file.read_bytes()
        seal.update(b"%d:%s%d:" % (len(name), name, len(content)))
        seal.update(content)
    return seal.hexdigest()


def _files(path: Path) -> Iterable[Path]:
    if path.is_file():
        return [path]
    return (file for file in path.rglob("*") if file.is_file() and "__pycache__" not in file.parts)


def is_stamped(stamp: Path, seal: str) -> bool:
    """Tell whether a step left this stamp the last time it succeeded."""
    return stamp.is_file() and stamp.read_text(encoding="ascii") == seal


def set_stamp(stamp: Path, seal: str) -> None:
    """Remember that a step succeeded."""
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(seal, encoding="ascii")
