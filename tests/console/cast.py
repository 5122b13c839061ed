"""What the console's tests share: an editor beside alice and bob, a workspace with a secret, and how one logs in."""

import re
from html.parser import HTMLParser
from typing import Protocol

import pytest
from django.conf import settings
from django.http.response import ResponseHeaders
from django.test import Client

from customers.models import Customer
from customers.services import create_customer
from dashboards.models import Dashboard, DashboardVersion
from secrets_admin.access import Actor
from secrets_admin.models import AuditRecord, EmbedSecret, Organization, Role, User, Workspace
from secrets_admin.services import create_secret
from tests.conftest import PASSWORD, make_member

ORIGIN = "https://app.tradewind.example"
EMBEDDING = "/o/tradewind/settings/embedding/"
_DOCUMENT = {
    "title": "Sales",
    "slug": "sales",
    "panels": [{"id": "about", "type": "text", "title": "About", "width": 12, "text": "Numbers of **sales**."}],
}


@pytest.fixture
def erin(tradewind: Organization) -> User:
    """An editor of alice's organization."""
    return make_member(tradewind, "erin@tradewind.example", Role.EDITOR)


@pytest.fixture
def workspace(tradewind: Organization) -> Workspace:
    return Workspace.objects.create(organization=tradewind, origins=[ORIGIN])


@pytest.fixture
def foreign_workspace(northwind: Organization) -> Workspace:
    """Charlie's workspace."""
    return Workspace.objects.create(organization=northwind)


@pytest.fixture
def secret(workspace: Workspace, alice: User) -> EmbedSecret:
    return create_secret(workspace, name="Production", format="explo_jwe", actor=by(alice))


@pytest.fixture
def acme(workspace: Workspace, alice: User) -> Customer:
    return create_customer(workspace, "acme", name="Acme", actor=by(alice))


@pytest.fixture
def dashboard(tradewind: Organization) -> Dashboard:
    """A saved dashboard whose one panel asks no data source."""
    row = Dashboard.objects.create(organization=tradewind, slug="sales", title="Sales")
    DashboardVersion.objects.create(dashboard=row, number=1, document=_DOCUMENT)
    return row


def by(user: User) -> Actor:
    return Actor(user, user.email, "192.0.2.7")


def visit(user: User | None, *, csrf: bool = False) -> Client:
    """Return a browser at the console, logged in as somebody or as nobody."""
    client = Client(enforce_csrf_checks=csrf, HTTP_HOST=settings.CONSOLE_HOST, REMOTE_ADDR="192.0.2.7")
    if user is not None:
        client.force_login(user)
    return client


def confirmed(user: User) -> Client:
    """Return a browser of somebody who has just entered the password again."""
    client = visit(user)
    answer = client.post(f"{EMBEDDING}secrets/new/", {"password": PASSWORD})
    assert answer.status_code == 400  # The name is missing, the password was right.
    return client


class Answer(Protocol):
    """What a test client's request brings."""

    status_code: int
    headers: ResponseHeaders

    @property
    def content(self) -> bytes: ...


def text_of(response: Answer) -> str:
    """Return what a person reads on a page, with single spaces."""
    reader = _Text()
    reader.feed(response.content.decode())
    return re.sub(r"\s+", " ", "".join(reader.parts)).strip()


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def audited(action: str) -> list[AuditRecord]:
    return list(AuditRecord.objects.filter(action=action).order_by("id"))
