"""Superset's embedding package, unmodified from npm, drives the page in a real browser."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.browser.app import App
from tests.browser.hosts import card, expect_ready, frame_of, requests_of, wait_until
from tests.browser.site import Site
from tests.browser.vendor_tokens import vendor_token

pytestmark = pytest.mark.browser

PACKAGE = Path(__file__).resolve().parents[2] / "node_modules/@superset-ui/embedded-sdk/bundle/index.js"
_PAGE = """<!doctype html><title>Product</title><style>#mount iframe { width: 100%; height: 1200px }</style>
<div id="mount"></div><script src="/sdk.js"></script>"""
_START = """([id, domain, config, resolve]) => supersetEmbeddedSdk.embedDashboard({
    id, supersetDomain: domain, mountPoint: document.getElementById('mount'),
    fetchGuestToken: () => guestToken(),
    dashboardUiConfig: config ?? undefined,
    resolvePermalinkUrl: resolve ? ({key}) => 'https://app.a.test/seen/' + key : undefined,
}).then(made => { window.dashboard = made })"""

MakeToken = Callable[[], str]


def start(
    app: App,
    site: Site,
    viewer: Page,
    make_token: MakeToken | None = None,
    config: dict[str, Any] | None = None,
    *,
    resolve: bool = False,
) -> FrameLocator:
    """Open a product's page and let the package embed the dashboard in it."""
    site.pages["/"] = _PAGE
    site.pages["/sdk.js"] = PACKAGE.read_text()
    viewer.expose_function("guestToken", make_token or (lambda: vendor_token(app, "superset_guest")))
    viewer.goto(site.address("/"))
    viewer.evaluate(_START, [app.facts["dashboards"]["vendors"], f"{app.origin}/", config, resolve])
    return viewer.frame_locator("#mount iframe")


@pytest.mark.parametrize(("customer", "total"), [("acme", "1,200"), ("globex", "2,400")])
def test_the_package_shows_the_right_customers_dashboard(
    app: App, site: Site, viewer: Page, customer: str, total: str
) -> None:
    calls = requests_of(viewer)
    token = vendor_token(app, "superset_guest", customer)
    frame = start(app, site, viewer, lambda: token)
    expect_ready(frame, "total", "months", "rows")

    expect(card(frame, "total")).to_contain_text(total)
    expect(card(frame, "rows")).to_contain_text(f"CANARY-{customer}-00")
    assert [call.url for call in calls if token in call.url] == []
    assert token not in frame_of(viewer).evaluate("document.documentElement.outerHTML + name")


def test_a_short_lived_token_is_refreshed_silently(app: App, site: Site, viewer: Page) -> None:
    made: list[str] = []

    def make_token() -> str:
        made.append(vendor_token(app, "superset_guest", seconds=8))
        return made[-1]

    frame = start(app, site, viewer, make_token)
    expect_ready(frame, "total")
    frame.get_by_role("button", name="Region All").click()
    frame.get_by_role("option", name="North").click()
    expect(card(frame, "total")).to_contain_text("400")
    frame_of(viewer).evaluate("window.same = true")
    with viewer.expect_request(lambda request: made[-1] in request.headers.get("authorization", "") and len(made) > 2):
        viewer.wait_for_timeout(12_000)

    # The first token has been over for long: what is asked now goes with a later one.
    frame.get_by_role("button", name="Reset", exact=True).click()
    expect(card(frame, "total")).to_contain_text("1,200")
    assert frame_of(viewer).evaluate("window.same")
    assert len(set(made)) >= 3


