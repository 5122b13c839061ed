"""Every entry of CHARTS keeps the same promises; a new type is measured by this file."""

import re
from pathlib import Path

import pytest

from dashboards.charts import CHARTS
from dashboards.charts.card import CardPanel, CardState, draw_card
from dashboards.charts.data import MissingColumn, Spec
from dashboards.charts.drawer import drawer
from tests.charts.specs import SPECS

FRONTEND = Path(__file__).parents[2] / "frontend" / "src" / "charts"
DOCS = Path(__file__).parents[2] / "docs" / "charts.md"
WITH_QUERY = sorted(SPECS)
DRAWN = sorted(name for name, chart in CHARTS.items() if chart.drawn)


def panel_of(name: str) -> CardPanel:
    return CardPanel(id="one", type=name, title="Title", width=4, encoding=SPECS[name]["encoding"])


def test_every_type_with_a_query_has_a_spec_here() -> None:
    assert set(CHARTS) - {"text"} == set(SPECS)


def test_drawn_types_have_the_same_names_in_python_and_in_the_frontend() -> None:
    listed = re.search(r"CHARTS: Record<string, Chart> = \{([^}]*)\}", (FRONTEND / "charts.ts").read_text())
    assert listed is not None
    names = sorted(part.split(":")[0].strip() for part in listed[1].split(",") if part.strip())
    assert names == DRAWN
    assert all((FRONTEND / f"{name}.ts").is_file() for name in DRAWN)


@pytest.mark.parametrize("name", sorted(CHARTS))
def test_every_type_is_documented_with_an_example(name: str) -> None:
    text = DOCS.read_text()
    assert f"## {name}\n" in text
    assert f"type: {name}" in text


@pytest.mark.parametrize("name", WITH_QUERY)
def test_its_own_example_has_no_problem(name: str) -> None:
    columns = [column["name"] for column in SPECS[name]["data"]["columns"]]
    assert CHARTS[name].check(SPECS[name]["encoding"], columns) == []


@pytest.mark.parametrize("name", sorted(CHARTS))
def test_an_unknown_key_is_refused_with_the_known_ones(name: str) -> None:
    assert any("no key `colour`" in problem for problem in CHARTS[name].check({"colour": "red"}))


@pytest.mark.parametrize("name", [name for name in WITH_QUERY if name != "table"])
def test_a_missing_required_key_is_named(name: str) -> None:
    assert any("needs `" in problem for problem in CHARTS[name].check({}))


@pytest.mark.parametrize("name", WITH_QUERY)
def test_a_column_that_the_query_does_not_return_is_named(name: str) -> None:
    problems = CHARTS[name].check(SPECS[name]["encoding"], ["other_column"])
    assert problems
    assert all("returns no column" in problem and "other_column" in problem for problem in problems)


@pytest.mark.parametrize("name", WITH_QUERY)
def test_summary_and_table_come_from_the_data(name: str) -> None:
    spec = Spec.of(SPECS[name])
    assert CHARTS[name].summary(spec)
    table = CHARTS[name].table(spec)
    assert table.rows
    assert all(len(row) == len(table.heads) for row in table.rows)


@pytest.mark.parametrize("name", WITH_QUERY)
def test_a_missing_column_at_run_time_leaves_the_rows(name: str) -> None:
    encoding = {key: "gone" for key in SPECS[name]["encoding"] if key in ("value", "y", "sort")}
    panel = CardPanel(id="one", type=name, title="Title", encoding={**SPECS[name]["encoding"], **encoding})
    spec = Spec.of({**SPECS[name], "encoding": panel.encoding})
    with pytest.raises(MissingColumn, match="gone"):
        (CHARTS[name].summary(spec), CHARTS[name].table(spec))
    card = draw_card(panel, SPECS[name], CardState())
    assert 'class="tbl"' in card
    assert 'data-state="ready"' in card


@pytest.mark.parametrize("name", DRAWN)
def test_the_drawing_is_one_svg_without_styles_and_classes(name: str) -> None:
    svg = drawer().draw(SPECS[name], 358, 256)
    assert svg.startswith("<svg ")
    assert svg.endswith("</svg>")
    assert svg.count("<svg") == 1
    assert not re.search(r"<style|\sstyle=|\sclass=|url\(|<script|\son\w+=", svg)
    assert "var(--eh-c1)" in svg


@pytest.mark.parametrize("name", DRAWN)
def test_the_same_spec_gives_the_same_bytes(name: str) -> None:
    assert drawer().draw(SPECS[name], 358, 256) == drawer().draw(SPECS[name], 358, 256)


@pytest.mark.parametrize("name", WITH_QUERY)
@pytest.mark.parametrize("locale", ["en", "de-AT", "ar", "ja", "xx", "not a locale"])
def test_every_locale_gives_a_card(name: str, locale: str) -> None:
    card = draw_card(panel_of(name), {**SPECS[name], "locale": locale}, CardState(locale=locale))
    assert 'data-state="ready"' in card


@pytest.mark.parametrize("name", WITH_QUERY)
def test_no_rows_and_nulls_only_give_a_card(name: str) -> None:
    columns = SPECS[name]["data"]["columns"]
    for count in (0, 3):
        empty = [{**column, "values": [None] * count} for column in columns]
        spec = {**SPECS[name], "data": {"columns": empty, "rows": count}}
        assert f'data-type="{name}"' in draw_card(panel_of(name), spec, CardState())
