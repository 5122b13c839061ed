"""The browser takes drawings over, under the strictest policy that the page will have."""

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Position, expect

from dashboards.charts.card import CardPanel, CardState, draw_card
from tests.charts.specs import EUROS, by_channel, by_month, by_region

pytestmark = pytest.mark.browser

DIST = Path(__file__).parents[2] / "frontend" / "dist"
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'"
LABELS = {"labels": {"revenue": "Last 12 months", "before": "Year before"}}
LINE = {"x": "month", "y": "revenue", "compare": "before", "partial": True, "format": EUROS, **LABELS}
PANELS = {"line": by_month(LINE), "bar": by_region(), "pie": by_channel()}


class Handler(SimpleHTTPRequestHandler):
    """Serves the folder under the page's policy."""

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *_: object) -> None:
        return


def page_of() -> str:
    cards = [
        draw_card(
            CardPanel(id=name, type=name, title=name.title(), width=8, encoding=spec["encoding"]),
            spec,
            CardState(),
        )
        for name, spec in PANELS.items()
    ]
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
        '<link rel="stylesheet" href="embed.css"><script type="module" src="take.js"></script>'
    )
    body = f'<main class="eh"><div class="grid">{"".join(cards)}</div></main>'
    return f'<!doctype html><html lang="en">{head}{body}'


def write_site(folder: Path) -> None:
    manifest = json.loads((DIST / "manifest.json").read_text())
    for file in (DIST / "static").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "embed.css").write_bytes((DIST / "static" / manifest["embed.css"]).read_bytes())
    (folder / "specs.json").write_text(json.dumps(PANELS))
    (folder / "take.js").write_text(
        f'import {{ mount }} from "./{manifest["charts.js"]}";\n'
        'const specs = await (await fetch("specs.json")).json();\n'
        "const cards = Object.entries(specs).map(([id, spec]) => [document.getElementById(`p-${id}`), spec]);\n"
        "globalThis.mounted = cards.map(([card, spec]) => mount(card, spec));\n"
    )
    (folder / "index.html").write_text(page_of())


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("site")
    write_site(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/index.html"
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.goto(site)
    # Not wait_for_function: it evaluates text, which the policy refuses.
    opened.locator("#p-pie .live svg").wait_for(state="attached")
    yield opened
    context.close()
    assert said == []


def box(page: Page, selector: str) -> Any:
    found = page.locator(selector).bounding_box()
    assert found is not None
    return found


def test_a_drawing_is_redrawn_at_its_exact_size_without_moving_the_page(page: Page) -> None:
    chart, svg = box(page, "#p-line .chart"), box(page, "#p-line .live svg")
    assert round(svg["width"]) == round(chart["width"])
    assert abs(svg["height"] - chart["height"]) <= 1
    assert page.locator("#p-line .at-wide").is_hidden()
    assert page.locator("#p-line .live [style]").count() == 0


def test_the_tooltip_follows_the_nearest_category(page: Page) -> None:
    chart = box(page, "#p-line .chart")
    page.mouse.move(chart["x"] + chart["width"] - 75, chart["y"] + 100)
    tip = page.locator("#p-line .tip")
    text = " ".join(tip.inner_text().split())
    assert text == "October 2026 Last 12 months €541,209 Year before €437,016 Change +23.8%"
    inside = box(page, "#p-line .tip")
    assert inside["x"] >= chart["x"]
    assert inside["x"] + inside["width"] <= chart["x"] + chart["width"] + 1
    page.mouse.move(5, 5)
    assert tip.is_hidden()


def test_arrow_keys_read_the_chart_and_escape_lets_go(page: Page) -> None:
    page.locator("#p-bar .chart").focus()
    page.keyboard.press("ArrowDown")
    assert page.locator("#p-bar .tip p").inner_text() == "DACH"
    page.keyboard.press("End")
    assert page.locator("#p-bar .tip p").inner_text() == "Other"
    assert page.locator("#p-bar [role=status]").inner_text().startswith("Other: Revenue €1,400,000")
    page.keyboard.press("Escape")
    assert page.locator("#p-bar .tip").is_hidden()


def test_a_press_pins_the_tooltip_and_a_second_one_lets_go(page: Page) -> None:
    chart, spot = page.locator("#p-pie .chart"), Position(x=250, y=140)
    chart.click(position=spot)
    page.mouse.move(5, 5)
    assert "Web" in page.locator("#p-pie .tip").inner_text()
    chart.click(position=spot)
    assert page.locator("#p-pie .tip").is_hidden()


def test_the_legend_isolates_a_series_and_restores_all(page: Page) -> None:
    before = page.locator("#p-line .live svg").inner_html()
    button = page.get_by_role("button", name="Year before")
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    assert "var(--eh-c1)" not in page.locator("#p-line .live svg").inner_html()
    button.click()
    assert page.locator("#p-line .live svg").inner_html() == before


def test_a_new_width_is_drawn_anew(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    expect(page.locator("#p-line .live svg")).to_have_attribute("width", "332")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_table_takes_the_drawings_place_without_script_of_ours(page: Page) -> None:
    page.locator("#p-line summary").click()
    assert page.locator("#p-line .chart").is_hidden()
    assert page.locator("#p-line .table-view").is_visible()
    page.locator("#p-line summary").click()
    assert page.locator("#p-line .live svg").is_visible()


def test_letting_go_leaves_the_servers_drawing(page: Page) -> None:
    page.evaluate("globalThis.mounted.forEach((one) => one.destroy())")
    assert page.locator(".live, .tip, .cursor, .legend button").count() == 0
    assert page.locator("#p-line .at-wide").is_visible()
