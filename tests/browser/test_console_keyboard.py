"""The console by keyboard, without its script, and on every width; on the demo as a person starts it."""

import time
import urllib.error
import urllib.request

import pytest
from playwright.sync_api import Page, expect

from embedhost.demo.host import make_token
from tests.browser.conftest import NewContext
from tests.browser.demo import Demo
from tests.browser.hosts import wait_until

pytestmark = pytest.mark.browser
MASK = "••••••••"
#: Controls under 24 px (WCAG 2.2, 2.5.8) that are not words within a text.
_SMALL_TARGETS = """
[...document.querySelectorAll('a, button, input:not([type=hidden]), select, summary')]
    .filter((e) => e.checkVisibility() && !e.closest('.skip, p, .crumbs, td, label, .tabs, .as-table'))
    .map((e) => (/checkbox|radio/.test(e.type) ? e.labels[0] : e))
    .filter((e) => e.getBoundingClientRect().height < 24)
    .map((e) => e.outerHTML.slice(0, 80))
"""
ROOMS = (
    "dashboards/",
    "dashboards/1/",
    "dashboards/1/embed/",
    "customers/",
    "customers/new/",
    "refusals/",
    "refusals/inspector/",
    "settings/embedding/",
    "settings/embedding/secrets/new/ask/",
)


def _room(demo: Demo, path: str) -> str:
    return f"{demo.facts['console_url'].rstrip('/')}/o/{demo.facts['organization']['slug']}/{path}"