def test_every_question_has_its_answer(app: App, site: Site, viewer: Page) -> None:
    frame = start(app, site, viewer)
    expect_ready(frame, "total", "months", "rows")
    frame.get_by_role("button", name="Region All").click()
    frame.get_by_role("option", name="North").click()
    expect(card(frame, "total")).to_contain_text("400")

    size = viewer.evaluate("dashboard.getScrollSize()")
    assert size["width"] > 1000
    assert size["height"] > 400
    assert viewer.evaluate("dashboard.getActiveTabs()") == []
    assert viewer.evaluate("dashboard.getChartStates()") == {}
    mask = viewer.evaluate("dashboard.getDataMask()")
    assert mask["region"]["filterState"] == {"value": "North"}
    assert "CUSTOMER" not in mask
    payloads = viewer.evaluate("dashboard.getChartDataPayloads()")
    assert payloads["total"] == {"panel": "total", "variables": {"region": "North"}}
    assert "CANARY" not in str(payloads)
    unknown = "dashboard.getChartDataPayloads({chartId: 99}).catch(error => error.message)"
    assert viewer.evaluate(unknown) == "There is no panel of this id."


def test_a_permalink_opens_what_was_seen(app: App, site: Site, viewer: Page) -> None:
    frame = start(app, site, viewer)
    expect_ready(frame, "total")
    frame.get_by_role("button", name="Region All").click()
    frame.get_by_role("option", name="North").click()
    expect(card(frame, "total")).to_contain_text("400")
    link = viewer.evaluate("dashboard.getDashboardPermalink('rows')")
    address, _, key = link.partition("?permalink_key=")
    assert address == f"{app.origin}/embedded/{app.facts['dashboards']['vendors']}"

    viewer.evaluate("dashboard.unmount()")
    expect(viewer.locator("#mount iframe")).to_have_count(0)
    config = {"urlParams": {"permalink_key": key}}
    viewer.evaluate(_START, [app.facts["dashboards"]["vendors"], app.origin, config, False])
    expect(card(frame, "total")).to_contain_text("400")
    expect(frame.get_by_role("button", name="Region North")).to_be_visible()


def test_the_host_may_write_permalinks_its_own_way(app: App, site: Site, viewer: Page) -> None:
    frame = start(app, site, viewer, resolve=True)
    expect_ready(frame, "total")

    assert viewer.evaluate("dashboard.getDashboardPermalink('')").startswith("https://app.a.test/seen/")


def test_chosen_values_are_told_when_the_host_wants_them(app: App, site: Site, viewer: Page) -> None:
    frame = start(app, site, viewer, config={"emitDataMasks": True})
    expect_ready(frame, "total")
    viewer.evaluate("dashboard.observeDataMask(mask => { window.mask = mask })")
    frame.get_by_role("button", name="Region All").click()
    frame.get_by_role("option", name="North").click()

    wait_until(viewer, "window.mask?.region.filterState.value === 'North'")
    assert viewer.evaluate("[mask.nativeFiltersChanged, mask.crossFiltersChanged]") == [True, False]


def test_the_interface_is_as_the_host_wishes(app: App, site: Site, viewer: Page) -> None:
    config = {
        "hideTitle": True,
        "hideChartControls": True,
        "filters": {"visible": True, "expanded": False},
        "urlParams": {"themeMode": "dark", "lang": "de"},
    }
    frame = start(app, site, viewer, config=config)
    expect_ready(frame, "months")

    expect(frame.locator("h1")).to_be_hidden()
    expect(frame.locator(".menu-btn").first).to_be_hidden()
    expect(frame.locator("body")).to_have_css("background-color", "rgb(14, 16, 19)")
    expect(frame.locator("html")).to_have_attribute("lang", "de")
    region = frame.locator("[data-variable=region]")
    expect(region).to_be_hidden()
    frame.locator("[aria-controls=eh-vars]").click()
    expect(region).to_be_visible()


def test_filters_can_be_left_out(app: App, site: Site, viewer: Page) -> None:
    frame = start(app, site, viewer, config={"filters": {"visible": False}})
    expect_ready(frame, "total")

    expect(frame.locator("[data-variable=region]")).to_be_hidden()
    expect(frame.locator("[aria-controls=eh-vars]")).to_have_count(0)


