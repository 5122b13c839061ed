"""viaSocket's tag in a product's page: the guide's sample, its dialog, its place in the page, its tokens."""

import json
import re

import pytest
from playwright.sync_api import FrameLocator, Page, Route, expect

from tests.browser.app import App
from tests.browser.hosts import card, expect_ready, frame_of, requests_of, wait_until
from tests.browser.site import Site
from tests.browser.vendor_tokens import vendor_token

pytestmark = pytest.mark.browser

BUTTON = '<button id="viasocket-embed-open-button" onclick="openViasocket()"> Open Integrations </button>'
REFUSED = "This dashboard can’t be opened"


def tag(app: App, token: str, attributes: str = "", loader: str = "prod-embedcomponent.js") -> str:
    names = f'id="viasocket-embed-main-script" src="{app.origin}/{loader}" embedToken="{token}"'
    return f"<script {names} {attributes}></script>"


def page_with(*parts: str) -> str:
    head = '<!doctype html><title>Product</title><meta name="viewport" content="width=device-width">'
    return f"{head}<h1>Product</h1><a href='#x'>A link</a>{''.join(parts)}"


def open_page(viewer: Page, site: Site, *parts: str) -> FrameLocator:
    site.pages["/"] = page_with(*parts)
    viewer.goto(site.address("/"))
    return viewer.frame_locator("#iframe-viasocket-embed-parent-container iframe")


def press(viewer: Page) -> None:
    viewer.locator("#viasocket-embed-open-button").click()


@pytest.mark.parametrize("loader", ["prod-embedcomponent.js", "embed.js"])
def test_the_guides_sample_page_opens_the_right_customers_dashboard(
    app: App, site: Site, viewer: Page, loader: str
) -> None:
    calls = requests_of(viewer)
    token = vendor_token(app, "viasocket_jwt", "globex")
    frame = open_page(viewer, site, BUTTON, tag(app, token, loader=loader))
    expect(viewer.locator("iframe")).to_have_count(0)
    press(viewer)

    expect_ready(frame, "total", "months", "rows")
    expect(card(frame, "total")).to_contain_text("2,400")
    expect(card(frame, "rows")).to_contain_text("CANARY-globex-00")
    assert [call.url for call in calls if token in call.url] == []


def test_p_ep_08_the_frame_is_narrow_and_holds_no_token(app: App, site: Site, viewer: Page) -> None:
    token = vendor_token(app, "viasocket_jwt")
    frame = open_page(viewer, site, BUTTON, tag(app, token))
    press(viewer)
    expect_ready(frame, "total")

    made = viewer.locator("iframe")
    expect(made).to_have_count(1)
    expect(made).to_have_attribute("sandbox", "allow-scripts allow-same-origin")
    expect(made).to_have_attribute("referrerpolicy", "no-referrer")
    inside = frame_of(viewer)
    assert token not in inside.evaluate("document.documentElement.outerHTML + name + location.href")
    assert inside.evaluate("document.cookie") == ""
    assert viewer.context.cookies() == []


def test_p_ep_08_only_a_dashboard_with_files_gets_the_sandboxs_word_for_them(
    app: App, site: Site, viewer: Page
) -> None:
    files = app.facts["dashboards"]["files"]
    token = vendor_token(app, "viasocket_jwt")
    frame = open_page(viewer, site, BUTTON, tag(app, token, f'data-dashboard="{files}"'))
    press(viewer)
    expect(frame.get_by_role("heading", name="With files")).to_be_visible()
    expect(viewer.locator("iframe")).to_have_attribute("sandbox", "allow-scripts allow-same-origin allow-downloads")

    frame.get_by_role("button", name="Panel menu: Orders").click()
    with viewer.expect_download() as saving:
        frame.get_by_role("menuitem", name="Download CSV").click()
    assert saving.value.suggested_filename == "rows.csv"


