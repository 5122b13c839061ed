"""Numbers and dates by locale; Python and the drawings say the same."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from py_mini_racer import MiniRacer

from dashboards.charts.formats import (
    NumberFormat,
    cell_text,
    change,
    clock,
    compact,
    decimals_for,
    exact,
    full_moment,
    points,
    share,
)

ROOT = Path(__file__).parents[2]
EUROS = NumberFormat("currency", "EUR")
YEN = NumberFormat("currency", "JPY")
PERCENT = NumberFormat("percent")
PLAIN = NumberFormat()
LOCALES = ["en", "en-US", "en-GB", "de", "fr", "ar", "sv", "ja", "hi", "pt-BR", "es", "he", "de-CH"]
VALUES = [
    0,
    1,
    -1,
    12.5,
    -12.345,
    817.5,
    999.4,
    999.6,
    1000,
    4590,
    41286,
    99999,
    541209,
    999999,
    5_480_000,
    -2_100_000,
    1.5e9,
]


@pytest.mark.parametrize(
    ("value", "form", "locale", "said"),
    [
        (5_480_000, EUROS, "en", "€5.48M"),
        (541_209, EUROS, "en", "€541k"),
        (541_209, EUROS, "en-US", "€541K"),
        (2_100_000, EUROS, "en", "€2.10M"),
        (541_209, EUROS, "de", "541.000 €"),
        (5_480_000, EUROS, "de", "5,48 Mio. €"),
        (-1234, PLAIN, "en", "−1.23k"),
        (12.5, PLAIN, "en", "12.5"),
        (12, PLAIN, "en", "12"),
        (0.064, PERCENT, "en", "6.4%"),
        (0.064, PERCENT, "fr", "6,4 %"),
        (4590, NumberFormat("currency", "EUR", compact=False), "en", "€4,590"),
    ],
)
def test_compact_numbers_have_three_digits(value: float, form: NumberFormat, locale: str, said: str) -> None:
    assert plain(compact(value, locale, form)) == said


@pytest.mark.parametrize(
    ("value", "form", "decimals", "locale", "said"),
    [
        (541_209.4, EUROS, 0, "en", "€541,209"),
        (541_209.4, EUROS, 2, "de", "541.209,40 €"),
        (-0.0004, PERCENT, 1, "en", "0.0%"),
        (-0.004, PLAIN, 2, "en", "0.00"),
        (-6.3, PLAIN, 1, "en", "−6.3"),
        (1_234_567, PLAIN, 0, "hi", "12,34,567"),
        (1_234_567, PLAIN, 0, "de-CH", "1’234’567"),
    ],
)
def test_exact_numbers_by_locale(value: float, form: NumberFormat, decimals: int, locale: str, said: str) -> None:
    assert plain(exact(value, locale, form, decimals)) == said


def test_changes_have_a_sign_except_at_zero() -> None:
    assert change(0.193, "en") == "+19.3%"
    assert change(-0.063, "en") == "−6.3%"
    assert change(-0.0001, "en") == "0.0%"
    assert points(0.007, "en") == "+0.7"
    assert share(0.3812, "en") == "38%"


def test_a_column_has_one_number_of_decimals() -> None:
    assert decimals_for([1, 2, None], PLAIN) == 0
    assert decimals_for([1.5, 20], PLAIN) == 2
    assert decimals_for([1.5, 200], PLAIN) == 1
    assert decimals_for([1.5, 20_000], EUROS) == 0
    assert decimals_for([1], PERCENT) == 1
    assert decimals_for([1], NumberFormat(decimals=3)) == 3


def test_times_are_in_the_viewers_zone() -> None:
    moment = datetime(2026, 11, 20, 14, 32, tzinfo=UTC)
    assert clock(moment, "en", "UTC") == "14:32"
    assert clock(moment, "en", "Europe/Berlin") == "15:32"
    assert plain(clock(moment, "en-US", "America/New_York")) == "9:32 AM"
    assert full_moment(moment, "en", "Asia/Tokyo") == "20 Nov 2026, 23:32"
    assert clock(moment, "en", "No/Where") == "14:32"
    assert clock(moment, "en", "../../etc/passwd") == "14:32"


def test_cells_that_are_no_numbers() -> None:
    assert cell_text(None, "text", "en", "UTC") == "–"
    assert cell_text("2026-11-20", "date", "en", "UTC") == "20 Nov 2026"
    assert cell_text("2026-09-07", "date", "en", "UTC") == "7 Sep 2026"
    assert cell_text("2026-11-20", "date", "de", "UTC") == "20.11.2026"
    assert cell_text("2026-11-20T23:30:00+00:00", "datetime", "en", "Europe/Berlin") == "21 Nov 2026, 00:30"
    assert cell_text("2026-11-20T23:30:00", "datetime", "en", "Europe/Berlin") == "20 Nov 2026, 23:30"
    assert cell_text("not a date", "date", "en", "UTC") == "not a date"


@pytest.fixture(scope="module")
def browser_formats(tmp_path_factory: pytest.TempPathFactory) -> MiniRacer:
    """The frontend's formats in the V8 that draws."""
    out = tmp_path_factory.mktemp("formats") / "format.js"
    source = ROOT / "frontend" / "src" / "charts" / "format.ts"
    tool = ROOT / "node_modules" / ".bin" / "esbuild"
    command = [str(tool), str(source), "--bundle", "--format=iife", "--global-name=F", f"--outfile={out}"]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    racer = MiniRacer()
    racer.eval(out.read_text() + "\n;globalThis.F = F; 0")
    return racer


def plain(text: str) -> str:
    """Spaces and direction marks differ between versions of CLDR; what is read does not."""
    for odd in "\u00a0\u202f":
        text = text.replace(odd, " ")
    return "".join(c for c in text if c not in "\u200e\u200f\u061c").strip()


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("form", [PLAIN, EUROS, YEN, PERCENT], ids=["plain", "euros", "yen", "percent"])
def test_drawings_and_html_say_numbers_alike(browser_formats: MiniRacer, locale: str, form: NumberFormat) -> None:
    raw = {"style": form.style, "currency": form.currency}
    facts = json.dumps([VALUES, locale, raw])
    each = "(n) => [F.compact(n, l, f), F.exact(n, l, f, 0), F.exact(n, l, f, 2)]"
    drawn = json.loads(str(browser_formats.eval(f"JSON.stringify(((vs, l, f) => vs.map({each}))(...{facts}))")))
    written = [[compact(n, locale, form), exact(n, locale, form, 0), exact(n, locale, form, 2)] for n in VALUES]
    assert [[plain(text) for text in row] for row in drawn] == [[plain(text) for text in row] for row in written]


@pytest.mark.parametrize("locale", LOCALES)
def test_drawings_and_html_say_changes_alike(browser_formats: MiniRacer, locale: str) -> None:
    for value in (0.193, -0.063, 0, 0.0004, -0.0004, 12.5):
        assert plain(str(browser_formats.eval(f"F.change({value}, {json.dumps(locale)})"))) == plain(
            change(value, locale)
        )
