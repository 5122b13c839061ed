"""A customer's login goes only to where it was given for, whatever becomes of its source."""

import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.urls import reverse

from datasources.access import source_for
from datasources.errors import LoginsInUse, ScopeMissing, SourceUnavailable
from datasources.models import CustomerLogin, DataSource
from datasources.services import change_connection, create_source
from datasources.walls import set_customer_login, set_login_per_customer
from secrets_admin.access import SYSTEM
from secrets_admin.feed import feed
from secrets_admin.models import User, Workspace
from tests.console.cast import audited, visit
from tests.datasources.world import postgresql

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def server(postgres_url: str) -> Iterator[dict[str, Any]]:
    name = f"bound_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}_{os.getpid()}"
    with postgresql(postgres_url, name) as connection:
        yield connection


@pytest.fixture(scope="module")
def logins(server: dict[str, Any], postgres_url: str) -> Iterator[list[str]]:
    names = [f"{server['user']}_c{n}" for n in range(4)]
    with psycopg.connect(postgres_url, autocommit=True) as administrator:
        for name in names:
            administrator.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'customers-own'")
        yield names
        for name in names:
            administrator.execute(f"DROP ROLE {name}")


@pytest.fixture
def source(workspace: Workspace, server: dict[str, Any], logins: list[str]) -> DataSource:
    made = create_source(workspace, name="warehouse", engine="postgresql", connection=server, actor=SYSTEM)
    set_login_per_customer(made, True, actor=SYSTEM)
    set_customer_login(made, "acme", user=logins[0], password="customers-own", actor=SYSTEM)
    return made


@pytest.fixture
def elsewhere(server: dict[str, Any]) -> dict[str, Any]:
    """The same server under another name, as an editor could type any."""
    return {**server, "host": "localhost" if server["host"] != "localhost" else "127.0.0.1"}


def own(source: DataSource) -> Any:
    feed.read()
    return source_for(source.workspace_id, source.name, "acme").connection


def test_p_ds_03_a_source_with_customers_logins_stays_where_it_is(
    source: DataSource, elsewhere: dict[str, Any]
) -> None:
    before = own(source)
    with pytest.raises(LoginsInUse):
        change_connection(source, elsewhere, actor=SYSTEM)
    for name, value in (("dbname", "postgres"), ("sslmode", "require"), ("port", 1)):
        with pytest.raises(LoginsInUse):
            change_connection(source, {**source.connection, name: value}, actor=SYSTEM)
    assert own(source) == before
    assert before["password"] == "customers-own"
    change_connection(source, source.connection, actor=SYSTEM)
    assert own(source) == before


def test_p_ds_03_logins_removed_in_the_same_act_let_it_move(source: DataSource, elsewhere: dict[str, Any]) -> None:
    change_connection(source, elsewhere, actor=SYSTEM, remove_logins=True)
    assert not CustomerLogin.objects.exists()
    assert audited("source.connection_changed")[-1].detail["logins_removed"] == 1
    with pytest.raises(ScopeMissing):
        own(source)


def test_p_ds_03_a_login_is_never_sent_to_another_place(source: DataSource, elsewhere: dict[str, Any]) -> None:
    """Past the services, as a restored backup or a race of two changes could leave it."""
    assert own(source)["password"] == "customers-own"
    before = source.connection
    for name in ("host", "port", "dbname", "sslmode"):
        source.connection = {**before, name: elsewhere["host"] if name == "host" else "1"}
        source.save()
        feed.reset()
        with pytest.raises(SourceUnavailable) as caught:
            own(source)
        assert "another host" in caught.value.detail
    assert caught.value.code == "data_source_unavailable"


def test_p_ds_03_a_login_of_before_the_binding_is_sent_nowhere(source: DataSource) -> None:
    CustomerLogin.objects.update(password_sealed="k1:AAAA")
    feed.reset()
    with pytest.raises(SourceUnavailable):
        own(source)


def test_the_form_says_what_to_do(source: DataSource, elsewhere: dict[str, Any], erin: User) -> None:
    client = visit(erin)
    url = reverse("source_connection", kwargs={"organization": "tradewind", "source_uid": source.uid})
    assert b'name="remove_logins"' in client.get(url).content
    refused = client.post(url, elsewhere)
    assert b"never sent elsewhere" in refused.content
    assert own(source)["host"] == source.connection["host"]
    assert client.post(url, {**elsewhere, "remove_logins": "on"}).status_code == 302
    assert not CustomerLogin.objects.exists()