def test_the_hosts_theme_is_taken_and_nothing_else_of_it(app: App, site: Site, viewer: Page) -> None:
    frame = start(app, site, viewer)
    expect_ready(frame, "total")
    viewer.evaluate("dashboard.setThemeMode('dark')")
    expect(frame.locator("body")).to_have_css("background-color", "rgb(14, 16, 19)")
    theme = {"token": {"colorBgLayout": "#123456", "colorText": "red; } * { display: none"}}
    viewer.evaluate("theme => dashboard.setThemeConfig(theme)", theme)

    expect(frame.locator("body")).to_have_css("background-color", "rgb(18, 52, 86)")
    expect(card(frame, "total")).to_be_visible()


def test_a_token_of_another_customer_never_goes_on_in_the_old_page(app: App, site: Site, viewer: Page) -> None:
    customers = iter(["acme", "globex", "globex", "globex"])
    frame = start(app, site, viewer, lambda: vendor_token(app, "superset_guest", next(customers, "globex"), seconds=10))
    expect(card(frame, "total")).to_contain_text("1,200")

    expect(card(frame, "total")).to_contain_text("2,400", timeout=20_000)
    frame.get_by_role("button", name="Refresh").click()
    expect(card(frame, "rows")).to_contain_text("CANARY-globex-00")
    expect(frame.get_by_text("CANARY-acme")).to_have_count(0)


def test_a_refused_token_shows_a_neutral_message_and_the_next_one_may_open_it(
    app: App, site: Site, viewer: Page
) -> None:
    made: list[str] = []

    def make_token() -> str:
        made.append(vendor_token(app, "superset_guest", seconds=8))
        return made[-1][:-6] + "AAAAAA" if len(made) == 1 else made[-1]

    frame = start(app, site, viewer, make_token)
    expect(frame.get_by_role("heading", name="This dashboard can’t be opened")).to_be_visible()

    expect(card(frame, "total")).to_contain_text("1,200", timeout=20_000)


def test_another_sites_page_cannot_hand_over_a_port(app: App, site: Site, viewer: Page) -> None:
    site.pages["/"] = _PAGE
    site.pages["/sdk.js"] = PACKAGE.read_text()
    viewer.expose_function("guestToken", lambda: vendor_token(app, "superset_guest"))
    calls = requests_of(viewer, "/data/")
    viewer.goto(site.address("/", "evil.test"))
    viewer.evaluate(
        _START.replace(").then(", ").catch(() => null).then("),
        [app.facts["dashboards"]["vendors"], app.origin, None, False],
    )
    viewer.wait_for_timeout(1000)

    assert calls == []


def test_p_ep_06_a_frame_beside_cannot_hand_over_a_port(app: App, site: Site, viewer: Page) -> None:
    site.pages["/beside"] = """<script>addEventListener('message', e => {
        const {port1, port2} = new MessageChannel();
        for (let n = 0; n < parent.length; n++) if (parent[n] !== window) {
            parent[n].postMessage({type: '__embedded_comms__', handshake: 'port transfer'}, '*', [port2]);
        }
        port1.onmessage = answer => parent.postMessage({answered: answer.data}, '*');
        port1.postMessage({switchboardAction: 'emit', method: 'guestToken', args: {guestToken: e.data.token}});
        port1.postMessage({switchboardAction: 'get', method: 'getDataMask', messageId: 'm_1'});
    })</script>"""
    frame = start(app, site, viewer)
    expect(card(frame, "total")).to_contain_text("1,200")
    viewer.evaluate(
        """address => new Promise(done => {
            addEventListener('message', e => { window.answered = e.data.answered ?? window.answered });
            const beside = document.createElement('iframe');
            Object.assign(beside, {src: address, id: 'beside', onload: done});
            document.body.append(beside);
        })""",
        site.address("/beside"),
    )
    other = {"token": vendor_token(app, "superset_guest", "globex")}
    viewer.evaluate("data => document.getElementById('beside').contentWindow.postMessage(data, '*')", other)
    viewer.wait_for_timeout(1000)

    assert viewer.evaluate("window.answered") is None
    expect(card(frame, "total")).to_contain_text("1,200")
