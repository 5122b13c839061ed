"""A page that goes away while its panels are still on their way says so, and only then."""

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.app import App
from tests.browser.hosts import card, frame_of, frame_page, show
from tests.browser.site import Site

pytestmark = pytest.mark.browser


@pytest.fixture
def left(viewer: Page) -> list[Request]:
    """The calls by which pages said that they go."""
    said: list[Request] = []
    viewer.context.on("request", lambda request: said.append(request) if "/leave?" in request.url else None)
    return said


def test_a_page_that_waits_says_that_it_goes(app: App, site: Site, viewer: Page, left: list[Request]) -> None:
    viewer.route("**/data/*/panels/**", lambda route: None)
    frame = show(viewer, site, frame_page(app.page(dashboard="slow", var={"rest": 12})))
    expect(card(frame, "slow")).to_have_attribute("data-state", "pending")
    assert not left
    with viewer.context.expect_event("request", lambda request: "/leave?" in request.url) as said:
        # Playwright does not see what a document asks for on its way out, so the event comes while it is still there.
        frame_of(viewer).evaluate("window.dispatchEvent(new PageTransitionEvent('pagehide'))")
    assert "panels=slow" in said.value.url
    assert said.value.headers["authorization"].startswith("Bearer ")


def test_a_page_that_has_everything_says_nothing(app: App, site: Site, viewer: Page, left: list[Request]) -> None:
    frame = show(viewer, site, frame_page(app.page()))
    expect(card(frame, "total")).to_contain_text("1,200")
    viewer.evaluate("document.querySelector('iframe').remove()")
    expect(viewer.locator("iframe")).to_have_count(0)
    assert not left
