"""The Python side of an installation: .venv, filled from the lock files, every hash checked."""

import importlib.util
import os
import shlex
import sys
from collections.abc import Mapping

from devtools.children import last_lines, must_run, run
from devtools.places import PYTHON, ROOT, VENV, digest, is_stamped, set_stamp
from devtools.say import Problem, skip, step

_NO_NETWORK = (
    "Temporary failure in name resolution",
    "Name or service not known",
    "Failed to establish a new connection",
    "Network is unreachable",
    "Connection refused",
    "dns error",
    "error sending request",
    "tcp connect error",
)


def install(lock: str) -> None:
    """Bring .venv to the state of ``requirements/<lock>.txt``; does nothing when it is there already."""
    path = ROOT / "requirements" / f"{lock}.txt"
    stamp, seal = VENV / f"stamp-{lock}", digest([path])
    what = f"Installing the locked Python packages ({path.name}, hashes checked)"
    if is_stamped(stamp, seal) and PYTHON.exists():
        skip(what)
        return
    if not PYTHON.exists():
        _make_venv()
    with step(what):
        _install(lock)
    set_stamp(stamp, seal)


def _make_venv() -> None:
    with step("Making .venv"):
        options = ["--clear", "--without-pip"] if _has_pip() else ["--clear"]
        must_run(
            [sys.executable, "-m", "venv", *options, VENV],
            sorry="Python could not make a virtual environment. Install python3-venv (Debian, Ubuntu), then try again.",
        )


def _has_pip() -> bool:
    return importlib.util.find_spec("pip") is not None


def _install(lock: str) -> None:
    """uv installs in a tenth of pip's time; where it cannot reach what pip reaches, pip does it."""
    if not (VENV / "bin" / "uv").exists():
        _pip("uv")
    arguments = ["pip", "install", "--python", PYTHON, "--require-hashes", "-r", ROOT / f"requirements/{lock}.txt"]
    code, printed = run([VENV / "bin" / "uv", *arguments], env={**os.environ, **_uv_settings()})
    if code and "hash mismatch" in printed.lower():
        raise Problem(f"A package does not have the locked hash, so it was not installed.\n{last_lines(printed)}")
    if code:
        _pip(lock)


def _pip(lock: str) -> None:
    python = [sys.executable, "-m", "pip", "--python", str(PYTHON)] if _has_pip() else [str(PYTHON), "-m", "pip"]
    code, printed = run([*python, "install", "--require-hashes", "-r", ROOT / f"requirements/{lock}.txt"])
    if not code:
        return
    if any(words in printed for words in _NO_NETWORK):
        raise Problem(
            "The Python package registry cannot be reached. Check the network, or set pip's index-url, then try again."
        )
    raise Problem(f"pip could not install requirements/{lock}.txt:\n{last_lines(printed)}")


def _uv_settings() -> Mapping[str, str]:
    """uv does not read pip's configuration: hand it the registries that this machine's pip uses."""
    if not _has_pip():
        return {}
    _, printed = run([sys.executable, "-m", "pip", "config", "list"])
    found: dict[str, str] = {}
    for line in printed.splitlines():
        name, _, value = line.partition("=")
        found[name.rpartition(".")[2]] = " ".join(shlex.split(value))
    names = {
        "index-url": "UV_DEFAULT_INDEX",
        "extra-index-url": "UV_INDEX",
        "find-links": "UV_FIND_LINKS",
        "cert": "SSL_CERT_FILE",
        "trusted-host": "UV_INSECURE_HOST",
    }
    settings = {theirs: found[ours] for ours, theirs in names.items() if found.get(ours)}
    # pip takes the best file of all indexes. That is safe here: the hash decides what is installed.
    return {**settings, "UV_INDEX_STRATEGY": "unsafe-best-match"}
