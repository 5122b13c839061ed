"""P-EX-01: what a spreadsheet would take for a formula leaves as text."""

import csv
import io

import pytest

from embed.data import to_csv

FORMULAS = [
    "=1+1",
    "+1",
    "-5",
    "@SUM(A1)",
    "\n=1+1",
    "\r\n=1+1",
    " =1",
    "\u00a0=1",
    "\u3000 =1",
    "\x0b=1",
    "\x00=1",
    "\ufeff=1",
    "'=1",
    '"=1',
    " ' \"=1",
    "\u201c=1",
    "\ttext",
    "\rtext",
    "\ntext",
    " \ttext",
    "\n text",
    "\n",
    "\uff1d1",
    " \uff0b1",
    "\uff0d1",
    "\uff20A1",
]


def _rows(name: str, values: list[object]) -> list[list[str]]:
    text = to_csv([{"name": name, "values": values}])
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


@pytest.mark.parametrize("formula", FORMULAS)
def test_p_ex_01_a_formula_is_neutralised_in_a_cell_and_in_a_header(formula: str) -> None:
    assert _rows(formula, [formula]) == [[f"'{formula}"], [f"'{formula}"]]


@pytest.mark.parametrize("number", [-5, -0.25, 0, 5, 1e300])
def test_p_ex_01_a_number_stays_a_number(number: float) -> None:
    assert _rows("amount", [number])[1] == [str(number)]


@pytest.mark.parametrize("text", ["North", "a=b", "1-2", " North", "'quoted'", "a\n=b", "\u00e9=1", "100%"])
def test_other_text_leaves_as_it_is(text: str) -> None:
    assert _rows(text, [text]) == [[text], [text]]
