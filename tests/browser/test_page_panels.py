"""Panels: drawn on arrival, brought by polling, failing and coming back, taken over, saved."""

import re
import shutil

import pytest
from playwright.sync_api import Page, Route, expect

from dashboards.flights import FAILED_SECONDS
from tests.browser.app import App
from tests.browser.conftest import NewContext
from tests.browser.hosts import card, expect_ready, frame_of, frame_page, requests_of, show, wait_for_message
from tests.browser.site import Site

pytestmark = pytest.mark.browser


def test_without_javascript_every_panel_is_drawn(app: App, site: Site, new_context: NewContext) -> None:
    viewer = new_context(java_script_enabled=False).new_page()
    frame = show(viewer, site, frame_page(app.page()))

    expect_ready(frame, "total", "months", "regions", "share", "rows", "about")
    expect(card(frame, "total")).to_contain_text("1,200")
    for panel in ("months", "regions", "share"):
        expect(card(frame, panel).locator(".chart svg:visible")).to_have_count(1)
    expect(card(frame, "rows")).to_contain_text("CANARY-acme-00")
    expect(frame.locator(".vars")).to_contain_text("Region")
    expect(frame.locator("button:visible")).to_have_count(0)
    card(frame, "months").get_by_text("Show table").click()
    expect(card(frame, "months").get_by_role("table")).to_be_visible()


def test_without_javascript_a_slow_panel_comes_by_refresh(app: App, site: Site, new_context: NewContext) -> None:
    viewer = new_context(java_script_enabled=False).new_page()
    frame = show(viewer, site, frame_page(app.page(dashboard="slow", var={"rest": 1})))

    expect(card(frame, "slow")).to_have_attribute("data-state", "ready", timeout=30_000)


def test_a_slow_panel_comes_by_polling_and_the_page_keeps_its_size(app: App, site: Site, viewer: Page) -> None:
    held: list[Route] = []
    viewer.route("**/data/**", lambda route: held.append(route), times=1)
    frame = show(viewer, site, frame_page(app.page(dashboard="slow", var={"rest": 2})))
    expect(card(frame, "slow")).to_have_attribute("data-state", "pending")
    expect(frame.locator("#eh-asof")).to_be_hidden()
    before = card(frame, "slow").bounding_box()
    assert held

    held[0].continue_()
    expect(card(frame, "slow")).to_have_attribute("data-state", "ready", timeout=30_000)

    wait_for_message(viewer, "dashboardLoaded")
    expect(frame.locator("#eh-asof")).to_be_visible()
    expect(frame.locator("#eh-asof")).to_have_text(re.compile(r"\d, \d"))
    now = card(frame, "slow").bounding_box()
    assert before is not None
    assert now is not None
    assert now["height"] == pytest.approx(before["height"], abs=1)


def test_a_panel_that_fails_says_so_and_comes_back_by_its_button(app: App, site: Site, viewer: Page) -> None:
    lost = app.folder / "lost.duckdb"
    kept = app.folder / "kept.duckdb"
    shutil.move(lost, kept)
    try:
        frame = show(viewer, site, frame_page(app.page(dashboard="broken")))
        failed = card(frame, "lost")
        expect(failed).to_have_attribute("data-state", "failed")
        expect(failed).to_contain_text("This panel could not be loaded")
        expect(failed).to_contain_text("We will try again in 30 seconds.")
        expect(failed).to_contain_text("Reference R-")
        expect(card(frame, "found")).to_contain_text("1,200")
    finally:
        shutil.move(kept, lost)

    # One failure answers all who ask within its few seconds; a viewer who is quick presses again.
    failed.get_by_role("button", name="Try again").click()
    viewer.wait_for_timeout(FAILED_SECONDS * 1000)
    if failed.get_attribute("data-state") == "failed":
        failed.get_by_role("button", name="Try again").click()

    expect(failed).to_have_attribute("data-state", "ready")
    expect(failed).to_contain_text("1,200")


