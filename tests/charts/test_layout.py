"""What only a browser can measure: cards under the built style sheet."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from dashboards.charts.card import CardPanel, CardState, draw_card
from tests.charts.specs import column, products, spec_of

pytestmark = pytest.mark.browser

DIST = Path(__file__).parents[2] / "frontend" / "dist"
ROWS = {"rows": 20}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    table = products()
    table["data"]["columns"][0]["values"] = ["Ridgeline 3L shell"] * 3
    cards = [
        draw_card(CardPanel(id="empty", type="table", title="Empty", width=12, encoding=ROWS), NO_ROWS, CardState()),
        draw_card(CardPanel(id="pending", type="table", title="Pending", width=12, encoding=ROWS), None, WAITING),
        draw_card(CardPanel(id="rows", type="table", title="Rows", encoding=table["encoding"]), table, CardState()),
    ]
    sheet = (DIST / "static" / json.loads((DIST / "manifest.json").read_text())["embed.css"]).read_text()
    body = f'<main class="eh"><div class="grid">{"".join(cards)}</div></main>'
    context = browser.new_context(viewport={"width": 390, "height": 900})
    opened = context.new_page()
    opened.set_content(f"<!doctype html><style>{sheet}</style>{body}")
    yield opened
    context.close()


NO_ROWS = spec_of("table", ROWS, column("n", "number", []))
WAITING = CardState(state="pending")


def height(page: Page, selector: str) -> float:
    found = page.locator(selector).bounding_box()
    assert found is not None
    return found["height"]


def test_an_empty_table_is_as_low_as_its_message_while_a_waiting_one_keeps_its_size(page: Page) -> None:
    assert height(page, "#p-empty .card-body") == 120
    assert height(page, "#p-pending .card-body") > 700


def test_a_sku_stands_on_one_line_on_a_phone(page: Page) -> None:
    page.locator("#p-rows .all-columns summary").click()
    lines = page.locator("#p-rows .sub").evaluate_all("all => all.map((one) => one.getClientRects().length)")
    assert lines == [1, 1, 1]
