"""docs/tokens.md says everything that tokens/ can answer."""

from pathlib import Path

import pytest

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


@pytest.mark.parametrize(
    "claim", ["cst", "dsh", "exp", "iat", "nbf", "iss", "rbc", "var", "rts", "vwr", "loc", "tz", "jti"]
)
def test_every_claim_that_is_read_is_described(claim: str) -> None:
    assert any(row[0] == f"`{claim}`" for row in ROWS)