def test_a_panel_that_fails_is_tried_again_by_itself(app: App, site: Site, viewer: Page) -> None:
    answers = iter([503, 503])
    viewer.clock.install()

    def fail_twice(route: Route) -> None:
        status = next(answers, None)
        if status is None:
            route.continue_()
        else:
            body = '{"code": "data_source_unavailable", "message": "m", "reference": "R-4QX8M2"}'
            route.fulfill(status=status, content_type="application/json", body=body)

    frame = show(viewer, site, frame_page(app.page()))
    expect_ready(frame, "total")
    viewer.route("**/data/*/panels/total?*", fail_twice)
    frame.get_by_role("button", name="Size All").click()
    frame.get_by_role("option", name="Small").click()
    expect(card(frame, "total")).to_contain_text("Reference R-4QX8M2")
    expect(card(frame, "total")).to_contain_text("We will try again in 30 seconds.")

    viewer.clock.run_for(31_000)
    expect(card(frame, "total")).to_contain_text("We will try again in 60 seconds.")
    viewer.clock.run_for(61_000)

    expect(card(frame, "total")).to_contain_text("1,200")


def test_a_refresh_that_fails_keeps_the_old_numbers(app: App, site: Site, viewer: Page) -> None:
    frame = show(viewer, site, frame_page(app.page()))
    expect_ready(frame, "total")
    viewer.route("**/data/*/panels/total?*", lambda route: route.abort())

    frame.get_by_role("button", name="Refresh").click()

    expect(card(frame, "total").locator(".card-foot")).to_contain_text("Could not be updated")
    expect(card(frame, "total")).to_contain_text("1,200")


def test_refresh_minutes_asks_again_by_itself(app: App, site: Site, viewer: Page) -> None:
    viewer.clock.install()
    frame = show(viewer, site, frame_page(app.page(query="?refresh-minutes=2")))
    expect_ready(frame, "total")
    wait_for_message(viewer, "dashboardLoaded")

    with viewer.expect_request(lambda request: "/panels/total?" in request.url):
        viewer.clock.run_for(121_000)


def test_a_touch_brings_the_charts_script_and_only_then(app: App, site: Site, viewer: Page) -> None:
    scripts = requests_of(viewer, "/static/")
    frame = show(viewer, site, frame_page(app.page()))
    expect_ready(frame, "months")
    wait_for_message(viewer, "dashboardLoaded")
    assert not any("charts" in script.url for script in scripts)

    card(frame, "months").locator(".chart").hover()

    expect(card(frame, "months").locator(".chart .live svg")).to_be_visible()
    assert any("charts" in script.url for script in scripts)


def test_a_chart_is_reached_by_keyboard(app: App, site: Site, viewer: Page) -> None:
    frame = show(viewer, site, frame_page(app.page()))
    expect_ready(frame, "months")
    card(frame, "months").get_by_role("button", name="Panel menu").focus()

    viewer.keyboard.press("Tab")

    expect(card(frame, "months").locator(".chart")).to_be_focused()
    expect(card(frame, "months").locator(".chart.is-live")).to_have_count(1)


def test_the_panel_menu_shows_the_table_and_saves_the_rows(app: App, site: Site, viewer: Page) -> None:
    frame = show(viewer, site, frame_page(app.page(query="?region=%22North%22")))
    expect_ready(frame, "months")
    opener = card(frame, "regions").get_by_role("button", name="Panel menu: Revenue by region")
    opener.click()
    viewer.keyboard.press("ArrowDown")
    with viewer.expect_download() as saving:
        viewer.keyboard.press("Enter")

    assert saving.value.suggested_filename == "regions.csv"
    assert saving.value.path().read_text(encoding="utf-8-sig").splitlines() == ["region,total", "North,400"]
    expect(opener).to_be_focused()
    opener.click()
    frame.get_by_role("menuitem", name="Show table").click()
    expect(card(frame, "regions").get_by_role("table")).to_be_visible()


def test_where_the_token_forbids_exports_nothing_offers_one(app: App, site: Site, viewer: Page) -> None:
    frame = show(viewer, site, frame_page(app.page(rts=["variables"])))
    expect_ready(frame, "months")
    card(frame, "regions").get_by_role("button", name="Panel menu").click()

    expect(frame.get_by_role("menuitem")).to_have_text(["Show table"])


def test_the_frame_says_how_high_it_is_also_with_an_open_popover(app: App, site: Site, viewer: Page) -> None:
    frame = show(viewer, site, frame_page(app.page(dashboard="broken")))
    expect_ready(frame, "found")
    height = wait_for_message(viewer, "embedhostHeight")["height"]

    content = frame_of(viewer).evaluate("document.querySelector('main').getBoundingClientRect().height")
    assert height == pytest.approx(content, abs=1)
