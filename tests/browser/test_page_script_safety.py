"""P-EP-07: stored and reflected script is text."""

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.browser.app import App
from tests.browser.conftest import NewContext
from tests.browser.hosts import card, expect_ready, frame_of, frame_page, show, wait_for_message
from tests.browser.seed import NASTY_CUSTOMER
from tests.browser.site import Site

pytestmark = pytest.mark.browser

#: Runs before every script of every frame: keeps what the policy refused, and whether any attack ran.
_WATCH = """
window.refused = [];
document.addEventListener('securitypolicyviolation', e => refused.push(e.effectiveDirective + ' ' + e.blockedURI));
window.alert = () => { window.hacked = 1; };
"""


def _watched(new_context: NewContext) -> Page:
    context = new_context()
    context.add_init_script(_WATCH)
    return context.new_page()


def _assert_quiet(viewer: Page) -> None:
    inside = frame_of(viewer)
    assert inside.evaluate("window.refused") == []
    assert inside.evaluate("window.hacked ?? null") is None
    assert viewer.evaluate("window.hacked ?? null") is None


def test_p_ep_07_stored_script_is_shown_as_text(app: App, site: Site, new_context: NewContext) -> None:
    viewer = _watched(new_context)
    frame = show(viewer, site, frame_page(app.page(NASTY_CUSTOMER, "nasty")))
    expect_ready(frame, "rows", "bars", "about")
    wait_for_message(viewer, "dashboardLoaded")

    expect(frame.get_by_role("heading", level=1)).to_contain_text(
        "<script>window.top.hacked=1</script><svg onload=alert(1)>{{constructor}}"
    )
    expect(frame.locator(".eh-asof")).to_contain_text(NASTY_CUSTOMER)
    expect(card(frame, "rows")).to_contain_text('<img src=x onerror="alert(1)">')
    _use_everything(frame)

    _assert_quiet(viewer)
    assert frame.locator("a[href^='javascript']").count() == 0
    assert frame.locator("script:not([src]):not([type='application/json'])").count() == 0


def _use_everything(frame: FrameLocator) -> None:
    """Touch what the script builds out of stored words: popover, menu, changed chip, redrawn cards, chart."""
    chip = frame.locator("button.chip").first
    chip.click()
    frame.get_by_role("option").nth(1).click()
    expect(chip).to_contain_text("<svg onload=alert(1)>")
    frame.locator(".menu-btn").first.click()
    frame.get_by_role("menuitem").first.press("Escape")
    frame.locator('[data-panel="bars"] .chart').hover()
    expect_ready(frame, "rows", "bars")


@pytest.mark.parametrize(
    "address",
    [
        "/iframe/<script>window.hacked=1</script>",
        "/iframe/-/<script>window.hacked=1</script>",
        "/iframe/x?region=<svg%20onload=alert(1)>",
        "/<script>window.hacked=1</script>",
        "/iframe/%3C%2Fscript%3E%3Csvg%20onload%3Dalert(1)%3E",
    ],
)
def test_p_ep_07_nothing_of_a_request_comes_back(app: App, new_context: NewContext, address: str) -> None:
    context = new_context(extra_http_headers={"Accept-Language": "<script>window.hacked=1</script>"})
    context.add_init_script(_WATCH)
    viewer = context.new_page()
    viewer.goto(f"{app.origin}{address}")

    body = viewer.content()
    assert "hacked" not in body
    assert "onload" not in body
    assert viewer.evaluate("window.hacked ?? null") is None
    assert viewer.evaluate("window.refused") == []


def test_p_ep_07_values_in_the_address_are_text(app: App, site: Site, new_context: NewContext) -> None:
    viewer = _watched(new_context)
    frame = show(viewer, site, frame_page(app.page(query="?search=%3Csvg%20onload%3Dalert(1)%3E&%3Cscript%3E=1")))
    expect(frame.locator('[data-variable="search"]')).to_contain_text("<svg onload=alert(1)>")
    wait_for_message(viewer, "dashboardLoaded")

    _assert_quiet(viewer)
