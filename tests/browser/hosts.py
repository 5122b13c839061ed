"""The pages around the frame that tests need, and how to look into the frame in them."""

import time
from typing import Any

from playwright.sync_api import Frame, FrameLocator, Locator, Page, Request, expect

from tests.browser.app import App
from tests.browser.site import Site

#: Keeps every message that comes from a frame.
_LISTEN = "<script>window.heard=[];addEventListener('message',e=>heard.push({origin:e.origin,...e.data}))</script>"
_EVENTS = (
    "dashboardReadyToLoad dashboardLoaded dashboardUpdated sendVariableUpdatedEvent customerJwtExpired"
    " embedhostReady embedhostHeight embedhostTokenExpiring embedhostNotice"
)


def frame_page(*addresses: str, attributes: str = "") -> str:
    """A product's page with plain frames in it."""
    frames = "".join(
        f'<iframe id="f{number}" src="{address}" width="100%" height="1400" {attributes}></iframe>'
        for number, address in enumerate(addresses)
    )
    return f"<!doctype html><title>Product</title>{_LISTEN}{frames}"


def element_page(
    app: App, token: str, attributes: str = "", name: str = "embedhost-dashboard", loader: str = "embed.js"
) -> str:
    """A product's page with the web component in it."""
    keep = (
        f"window.events=[];for(const n of '{_EVENTS}'.split(' '))"
        "addEventListener(n,e=>events.push({event:n,detail:e.detail}))"
    )
    return (
        f'<!doctype html><title>Product</title><meta name="viewport" content="width=device-width">'
        f"<body style='margin:0'>{_LISTEN}<script>{keep}</script>"
        f'<{name} id="d" dash-jwt="{token}" {attributes}></{name}><script src="{app.origin}/{loader}"></script>'
    )


def show(viewer: Page, site: Site, body: str, host: str = "app.a.test") -> FrameLocator:
    """Open a page around a frame and return the frame."""
    site.pages["/"] = body
    viewer.goto(site.address("/", host))
    return viewer.frame_locator("iframe").first


def frame_of(viewer: Page, number: int = 0) -> Frame:
    """Return the frame itself, for scripts that look around in it."""
    handle = viewer.locator("iframe").nth(number).element_handle()
    frame = handle.content_frame() if handle else None
    assert frame is not None
    return frame


def card(frame: FrameLocator, panel: str) -> Locator:
    return frame.locator(f'[data-panel="{panel}"]')


def expect_ready(frame: FrameLocator, *panels: str) -> None:
    """Wait until these panels show what they have."""
    for panel in panels:
        expect(card(frame, panel)).to_have_attribute("data-state", "ready")


def requests_of(viewer: Page, part: str = "") -> list[Request]:
    """Return a list that fills with the requests from now on whose address holds ``part``."""
    found: list[Request] = []

    def keep(request: Request) -> None:
        if part in request.url:
            found.append(request)

    viewer.on("request", keep)
    return found


def wait_until(place: Page | Frame, script: str, seconds: float = 60) -> None:
    """Wait until a script says true there.

    Playwright's own ``wait_for_function`` asks again with eval inside the page, which a strict policy refuses.
    """
    deadline = time.monotonic() + seconds
    while not place.evaluate(script):
        assert time.monotonic() < deadline, f"still not true after {seconds} s: {script}"
        place.wait_for_timeout(50)


def wait_for_message(viewer: Page, event: str, where: str = "heard") -> Any:
    """Wait for a message or event of this name and return its newest detail."""
    wait_until(viewer, f"window.{where}.some(m => m.event === '{event}')")
    return viewer.evaluate(f"window.{where}.filter(m => m.event === '{event}').at(-1).detail")
