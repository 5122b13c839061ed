"""The cast and the world of every test: alice owns Tradewind, bob may only look, charlie belongs to another one."""

import os
from pathlib import Path

import pytest
from django.test import Client

from dashboards import flights as flights_module
from embed import usage
from embedhost.lib import store as store_module
from secrets_admin.feed import feed
from secrets_admin.models import Member, Organization, Role, User
from tests.world import World, build_world, write_orders


@pytest.fixture(autouse=True)
def _fresh_process() -> None:
    """Let every test begin as a new process would: nothing recalled, nothing cached, no flight under way."""
    feed.reset()
    usage.forget_recorded()
    store_module.store.cache_clear()
    flights_module.flights.cache_clear()


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


PASSWORD = "correct horse battery staple"


def make_member(organization: Organization, email: str, role: Role) -> User:
    user = User.objects.create_user(email, PASSWORD)
    Member.objects.create(organization=organization, user=user, role=role)
    return user


@pytest.fixture
def tradewind(db: None) -> Organization:
    return Organization.objects.create(name="Tradewind", slug="tradewind", embedding_enabled=True)


@pytest.fixture
def northwind(db: None) -> Organization:
    return Organization.objects.create(name="Northwind", slug="northwind", embedding_enabled=True)


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


@pytest.fixture
def world(tradewind: Organization, northwind: Organization, orders_file: Path) -> World:
    """Two organizations with equal customer ids, equal SQL and equal names on purpose (threats.md 1.4)."""
    return build_world(tradewind, northwind, orders_file)
