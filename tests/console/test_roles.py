"""P-OC-01: who may do what, over every surface of embed secrets, origins, customers and dashboards."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from customers.models import Customer
from dashboards.models import Dashboard
from secrets_admin.models import AuditRecord, EmbedSecret, FeedEntry, Member, Organization, Role, User
from tests.about import about
from tests.anew import undone
from tests.conftest import PASSWORD
from tests.console.cast import EMBEDDING, ORIGIN, Answer, text_of, visit

pytestmark = pytest.mark.django_db
_RANK = {None: 0, "stranger": 0, "viewer": 1, "editor": 2, "owner": 3}


@dataclass(frozen=True)
class Surface:
    """An address with the least role that may use it; ``form`` is what a POST sends."""

    name: str
    path: str
    least: str
    form: dict[str, Any] | None = None


_SECRET = f"{EMBEDDING}secrets/{{key_id}}/"
_API_KEYS = "/o/tradewind/settings/api-keys/"
_PASSWORD = {"password": PASSWORD}
SURFACES = [
    Surface("list secrets", EMBEDDING, "viewer"),
    Surface("view value, ask", f"{_SECRET}value/ask/", "owner"),
    Surface("view value", f"{_SECRET}value/", "owner", _PASSWORD),
    Surface("reset, ask", f"{_SECRET}reset/ask/", "owner"),
    Surface("reset", f"{_SECRET}reset/", "owner", _PASSWORD),
    Surface("reset all", f"{EMBEDDING}secrets/reset-all/", "owner", _PASSWORD),
    Surface("create", f"{EMBEDDING}secrets/new/", "owner", {**_PASSWORD, "name": "New", "format": "explo_jwe"}),
    Surface("rotate", f"{_SECRET}rotate/", "owner", {**_PASSWORD, "until": "2100-01-01"}),
    Surface("disable", f"{_SECRET}retire/", "owner", _PASSWORD),
    Surface("API keys", _API_KEYS, "owner"),
    Surface("make API key", f"{_API_KEYS}new/", "owner", {**_PASSWORD, "name": "New", "scopes": ["read"]}),
    Surface("add origin", f"{EMBEDDING}origins/add/", "owner", {"origin": "https://new.example"}),
    Surface("remove origin", f"{EMBEDDING}origins/remove/", "owner", {"origin": ORIGIN}),
    Surface("token life", f"{EMBEDDING}token-lifetime/", "owner", {"amount": "8", "unit": "3600"}),
    Surface("dashboards", "/o/tradewind/dashboards/", "viewer"),
    Surface("preview", "/o/tradewind/dashboards/{dashboard}/", "viewer"),
    Surface("embed page", "/o/tradewind/dashboards/{dashboard}/embed/", "viewer"),
    Surface(
        "embed settings",
        "/o/tradewind/dashboards/{dashboard}/embed/",
        "editor",
        {"origins": [ORIGIN], "cache_seconds": "60", "serve_stale_seconds": "0"},
    ),
    Surface("customers", "/o/tradewind/customers/", "viewer"),
    Surface("new customer", "/o/tradewind/customers/new/", "editor", {"external_id": "globex"}),
    Surface("customer", "/o/tradewind/customers/{uid}/", "viewer"),
    Surface("edit customer", "/o/tradewind/customers/{uid}/edit/", "editor", {"name": "New"}),
    Surface("customer token", "/o/tradewind/customers/{uid}/token/", "editor", {}),
    Surface("refresh token", "/o/tradewind/customers/{uid}/refresh/", "editor", {}),
    Surface("delete customer", "/o/tradewind/customers/{uid}/delete/", "editor", {}),
]


@pytest.fixture
def people(alice: User, erin: User, bob: User, charlie: User) -> dict[str | None, User | None]:
    return {"owner": alice, "editor": erin, "viewer": bob, "stranger": charlie, None: None}


@pytest.fixture
def names(secret: EmbedSecret, dashboard: Dashboard, acme: Customer) -> dict[str, str]:
    return {"key_id": secret.key_id, "dashboard": str(dashboard.id), "uid": str(acme.uid)}


def _use(surface: Surface, person: User | None, names: dict[str, str]) -> Answer:
    client, path = visit(person), surface.path.format(**names)
    return client.get(path) if surface.form is None else client.post(path, surface.form)


def _facts() -> Iterator[object]:
    for model in (EmbedSecret, Customer, Dashboard, AuditRecord, FeedEntry):
        yield list(model.objects.order_by("pk").values())


@pytest.mark.parametrize("surface", SURFACES, ids=lambda surface: surface.name)
def test_p_oc_01_everybody_below_the_role_is_refused_and_changes_nothing(
    surface: Surface, people: dict[str | None, User | None], names: dict[str, str]
) -> None:
    for role in (None, "stranger", "viewer", "editor"):
        with about(role), undone():
            if _RANK[role] >= _RANK[surface.least]:
                assert _use(surface, people[role], names).status_code in (200, 302)
            else:
                _is_refused(surface, role, people[role], names)


def _is_refused(surface: Surface, role: str | None, person: User | None, names: dict[str, str]) -> None:
    before = list(_facts())
    answer = _use(surface, person, names)
    assert answer.status_code == {None: 302, "stranger": 404}.get(role, 403)
    if role is None:
        assert answer.headers["Location"].startswith("/accounts/login/?next=")
    assert list(_facts()) == before
    page = answer.content.decode()
    assert EmbedSecret.objects.get(key_id=names["key_id"]).value().decode() not in page
    assert Customer.objects.get(uid=names["uid"]).token() not in page


@pytest.mark.parametrize("surface", SURFACES, ids=lambda surface: surface.name)
def test_p_oc_01_owners_may_do_everything(
    surface: Surface, people: dict[str | None, User | None], names: dict[str, str]
) -> None:
    # 2100 is too far for a rotation: the form says so, to an owner.
    wanted = (400,) if surface.name == "rotate" else (200, 302)
    assert _use(surface, people["owner"], names).status_code in wanted


@pytest.mark.parametrize("surface", [one for one in SURFACES if "{" in one.path], ids=lambda surface: surface.name)
def test_p_oc_02_names_of_another_organization_are_not_found_in_ones_own(
    surface: Surface, charlie: User, names: dict[str, str], foreign_workspace: object
) -> None:
    before = list(_facts())
    own = Surface(surface.name, surface.path.replace("/o/tradewind/", "/o/northwind/"), surface.least, surface.form)
    assert _use(own, charlie, names).status_code == 404
    assert list(_facts()) == before


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_those_who_may_not_see_the_mask_and_who_can(role: Role, alice: User, secret: EmbedSecret) -> None:
    Member.objects.filter(user=alice).update(role=role)
    page = visit(alice).get(EMBEDDING)
    assert "Owners can reveal this" in text_of(page)
    for word in ("Rotate", "Reset", "New secret", "Reveal value", "Add</button>"):
        assert word not in page.content.decode()


def test_a_lost_role_is_lost_at_once(alice: User, secret: EmbedSecret, tradewind: Organization) -> None:
    client = visit(alice)
    assert client.get(f"{EMBEDDING}secrets/new/ask/").status_code == 200
    Member.objects.filter(user=alice).update(role=Role.VIEWER)
    assert client.get(f"{EMBEDDING}secrets/new/ask/").status_code == 403
    Member.objects.filter(user=alice).delete()
    assert client.get(EMBEDDING).status_code == 404


def test_a_refusal_is_a_page_with_a_reference_or_json(bob: User, secret: EmbedSecret) -> None:
    address = f"{EMBEDDING}secrets/new/ask/"
    page = visit(bob).get(address)
    assert "Only owners can do this." in text_of(page)
    assert "Reference R-" in text_of(page)
    answer = visit(bob).get(address, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert set(answer.json()) == {"code", "message", "reference"}