def _log_in(page: Page, demo: Demo, role: str = "owner") -> None:
    page.goto(f"{demo.facts['console_url'].rstrip('/')}/accounts/login/")
    page.get_by_label("E-mail").focus()
    page.keyboard.type(demo.facts["logins"][role]["email"])
    page.keyboard.press("Tab")
    page.keyboard.type(demo.facts["logins"][role]["password"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Dashboards")


def _enter_password(page: Page, demo: Demo) -> None:
    expect(page.get_by_label("Your password")).to_be_focused()
    page.keyboard.type(demo.facts["logins"]["owner"]["password"])
    page.keyboard.press("Enter")


def _make_secret(page: Page, demo: Demo, name: str) -> dict[str, str]:
    """Make a secret as an owner does, and return its key ID and value."""
    page.goto(_room(demo, "settings/embedding/"))
    page.get_by_role("link", name="New secret").click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Your password").fill(demo.facts["logins"]["owner"]["password"])
    page.get_by_role("button", name="Make secret").click()
    expect(page.get_by_role("heading", name="Secret made")).to_be_visible()
    key_id, value = page.locator(".facts code").all_inner_texts()
    page.get_by_role("link", name="Done").click()
    return {"key_id": key_id, "key_value": value}


def _status(demo: Demo, token: str) -> int:
    try:
        with urllib.request.urlopen(f"{demo.facts['base_url'].rstrip('/')}/iframe/{token}", timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def test_a_dashboard_is_seen_as_any_customer_by_keyboard(demo: Demo, viewer: Page) -> None:
    _log_in(viewer, demo)
    viewer.get_by_role("link", name="Sales overview", exact=True).focus()
    viewer.keyboard.press("Enter")
    shown = viewer.frame_locator(".frame iframe")
    customers = viewer.get_by_label("Customer", exact=True)
    expect(customers).to_be_visible()
    first, second = customers.locator("option").all()[:2]
    expect(shown.locator(".eh-asof")).to_contain_text(first.inner_text().partition(" · ")[0])
    wanted = second.inner_text().partition(" · ")[0]
    customers.focus()
    viewer.keyboard.press("ArrowDown")
    expect(viewer.frame_locator(".frame iframe").locator(".eh-asof")).to_contain_text(wanted)


def test_the_preview_is_as_high_as_its_page(demo: Demo, viewer: Page) -> None:
    _log_in(viewer, demo)
    viewer.goto(_room(demo, "dashboards/1/"))
    frame = viewer.locator(".frame iframe")
    wait_until(viewer, "document.querySelector('.frame iframe').offsetHeight > 800")
    content = viewer.frames[-1]
    assert content.evaluate("document.documentElement.scrollHeight - innerHeight") <= 1
    assert frame.is_visible()


def test_a_reset_by_keyboard_asks_first_and_ends_the_old_tokens_within_a_second(
    demo: Demo, viewer: Page, new_context: NewContext
) -> None:
    # One of its own, since the product's page goes on with the first; made by another log-in, which the password that
    # it takes does not count for.
    elsewhere = new_context().new_page()
    _log_in(elsewhere, demo)
    secret = _make_secret(elsewhere, demo, "To be reset")
    token = make_token(secret, demo.facts["dashboards"][0]["embed_id"], demo.facts["customers"][0]["external_id"])
    assert _status(demo, token) == 200
    _log_in(viewer, demo)
    viewer.goto(_room(demo, "settings/embedding/"))
    reset = viewer.get_by_role("link", name=f"Reset … {secret['key_id']}")
    reset.focus()
    viewer.keyboard.press("Enter")
    expect(viewer.get_by_role("dialog")).to_contain_text("Reset “")
    viewer.keyboard.press("Escape")
    expect(viewer.get_by_role("dialog")).to_have_count(0)
    expect(reset).to_be_focused()
    viewer.keyboard.press("Enter")
    _enter_password(viewer, demo)
    expect(viewer.get_by_role("heading", name="Secret reset")).to_be_visible()
    answered = time.monotonic()
    while _status(demo, token) == 200:
        assert time.monotonic() - answered < 1
    assert _status(demo, token) == 401


def test_a_shown_value_is_hidden_after_a_minute(demo: Demo, viewer: Page) -> None:
    _log_in(viewer, demo)
    viewer.clock.install()
    viewer.goto(_room(demo, "settings/embedding/"))
    viewer.get_by_role("link", name="Reveal value of").first.focus()
    viewer.keyboard.press("Enter")
    _enter_password(viewer, demo)
    value = viewer.locator("[data-reveal]")
    expect(value).not_to_contain_text(MASK)
    assert len(value.locator("code").inner_text()) >= 32
    viewer.clock.run_for(58_000)
    expect(value).not_to_contain_text(MASK)
    viewer.clock.run_for(4_000)
    expect(value).to_have_text(MASK)
    assert viewer.locator("[data-copy]").count() == 1  # the key id's; the value's went with the value


def test_a_customers_token_is_copied_and_never_shown(demo: Demo, new_context: NewContext) -> None:
    context = new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    _log_in(page, demo, "editor")
    page.goto(_room(demo, "customers/"))
    customer = demo.facts["customers"][0]
    page.get_by_role("button", name=f"Copy token of {customer['name']}").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == customer["token"]
    assert customer["token"] not in page.content()


def test_a_customer_gets_a_data_source_of_its_own_by_keyboard(demo: Demo, viewer: Page) -> None:
    _log_in(viewer, demo, "editor")
    viewer.goto(_room(demo, "customers/"))
    viewer.get_by_role("link", name=demo.facts["customers"][-1]["name"], exact=True).click()
    choose = viewer.get_by_role("link", name="Choose data source …")
    for keys, said in (("ArrowDown", "Every panel asks"), ("ArrowUp", "Panels ask the data sources that they name.")):
        choose.focus()
        viewer.keyboard.press("Enter")
        expect(viewer.get_by_role("dialog")).to_contain_text("Data source of “")
        viewer.keyboard.press("Escape")
        expect(choose).to_be_focused()
        viewer.keyboard.press("Enter")
        viewer.get_by_label("Data source", exact=True).focus()
        viewer.keyboard.press(keys)
        viewer.keyboard.press("Tab")
        viewer.keyboard.press("Enter")
        expect(viewer.get_by_text(said)).to_be_visible()
        expect(viewer.get_by_role("dialog")).to_have_count(0)


def test_what_is_not_saved_is_said_and_can_be_discarded(demo: Demo, viewer: Page) -> None:
    _log_in(viewer, demo, "editor")
    viewer.goto(_room(demo, "dashboards/2/embed/"))
    switch = viewer.get_by_role("switch", name="Allow viewers to download data")
    before = switch.is_checked()
    switch.focus()
    viewer.keyboard.press("Space")
    expect(viewer.locator(".unsaved")).to_contain_text("1 unsaved change")
    viewer.get_by_role("button", name="Discard").focus()
    viewer.keyboard.press("Enter")
    expect(viewer.locator(".unsaved")).to_have_count(0)
    assert switch.is_checked() is before
    switch.focus()
    viewer.keyboard.press("Space")
    viewer.locator(".unsaved").get_by_role("button", name="Save").focus()
    viewer.keyboard.press("Enter")
    expect(viewer.locator(".said")).to_contain_text("Saved.")
    assert viewer.get_by_role("switch", name="Allow viewers to download data").is_checked() is not before


def test_the_chosen_language_is_there_on_the_next_page(demo: Demo, viewer: Page) -> None:
    _log_in(viewer, demo, "viewer")
    viewer.goto(_room(demo, "dashboards/1/embed/"))
    viewer.get_by_role("radio", name="Python").focus()
    viewer.keyboard.press("ArrowRight")
    expect(viewer.locator("#code-ruby")).to_be_visible()
    viewer.goto(_room(demo, "dashboards/2/embed/"))
    expect(viewer.locator("#code-ruby")).to_be_visible()
    expect(viewer.locator("#code-python")).to_be_hidden()


def test_everything_works_without_the_script(demo: Demo, new_context: NewContext) -> None:
    page = new_context(java_script_enabled=False).new_page()
    _log_in(page, demo)
    _make_secret(page, demo, "Made without a script")
    row = page.get_by_role("row").filter(has_text="Made without a script")
    row.get_by_role("link", name="Rotate").click()
    page.get_by_role("button", name="Rotate secret").click()
    expect(page.get_by_role("heading", name="Secret rotated")).to_be_visible()
    page.goto(_room(demo, "settings/embedding/"))
    name = page.get_by_role("row").filter(has_text="Verify-only until").locator("td").first.bounding_box()
    assert name is not None
    assert name["width"] >= 150, "the name has its room beside a long state"
    page.goto(_room(demo, "dashboards/1/"))
    page.get_by_label("Customer", exact=True).select_option("nordlys-sport")
    page.get_by_role("button", name="Show").click()
    expect(page.frame_locator(".frame iframe").locator(".eh-asof")).to_contain_text("Nordlys Sport")


@pytest.mark.parametrize("width", [320, 390, 680, 860, 1032, 1280, 1600])
def test_no_room_scrolls_sideways_or_breaks_its_own_policy(demo: Demo, new_context: NewContext, width: int) -> None:
    page = new_context(viewport={"width": width, "height": 800}).new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    _log_in(page, demo)
    for room in ROOMS:
        page.goto(_room(demo, room))
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, room
        small = page.evaluate(_SMALL_TARGETS)
        assert small == [], room
    assert problems == []


def test_the_menu_of_a_phone_opens_and_closes_by_keyboard(demo: Demo, new_context: NewContext) -> None:
    page = new_context(viewport={"width": 390, "height": 800}).new_page()
    _log_in(page, demo)
    page.get_by_role("link", name="Menu", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    page.get_by_role("link", name="Close menu").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
