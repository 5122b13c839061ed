"""Plain frames with each vendor's token in the address: the right customer's numbers, and no token left behind."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.browser.app import App
from tests.browser.hosts import card, expect_ready, frame_of, frame_page, show, wait_for_message
from tests.browser.site import Site
from tests.browser.vendor_tokens import chosen, customer_token, vendor_token

pytestmark = pytest.mark.browser

TOTALS = {"acme": "1,200", "globex": "2,400"}


@dataclass(frozen=True)
class Door:
    """How a vendor's address holds a token, what it is after load, and the token that a host answers with."""

    format: str
    address: Callable[[App, str], str]
    after: Callable[[App], str]
    token: Callable[[App, str], str]


def _made(format: str) -> Callable[[App, str], str]:
    return lambda app, customer: vendor_token(app, format, customer)


def _pair(app: App, customer: str) -> str:
    return ":".join(customer_token(app, customer))


def _embed_id(app: App) -> str:
    return str(app.facts["dashboards"]["vendors"])


DOORS = {
    "papermap": Door(
        "papermap_hmac",
        lambda app, token: f"/embedded/dashboard?embedded-token={token}",
        lambda app: "/embedded/dashboard?embedded-token=-",
        _made("papermap_hmac"),
    ),
    "chartio-path": Door(
        "chartio_jwt",
        lambda app, token: f"/d/tradewind/vendors/{token}",
        lambda app: "/d/tradewind/vendors/-",
        _made("chartio_jwt"),
    ),
    "chartio-get": Door(
        "chartio_jwt",
        lambda app, token: f"/d/tradewind/vendors/?embed_token={token}",
        lambda app: "/d/tradewind/vendors/-",
        _made("chartio_jwt"),
    ),
    "chartio-id": Door(
        "chartio_jwt",
        lambda app, token: f"/d/{app.facts['dashboard_ids']['vendors']}/{token}",
        lambda app: f"/d/{app.facts['dashboard_ids']['vendors']}/-",
        _made("chartio_jwt"),
    ),
    "metabase": Door(
        "metabase_jwt",
        lambda app, token: f"/embed/dashboard/{token}#titled=true",
        lambda app: "/embed/dashboard/-#titled=true",
        _made("metabase_jwt"),
    ),
    "customer-token": Door(
        "customer_token",
        lambda app, token: f"/iframe/{token.replace(':', '/')}",
        lambda app: f"/iframe/{_embed_id(app)}/-",
        _pair,
    ),
}


@pytest.mark.parametrize("customer", TOTALS)
@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_the_frame_shows_the_customers_own_numbers_and_keeps_no_token(
    app: App, site: Site, viewer: Page, door: Door, customer: str
) -> None:
    token = door.token(app, customer)
    frame = show(viewer, site, frame_page(app.origin + door.address(app, token)))
    expect_ready(frame, "total", "months", "rows")

    expect(card(frame, "total")).to_contain_text(TOTALS[customer])
    expect(card(frame, "rows")).to_contain_text(f"CANARY-{customer}-00")
    inside = frame_of(viewer)
    assert inside.url == app.origin + door.after(app)
    assert token.rpartition(":")[2] not in inside.evaluate("document.documentElement.outerHTML + name")


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_a_viewer_changes_a_filter_and_the_page_asks_with_its_own_format(
    app: App, site: Site, viewer: Page, door: Door
) -> None:
    calls: list[str] = []
    viewer.on("request", lambda request: calls.append(request.url) if "/data/" in request.url else None)
    frame = show(viewer, site, frame_page(app.origin + door.address(app, door.token(app, "acme"))))
    expect_ready(frame, "total")
    frame.get_by_role("button", name="Region All").click()
    frame.get_by_role("option", name="North").click()

    expect(card(frame, "total")).to_contain_text("400")
    assert calls
    assert all(f"/data/{door.format}/" in url for url in calls)


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_a_reload_inside_the_frame_is_answered_with_a_token(app: App, site: Site, viewer: Page, door: Door) -> None:
    frame = show(viewer, site, frame_page(app.origin + door.address(app, door.token(app, "acme"))))
    expect_ready(frame, "total")
    answer = {"event": "updateCustomerJwt", "detail": {"jwt": door.token(app, "acme")}}
    viewer.evaluate(
        "answer => addEventListener('message', e => e.data.event === 'embedhostTokenRequest'"
        " && e.source.postMessage(answer, e.origin))",
        answer,
    )

    frame_of(viewer).evaluate("location.reload()")

    expect(card(frame, "total")).to_contain_text("1,200")
    expect(viewer.frame_locator("iframe").locator("main.eh")).to_be_visible()
    assert frame_of(viewer).url == app.origin + door.after(app)


