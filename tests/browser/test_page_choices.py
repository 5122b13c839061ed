"""Choices that queries offer, and the types that are chosen: by mouse, by keyboard, on a phone."""

import re

import pytest
from playwright.sync_api import FrameLocator, Locator, Page, Request, expect

from tests.browser.app import App
from tests.browser.conftest import NewContext
from tests.browser.hosts import card, frame_page, show
from tests.browser.site import Site

pytestmark = pytest.mark.browser


@pytest.fixture
def frame(app: App, site: Site, viewer: Page) -> FrameLocator:
    """The dashboard of filters in its product's page."""
    frame = show(viewer, site, frame_page(app.page(dashboard="filters")))
    expect(card(frame, "rows")).to_contain_text("CANARY-acme-00")
    return frame


def _chip(frame: FrameLocator, name: str) -> Locator:
    return frame.get_by_role("button", name=re.compile(f"^{name}"))


def _rows(frame: FrameLocator) -> Locator:
    return card(frame, "rows").locator("tbody tr:not([hidden])")


def test_several_choices_of_a_query_are_ticked_and_applied(frame: FrameLocator, viewer: Page) -> None:
    _chip(frame, "Regions").click()
    boxes = frame.get_by_role("checkbox")
    expect(boxes).to_have_count(3)
    frame.get_by_label("North").check()
    frame.get_by_label("South").check()
    frame.get_by_role("button", name="Apply").click()

    expect(_chip(frame, "Regions North, South")).to_be_focused()
    expect(_rows(frame)).to_have_count(8)

    # By keyboard alone: the space bar takes South back, Enter applies.
    viewer.keyboard.press("Enter")
    expect(boxes.first).to_be_focused()
    viewer.keyboard.press("ArrowDown")
    viewer.keyboard.press("Space")
    viewer.keyboard.press("Enter")
    expect(_rows(frame)).to_have_count(4)


def test_a_choice_that_is_no_longer_offered_is_cleared_with_a_note(frame: FrameLocator) -> None:
    _chip(frame, "Order").click()
    frame.get_by_role("searchbox").fill("acme-01")
    frame.get_by_role("option", name="South CANARY-acme-01").click()
    expect(_rows(frame)).to_have_count(1)

    _chip(frame, "Regions").click()
    frame.get_by_label("North").check()
    frame.get_by_role("button", name="Apply").click()

    expect(frame.get_by_text("“Order” was cleared")).to_be_visible()
    expect(_chip(frame, "Order All")).to_be_visible()
    expect(_rows(frame)).to_have_count(4)
    _chip(frame, "Order").click()
    expect(frame.get_by_role("option")).to_have_count(5)


def test_a_long_list_is_asked_for_when_it_is_opened_and_searched_without_drawing_it_whole(
    frame: FrameLocator, viewer: Page
) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        if "/choices/" in request.url:
            asked.append(request.url)

    viewer.on("request", note)
    viewer.reload()
    expect(card(frame, "rows")).to_contain_text("CANARY-acme-00")
    asked.clear()
    _chip(frame, "Pair").click()
    expect(frame.get_by_role("option")).to_have_count(200)
    expect(frame.get_by_text("801 more. Search to find them.")).to_be_visible()
    assert len(asked) <= 1
    frame.get_by_role("searchbox").fill("pair 999")
    expect(frame.get_by_role("option")).to_have_text(["Pair 999"])
    frame.get_by_role("searchbox").press("Enter")
    expect(_chip(frame, "Pair Pair 999")).to_be_focused()


def test_yes_or_no_and_a_day_are_chosen(frame: FrameLocator) -> None:
    _chip(frame, "Large").click()
    expect(frame.get_by_role("option")).to_have_text(["All", "Yes", "No"])
    frame.get_by_role("option", name="Yes").click()
    expect(card(frame, "rows")).to_have_attribute("data-state", "empty")
    _chip(frame, "Large Yes").click()
    frame.get_by_role("option", name="No", exact=True).click()
    expect(_rows(frame)).to_have_count(12)

    _chip(frame, "Since").click()
    frame.get_by_label("Since", exact=True).last.fill("2025-11-01")
    frame.get_by_role("button", name="Apply").click()
    expect(_chip(frame, "Since")).to_contain_text("2025")
    expect(_rows(frame)).to_have_count(2)


def test_an_order_is_picked_from_the_authors_list_and_cannot_be_unset(frame: FrameLocator) -> None:
    _chip(frame, "Sort by").click()
    expect(frame.get_by_role("option")).to_have_text(["First", "Last"])
    frame.get_by_role("option", name="Last").click()
    expect(_rows(frame).first).to_contain_text("CANARY-acme-11")


def test_a_list_that_fails_says_so_and_is_asked_for_again(app: App, site: Site, viewer: Page) -> None:
    broken = [True]
    viewer.route("**/choices/pair*", lambda route: route.abort() if broken else route.continue_())
    frame = show(viewer, site, frame_page(app.page(dashboard="filters", customer="globex")))
    expect(card(frame, "rows")).to_contain_text("CANARY-globex-00")
    _chip(frame, "Pair").click()
    expect(frame.get_by_text("The list could not be loaded.")).to_be_visible()
    viewer.keyboard.press("Escape")
    broken.clear()
    _chip(frame, "Pair").click()
    expect(frame.get_by_role("option").first).to_be_visible()


def test_on_a_phone_the_list_is_a_sheet(app: App, site: Site, new_context: NewContext) -> None:
    viewer = new_context(viewport={"width": 390, "height": 844}, has_touch=True).new_page()
    frame = show(viewer, site, frame_page(app.page(dashboard="filters")))
    _chip(frame, "Regions").click()
    sheet = frame.get_by_role("dialog", name="Regions")
    expect(sheet).to_have_class(re.compile("sheet"))
    sheet.get_by_text("North").click()
    frame.get_by_role("button", name="Apply").click()
    expect(_rows(frame)).to_have_count(4)
