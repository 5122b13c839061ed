"""Owners and editors give a customer a data source of its own, which all of its panels then ask."""

from pathlib import Path

import pytest
from django.http import HttpResponseBase

from customers.models import Customer
from datasources.access import source_for
from datasources.models import DataSource, SourceRoute
from datasources.services import create_source, delete_source
from secrets_admin.access import SYSTEM
from secrets_admin.feed import feed
from secrets_admin.models import User, Workspace
from tests.console.cast import acme, audited, erin, foreign_workspace, text_of, visit, workspace
from tests.datasources.world import make_sqlite

__all__ = ["acme", "erin", "foreign_workspace", "workspace"]

pytestmark = pytest.mark.django_db


def connect(workspace: Workspace, path: Path, *names: str) -> list[DataSource]:
    folder = path / names[0]
    folder.mkdir()
    connection = make_sqlite(folder)
    return [create_source(workspace, name=n, engine="sqlite", connection=connection, actor=SYSTEM) for n in names]


def page(customer: Customer, step: str = "") -> str:
    return f"/o/tradewind/customers/{customer.uid}/{step}"


def save(user: User, customer: Customer, source: object) -> HttpResponseBase:
    return visit(user).post(page(customer, "source/"), {"source": source})


def asked(customer: Customer) -> str:
    feed.read()
    return source_for(customer.workspace_id, "shared", customer.external_id).name


def test_a_source_is_chosen_used_shown_audited_and_taken_back(
    acme: Customer, workspace: Workspace, erin: User, bob: User, tmp_path: Path
) -> None:
    connect(workspace, tmp_path, "shared", "acme_own")
    assert asked(acme) == "shared"
    offered = visit(erin).get(page(acme, "source/ask/")).content.decode()
    assert '<option value="" selected>Those that panels name</option>' in offered
    answer = visit(erin).post(page(acme, "source/"), {"source": "acme_own"}, follow=True)
    assert "Every panel of Acme asks acme_own from now on." in text_of(answer)
    assert asked(acme) == "acme_own"
    assert "Every panel asks acme_own, its own." in text_of(visit(erin).get(page(acme)))
    assert "acme_ownIts own, for every panel" in text_of(visit(bob).get(page(acme)))
    assert '<option value="acme_own" selected>' in visit(erin).get(page(acme, "source/ask/")).content.decode()
    assert save(erin, acme, "").status_code == 302
    assert asked(acme) == "shared"
    records = audited("source.routed")
    assert [(one.actor, one.subject, one.detail) for one in records] == [
        (erin, "acme_own", {"customer": "acme"}),
        (erin, "", {"customer": "acme"}),
    ]


def test_a_source_with_two_walls_says_that_a_login_is_missing(
    acme: Customer, workspace: Workspace, erin: User, tmp_path: Path
) -> None:
    connect(workspace, tmp_path, "acme_own")
    DataSource.objects.update(login_per_customer=True)
    answer = visit(erin).post(page(acme, "source/"), {"source": "acme_own"}, follow=True)
    assert "two walls: give Acme a login there." in text_of(answer)


def test_p_oc_02_only_a_source_of_the_workspace_can_be_chosen(
    acme: Customer, workspace: Workspace, foreign_workspace: Workspace, alice: User, tmp_path: Path
) -> None:
    [theirs] = connect(foreign_workspace, tmp_path, "theirs")
    [gone] = connect(workspace, tmp_path, "gone")
    delete_source(gone, actor=SYSTEM)
    for source in ("theirs", str(theirs.pk), str(theirs.uid), "gone", "-1"):
        answer = save(alice, acme, source)
        assert answer.status_code == 400, source
        assert "Choose one of the list." in answer.getvalue().decode()
    assert save(alice, acme, "x\x00").status_code == 400
    assert not SourceRoute.objects.exists()
    assert not audited("source.routed")


def test_viewers_may_not_choose_and_strangers_find_nothing(
    acme: Customer, workspace: Workspace, bob: User, charlie: User, tmp_path: Path
) -> None:
    connect(workspace, tmp_path, "acme_own")
    assert "Choose data source" not in text_of(visit(bob).get(page(acme)))
    for user, status in ((bob, 403), (charlie, 404)):
        assert save(user, acme, "acme_own").status_code == status
        assert visit(user).get(page(acme, "source/ask/")).status_code == status
    assert not SourceRoute.objects.exists()
