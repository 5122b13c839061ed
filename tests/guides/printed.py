"""The programs that docs/ prints, to be run as they are."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
MIGRATIONS = {path.stem.removeprefix("migrate-from-"): path for path in sorted(DOCS.glob("migrate-from-*.md"))}
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[str]:
    """Return a page's code blocks of a language, in order."""
    return [code for named, code in _BLOCK.findall(page.read_text(encoding="utf-8")) if named == language]


def program(vendor: str, language: str, number: int = 0) -> str:
    """Return one program of a vendor's migration page; ``language`` as the page names it."""
    return blocks(MIGRATIONS[vendor], language)[number]
