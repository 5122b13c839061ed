"""The demo as a person meets it: a product's page, a switcher, and numbers that are that customer's own."""

import re
from datetime import UTC, date, datetime

import duckdb
import pytest
from playwright.sync_api import FrameLocator, Page, expect

from embedhost.demo.host import make_token
from tests.browser.conftest import NewContext
from tests.browser.demo import Demo
from tests.browser.hosts import wait_until

pytestmark = pytest.mark.browser

PANELS = {"sales-overview": 8, "orders-and-returns": 8}
#: Milliseconds. The first page of a new process draws everything, perhaps beside many other tests.
expect.set_options(timeout=20_000)


def last_12_months() -> tuple[date, date]:
    today = datetime.now(UTC).date()
    return date(today.year - (today.month < 12), today.month % 12 + 1, 1), today


def revenue_and_orders(demo: Demo, customer: str) -> tuple[float, int]:
    """Ask the warehouse itself, with a WHERE clause."""
    with duckdb.connect(str(demo.warehouse), read_only=True) as connection:
        found = connection.execute(
            "SELECT sum(amount), count(*) FROM orders WHERE customer_id = $1 AND ordered_on BETWEEN $2 AND $3",
            [customer, *last_12_months()],
        ).fetchone()
    assert found is not None
    return float(found[0]), int(found[1])


def money(value: float) -> str:
    """Write euros as a number card does: €3.15M, €541k."""
    size, unit = (value / 1e6, "M") if value >= 999_500 else (value / 1e3, "k")
    decimals = 2 if size < 10 else 1 if size < 100 else 0
    return f"€{size:.{decimals}f}{unit}"


def expect_numbers(frame: FrameLocator, demo: Demo, customer: str) -> None:
    revenue, orders = revenue_and_orders(demo, customer)
    expect(frame.locator("#p-revenue .big")).to_have_text(money(revenue))
    expect(frame.locator("#p-orders .big")).to_have_text(f"{orders:,}")


def test_switching_the_customer_shows_that_customers_numbers(demo: Demo, viewer: Page) -> None:
    viewer.goto(demo.facts["host_page"])
    frame = viewer.frame_locator("iframe")
    expect_numbers(frame, demo, "alpenglow-outfitters")
    before = frame.locator("#p-revenue .big").inner_text()
    viewer.get_by_label("Signed in as").select_option("camino-cie")
    viewer.wait_for_url(re.compile("customer=camino-cie"))
    expect(frame.locator(".eh-asof")).to_contain_text("Camino & Cie")
    expect_numbers(frame, demo, "camino-cie")
    assert frame.locator("#p-revenue .big").inner_text() != before


def test_the_customer_is_kept_from_dashboard_to_dashboard(demo: Demo, viewer: Page) -> None:
    viewer.goto(demo.host_page("sales-overview", "nordlys-sport"))
    viewer.get_by_role("link", name="Orders and returns").click()
    frame = viewer.frame_locator("iframe")
    expect(frame.locator("h1")).to_have_text("Orders and returns")
    expect(frame.locator(".eh-asof")).to_contain_text("Nordlys Sport")


def test_the_frame_is_as_high_as_its_page(demo: Demo, viewer: Page) -> None:
    for width in (1280, 390):
        viewer.set_viewport_size({"width": width, "height": 900})
        viewer.goto(demo.host_page("sales-overview", "camino-cie"))
        frame = viewer.frame_locator("iframe")
        expect(frame.locator("[data-state=ready]")).to_have_count(PANELS["sales-overview"])
        wait_until(viewer, "document.querySelector('iframe').style.height !== ''")
        inner = frame.locator("html").evaluate("html => [html.scrollHeight, innerHeight, html.scrollWidth, innerWidth]")
        assert inner[0] <= inner[1]
        assert inner[2] <= inner[3]


@pytest.mark.parametrize("dashboard", PANELS)
def test_without_javascript_the_frame_arrives_with_every_panel_drawn(
    demo: Demo, new_context: NewContext, dashboard: str
) -> None:
    board = next(board for board in demo.facts["dashboards"] if board["slug"] == dashboard)
    viewer = new_context(java_script_enabled=False).new_page()
    token = make_token(demo.facts["organization"]["embed_secrets"][0], board["embed_id"], "alpenglow-outfitters")
    viewer.goto(f"{demo.facts['base_url']}/iframe/{token}")
    cards = viewer.locator("section.card")
    expect(viewer.locator("section.card[data-state=ready]")).to_have_count(PANELS[dashboard], timeout=20_000)
    expect(cards).to_have_count(PANELS[dashboard])
    for card in cards.all():
        kind = card.get_attribute("data-type")
        drawing = {"table": "table", "text": "p", "number": ".big"}.get(str(kind), ".chart svg:visible")
        expect(card.locator(drawing).first).to_be_visible()


def test_without_javascript_the_switcher_is_a_button(demo: Demo, new_context: NewContext) -> None:
    viewer = new_context(java_script_enabled=False).new_page()
    viewer.goto(demo.facts["host_page"])
    viewer.get_by_label("Signed in as").select_option("camino-cie")
    viewer.get_by_role("button", name="Switch").click()
    frame = viewer.frame_locator("iframe")
    expect(frame.locator(".eh-asof")).to_contain_text("Camino & Cie")
    expect_numbers(frame, demo, "camino-cie")


def test_the_page_and_the_frame_break_no_policy_and_keep_no_cookie(demo: Demo, viewer: Page) -> None:
    complaints: list[str] = []
    viewer.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    viewer.on("pageerror", lambda error: complaints.append(str(error)))
    viewer.goto(demo.facts["host_page"])
    frame = viewer.frame_locator("iframe")
    expect(frame.locator("[data-state=ready]")).to_have_count(PANELS["sales-overview"])
    frame.locator("#p-revenue-by-month .chart").hover()
    viewer.wait_for_load_state("networkidle")
    assert complaints == []
    assert viewer.context.cookies() == []


def test_the_address_of_the_frame_holds_no_token_after_load(demo: Demo, viewer: Page) -> None:
    viewer.goto(demo.facts["host_page"])
    expect(viewer.frame_locator("iframe").locator("[data-state=ready]")).to_have_count(PANELS["sales-overview"])
    frame = next(frame for frame in viewer.frames if frame.url.startswith(demo.facts["base_url"]))
    wait_until(frame, "location.pathname === '/iframe/-'")


def test_a_reload_of_the_frame_asks_the_product_for_a_token(demo: Demo, viewer: Page) -> None:
    viewer.goto(demo.host_page("sales-overview", "camino-cie"))
    locator = viewer.frame_locator("iframe")
    expect(locator.locator("[data-state=ready]")).to_have_count(PANELS["sales-overview"])
    frame = next(frame for frame in viewer.frames if frame.url.startswith(demo.facts["base_url"]))
    frame.evaluate("location.reload()")
    expect(locator.locator("[data-state=ready]")).to_have_count(PANELS["sales-overview"])
    expect_numbers(locator, demo, "camino-cie")
