"""The cast and the world of every test: alice owns Tradewind, bob may only look, charlie belongs to another one."""

import gc
import os
import pickle
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import hypothesis
import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from django.db import DEFAULT_DB_ALIAS, connections
from django.template.base import Template
from django.test import Client
from playwright.sync_api import Browser, Playwright, sync_playwright
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile

from embedhost import background
from embedhost.lib import journal
from secrets_admin.models import Member, Organization, Role, User, Workspace
from tests.anew import Committing, begin_anew, end_jobs
from tests.migrated import copy_migrated
from tests.snapshot import Snapshot, take
from tests.world import World, build_world, write_orders

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Spare the collector what is loaded by now and stays: it would look through all of it again and again."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish(session: pytest.Session) -> None:
    gc.unfreeze()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Keep a SQLite test database in a file, so that servers in other processes can open it too."""
    for config in connections.settings.values():
        if config["ENGINE"].endswith("sqlite3"):
            path = tmp_path_factory.mktemp("database") / "test.sqlite3"
            copy_migrated(path)
            config["TEST"]["NAME"] = str(path)


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Begin with the migrated copy, where there is one; Django migrates what it lacks."""
    return connections[DEFAULT_DB_ALIAS].vendor == "sqlite"


@pytest.fixture(scope="session", autouse=True)
def _static_files_found_once() -> Iterator[None]:
    """Let the handlers of all clients share one search for static files, which costs as much as a test."""
    found: dict[str, StaticFile] = {}
    search = WhiteNoiseMiddleware.add_files_from_finders

    def share(self: WhiteNoiseMiddleware) -> None:
        if not found:
            search(self)
            found.update(self.files)
        self.files.update(found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", share)
        yield


@pytest.fixture(scope="session", autouse=True)
def _plain_templates(django_test_environment: None) -> Iterator[None]:
    """Render without telling the client of every template and its context, which no test asks for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Template, "_render", lambda self, context: self.nodelist.render(context))
        yield


@pytest.fixture(scope="session", autouse=True)
def _announced_at_once() -> Iterator[None]:
    """Let what a test announces be read by its next question."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("secrets_admin.feed.transaction", Committing())
        yield


@pytest.fixture(scope="session", autouse=True)
def _cheap_hashes() -> Iterator[None]:
    """Hash passwords with Argon2's least parameters: Django's take a quarter of a second for each log-in."""
    with pytest.MonkeyPatch.context() as patch:
        for name, least in {"time_cost": 1, "memory_cost": 8, "parallelism": 1}.items():
            patch.setattr(Argon2PasswordHasher, name, least)
        yield


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for results as long as a loaded machine needs; tests of slow panels set shorter times themselves."""
    # Tests take the journal themselves; a thread of a live server would do it beside their transaction.
    monkeypatch.setattr(background, "HOUSE_SECONDS", 86_400.0)
    for name in ("embed.views.PAGE_WAIT", "embed.data.LONGEST_WAIT", "dashboards.queries.LONGEST_WAIT"):
        monkeypatch.setattr(name, 30.0)


@pytest.fixture(autouse=True)
def _fresh_process(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let every test begin as a new process would: nothing recalled, nothing cached, no flight, an empty journal."""
    settings.JOURNAL_DIR = tmp_path_factory.getbasetemp() / f"journal-{uuid.uuid4().hex}"
    begin_anew(settings.REDIS_URL)
    yield
    end_jobs()
    journal.forget()


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """The real PostgreSQL that ``./dev test`` started."""
    url = os.environ.get("TEST_DATABASE_URL")
    if not url:
        pytest.fail("TEST_DATABASE_URL is not set. Run the tests with ./dev test, which starts PostgreSQL.")
    return url


@pytest.fixture(scope="session")
def redis_url() -> str:
    """The real Redis that ``./dev test`` started."""
    url = os.environ.get("TEST_REDIS_URL")
    if not url:
        pytest.fail("TEST_REDIS_URL is not set. Run the tests with ./dev test, which starts Redis.")
    return url


@pytest.fixture(scope="session")
def mariadb_url() -> str:
    """The real MariaDB that ``./dev test`` started."""
    url = os.environ.get("TEST_MARIADB_URL")
    if not url:
        pytest.fail("TEST_MARIADB_URL is not set. Run the tests with ./dev test, which starts MariaDB.")
    return url


PASSWORD = "correct horse battery staple"


@cache
def hashed_password() -> str:
    """Hash the cast's password once: every test makes people."""
    return make_password(PASSWORD)


def make_member(organization: Organization, email: str, role: Role) -> User:
    user = User.objects.create(email=email, password=hashed_password())
    Member.objects.create(organization=organization, user=user, role=role)
    return user


#: Fixed, so that the rows of the world can name them; far above what a test makes.
TRADEWIND, NORTHWIND = 900_001, 900_002


@pytest.fixture
def tradewind(db: None) -> Organization:
    return Organization.objects.create(id=TRADEWIND, name="Tradewind", slug="tradewind", embedding_enabled=True)


@pytest.fixture
def northwind(db: None) -> Organization:
    return Organization.objects.create(id=NORTHWIND, name="Northwind", slug="northwind", embedding_enabled=True)


@pytest.fixture
def alice(tradewind: Organization) -> User:
    return make_member(tradewind, "alice@tradewind.example", Role.OWNER)


@pytest.fixture
def bob(tradewind: Organization) -> User:
    return make_member(tradewind, "bob@tradewind.example", Role.VIEWER)


@pytest.fixture
def charlie(northwind: Organization) -> User:
    return make_member(northwind, "charlie@northwind.example", Role.OWNER)


@pytest.fixture
def embed_client() -> Client:
    """A browser on a customer's site."""
    return Client(HTTP_HOST=os.environ["EMBED_HOST"])


@pytest.fixture
def console_client() -> Client:
    """A browser on the console."""
    return Client(HTTP_HOST=os.environ["CONSOLE_HOST"])


@pytest.fixture(scope="session")
def orders_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DuckDB file of orders whose notes are canaries: one per organization, customer and row."""
    path = tmp_path_factory.mktemp("orders") / "orders.duckdb"
    write_orders(path)
    return path


_worlds: list[Snapshot] = []


@pytest.fixture
def world(tradewind: Organization, northwind: Organization, orders_file: Path) -> World:
    """Two organizations with equal customer ids, equal SQL and equal names on purpose (threats.md 1.4)."""
    if not _worlds:
        _worlds.append(take(lambda: build_world(tradewind, northwind, orders_file)))
        return cast("World", pickle.loads(_worlds[0].made))
    return cast("World", _worlds[0].restore())


@dataclass(frozen=True)
class Live:
    """A real server in this process, for browsers: the same world behind two hosts of one port."""

    embed_url: str
    console_url: str
    port: int
    world: World


@pytest.fixture
def live(live_server: LiveServer, settings: Settings, world: World) -> Live:
    """Serve the world; ``http://localhost:*`` and ``http://127.0.0.1:*`` may embed it."""
    port = urlsplit(live_server.url).port or 0
    settings.EMBED_HOST, settings.CONSOLE_HOST = f"127.0.0.1:{port}", f"localhost:{port}"
    settings.EMBED_ORIGIN, settings.CONSOLE_ORIGIN = f"http://127.0.0.1:{port}", f"http://localhost:{port}"
    Workspace.objects.update(origins=["http://localhost:*", "http://127.0.0.1:*"])
    return Live(settings.EMBED_ORIGIN, settings.CONSOLE_ORIGIN, port, world)


_CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a real Chromium."""
    named = [os.environ.get("TEST_CHROMIUM", ""), *_CHROMIUMS]
    found = next((path for name in named if name and (path := shutil.which(name))), None)
    if found is None:
        pytest.fail("No Chromium was found. Run the tests with ./dev test, which installs it, or set TEST_CHROMIUM.")
    return found


CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The one Playwright of a process; a second one could not run in the same thread."""
    with sync_playwright() as running:
        # Its event loop runs in this thread, which Django would otherwise take for asynchronous code.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        yield running


@pytest.fixture(scope="session")
def browser(chromium: str, playwright: Playwright) -> Iterator[Browser]:
    """One headless Chromium for all browser tests of a process; every test makes its own context."""
    running = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
    yield running
    running.close()
