"""The rooms in which editors give customers logins of their own and a source its second wall; real MariaDB logins."""

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from customers.models import Customer
from customers.services import create_customer, delete_customer
from datasources.access import source_for
from datasources.engines import ENGINES
from datasources.errors import ScopeMissing
from datasources.models import CustomerLogin, DataSource
from datasources.services import create_source
from secrets_admin.access import SYSTEM
from secrets_admin.feed import feed
from secrets_admin.models import User, Workspace
from tests.console.cast import audited, text_of, visit
from tests.datasources.world import make_sqlite, mariadb_root

pytestmark = pytest.mark.django_db
PASSWORD = "customers-own"


@pytest.fixture
def source(workspace: Workspace, connections: dict[str, dict[str, Any]]) -> DataSource:
    return create_source(workspace, name="warehouse", engine="mariadb", connection=connections["mariadb"], actor=SYSTEM)


@pytest.fixture(scope="module")
def logins(connections: dict[str, dict[str, Any]], mariadb_url: str) -> Iterator[list[str]]:
    """Two logins that may only read, and one that may write."""
    reader, database = connections["mariadb"]["user"], connections["mariadb"]["dbname"]
    names = {f"{reader}{n}"[-32:]: right for n, right in enumerate(("SELECT", "SELECT", "ALL"))}
    with mariadb_root(mariadb_url, database) as cursor:
        for name, right in names.items():
            cursor.execute(f"GRANT {right} ON {database}.* TO '{name}'@'%' IDENTIFIED BY '{PASSWORD}'")
        yield list(names)
        for name in names:
            cursor.execute(f"DROP USER '{name}'@'%'")


@pytest.fixture
def customers(workspace: Workspace) -> dict[str, Customer]:
    return {name: create_customer(workspace, name, actor=SYSTEM) for name in ("acme", "globex")}


def room(source: DataSource, step: str = "") -> str:
    return f"/o/tradewind/settings/sources/{source.uid}/{step}"


def runs_as(source: DataSource, external_id: str) -> str:
    """Return the login under which a customer's statement really runs."""
    feed.read()
    found = source_for(source.workspace_id, source.name, external_id)
    result = ENGINES[found.engine].run(found.connection, "SELECT current_user() AS a", (), timeout=5, max_rows=5)
    return str(result.values[0][0]).split("@")[0]


def test_an_editor_builds_the_second_wall_and_takes_it_down(
    source: DataSource, customers: dict[str, Customer], logins: list[str], erin: User, bob: User
) -> None:
    client = visit(erin)
    assert "One wall" in text_of(client.get(room(source)))
    assert "0 have one now" in text_of(client.get(room(source, "walls/ask/")))
    client.post(room(source, "walls/"), {"walls": "two"})
    assert text_of(client.get(room(source, "logins/"))).count("None: sees nothing") == 2
    with pytest.raises(ScopeMissing):
        runs_as(source, "acme")

    form = {"user": logins[0], "password": PASSWORD}
    answer = client.post(room(source, f"logins/of/{customers['acme'].uid}/"), form, follow=True)
    assert "acme has a login of its own at warehouse" in text_of(answer)
    assert PASSWORD not in answer.content.decode()
    page = client.get(room(source, f"logins/of/{customers['acme'].uid}/")).content.decode()
    assert f'value="{logins[0]}"' in page
    assert PASSWORD not in page
    assert runs_as(source, "acme") == logins[0]
    (record,) = audited("source.login_changed")
    assert record.detail == {"customer": "acme", "user": logins[0]}

    ask = f"logins/{CustomerLogin.objects.get().uid}/remove/"
    assert "sees nothing of warehouse" in text_of(client.get(room(source, f"{ask}ask/")))
    client.post(room(source, ask))
    with pytest.raises(ScopeMissing):
        runs_as(source, "acme")
    assert "Give up the second wall" in text_of(client.get(room(source, "walls/ask/")))
    client.post(room(source, "walls/"), {"walls": "one"})
    assert runs_as(source, "acme") == source.connection["user"][:32]
    assert "walls/ask/" not in visit(bob).get(room(source)).content.decode()


