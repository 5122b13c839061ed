"""The front end's sizes, as they go over the wire."""

import gzip
import json
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

DIST = Path(__file__).resolve().parent.parent.parent / "frontend" / "dist"
KB = 1024


def _file(name: str) -> Path:
    manifest = json.loads((DIST / "manifest.json").read_text())
    return DIST / "static" / str(manifest[name])


def _with_imports(path: Path, seen: dict[Path, int]) -> int:
    """Add up a module and what it imports at once; what comes lazily does not count."""
    if path not in seen:
        text = path.read_text()
        seen[path] = len(gzip.compress(path.read_bytes(), 9))
        for name in re.findall(r"""(?:from|import)\s*["']\./([\w-]+\.js)["']""", text):
            _with_imports(path.parent / name, seen)
    return sum(seen.values())


#: What a page loads at once: with its token in the address, and with its token by message.
PAGES = {"address": ["dashboard.js", "before.js"], "message": ["embed.js", "tag.js", "arrive.js"]}


@pytest.mark.parametrize("name", ["dashboard.js", "arrive.js", "tag.js"])
def test_the_pages_script_waits_for_no_other_file(name: str) -> None:
    seen: dict[Path, int] = {}
    _with_imports(_file(name), seen)

    assert list(seen) == [_file(name)]


@pytest.mark.parametrize("names", PAGES.values(), ids=PAGES)
def test_the_page_loads_at_most_40_kb_of_script_before_the_first_interaction(names: list[str]) -> None:
    assert sum(_with_imports(_file(name), {}) for name in names) <= 40 * KB


@pytest.mark.parametrize("names", PAGES.values(), ids=PAGES)
def test_all_script_of_the_page_is_at_most_250_kb(names: list[str]) -> None:
    seen: dict[Path, int] = {}
    for name in names:
        _with_imports(_file(name), seen)
    assert _with_imports(_file("charts.js"), seen) <= 250 * KB


@pytest.mark.parametrize("name", ["embed.js", "tag.js", "bundle.js", "before.js", "notice.js"])
def test_a_loader_is_under_10_kb(name: str) -> None:
    assert _file(name).stat().st_size < 10 * KB
