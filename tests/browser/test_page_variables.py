"""The variables bar: by mouse, by keyboard, on a phone."""

import re

import pytest
from playwright.sync_api import FrameLocator, Locator, Page, Request, expect

from tests.browser.app import App
from tests.browser.conftest import NewContext
from tests.browser.hosts import card, element_page, expect_ready, frame_of, frame_page, show, wait_until
from tests.browser.site import Site

pytestmark = pytest.mark.browser


@pytest.fixture
def frame(app: App, site: Site, viewer: Page) -> FrameLocator:
    """The sales dashboard in its product's page."""
    frame = show(viewer, site, frame_page(app.page()))
    expect(card(frame, "total")).to_contain_text("1,200")
    return frame


def _chip(frame: FrameLocator, name: str) -> Locator:
    return frame.get_by_role("button", name=re.compile(f"^{name}"))


def test_a_choice_applies_at_once_and_is_seen_as_changed(frame: FrameLocator, viewer: Page) -> None:
    _chip(frame, "Region").click()
    frame.get_by_role("option", name="South").click()

    expect(_chip(frame, "Region South")).to_have_class(re.compile(r"\bset\b"))
    expect(card(frame, "total")).to_contain_text("400")
    expect(frame.get_by_role("dialog")).to_have_count(0)
    assert frame_of(viewer).url.endswith("/iframe/-")


def test_reset_comes_last_and_brings_everything_back(frame: FrameLocator) -> None:
    reset = frame.get_by_role("button", name="Reset", exact=True)
    expect(reset).to_be_hidden()
    _chip(frame, "Region").click()
    frame.get_by_role("option", name="South").click()
    expect(card(frame, "total")).to_contain_text("400")

    expect(frame.locator(".vars > :last-child")).to_have_text("Reset")
    reset.click()

    expect(card(frame, "total")).to_contain_text("1,200")
    expect(reset).to_be_hidden()


def test_eight_choices_can_be_searched_and_three_need_no_search(frame: FrameLocator) -> None:
    _chip(frame, "Region").click()
    search = frame.get_by_role("searchbox", name="Search")
    expect(search).to_be_focused()
    search.fill("isl")
    expect(frame.get_by_role("option")).to_have_text(["Islands"])
    search.fill("zzz")
    expect(frame.get_by_text("Nothing found")).to_be_visible()
    search.press("Escape")

    _chip(frame, "Size").click()
    expect(frame.get_by_role("option")).to_have_text(["All", "Small", "Large"])
    expect(frame.get_by_role("searchbox")).to_have_count(0)


def test_the_bar_works_by_keyboard_alone(frame: FrameLocator, viewer: Page) -> None:
    region = _chip(frame, "Region")
    region.focus()
    viewer.keyboard.press("Enter")
    viewer.keyboard.type("nor")
    viewer.keyboard.press("ArrowDown")
    viewer.keyboard.press("Enter")

    expect(_chip(frame, "Region North")).to_be_focused()
    expect(card(frame, "total")).to_contain_text("400")

    viewer.keyboard.press("Tab")
    viewer.keyboard.press("Space")
    viewer.keyboard.press("ArrowDown")
    viewer.keyboard.press("ArrowDown")
    viewer.keyboard.press("Space")
    expect(_chip(frame, "Size Large")).to_be_focused()


def test_escape_closes_and_gives_the_focus_back(frame: FrameLocator, viewer: Page) -> None:
    for name in ("Period", "Region", "Size", "At least", "Note"):
        chip = _chip(frame, name)
        chip.click()
        expect(frame.get_by_role("dialog")).to_be_visible()
        expect(chip).to_have_attribute("aria-expanded", "true")
        viewer.keyboard.press("Escape")
        expect(frame.get_by_role("dialog")).to_have_count(0)
        expect(chip).to_be_focused()
        expect(chip).to_have_attribute("aria-expanded", "false")


def test_a_click_elsewhere_closes_the_popover(frame: FrameLocator) -> None:
    _chip(frame, "Region").click()
    frame.get_by_role("heading", level=1).click()

    expect(frame.get_by_role("dialog")).to_have_count(0)


def test_a_period_is_a_relative_one_or_two_days(frame: FrameLocator) -> None:
    _chip(frame, "Period").click()
    expect(frame.get_by_role("option")).to_have_count(10)
    frame.get_by_label("From").fill("2025-01-01")
    frame.get_by_role("button", name="Apply").click()
    expect(frame.get_by_role("alert")).to_have_text("Set both days, the first one not after the last.")

    frame.get_by_label("To", exact=True).fill("2025-02-28")
    frame.get_by_role("button", name="Apply").click()

    expect(card(frame, "total")).to_contain_text("200")
    expect(_chip(frame, "Period")).to_contain_text(re.compile("Jan.*2025"))