def test_a_login_that_fails_or_is_somebody_elses_changes_nothing(
    source: DataSource, customers: dict[str, Customer], logins: list[str], erin: User
) -> None:
    client = visit(erin)
    of_acme, of_globex = (room(source, f"logins/of/{customers[name].uid}/") for name in ("acme", "globex"))
    client.post(of_acme, {"user": logins[0], "password": PASSWORD})
    for form, said in (
        ({"user": logins[1], "password": "wrong"}, "cannot be reached"),
        ({"user": logins[0], "password": PASSWORD}, "Another customer, or the source itself, has this login"),
        ({"user": source.connection["user"], "password": "look-only"}, "Another customer, or the source itself"),
        ({"user": logins[1], "password": ""}, "This field is required"),
    ):
        answer = client.post(of_globex, form)
        assert (answer.status_code, said in text_of(answer)) == (400, True), text_of(answer)
        assert "wrong" not in answer.content.decode().split("</head>")[1].replace("field wrong", "")
    assert [login.external_id for login in CustomerLogin.objects.all()] == ["acme"]
    tries = [text_of(client.post(of_globex, {"user": logins[1], "password": "wrong"})) for _ in range(8)]
    assert "Too many connections were tried" in tries[-1]


def test_a_login_that_may_write_is_warned_about_or_refused(
    source: DataSource, customers: dict[str, Customer], logins: list[str], erin: User, settings: Settings
) -> None:
    client, address = visit(erin), room(source, f"logins/of/{customers['acme'].uid}/")
    form = {"user": logins[2], "password": PASSWORD}
    assert "may write" in text_of(client.post(address, form, follow=True))
    CustomerLogin.objects.all().delete()
    settings.DATA_SOURCE_STRICT_LOGINS = True
    assert "no login that may do more than read" in text_of(client.post(address, form))
    assert not CustomerLogin.objects.exists()


def test_the_login_of_a_deleted_customer_is_listed_apart(
    source: DataSource, customers: dict[str, Customer], logins: list[str], erin: User
) -> None:
    client = visit(erin)
    client.post(room(source, f"logins/of/{customers['acme'].uid}/"), {"user": logins[0], "password": PASSWORD})
    assert "Logins without a customer" not in text_of(client.get(room(source, "logins/")))
    delete_customer(customers["acme"], actor=SYSTEM)
    page = text_of(client.get(room(source, "logins/")))
    assert "Logins without a customer" in page
    assert logins[0] in page
    assert client.get(room(source, f"logins/of/{customers['acme'].uid}/")).status_code == 404


def test_another_workspaces_customers_and_logins_do_not_exist(
    source: DataSource, foreign_workspace: Workspace, connections: dict[str, dict[str, Any]], erin: User
) -> None:
    stranger = create_customer(foreign_workspace, "initech", actor=SYSTEM)
    theirs = create_source(
        foreign_workspace, name="warehouse", engine="mariadb", connection=connections["mariadb"], actor=SYSTEM
    )
    login = CustomerLogin.objects.create(source=theirs, external_id="initech", user="x")
    client = visit(erin)
    for step in (f"logins/of/{stranger.uid}/", f"logins/{login.uid}/remove/"):
        assert client.post(room(source, step), {"user": "x", "password": "y"}).status_code == 404
    assert client.get(room(theirs, "logins/")).status_code == 404
    assert CustomerLogin.objects.get() == login


def test_a_file_has_no_logins(workspace: Workspace, customers: dict[str, Customer], erin: User, tmp_path: Any) -> None:
    source = create_source(workspace, name="files", engine="sqlite", connection=make_sqlite(tmp_path), actor=SYSTEM)
    client = visit(erin)
    assert "A file has no logins" in text_of(client.get(room(source, "logins/")))
    assert "walls/ask/" not in client.get(room(source)).content.decode()
    answer = client.post(room(source, f"logins/of/{customers['acme'].uid}/"), {"user": "x", "password": "y"})
    assert "This database has no logins" in text_of(answer)
    assert "no logins" in text_of(client.post(room(source, "walls/"), {"walls": "two"}, follow=True))
