"""What the frame and the page around it say to each other."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.browser.app import App
from tests.browser.hosts import (
    card,
    expect_ready,
    frame_of,
    frame_page,
    requests_of,
    show,
    wait_for_message,
    wait_until,
)
from tests.browser.site import Site

pytestmark = pytest.mark.browser

SET_REGION = {"event": "updateExploDashboardVariable", "detail": {"varName": "region", "value": "North"}}


def _send(viewer: Page, message: object) -> None:
    """Send a message to the first frame as the page around it."""
    viewer.evaluate("m => document.querySelector('#f0').contentWindow.postMessage(m, '*')", message)


def _settled(viewer: Page) -> None:
    """Wait until everything that was sent to the frame before has been heard there: the last one is answered."""
    viewer.evaluate("window.heard.length = 0")
    _send(viewer, {"event": "embedhostHello"})
    wait_for_message(viewer, "embedhostHeight")


def test_the_host_sets_a_variable_and_the_panels_follow(app: App, site: Site, viewer: Page) -> None:
    frame = show(viewer, site, frame_page(app.page()))
    expect(card(frame, "total")).to_contain_text("1,200")

    _send(viewer, SET_REGION)

    expect(card(frame, "total")).to_contain_text("400")
    expect(frame.get_by_role("button", name="Region North")).to_be_visible()
    assert "North" not in frame_of(viewer).url


def test_the_host_sets_several_variables_in_either_spelling(app: App, site: Site, viewer: Page) -> None:
    frame = show(viewer, site, frame_page(app.page()))
    expect_ready(frame, "total")

    variables = [{"varName": "region", "value": "North"}, {"varName": "least", "value": 500}]
    _send(viewer, {"event": "updateExploDashboardVariables", "detail": {"variables": variables}})
    expect(card(frame, "total")).to_have_attribute("data-state", "empty")
    _send(viewer, {"event": "embedhostSetVariables", "detail": {"values": {"least": None}}})
    expect(card(frame, "total")).to_contain_text("400")


def test_locked_hidden_and_unknown_variables_are_not_set_and_the_host_learns_why(
    app: App, site: Site, viewer: Page
) -> None:
    frame = show(viewer, site, frame_page(app.page()))
    expect_ready(frame, "total")
    calls = requests_of(viewer)

    _send(viewer, {"event": "embedhostSetVariables", "detail": {"values": {"plan": "pro", "floor": 5, "region": 7}}})
    _settled(viewer)

    assert calls == []
    viewer.evaluate("window.heard.length = 0")
    _send(viewer, {"event": "embedhostSetVariables", "detail": {"values": {"plan": "pro", "floor": 5, "region": 7}}})
    wait_for_message(viewer, "embedhostNotice")
    notices = viewer.evaluate("heard.filter(m => m.event === 'embedhostNotice').map(m => m.detail)")
    assert {notice["variable"]: notice["code"] for notice in notices} == {
        "plan": "variable_locked",
        "floor": "unknown_variable",
        "region": "variable_invalid",
    }


def test_p_ep_06_messages_from_others_than_the_parent_are_ignored(app: App, site: Site, viewer: Page) -> None:
    send = "for(let i=0;i<parent.frames.length;i++)parent.frames[i].postMessage(m,'*');parent.sent=1"
    attack = f"<script>const m={json.dumps(SET_REGION)};{send}</script>"
    site.pages["/sibling"] = attack
    sibling = f'<iframe src="{site.address("/sibling")}"></iframe>'
    stranger = f'<iframe src="{site.address("/stranger", "app.a.test.evil.test")}"></iframe>'
    null_origin = f'<iframe sandbox="allow-scripts" src="{site.address("/stranger")}"></iframe>'
    site.pages["/stranger"] = attack.replace("parent.sent=1", "parent.postMessage({event:'done'},'*')")
    frame = show(viewer, site, frame_page(app.page()))
    expect_ready(frame, "total", "months", "rows")
    wait_for_message(viewer, "dashboardLoaded")
    calls = requests_of(viewer, "/data/")

    viewer.evaluate("html => document.body.insertAdjacentHTML('beforeend', html)", sibling + stranger + null_origin)
    wait_until(viewer, "window.sent === 1 && heard.filter(m => m.event === 'done').length === 2")
    _settled(viewer)

    assert calls == []
    expect(frame.get_by_role("button", name="Region All")).to_be_visible()


def test_p_ep_06_a_parent_with_another_origin_is_not_obeyed(app: App, site: Site, viewer: Page) -> None:
    # A page that was opened by itself has itself as its parent: nobody may steer it by message.
    viewer.goto(app.page())
    expect(viewer.locator('[data-panel="total"]')).to_contain_text("1,200")

    viewer.evaluate("m => window.postMessage(m, '*')", SET_REGION)
    viewer.evaluate("new Promise(resolve => setTimeout(resolve))")

    expect(viewer.get_by_role("button", name="Region All")).to_be_visible()


def test_p_ep_06_outgoing_messages_carry_neither_token_nor_rows(app: App, site: Site, viewer: Page) -> None:
    token = app.token()
    frame = show(viewer, site, frame_page(f"{app.origin}/iframe/{token}"))
    wait_for_message(viewer, "dashboardLoaded")
    _send(viewer, SET_REGION)
    expect(card(frame, "total")).to_contain_text("400")
    wait_for_message(viewer, "dashboardUpdated")

    heard = json.dumps(viewer.evaluate("heard"))
    assert token not in heard
    assert "CANARY" not in heard
    assert "400" not in {str(value) for message in json.loads(heard) for value in message.get("detail", {}).values()}


def test_the_events_are_the_vendors(app: App, site: Site, viewer: Page) -> None:
    frame = show(viewer, site, frame_page(app.page()))
    ready = wait_for_message(viewer, "dashboardReadyToLoad")
    loaded = wait_for_message(viewer, "dashboardLoaded")

    assert set(ready) == {"dashboardId", "dashboardHeight"}
    assert ready["dashboardId"] == ""
    assert ready["dashboardHeight"] > 300
    assert set(loaded) == {"dashboardId", "dashboardHeight", "loadTime"}
    frame.get_by_role("button", name="Size All").click()
    frame.get_by_role("option", name="Large").click()
    assert wait_for_message(viewer, "sendVariableUpdatedEvent") == {"varName": "size", "newValue": "l"}
    assert set(wait_for_message(viewer, "dashboardUpdated")) == {"dashboardId", "dashboardHeight"}
