"""A real Chromium for the browser tests: the machine's, else apt's, else Playwright's own."""

import os
import shutil
from pathlib import Path

from devtools.children import must_run, run
from devtools.places import PYTHON, environment
from devtools.say import Problem, step
from tests.services import apt_install

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PLAYWRIGHTS = (
    "from playwright.sync_api import sync_playwright\n"
    "with sync_playwright() as playwright: print(playwright.chromium.executable_path)"
)


def chromium() -> str:
    """Return the path of a Chromium, installing one where that is possible; Problem with what to do where not."""
    found = _installed()
    if found:
        return found
    with step("Looking for a Chromium to install"):
        if os.geteuid() == 0 and shutil.which("apt-get") and apt_install("chromium"):
            found = _installed()
        return found or _from_playwright()


def _installed() -> str | None:
    named = os.environ.get("TEST_CHROMIUM")
    if named and not shutil.which(named):
        raise Problem(f"TEST_CHROMIUM names {named}, which is not a program.")
    return named or next(filter(None, map(shutil.which, _NAMES)), None) or _playwrights()


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