ENDING = [name for name, door in DOORS.items() if door.format != "customer_token" and name != "chartio-id"]


@pytest.mark.parametrize("name", ENDING)
def test_a_fresh_token_goes_on_with_the_viewers_filters(app: App, site: Site, viewer: Page, name: str) -> None:
    door = DOORS[name]
    short = vendor_token(app, door.format, seconds=5)
    frame = show(viewer, site, frame_page(app.origin + door.address(app, short)))
    frame.get_by_role("button", name="Region All").click()
    frame.get_by_role("option", name="North").click()
    expect(card(frame, "total")).to_contain_text("400")
    wait_for_message(viewer, "customerJwtExpired")

    message = {"event": "updateCustomerJwt", "detail": {"jwt": door.token(app, "acme")}}
    viewer.evaluate("m => document.querySelector('#f0').contentWindow.postMessage(m, '*')", message)

    wait_for_message(viewer, "dashboardUpdated")
    expect(frame.get_by_role("button", name="Region North")).to_be_visible()
    frame.get_by_role("button", name="Reset", exact=True).click()
    expect(card(frame, "total")).to_contain_text("1,200")


def test_a_fresh_token_with_other_hidden_values_asks_again_in_place(app: App, site: Site, viewer: Page) -> None:
    token = vendor_token(app, "chartio_jwt")
    frame = show(viewer, site, frame_page(f"{app.origin}/d/tradewind/vendors/{token}"))
    expect(card(frame, "total")).to_contain_text("1,200")
    frame_of(viewer).evaluate("window.same = true")

    fresh = vendor_token(app, "chartio_jwt", env=chosen("acme", region="North"))
    message = {"event": "updateCustomerJwt", "detail": {"jwt": fresh}}
    viewer.evaluate("m => document.querySelector('#f0').contentWindow.postMessage(m, '*')", message)

    expect(card(frame, "total")).to_contain_text("400")
    assert frame_of(viewer).evaluate("window.same")


def _metabase(app: App, options: str) -> str:
    return f"{app.origin}/embed/dashboard/{vendor_token(app, 'metabase_jwt')}#{options}"


def test_metabases_options_show_at_once(app: App, site: Site, viewer: Page) -> None:
    options = "bordered=true&titled=false&theme=night&hide_parameters=region,nothing&font=Lato"
    frame = show(viewer, site, frame_page(_metabase(app, options)))
    expect_ready(frame, "total")

    expect(frame.locator("h1")).to_be_hidden()
    expect(frame.locator("[data-variable=region]")).to_be_hidden()
    expect(frame.locator("[data-variable=least]")).to_be_visible()
    expect(frame.locator("body")).to_have_css("border-top-width", "1px")
    expect(frame.locator("body")).to_have_css("background-color", "rgb(14, 16, 19)")
    expect(frame.locator("body")).to_have_css("font-family", "Lato, sans-serif")


def test_metabases_usual_look_has_its_title_and_no_border(app: App, site: Site, viewer: Page) -> None:
    frame = show(viewer, site, frame_page(_metabase(app, "theme=transparent")))
    expect_ready(frame, "total")

    expect(frame.locator("h1")).to_be_visible()
    expect(frame.locator("body")).to_have_css("border-top-width", "0px")
    expect(frame.locator("body")).to_have_css("background-color", "rgba(0, 0, 0, 0)")


def test_an_option_is_no_way_to_bring_styles_or_script_in(app: App, site: Site, viewer: Page) -> None:
    complaints: list[str] = []
    viewer.on("pageerror", lambda error: complaints.append(str(error)))
    attack = {
        "font": 'x";}*{display:none}',
        "hide_parameters": '"],*{display:none},<img src=x>',
        "theme": "<script>",
    }
    frame = show(viewer, site, frame_page(_metabase(app, urlencode(attack))))

    expect_ready(frame, "total")
    expect(frame.locator("h1")).to_be_visible()
    expect(frame.locator("[data-variable=region]")).to_be_visible()
    assert complaints == []


def test_metabases_download_entry_can_be_hidden(app: App, site: Site, viewer: Page) -> None:
    token = vendor_token(app, "metabase_jwt", dashboard="files")
    for options, entries in (("", 1), ("hide_download_button=true", 0)):
        site.pages["/"] = frame_page(f"{app.origin}/embed/dashboard/{token}#{options}")
        viewer.goto(site.address("/"))
        frame = viewer.frame_locator("iframe").first
        expect_ready(frame, "months")
        frame.get_by_role("button", name="Panel menu: Revenue by month").click()
        expect(frame.get_by_role("menuitem", name="Show table")).to_be_visible()
        expect(frame.get_by_role("menuitem", name="Download CSV")).to_have_count(entries)
