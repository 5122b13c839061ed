"""The HTML that the Embed page shows for each format, pasted into a product's page, shows the right customer."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import FrameLocator, Page, expect
from pytest_django import Settings

from console.snippets import VENDORS, Ids, page_snippet
from dashboards.addresses import address_before
from tests.browser.app import App
from tests.browser.hosts import card, expect_ready
from tests.browser.site import Site
from tests.browser.vendor_tokens import customer_token, vendor_token

pytestmark = pytest.mark.browser

_PACKAGE = Path(__file__).resolve().parents[2] / "node_modules/@superset-ui/embedded-sdk/bundle/index.js"
#: What a bundler does for the snippet's import: here the browser itself is told where the package is.
_BUNDLED = """<script src="/package.js"></script>
<script type="importmap">{"imports": {"@superset-ui/embedded-sdk": "/module.js"}}</script>"""
_MODULE = "export const embedDashboard = supersetEmbeddedSdk.embedDashboard;"


def _html(app: App, format: str) -> str:
    """Return the snippet with the ids of the running host."""
    board = app.facts["dashboards"]["vendors"]
    base = address_before(format, embed_id=board, organization="tradewind", slug="vendors")
    ids = Ids("Vendors", "vendors", board, 1, 1, app.facts["workspace"], "", 3600, "CUSTOMER", "cst", base)
    return page_snippet(format, ids).code


def _token(app: App, format: str, customer: str) -> str:
    if format == "explo_jwe":
        return app.token(customer, "vendors")
    return customer_token(app, customer)[1] if format == "customer_token" else vendor_token(app, format, customer)


def _show(viewer: Page, site: Site, html: str, token: str) -> FrameLocator:
    """Open a page with the snippet, its token filled in by the page's backend, and return the last frame in it."""
    head = '<!doctype html><meta name="viewport" content="width=device-width">'
    filled = re.sub(r"\b(CUSTOMER_)?TOKEN\b", token, html)
    site.pages |= {"/": f"{head}{_BUNDLED}{filled}", "/embed-token": token}
    site.pages |= {"/package.js": _PACKAGE.read_text(), "/module.js": _MODULE}
    viewer.goto(site.address("/"))
    button = viewer.locator("#viasocket-embed-open-button")
    if button.count():
        button.click()
    return viewer.frame_locator("iframe").last


@pytest.mark.parametrize("format", list(VENDORS))
def test_the_html_shows_the_right_customers_numbers(
    format: str, app: App, site: Site, viewer: Page, settings: Settings
) -> None:
    settings.EMBED_ORIGIN = app.origin
    html = _html(app, format)
    frame = _show(viewer, site, html, _token(app, format, "globex"))
    expect_ready(frame, "total")
    expect(card(frame, "total")).to_contain_text("2,400")
    # Where the snippet shows two ways, the last frame is the web component's.
    expect(viewer.locator("iframe")).to_have_count(2 if "<embedhost-dashboard" in html else 1)