def test_p_ep_08_nothing_else_of_the_page_is_touched(app: App, site: Site, viewer: Page) -> None:
    frame = open_page(viewer, site, BUTTON, tag(app, vendor_token(app, "viasocket_jwt")))
    own = "[...document.querySelectorAll('body *')].filter(e => !e.closest('dialog')).map(e => e.outerHTML).join()"
    before = viewer.evaluate(own)
    press(viewer)
    expect_ready(frame, "total")

    assert viewer.evaluate(own) == before


def test_the_dialog_takes_the_focus_keeps_it_and_gives_it_back(app: App, site: Site, viewer: Page) -> None:
    frame = open_page(viewer, site, BUTTON, tag(app, vendor_token(app, "viasocket_jwt")))
    press(viewer)
    dialog = viewer.get_by_role("dialog", name="Dashboard")
    expect(dialog).to_be_visible()
    expect(dialog).to_have_attribute("aria-modal", "true")
    expect(viewer.get_by_role("button", name="Close")).to_be_focused()
    expect_ready(frame, "total")
    for _ in range(30):
        viewer.keyboard.press("Tab")
        assert viewer.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")

    viewer.get_by_role("button", name="Close").focus()
    viewer.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(viewer.locator("#viasocket-embed-open-button")).to_be_focused()


def test_escape_inside_the_frame_closes_the_dialog_but_first_what_is_open_in_it(
    app: App, site: Site, viewer: Page
) -> None:
    frame = open_page(viewer, site, BUTTON, tag(app, vendor_token(app, "viasocket_jwt")))
    press(viewer)
    expect_ready(frame, "total")
    frame.get_by_role("button", name="Region All").click()
    expect(frame.get_by_role("option", name="North")).to_be_visible()

    viewer.keyboard.press("Escape")
    expect(frame.get_by_role("option", name="North")).to_have_count(0)
    expect(viewer.get_by_role("dialog")).to_be_visible()

    viewer.keyboard.press("Escape")
    expect(viewer.get_by_role("dialog")).to_be_hidden()
    expect(viewer.locator("#viasocket-embed-open-button")).to_be_focused()


@pytest.mark.parametrize("how", ["button", "outside", "global"])
def test_the_dialog_closes_and_what_the_viewer_chose_is_there_when_it_opens_again(
    app: App, site: Site, viewer: Page, how: str
) -> None:
    frame = open_page(viewer, site, BUTTON, tag(app, vendor_token(app, "viasocket_jwt")))
    press(viewer)
    expect_ready(frame, "total")
    frame.get_by_role("button", name="Region All").click()
    frame.get_by_role("option", name="North").click()
    expect(card(frame, "total")).to_contain_text("400")

    if how == "button":
        viewer.locator("#viasocket-embed-close-button").click()
    elif how == "outside":
        viewer.mouse.click(20, 400)
    else:
        viewer.evaluate("handleclose()")
    expect(viewer.get_by_role("dialog")).to_be_hidden()
    press(viewer)

    expect(frame.get_by_role("button", name="Region North")).to_be_visible()


def test_a_button_without_a_handler_opens_it_too(app: App, site: Site, viewer: Page) -> None:
    button = BUTTON.replace('onclick="openViasocket()"', "")
    frame = open_page(viewer, site, tag(app, vendor_token(app, "viasocket_jwt")), button)
    press(viewer)

    expect(card(frame, "total")).to_contain_text("1,200")


def test_the_script_may_be_made_by_a_script_and_get_its_token_later(app: App, site: Site, viewer: Page) -> None:
    frame = open_page(viewer, site, BUTTON)
    viewer.evaluate(
        """address => new Promise(done => {
            const script = document.createElement('script');
            script.id = 'viasocket-embed-main-script';
            script.src = address;
            script.onload = done;
            document.body.appendChild(script);
        })""",
        f"{app.origin}/prod-embedcomponent.js",
    )
    token = vendor_token(app, "viasocket_jwt")
    give = "token => document.getElementById('viasocket-embed-main-script').setAttribute('embedToken', token)"
    viewer.evaluate(give, token)
    press(viewer)

    expect(card(frame, "total")).to_contain_text("1,200")


