"""The documents name everything that somebody outside can meet: codes, formats, charts, engines, commands, words."""

import re
from importlib import import_module
from pathlib import Path

import pytest
from django.core.management import get_commands

from dashboards.charts import CHARTS
from datasources.engines import ENGINES
from devtools.parts import PARTS
from embedhost.lib.env import ROOT
from tests.house.test_error_shape import refusals
from tokens.errors import OUTSIDE, Reason
from tokens.formats import FORMATS

_DOCS = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").rglob("*.md"))}
_ROOT_DOCS = {path.name: path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("*.md"))}
_ALL = "\n".join([*_DOCS.values(), *_ROOT_DOCS.values()])
_OURS = ("embedhost", "secrets_admin", "datasources", "customers", "dashboards", "embed", "console")


def _missing(words: "set[str]", text: str) -> set[str]:
    return {word for word in words if f"`{word}`" not in text}


def test_every_refusal_reason_and_what_it_looks_like_outside_is_in_the_tokens_page() -> None:
    assert _missing({str(reason) for reason in Reason}, _DOCS["tokens.md"]) == set()
    assert _missing({outside.code for outside in OUTSIDE.values()}, _DOCS["tokens.md"]) == set()


def test_every_code_of_a_refusal_is_in_the_errors_page_with_its_status() -> None:
    known = {(outside.code, outside.status) for outside in OUTSIDE.values()}
    known |= {(refusal.code, refusal.status) for refusal in refusals()}
    assert len(known) > 20
    assert {(code, status) for code, status in known if f"| `{code}` | {status} |" not in _DOCS["errors.md"]} == set()


def test_the_errors_page_has_no_code_that_does_not_exist() -> None:
    known = {outside.code for outside in OUTSIDE.values()} | {refusal.code for refusal in refusals()}
    assert set(re.findall(r"^\| `(\w+)` \|", _DOCS["errors.md"], re.M)) - known == set()


def test_every_token_format_has_a_heading_in_the_tokens_page() -> None:
    headings = re.findall(r"^#+ .*$", _DOCS["tokens.md"], re.M)
    assert {name for name in FORMATS if not any(f"`{name}`" in heading for heading in headings)} == set()


def test_every_chart_has_a_heading_in_the_charts_page() -> None:
    headings = set(re.findall(r"^#+ `?(\w+)`?$", _DOCS["charts.md"], re.M))
    assert CHARTS.keys() - headings == set()


def test_every_engine_is_in_the_data_sources_page() -> None:
    assert _missing(set(ENGINES), _DOCS["datasources.md"]) == set()


def test_every_engine_is_in_the_readme() -> None:
    assert {name for name in ENGINES if name not in _ROOT_DOCS["README.md"].lower()} == set()


def test_every_command_of_ours_is_documented() -> None:
    ours = {name for name, app in get_commands().items() if app in _OURS}
    assert ours
    assert {name for name in ours if f"manage.py {name}" not in _ALL} == set()


def test_every_word_of_dev_is_in_the_contributing_page() -> None:
    words = {*PARTS, "demo", "test", "help"}
    assert {word for word in words if f"./dev {word}" not in _ROOT_DOCS["CONTRIBUTING.md"]} == set()


def test_every_variable_that_the_tests_read_is_in_the_contributing_page() -> None:
    files = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "devtools").glob("*.py")]
    read = {name for path in files for name in re.findall(r"\bTEST_[A-Z_]+\b", path.read_text(encoding="utf-8"))}
    assert _missing({name for name in read if not name.endswith("_")}, _ROOT_DOCS["CONTRIBUTING.md"]) == set()


@pytest.mark.parametrize("path", [*sorted((ROOT / "docs").rglob("*.md")), *sorted(ROOT.glob("*.md"))], ids=str)
def test_every_link_between_documents_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!\w+:|#)([^)#\s]+)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_every_module_that_a_document_names_exists() -> None:
    named = set(
        re.findall(
            r"`((?:tokens|datasources|dashboards|embed|customers|secrets_admin|console|embedhost)\.(?!example)[\w.]+)`",
            _ALL,
        )
    )
    assert {name for name in named if not _exists(name)} == set()


def _exists(name: str) -> bool:
    """A dotted name is a module, or something in one."""
    module, _, attribute = name.rpartition(".")
    for candidate, inside in ((name, ""), (module, attribute)):
        try:
            loaded = import_module(candidate)
        except ImportError:
            continue
        return not inside or hasattr(loaded, inside)
    return False
