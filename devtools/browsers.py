"""A real Chromium for the browser tests: the machine's, else apt's, else Playwright's own."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from devtools.children import must_run, run
from devtools.places import PYTHON, environment
from devtools.say import Problem, step
from tests.services import apt_install

#: Chromium without its window: a new profile costs a quarter of what the whole browser needs for its tool bars.
_WINDOWLESS = ("chromium-headless-shell", "chrome-headless-shell")
_WHOLE = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PLAYWRIGHTS = (
    "from playwright.sync_api import sync_playwright\n"
    "with sync_playwright() as playwright: print(playwright.chromium.executable_path)"
)


def chromium() -> str:
    """Return the path of a Chromium, installing one where that is possible; Problem with what to do where not."""
    found = _named() or _first(_WINDOWLESS)
    if found:
        return found
    with step("Looking for a Chromium to install"):
        return _from_apt("chromium-headless-shell") or _installed() or _from_apt("chromium") or _from_playwright()


def _named() -> str | None:
    named = os.environ.get("TEST_CHROMIUM")
    if named and not shutil.which(named):
        raise Problem(f"TEST_CHROMIUM names {named}, which is not a program.")
    return named


def _from_apt(package: str) -> str | None:
    if os.geteuid() != 0 or not shutil.which("apt-get") or not apt_install(package):
        return None
    return _first((package,))


def _installed() -> str | None:
    return _first(_WHOLE) or _playwrights()


def _first(names: Iterable[str]) -> str | None:
    return next(filter(None, map(shutil.which, names)), None)


def _playwrights() -> str | None:
    code, printed = run([PYTHON, "-c", _PLAYWRIGHTS], env=environment())
    path = printed.strip()
    return path if code == 0 and Path(path).is_file() else None


def _from_playwright() -> str:
    sorry = (
        "The browser tests need Chromium, and it could not be installed: install it (apt install chromium, "
        "brew install chromium), or name one in TEST_CHROMIUM."
    )
    must_run([PYTHON, "-m", "playwright", "install", "chromium"], env=environment(), sorry=sorry)
    found = _playwrights()
    if not found:
        raise Problem(sorry)
    return found