def test_a_parent_id_mounts_inline_at_once_and_as_high_as_its_content(app: App, site: Site, viewer: Page) -> None:
    place = '<div id="place"></div><p>After</p>'
    frame = open_page(viewer, site, place, tag(app, vendor_token(app, "viasocket_jwt"), 'parentId="place"'))
    expect_ready(frame, "total", "rows")

    expect(viewer.locator("#place iframe")).to_have_count(1)
    expect(viewer.get_by_role("dialog")).to_have_count(0)
    height = frame_of(viewer).evaluate("Math.ceil(document.querySelector('main').getBoundingClientRect().height)")
    expect(viewer.locator("iframe")).to_have_css("height", f"{height}px")


@pytest.mark.parametrize(
    ("config", "box"),
    [
        ({}, (768, 0, 512, 900)),
        ({"type": "left_slider", "width": 600, "widthUnit": "px"}, (0, 0, 600, 900)),
        ({"type": "all_space"}, (0, 0, 1280, 900)),
        ({"type": "popup", "width": 50, "height": 50}, (320, 225, 640, 450)),
    ],
)
def test_config_says_where_the_dialog_stands(
    app: App, site: Site, viewer: Page, config: dict[str, object], box: tuple[int, ...]
) -> None:
    attribute = f"config='{json.dumps(config)}'"
    frame = open_page(viewer, site, BUTTON, tag(app, vendor_token(app, "viasocket_jwt"), attribute))
    press(viewer)
    expect_ready(frame, "total")

    found = viewer.get_by_role("dialog").locator("> div").bounding_box()
    assert found is not None
    assert tuple(round(found[side]) for side in ("x", "y", "width", "height")) == box


def test_on_a_phone_the_dialog_takes_the_whole_width(app: App, site: Site, viewer: Page) -> None:
    viewer.set_viewport_size({"width": 390, "height": 800})
    frame = open_page(viewer, site, BUTTON, tag(app, vendor_token(app, "viasocket_jwt")))
    press(viewer)
    expect_ready(frame, "total")

    found = viewer.locator("iframe").bounding_box()
    assert found is not None
    assert (found["x"], found["width"]) == (0, 390)


def test_buttontype_default_brings_a_button(app: App, site: Site, viewer: Page) -> None:
    attribute = """config='{"buttonType": "default", "buttonName": "Show numbers"}'"""
    frame = open_page(viewer, site, tag(app, vendor_token(app, "viasocket_jwt"), attribute))
    viewer.get_by_role("button", name="Show numbers").click()

    expect(card(frame, "total")).to_contain_text("1,200")


#: The second one is the vendor's own sample: well made, of somebody else's project.
WRONG = {
    "nonsense": "not-a-token",
    "the-guides": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
    ".eyJwcm9qZWN0X2lkIjoicHJvam1kRlRFdlBSIiwib3JnX2lkIjoiODA2OSIsInVzZXJfaWQiOiJwZUhRYyIsImlhdCI6MTc1Mzc2NjA2Nn0"
    ".oY1Juziz3u8c0Pbk1XalftacDnklK7jtvWhDv3pCREI",
}


@pytest.mark.parametrize("token", WRONG.values(), ids=WRONG)
def test_p_ep_08_a_wrong_token_shows_a_neutral_message(app: App, site: Site, viewer: Page, token: str) -> None:
    frame = open_page(viewer, site, BUTTON, tag(app, token))
    press(viewer)

    expect(frame.get_by_role("heading", name=REFUSED)).to_be_visible()
    expect(frame.locator("code")).to_have_text(re.compile("^R-[2-9A-Z]{6}$"))


