"""The web component in a product's page."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.browser.app import App
from tests.browser.conftest import NewContext
from tests.browser.hosts import card, element_page, expect_ready, frame_of, requests_of, show, wait_for_message
from tests.browser.site import Site
from tests.browser.vendor_tokens import customer_token

pytestmark = pytest.mark.browser

NAMES = [("embedhost-dashboard", "embed.js"), ("explo-dashboard", "bundle.js"), ("embedhost-dashboard", "bundle.js")]


@pytest.mark.parametrize(("name", "loader"), NAMES)
def test_the_element_shows_the_dashboard_in_one_narrow_frame(
    app: App, site: Site, viewer: Page, name: str, loader: str
) -> None:
    calls = requests_of(viewer)
    token = app.token()
    frame = show(viewer, site, element_page(app, token, "environment='prod' refresh-minutes='10'", name, loader))
    expect_ready(frame, "total", "months")

    made = viewer.locator("iframe")
    expect(made).to_have_count(1)
    sandbox = "allow-scripts allow-same-origin allow-downloads allow-popups allow-popups-to-escape-sandbox"
    expect(made).to_have_attribute("sandbox", sandbox)
    expect(made).to_have_attribute("referrerpolicy", "no-referrer")
    expect(made).to_have_attribute("title", "Dashboard")
    assert frame_of(viewer).url == f"{app.origin}/iframe/-/prod?refresh-minutes=10&time_zone=UTC"
    asked = [call.url for call in calls]
    assert [url for url in asked if token in url] == [
        f"{app.origin}/iframe/{token}/prod?refresh-minutes=10&time_zone=UTC"
    ]
    assert f"{app.origin}/{loader}" in asked


def test_the_frame_is_as_high_as_its_content(app: App, site: Site, viewer: Page) -> None:
    frame = show(viewer, site, element_page(app, app.token()))
    expect_ready(frame, "total", "months", "rows")
    wait_for_message(viewer, "dashboardLoaded", "events")

    inside = frame_of(viewer)
    height = inside.evaluate("Math.ceil(document.querySelector('main').getBoundingClientRect().height)")
    expect(viewer.locator("iframe")).to_have_css("height", f"{height}px")
    assert inside.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_events_come_on_window_and_on_the_element(app: App, site: Site, viewer: Page) -> None:
    frame = show(viewer, site, element_page(app, app.token()))
    expect_ready(frame, "total")
    assert wait_for_message(viewer, "dashboardLoaded", "events")["loadTime"] > 0
    viewer.evaluate("d.addEventListener('sendVariableUpdatedEvent', e => { window.own = e.detail })")

    frame.get_by_role("button", name="Region All").click()
    frame.get_by_role("option", name="North").click()

    chosen = {"varName": "region", "newValue": "North"}
    assert wait_for_message(viewer, "sendVariableUpdatedEvent", "events") == chosen
    assert viewer.evaluate("own") == chosen


def test_times_are_the_viewers_own(app: App, site: Site, new_context: NewContext) -> None:
    viewer = new_context(timezone_id="America/St_Johns").new_page()
    frame = show(viewer, site, element_page(app, app.token()))
    expect_ready(frame, "total")

    iso = card(frame, "total").locator("time").get_attribute("datetime")
    assert iso is not None
    moment = datetime.fromisoformat(iso).astimezone(ZoneInfo("America/St_Johns"))
    expect(card(frame, "total").locator("time")).to_contain_text(f"{moment:%-H:%M}")
    assert "time_zone=America%2FSt_Johns" in frame_of(viewer).url


def test_variables_are_set_by_attribute_at_first_and_later(app: App, site: Site, viewer: Page) -> None:
    frame = show(viewer, site, element_page(app, app.token(), """variables='{"region": "North"}'"""))
    expect(card(frame, "total")).to_contain_text("400")

    viewer.evaluate("""d.setAttribute('variables', '{"region": null, "least": 150}')""")

    expect(card(frame, "total")).to_have_attribute("data-state", "empty")
    expect(frame.get_by_role("button", name="Region All")).to_be_visible()


def test_variables_are_set_by_the_vendors_window_events(app: App, site: Site, viewer: Page) -> None:
    frame = show(viewer, site, element_page(app, app.token()))
    expect_ready(frame, "total")

    detail = {"varName": "region", "value": "North"}
    viewer.evaluate("detail => dispatchEvent(new CustomEvent('updateExploDashboardVariable', {detail}))", detail)

    expect(card(frame, "total")).to_contain_text("400")


def test_values_too_long_for_the_address_come_by_message(app: App, site: Site, viewer: Page) -> None:
    long = "ä" * 900
    frame = show(viewer, site, element_page(app, app.token(), f"""variables='{{"search": "{long}"}}'"""))

    expect(frame.locator('[data-variable="search"]')).to_contain_text(long)
    expect(card(frame, "total")).to_have_attribute("data-state", "empty")


def test_a_token_of_another_customer_switches_the_page(app: App, site: Site, viewer: Page) -> None:
    frame = show(viewer, site, element_page(app, app.token("acme")))
    expect(card(frame, "total")).to_contain_text("1,200")

    viewer.evaluate("token => d.setAttribute('dash-jwt', token)", app.token("globex"))

    expect(card(frame, "total")).to_contain_text("2,400")
    expect(frame.locator(".eh-asof")).to_contain_text("Globex")
    expect(viewer.locator("iframe")).to_have_count(1)


def test_a_refused_token_can_be_replaced(app: App, site: Site, viewer: Page) -> None:
    frame = show(viewer, site, element_page(app, "not-a-token"))
    expect(frame.get_by_role("heading", name="This dashboard can’t be opened")).to_be_visible()

    viewer.evaluate("token => d.setAttribute('dash-jwt', token)", app.token())

    expect(card(frame, "total")).to_contain_text("1,200")


def test_a_token_that_comes_later_opens_the_page(app: App, site: Site, viewer: Page) -> None:
    frame = show(viewer, site, element_page(app, ""))
    expect(viewer.locator("iframe")).to_have_count(0)

    viewer.evaluate("token => d.setAttribute('dash-jwt', token)", app.token())

    expect(card(frame, "total")).to_contain_text("1,200")


def test_a_reload_inside_the_frame_is_answered_with_the_token(app: App, site: Site, viewer: Page) -> None:
    frame = show(viewer, site, element_page(app, app.token()))
    expect_ready(frame, "total")
    viewer.evaluate("events.length = 0")

    frame_of(viewer).evaluate("location.reload()")

    wait_for_message(viewer, "dashboardReadyToLoad", "events")
    expect(card(frame, "total")).to_contain_text("1,200")
    assert frame_of(viewer).url.endswith("/iframe/-?time_zone=UTC")


def test_the_products_address_carries_what_the_viewer_chose(app: App, site: Site, viewer: Page) -> None:
    body = element_page(app, app.token(), "updateUrlParams='true'")
    frame = show(viewer, site, body)
    expect_ready(frame, "total")
    frame.get_by_role("button", name="Region All").click()
    frame.get_by_role("option", name="North").click()
    expect(viewer).to_have_url(re.compile(r"\?region=%22North%22$"))

    viewer.reload()

    expect(card(frame, "total")).to_contain_text("400")
    expect(frame.get_by_role("button", name="Region North")).to_be_visible()


def test_without_that_attribute_the_products_address_stays(app: App, site: Site, viewer: Page) -> None:
    frame = show(viewer, site, element_page(app, app.token(), "updateUrlParams='false'"))
    expect_ready(frame, "total")
    before = viewer.url
    frame.get_by_role("button", name="Region All").click()
    frame.get_by_role("option", name="North").click()
    expect(card(frame, "total")).to_contain_text("400")

    assert viewer.url == before


def test_links_and_files_work_inside_the_sandbox(app: App, site: Site, viewer: Page) -> None:
    site.pages["/guide"] = "<title>The guide</title>"
    frame = show(viewer, site, element_page(app, app.token()))
    expect_ready(frame, "total")
    with viewer.context.expect_page() as opened:
        frame.get_by_role("link", name="the guide").click()
    expect(opened.value).to_have_title("The guide")
    assert opened.value.evaluate("opener") is None

    frame.get_by_role("button", name="Panel menu: Orders").click()
    with viewer.expect_download() as saving:
        frame.get_by_role("menuitem", name="Download CSV").click()
    assert saving.value.suggested_filename == "rows.csv"


def _with_customer_token(app: App, name: str, customer: str, attributes: str = "") -> str:
    pair = ":".join(customer_token(app, customer))
    loader = "bundle.js" if name == "explo-dashboard" else "embed.js"
    page = element_page(app, "", f'dash-customer-token="{pair}" {attributes}', name, loader)
    return page.replace('dash-jwt=""', "")


@pytest.mark.parametrize("name", ["embedhost-dashboard", "explo-dashboard"])
@pytest.mark.parametrize(("customer", "total"), [("acme", "1,200"), ("globex", "2,400")])
def test_a_customer_token_shows_the_same_customers_numbers(
    app: App, site: Site, viewer: Page, name: str, customer: str, total: str
) -> None:
    frame = show(viewer, site, _with_customer_token(app, name, customer, "environment='prod'"))

    expect(card(frame, "total")).to_contain_text(total)
    expect(card(frame, "rows")).to_contain_text(f"CANARY-{customer}-00")
    embed_id, token = customer_token(app, customer)
    assert wait_for_message(viewer, "dashboardReadyToLoad", "events")["dashboardId"] == embed_id
    inside = frame_of(viewer)
    assert inside.url == f"{app.origin}/iframe/{embed_id}/-/prod?time_zone=UTC"
    assert token not in inside.evaluate("document.documentElement.outerHTML")


def test_a_page_goes_from_a_customer_token_to_a_jwt_and_back(app: App, site: Site, viewer: Page) -> None:
    frame = show(viewer, site, _with_customer_token(app, "embedhost-dashboard", "acme"))
    expect(card(frame, "total")).to_contain_text("1,200")
    wait_for_message(viewer, "dashboardReadyToLoad", "events")

    viewer.evaluate("token => d.setAttribute('dash-jwt', token)", app.token("globex", "vendors"))
    expect(card(frame, "total")).to_contain_text("2,400")

    viewer.evaluate("d.removeAttribute('dash-jwt')")
    expect(card(frame, "total")).to_contain_text("1,200")


def test_a_refreshed_customer_token_goes_on_in_place(app: App, site: Site, viewer: Page) -> None:
    frame = show(viewer, site, _with_customer_token(app, "explo-dashboard", "acme"))
    expect_ready(frame, "total")
    wait_for_message(viewer, "dashboardLoaded", "events")
    frame.get_by_role("button", name="Region All").click()
    frame.get_by_role("option", name="North").click()
    expect(card(frame, "total")).to_contain_text("400")
    frame_of(viewer).evaluate("window.same = true")
    viewer.evaluate("events.length = 0")

    jwt = ":".join(customer_token(app, "acme"))
    viewer.evaluate("jwt => dispatchEvent(new CustomEvent('updateCustomerJwt', {detail: {jwt}}))", jwt)

    wait_for_message(viewer, "dashboardUpdated", "events")
    expect(frame.get_by_role("button", name="Region North")).to_be_visible()
    assert frame_of(viewer).evaluate("window.same")
