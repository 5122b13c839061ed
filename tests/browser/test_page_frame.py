"""The frame in somebody's page: who may show it, and what it leaves behind."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Response, expect

from tests.browser.app import App
from tests.browser.conftest import NewContext
from tests.browser.hosts import card, expect_ready, frame_of, frame_page, requests_of, show, wait_for_message
from tests.browser.site import Site

pytestmark = pytest.mark.browser

#: Everything that a page can keep. Where third-party cookies are blocked, the stores refuse even to be looked at.
_HELD = """
(() => {
  const stored = name => { try { return JSON.stringify({...window[name]}) } catch { return '' } };
  const shared = name => { try { return typeof window[name] === 'string' ? window[name] : '' } catch { return '' } };
  const globals = Object.getOwnPropertyNames(window).map(shared);
  const stores = [stored('localStorage'), stored('sessionStorage'), JSON.stringify(history.state), document.cookie];
  return [document.documentElement.outerHTML, ...globals, ...stores].join(' ');
})()
"""


def test_p_ep_01_the_page_renders_in_the_allowed_origin(app: App, site: Site, viewer: Page) -> None:
    frame = show(viewer, site, frame_page(app.page()))

    expect_ready(frame, "total", "months", "rows")
    expect(frame.get_by_role("heading", name="Sales overview")).to_be_visible()
    expect(card(frame, "total")).to_contain_text("1,200")


def test_p_ep_01_the_browser_blocks_the_page_on_every_other_origin(app: App, site: Site, viewer: Page) -> None:
    # Without a Referer the server cannot tell; frame-ancestors has to.
    body = frame_page(app.page(), attributes='referrerpolicy="no-referrer"')
    refused = []
    viewer.on("console", lambda message: refused.append(message.text))
    for host in ("evil.test", "app.a.test.evil.test", "a.test"):
        refused.clear()
        show(viewer, site, body, host)
        viewer.wait_for_load_state("networkidle")

        assert any("frame-ancestors" in text for text in refused), host
        assert "Sales overview" not in frame_of(viewer).evaluate("document.documentElement?.textContent ?? ''")


def test_p_ep_01_the_policy_names_the_origin_exactly_and_no_old_header_forbids(
    app: App, site: Site, viewer: Page
) -> None:
    response = viewer.goto(app.page())

    assert response is not None
    policy = response.headers["content-security-policy"]
    assert policy.endswith(f"frame-ancestors {site.address('').rstrip('/')}")
    assert "unsafe" not in policy
    assert "x-frame-options" not in response.headers


def test_p_ep_03_no_site_learns_the_address_from_a_referer(app: App, site: Site, new_context: NewContext) -> None:
    context = new_context()
    viewer = context.new_page()
    calls = requests_of(viewer)
    site.pages["/guide"] = "a guide"
    frame = show(viewer, site, frame_page(app.page()))
    expect_ready(frame, "total")

    with context.expect_page() as opened:
        frame.get_by_role("link", name="the guide").click()
    opened.value.wait_for_load_state()

    assert "referer" not in site.seen("/guide")
    assert not any(path == "/picture.png" for _, path, _ in site.requests)
    ours = [call for call in calls if call.url.startswith(app.origin) and not call.is_navigation_request()]
    assert ours
    assert not any("referer" in call.all_headers() for call in ours)


def test_p_ep_04_the_token_is_gone_after_load(app: App, site: Site, viewer: Page) -> None:
    said: list[str] = []
    viewer.on("console", lambda message: said.append(message.text))
    calls = requests_of(viewer)
    token = app.token()
    frame = show(viewer, site, frame_page(f"{app.origin}/iframe/{token}?region=%22North%22&refresh-minutes=5"))
    expect_ready(frame, "total", "months")
    frame.get_by_role("button", name="Refresh").click()
    wait_for_message(viewer, "dashboardUpdated")

    inside = frame_of(viewer)
    assert inside.evaluate("location.href") == f"{app.origin}/iframe/-?refresh-minutes=5"
    held = inside.evaluate(_HELD)
    assert token not in held
    named = [call for call in calls if token in call.url]
    assert [call.is_navigation_request() for call in named] == [True], "only the frame's own address may hold the token"
    assert not any(token in text for text in said)


def test_p_ep_04_every_file_comes_from_the_embed_host_and_has_no_source_map(app: App, site: Site, viewer: Page) -> None:
    answers: list[Response] = []
    viewer.on("response", lambda answer: answers.append(answer))
    frame = show(viewer, site, frame_page(app.page()))
    expect_ready(frame, "total", "months")
    wait_for_message(viewer, "dashboardLoaded")

    hosts = {urlsplit(answer.url).netloc for answer in answers}
    assert hosts <= {urlsplit(app.origin).netloc, urlsplit(site.address()).netloc}
    scripts = [answer for answer in answers if re.search(r"/static/.*\.js$", answer.url)]
    assert scripts
    for script in scripts:
        assert "sourceMappingURL" not in script.text()
        assert "immutable" in script.headers["cache-control"]


def test_p_ep_05_two_frames_side_by_side_keep_to_their_own_customer_without_cookies(
    app: App, site: Site, new_context: NewContext
) -> None:
    context = new_context()
    viewer = context.new_page()
    cookies: list[str] = []
    viewer.on("response", lambda answer: cookies.append(answer.headers.get("set-cookie", "")))
    body = frame_page(app.page("acme"), app.page("globex"))
    for _ in range(20):
        show(viewer, site, body)
        for number, (own, total, other) in enumerate((("acme", "1,200", "globex"), ("globex", "2,400", "acme"))):
            frame = viewer.frame_locator(f"#f{number}")
            expect(card(frame, "total")).to_contain_text(total)
            expect(card(frame, "rows")).to_contain_text(f"CANARY-{own}-")
            assert f"CANARY-{other}-" not in frame_of(viewer, number).content()

    assert not any(cookies)
    assert context.cookies() == []


def test_a_reload_inside_the_frame_asks_the_page_around_and_says_so_when_nobody_answers(
    app: App, site: Site, viewer: Page
) -> None:
    frame = show(viewer, site, frame_page(app.page()))
    expect_ready(frame, "total")

    frame_of(viewer).evaluate("location.reload()")

    expect(frame.get_by_role("heading", name="This dashboard has to be opened again")).to_be_visible()
    asked = viewer.evaluate("heard.filter(m => m.event === 'embedhostTokenRequest')")
    assert asked == [{"origin": app.origin, "event": "embedhostTokenRequest", "detail": {}}]


def test_a_refused_token_gets_the_neutral_page_whose_reference_can_be_copied(app: App, viewer: Page) -> None:
    response = viewer.goto(f"{app.origin}/iframe/not-a-token")

    assert response is not None
    assert response.status == 401
    expect(viewer.get_by_role("heading")).to_have_text("This dashboard can’t be opened")
    reference = viewer.locator("code").inner_text()
    assert re.fullmatch(r"R-[A-Z0-9]{6}", reference)
    viewer.get_by_role("button", name="Copy").click()
    expect(viewer.get_by_role("button", name="Copied")).to_be_visible()