def test_a_number_and_a_text_are_applied_and_cleared(frame: FrameLocator, viewer: Page) -> None:
    _chip(frame, "At least").click()
    viewer.keyboard.type("1000")
    viewer.keyboard.press("Enter")
    expect(card(frame, "total")).to_have_attribute("data-state", "empty")
    expect(_chip(frame, "At least")).to_contain_text("1,000")

    _chip(frame, "At least").click()
    frame.get_by_role("button", name="Clear").click()
    _chip(frame, "Note").click()
    viewer.keyboard.type("CANARY-acme-03")
    viewer.keyboard.press("Enter")
    expect(card(frame, "total")).to_contain_text("100")


def test_an_empty_panel_offers_to_reset_the_filters(frame: FrameLocator) -> None:
    _chip(frame, "Region").click()
    frame.get_by_role("option", name="Abroad").click()
    empty = card(frame, "regions")
    expect(empty).to_have_attribute("data-state", "empty")

    empty.get_by_role("button", name="Reset filters").click()

    expect(empty).to_have_attribute("data-state", "ready")


def test_a_change_gives_up_the_calls_of_the_one_before(frame: FrameLocator, viewer: Page) -> None:
    given_up: list[Request] = []
    viewer.on("requestfailed", lambda request: given_up.append(request))
    viewer.route("**/data/**", lambda route: None if "South" in route.request.url else route.continue_())
    _chip(frame, "Region").click()
    frame.get_by_role("option", name="South").click()
    _chip(frame, "Region South").click()
    frame.get_by_role("option", name="All").click()

    expect(card(frame, "total")).to_contain_text("1,200")
    expect(card(frame, "total")).not_to_have_attribute("aria-busy", "true")
    assert given_up
    assert all("South" in request.url for request in given_up)


def test_locked_values_are_text_and_hidden_ones_are_nowhere(frame: FrameLocator, viewer: Page) -> None:
    expect(frame.locator('[data-variable="plan"]')).to_have_text(re.compile(r"Plan\s*basic"))
    expect(frame.get_by_role("button", name=re.compile("Plan"))).to_have_count(0)
    assert "floor" not in frame_of(viewer).content().lower()


def test_values_in_the_address_open_the_page_and_leave_the_address(app: App, site: Site, viewer: Page) -> None:
    frame = show(viewer, site, frame_page(app.page(query="?region=%22West%22&plan=%22pro%22")))

    expect(card(frame, "total")).to_contain_text("400")
    expect(_chip(frame, "Region West")).to_have_class(re.compile(r"\bset\b"))
    expect(frame.locator('[data-variable="plan"]')).to_contain_text("basic")
    assert frame_of(viewer).url.endswith("/iframe/-")
    frame.get_by_role("button", name="Reset", exact=True).click()
    expect(card(frame, "total")).to_contain_text("1,200")


def test_on_a_phone_the_bar_is_one_row_and_the_popover_a_sheet_in_sight(
    app: App, site: Site, new_context: NewContext
) -> None:
    viewer = new_context(viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True).new_page()
    frame = show(viewer, site, element_page(app, app.token()))
    expect_ready(frame, "total", "months")
    inside = frame_of(viewer)
    assert inside.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tops = "[...document.querySelectorAll('.vars > *')].filter(e => e.offsetParent).map(e => e.offsetTop)"
    assert len(set(inside.evaluate(tops))) == 1
    assert inside.evaluate("document.querySelector('.vars').scrollWidth > document.querySelector('.vars').clientWidth")

    frame.get_by_role("button", name=re.compile("^Region")).tap()
    sheet = frame.get_by_role("dialog", name="Region")
    expect(sheet).to_be_visible()
    wait_until(viewer, "document.querySelector('iframe').clientHeight > 780")
    box = sheet.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 781
    assert box["width"] == 390
    frame.get_by_role("option", name="North").tap()
    expect(card(frame, "total")).to_contain_text("400")


def test_p_dv_03_where_viewers_may_not_change_anything_there_are_no_controls(
    app: App, site: Site, viewer: Page
) -> None:
    frame = show(viewer, site, frame_page(app.page(rts=["export"], query="?region=%22West%22")))
    expect(card(frame, "total")).to_contain_text("1,200")

    expect(frame.locator(".vars button:visible")).to_have_count(0)
    expect(frame.locator('[data-variable="region"]')).to_have_text(re.compile(r"Region\s*All"))
