"""A real Chromium, a real embed host and the pages around it. Every name under .test is this machine."""

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from tests.browser.app import App, running_app
from tests.browser.demo import Demo, running_demo
from tests.browser.site import Site, running_site

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP *.test 127.0.0.1",
    "--test-third-party-cookie-phaseout",
]

NewContext = Callable[..., BrowserContext]


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """The Chromium that ``./dev test`` found, with third-party cookies blocked."""
    path = os.environ.get("TEST_CHROMIUM")
    if not path:
        pytest.fail("TEST_CHROMIUM is not set. Run the browser tests with ./dev test browser, which finds or gets one.")
    browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture
def new_context(chromium: Browser) -> Iterator[NewContext]:
    """Make a viewer's browser profile; closed at the end of the test."""
    made: list[BrowserContext] = []

    def make(**options: object) -> BrowserContext:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, "timezone_id": "UTC", **options})  # type: ignore[arg-type]  # Playwright's own keywords
        context.set_default_timeout(15_000)
        made.append(context)
        return context

    yield make
    for context in made:
        context.close()


@pytest.fixture
def viewer(new_context: NewContext) -> Page:
    """A viewer's window."""
    return new_context().new_page()


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """The pages around the frame; ``app.a.test`` alone is on the list of origins."""
    with running_site() as running:
        yield running


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory, site: Site) -> Iterator[App]:
    """embedhost under granian, with the world of seed.py."""
    folder = tmp_path_factory.mktemp("app")
    with running_app(folder, site.address("").rstrip("/"), site.address("", "collector.test").rstrip("/")) as running:
        yield running


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The one demo of a process: seeding and starting it costs ten seconds. What it came with stays as it is."""
    with running_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running
