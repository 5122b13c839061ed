"""Customers: made once whoever asks how often, kept exactly as named, and dead for good when deleted."""

import re
import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from customers import access, services
from customers.errors import CustomerExists, CustomerRefused
from customers.facts import find_customer
from customers.models import Customer, hash_token
from embedhost.lib.errors import NotFound
from secrets_admin.access import SYSTEM
from secrets_admin.models import FeedEntry, User, Workspace
from tests.console.cast import audited, by

pytestmark = pytest.mark.django_db
NFC, NFD = unicodedata.normalize("NFC", "café"), unicodedata.normalize("NFD", "café")


def _announced(customer: Customer) -> int:
    subject = f"{customer.workspace_id}:{customer.external_id}"
    return FeedEntry.objects.filter(kind="customer", subject=subject).count()


def test_a_customer_is_made_with_its_token_sealed(workspace: Workspace, alice: User) -> None:
    customer = services.create_customer(workspace, "acme", name="Acme", properties={"region": "DACH"}, actor=by(alice))
    token = customer.token()
    assert re.fullmatch(r"[0-9a-f]{64}", token)
    assert token not in customer.token_sealed
    assert customer.token_hash == hash_token(token)
    assert _announced(customer) == 1
    assert audited("customer.created")[0].subject == "acme"


def test_get_or_create_returns_the_one_that_is_there(acme: Customer, workspace: Workspace) -> None:
    same, made = services.get_or_create_customer(workspace, "acme", name="Another name", actor=SYSTEM)
    assert (same, made, same.name) == (acme, False, "Acme")
    assert same.token() == acme.token()
    with pytest.raises(CustomerExists):
        services.create_customer(workspace, "acme", actor=SYSTEM)


@pytest.mark.django_db(transaction=True)
def test_p_cu_05_many_callers_at_once_make_one_customer_with_one_token(workspace: Workspace) -> None:
    def call(_: int) -> tuple[int, str, bool]:
        try:
            customer, made = services.get_or_create_customer(workspace, "acme", actor=SYSTEM)
            return customer.id, customer.token(), made
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(call, range(24)))
    assert len({(row_id, token) for row_id, token, _ in answers}) == 1
    assert sum(made for _, _, made in answers) == 1


def test_p_ts_11_customers_that_look_alike_are_different_ones(workspace: Workspace) -> None:
    names = ["acme", "ACME", "аcme", NFC, NFD]
    made = [services.create_customer(workspace, name, actor=SYSTEM) for name in names]
    assert len({customer.token() for customer in made}) == len(names)
    for customer, name in zip(made, names, strict=True):
        found = find_customer(workspace.id, name)
        assert found is not None
        assert (found.id, found.external_id) == (customer.id, name)


@pytest.mark.parametrize(
    "external_id",
    ["", " acme", "acme ", "\tacme", "ac\x00me", "ac\u200bme", "ac\u202eme", "ac\u2066me", "\ud800", "a" * 256, "a\n"],
)
def test_p_ts_11_an_identifier_that_cannot_be_seen_or_kept_is_refused(workspace: Workspace, external_id: str) -> None:
    with pytest.raises(CustomerRefused):
        services.create_customer(workspace, external_id, name="Acme", actor=SYSTEM)
    assert not Customer.objects.exists()


@pytest.mark.parametrize("external_id", [1, 1.5, True, None, ["acme"], {"id": "acme"}])
def test_an_identifier_is_a_text(workspace: Workspace, external_id: object) -> None:
    with pytest.raises(CustomerRefused):
        services.get_or_create_customer(workspace, external_id, name="Acme", actor=SYSTEM)  # type: ignore[arg-type]  # the point


def test_the_code_points_outside_ascii_are_spelled_out() -> None:
    assert access.code_points("acme") == ""
    assert access.code_points("аcme") == "U+0430 cyrillic small letter a"
    assert access.code_points(NFC) == "U+00E9 latin small letter e with acute"
    assert access.code_points(NFD) == "U+0301 combining acute accent"