def test_a_token_with_a_wrong_signature_is_refused_and_a_right_one_opens_the_page(
    app: App, site: Site, viewer: Page
) -> None:
    good = vendor_token(app, "viasocket_jwt")
    frame = open_page(viewer, site, BUTTON, tag(app, good[:-6] + "AAAAAA"))
    viewer.evaluate("addEventListener('embedhostRefused', e => { window.error = e.detail })")
    press(viewer)
    expect(frame.get_by_role("heading", name=REFUSED)).to_be_visible()
    assert viewer.evaluate("error.code") == "token_invalid"

    viewer.evaluate(
        "token => document.getElementById('viasocket-embed-main-script').setAttribute('embedToken', token)", good
    )

    expect(card(frame, "total")).to_contain_text("1,200")


def test_a_dashboard_that_is_not_on_the_tag_list_is_not_shown(app: App, site: Site, viewer: Page) -> None:
    other = app.facts["dashboards"]["sales"]
    token = vendor_token(app, "viasocket_jwt")
    frame = open_page(viewer, site, BUTTON, tag(app, token, f'data-dashboard="{other}"'))
    press(viewer)

    expect(frame.get_by_role("heading", name=REFUSED)).to_be_visible()


def test_a_fresh_token_goes_on_and_keeps_what_the_viewer_chose(app: App, site: Site, viewer: Page) -> None:
    frame = open_page(viewer, site, BUTTON, tag(app, vendor_token(app, "viasocket_jwt", seconds=6)))
    viewer.evaluate("addEventListener('customerJwtExpired', () => { window.over = true })")
    press(viewer)
    frame.get_by_role("button", name="Region All").click()
    frame.get_by_role("option", name="North").click()
    expect(card(frame, "total")).to_contain_text("400")
    wait_until(viewer, "window.over")
    frame_of(viewer).evaluate("window.same = true")

    fresh = vendor_token(app, "viasocket_jwt")
    viewer.evaluate("token => viaSocket.init({embedToken: token})", fresh)
    frame.get_by_role("button", name="Reset", exact=True).click()

    expect(card(frame, "total")).to_contain_text("1,200")
    assert frame_of(viewer).evaluate("window.same")


def test_a_token_of_another_customer_shows_that_customers_page(app: App, site: Site, viewer: Page) -> None:
    frame = open_page(viewer, site, BUTTON, tag(app, vendor_token(app, "viasocket_jwt", "acme")))
    press(viewer)
    expect(card(frame, "total")).to_contain_text("1,200")

    viewer.evaluate("token => viaSocket.init({embedToken: token})", vendor_token(app, "viasocket_jwt", "globex"))

    expect(card(frame, "total")).to_contain_text("2,400")
    expect(frame.locator(".eh-asof")).to_contain_text("Globex")
    frame.get_by_role("button", name="Refresh").click()
    expect(card(frame, "rows")).to_contain_text("CANARY-globex-00")


def test_mount_gives_one_more_embed_with_its_own_token_and_events(app: App, site: Site, viewer: Page) -> None:
    open_page(viewer, site, '<div id="one"></div><div id="two"></div>', tag(app, vendor_token(app, "viasocket_jwt")))
    tokens = [vendor_token(app, "viasocket_jwt", customer) for customer in ("acme", "globex")]
    viewer.evaluate(
        """tokens => {
            window.ready = 0;
            const place = id => document.getElementById(id);
            window.made = ['one', 'two'].map((id, n) => viaSocket.mount({embedToken: tokens[n], parent: place(id)}));
            for (const one of made) one.on('ready', () => { ready++ });
        }""",
        tokens,
    )
    for place, total in (("#one", "1,200"), ("#two", "2,400")):
        expect(card(viewer.frame_locator(f"{place} iframe"), "total")).to_contain_text(total)
    wait_until(viewer, "ready === 2")

    viewer.evaluate("made[0].update({variables: {region: 'North'}}); made[1].destroy()")
    expect(card(viewer.frame_locator("#one iframe"), "total")).to_contain_text("400")
    expect(viewer.locator("#two iframe")).to_have_count(0)


def test_a_page_without_the_tag_gets_no_globals(app: App, site: Site, viewer: Page) -> None:
    open_page(viewer, site, f'<script src="{app.origin}/embed.js"></script>')

    assert viewer.evaluate("['openViasocket', 'handleclose', 'viaSocket'].filter(name => name in window)") == []


