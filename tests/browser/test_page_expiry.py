"""The end of a token, and going on with a fresh one."""

import time

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.browser.app import App
from tests.browser.conftest import NewContext
from tests.browser.hosts import card, expect_ready, frame_page, requests_of, show, wait_for_message
from tests.browser.site import Site

pytestmark = pytest.mark.browser

OVER = "This dashboard has stopped updating. Reload the page around it."


def _soon(seconds: float) -> float:
    return time.time() + seconds


def _give(viewer: Page, token: str) -> None:
    message = {"event": "updateCustomerJwt", "detail": {"jwt": token}}
    viewer.evaluate("m => document.querySelector('#f0').contentWindow.postMessage(m, '*')", message)


def _choose_north(frame: FrameLocator) -> None:
    frame.get_by_role("button", name="Region All").click()
    frame.get_by_role("option", name="North").click()
    expect(card(frame, "total")).to_contain_text("400")


def test_the_host_is_told_a_minute_ahead_and_at_the_end_and_then_the_viewer(app: App, site: Site, viewer: Page) -> None:
    frame = show(viewer, site, frame_page(app.page(exp=_soon(3))))
    expect_ready(frame, "total")
    assert wait_for_message(viewer, "embedhostTokenExpiring")["secondsLeft"] <= 3
    wait_for_message(viewer, "customerJwtExpired")

    expect(frame.get_by_text(OVER)).to_be_visible()
    expect(card(frame, "total")).to_contain_text("1,200")
    calls = requests_of(viewer)
    frame.get_by_role("button", name="Refresh").click()
    assert calls == []


def test_a_fresh_token_goes_on_and_keeps_what_the_viewer_chose(app: App, site: Site, viewer: Page) -> None:
    frame = show(viewer, site, frame_page(app.page(exp=_soon(4))))
    _choose_north(frame)
    wait_for_message(viewer, "customerJwtExpired")
    expect(frame.get_by_text(OVER)).to_be_visible()

    _give(viewer, app.token())

    expect(frame.get_by_text(OVER)).to_have_count(0)
    expect(frame.get_by_role("button", name="Region North")).to_be_visible()
    wait_for_message(viewer, "dashboardUpdated")
    frame.get_by_role("button", name="Reset", exact=True).click()
    expect(card(frame, "total")).to_contain_text("1,200")


def test_a_viewers_wrong_clock_changes_nothing(app: App, site: Site, new_context: NewContext) -> None:
    context = new_context()
    context.add_init_script("const real = Date.now; Date.now = () => real() + 400 * 86400e3;")
    viewer = context.new_page()
    frame = show(viewer, site, frame_page(app.page()))
    _choose_north(frame)

    assert viewer.evaluate("heard.some(m => m.event === 'customerJwtExpired')") is False


def test_a_token_that_is_refused_changes_nothing_and_the_host_learns_the_code(
    app: App, site: Site, viewer: Page
) -> None:
    frame = show(viewer, site, frame_page(app.page()))
    _choose_north(frame)

    _give(viewer, app.token()[:-4] + "AAAA")

    assert wait_for_message(viewer, "embedhostNotice") == {"code": "token_invalid"}
    frame.get_by_role("button", name="Reset", exact=True).click()
    expect(card(frame, "total")).to_contain_text("1,200")


def test_a_fresh_token_brings_its_own_hidden_and_locked_values(app: App, site: Site, viewer: Page) -> None:
    frame = show(viewer, site, frame_page(app.page()))
    _choose_north(frame)

    _give(viewer, app.token(var={"floor": 1000, "plan": "pro"}))

    expect(card(frame, "total")).to_have_attribute("data-state", "empty")
    expect(frame.locator('[data-variable="plan"]')).to_contain_text("pro")
    expect(frame.get_by_role("button", name="Region North")).to_be_visible()


def test_a_token_of_another_customer_opens_another_page(app: App, site: Site, viewer: Page) -> None:
    frame = show(viewer, site, frame_page(app.page("acme")))
    _choose_north(frame)

    _give(viewer, app.token("globex"))

    expect(frame.locator(".eh-asof")).to_contain_text("Globex")
    expect(card(frame, "total")).to_contain_text("2,400")
    expect(frame.get_by_role("button", name="Region All")).to_be_visible()


def test_the_server_may_end_a_token_before_its_time(app: App, site: Site, viewer: Page) -> None:
    frame = show(viewer, site, frame_page(app.page()))
    expect_ready(frame, "total")
    body = '{"code": "token_expired", "message": "m", "reference": "R-4QX8M2"}'
    viewer.route("**/data/**", lambda route: route.fulfill(status=401, content_type="application/json", body=body))

    frame.get_by_role("button", name="Refresh").click()

    wait_for_message(viewer, "customerJwtExpired")
    expect(frame.get_by_text(OVER)).to_be_visible()
    expect(card(frame, "total")).to_contain_text("1,200")