@pytest.mark.parametrize(
    "properties",
    [
        {"region": None},
        {"rate": 1.5},
        {"on": True},
        {"nested": {"a": 1}},
        {"lists": [["a"]]},
        {"big": 2**53},
        {"bad name": "x"},
        {"external_id": "globex"},
        {"text": "x" * 1001},
        {"nul": "\x00"},
        {f"p{number}": 1 for number in range(51)},
        ["region"],
    ],
)
def test_properties_hold_only_what_a_table_rule_can_bind(workspace: Workspace, properties: object) -> None:
    with pytest.raises(CustomerRefused):
        services.create_customer(workspace, "acme", properties=properties, actor=SYSTEM)  # type: ignore[arg-type]  # the point


@pytest.mark.parametrize("name", [" ", "x" * 256, "line\nbreak", "flip\u202eped", "\ud800"])
def test_a_name_is_one_line_of_visible_text(workspace: Workspace, name: str) -> None:
    with pytest.raises(CustomerRefused):
        services.create_customer(workspace, "acme", name=name, actor=SYSTEM)


def test_a_change_of_properties_is_announced(acme: Customer, alice: User) -> None:
    services.update_customer(acme, name="Acme Ltd", properties={"shops": [4, 7]}, actor=by(alice))
    acme.refresh_from_db()
    assert (acme.name, acme.properties) == ("Acme Ltd", {"shops": [4, 7]})
    assert _announced(acme) == 2
    assert audited("customer.changed")[0].subject == "acme"


def test_refresh_replaces_the_token_and_nothing_else(acme: Customer, alice: User) -> None:
    old = acme.token()
    new = services.refresh_token(acme, actor=by(alice))
    acme.refresh_from_db()
    assert new != old
    assert (acme.token(), acme.generation) == (new, 1)
    assert not Customer.objects.filter(token_hash=hash_token(old)).exists()
    assert _announced(acme) == 2


@pytest.mark.django_db(transaction=True)
def test_p_rr_05_of_refreshes_at_once_exactly_one_token_is_left(acme: Customer) -> None:
    def call(_: int) -> str:
        try:
            return services.refresh_token(acme, actor=SYSTEM)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(call, range(16)))
    valid = [token for token in tokens if Customer.objects.filter(token_hash=hash_token(token)).exists()]
    assert len(set(tokens)) == len(tokens)
    assert len(valid) == 1


def test_a_deleted_customer_is_not_there_any_more(acme: Customer, workspace: Workspace, alice: User) -> None:
    old = acme.token()
    services.delete_customer(acme, actor=by(alice))
    assert find_customer(workspace.id, "acme") is None
    assert not Customer.objects.filter(token_hash=hash_token(old)).exists()
    assert not access.list_customers(workspace).exists()
    with pytest.raises(NotFound):
        access.get_customer(workspace, acme.uid)
    with pytest.raises(CustomerRefused):
        services.refresh_token(acme, actor=by(alice))


def test_p_rr_06_a_customer_made_again_has_nothing_of_before(acme: Customer, workspace: Workspace, alice: User) -> None:
    old = acme.token()
    services.delete_customer(acme, actor=by(alice))
    again, made = services.get_or_create_customer(workspace, "acme", name="New Acme", actor=by(alice))
    assert made
    assert (again.id, again.name, again.properties) == (acme.id, "New Acme", {})
    assert again.generation > acme.generation + 1  # once for the deletion, once for the return
    assert again.token() != old
    found = find_customer(workspace.id, "acme")
    assert found is not None
    assert found.generation == again.generation


def test_a_search_finds_names_and_ids_of_this_workspace_only(
    acme: Customer, workspace: Workspace, foreign_workspace: Workspace
) -> None:
    services.create_customer(foreign_workspace, "acme", name="Their Acme", actor=SYSTEM)
    globex = services.create_customer(workspace, "globex", name="Globex", actor=SYSTEM)
    assert list(access.list_customers(workspace)) == [acme, globex]
    assert list(access.list_customers(workspace, "GLO")) == [globex]
    assert list(access.list_customers(workspace, "acm")) == [acme]


def test_a_customer_of_another_organization_is_not_found(acme: Customer, foreign_workspace: Workspace) -> None:
    with pytest.raises(NotFound):
        access.get_customer(foreign_workspace, acme.uid)
