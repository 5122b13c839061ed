"""docs/tokens.md says everything that tokens/ can answer."""

import re
from pathlib import Path

import pytest

from tests.guides import test_backend_programs as backend_programs
from tests.guides import test_programs as programs
from tests.guides.printed import MIGRATIONS, blocks
from tests.guides.tokens_page import rewritten
from tokens.errors import OUTSIDE, Reason
from tokens.formats import FORMATS

PAGE = (Path(__file__).parents[2] / "docs" / "tokens.md").read_text()
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("|")]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_a_heading(name: str) -> None:
    assert f"\n### `{name}`: {FORMATS[name].label}\n" in PAGE


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_in_the_refusals_table_with_its_outside_answer(reason: Reason) -> None:
    outside = OUTSIDE[reason]
    row = next((row for row in ROWS if row[0] == f"`{reason}`"), None)
    assert row is not None, f"docs/tokens.md has no row for {reason}."
    assert row[1] == f"{outside.status} `{outside.code}`"
    assert all(row[2:]), "A reason needs its cause and what to do."


def test_the_table_names_no_reason_that_does_not_exist() -> None:
    refusals = [row[0].strip("`") for row in ROWS if len(row) == 4 and row[1][:3].isdigit()]
    assert sorted(refusals) == sorted(Reason)


CLAIMS = {
    "explo_jwe": "cst dsh exp iat nbf iss rbc var rts vwr loc tz jti",
    "chartio_jwt": "organization dashboard env exp iat",
    "papermap_hmac": "api_key_id workspace_id tenant_id dashboard_id valid_until iat version signature",
    "viasocket_jwt": "org_id project_id user_id unique_identifier iat exp",
    "metabase_jwt": "resource params exp iat",
    "superset_guest": "type user resources rls_rules exp iat aud",
}


@pytest.mark.parametrize("format", CLAIMS)
def test_every_claim_that_is_read_is_described(format: str) -> None:
    section = PAGE.partition(f"\n### `{format}`")[2].partition("\n### ")[0]
    named = [line.strip("|").partition("|")[0] for line in section.splitlines() if line.startswith("| `")]
    assert {claim for claim in CLAIMS[format].split() if f"`{claim}`" not in " ".join(named)} == set()


def test_the_code_and_the_tables_of_refusals_are_those_of_the_program() -> None:
    """The Embed page's own snippets, and the cases of tests/guides/refused.py, which are tried one by one there."""
    assert rewritten(PAGE) == PAGE, "Write them anew: python -m tests.guides.tokens_page"


@pytest.mark.parametrize("path", sorted(MIGRATIONS.values()), ids=lambda path: path.stem)
def test_a_migration_page_has_every_part_and_no_code_that_is_not_run(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    parts = ["## Steps", "## What differs, and why", "## Test before you switch"]
    assert re.findall(r"^## .*$", text, re.MULTILINE) == parts
    assert set(re.findall(r"^```(\w+)$", text, re.MULTILINE)) <= {"python", "js", "html"}
    ran = "".join(Path(str(tests.__file__)).read_text(encoding="utf-8") for tests in (programs, backend_programs))
    vendor = path.stem.removeprefix("migrate-from-")
    for language in ("python", "js"):
        for number, _ in enumerate(blocks(path, language)):
            call = f'program("{vendor}", "{language}"' + (f", {number})" if number else ")")
            assert call in ran, f"Nothing runs the {language} block {number} of {path.name}."


def test_there_is_a_migration_page_for_each_vendor() -> None:
    assert sorted(MIGRATIONS) == ["chartio", "explo", "metabase", "papermap", "superset", "viasocket"]