def test_a_page_that_is_not_on_the_list_shows_nothing(app: App, site: Site, viewer: Page) -> None:
    site.pages["/"] = page_with(BUTTON, tag(app, vendor_token(app, "viasocket_jwt")))
    viewer.goto(site.address("/", "evil.test"))
    calls = requests_of(viewer, "/data/")
    press(viewer)
    expect(viewer.locator("iframe")).to_be_visible()
    viewer.wait_for_timeout(500)

    assert calls == []
    assert "CANARY" not in "".join(frame.content() for frame in viewer.frames)


def test_a_place_that_comes_after_the_tag_is_waited_for(app: App, site: Site, viewer: Page) -> None:
    frame = open_page(viewer, site, tag(app, vendor_token(app, "viasocket_jwt"), 'parentId="late"'))
    viewer.wait_for_load_state("networkidle")
    expect(viewer.locator("iframe")).to_have_count(0)
    viewer.evaluate("document.body.insertAdjacentHTML('beforeend', '<div id=late></div>')")

    expect(card(frame, "total")).to_contain_text("1,200")


def test_p_ep_06_a_token_from_a_frame_beside_is_ignored(app: App, site: Site, viewer: Page) -> None:
    site.pages["/beside"] = """<script>addEventListener('message', e => {
        for (let n = 0; n < parent.length; n++) if (parent[n] !== window) {
            parent[n].postMessage({event: 'embedhostSetToken', detail: {token: e.data.token}}, '*');
            parent[n].postMessage({event: 'embedhostSetVariables', detail: {values: {region: 'North'}}}, '*');
        }
    })</script>"""
    beside = f'<iframe id="beside" src="{site.address("/beside", "app.a.test")}"></iframe>'
    frame = open_page(viewer, site, beside, BUTTON, tag(app, vendor_token(app, "viasocket_jwt")))
    press(viewer)
    expect(card(frame, "total")).to_contain_text("1,200")

    other = {"token": vendor_token(app, "viasocket_jwt", "globex")}
    viewer.evaluate("data => document.getElementById('beside').contentWindow.postMessage(data, '*')", other)
    viewer.wait_for_timeout(1000)

    expect(card(frame, "total")).to_contain_text("1,200")
    expect(frame.get_by_role("button", name="Region All")).to_be_visible()


def test_a_server_that_is_busy_for_a_moment_is_asked_again(app: App, site: Site, viewer: Page) -> None:
    busy = iter([503, 503])
    body = '{"code": "service_unavailable", "message": "m", "reference": "R-4QX8M2"}'

    def answer(route: Route) -> None:
        status = next(busy, None)
        if status is None:
            route.continue_()
        else:
            route.fulfill(status=status, content_type="application/json", body=body, headers={"Retry-After": "1"})

    viewer.route("**/data/viasocket_jwt/page?*", answer)
    frame = open_page(viewer, site, BUTTON, tag(app, vendor_token(app, "viasocket_jwt")))
    press(viewer)

    expect(card(frame, "total")).to_contain_text("1,200", timeout=15_000)


def test_a_page_with_a_strict_policy_needs_no_more_than_the_embed_host(app: App, site: Site, viewer: Page) -> None:
    complaints: list[str] = []
    viewer.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    policy = f"default-src 'none'; script-src {app.origin}; frame-src {app.origin}; img-src data:"
    strict = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    button = BUTTON.replace('onclick="openViasocket()"', "")
    body = page_with(button, tag(app, vendor_token(app, "viasocket_jwt")))
    site.pages["/"] = body.replace("<title>", f"{strict}<link rel='icon' href='data:,'><title>")
    viewer.goto(site.address("/"))
    press(viewer)
    frame = viewer.frame_locator("iframe")

    expect(card(frame, "total")).to_contain_text("1,200")
    found = viewer.get_by_role("dialog").locator("> div").bounding_box()
    assert found is not None
    assert round(found["width"]) == 512
    assert complaints == []
