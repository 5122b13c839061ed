"""Customers below one another: who sees whose rows, and when everybody knows."""

import io

import pytest
from django.core.management import CommandError, call_command

from customers import services
from customers.errors import CustomerRefused
from customers.families import DEEPEST, family_of, set_parent
from customers.models import Customer
from secrets_admin.access import SYSTEM
from secrets_admin.models import Workspace
from tests.console.cast import audited

pytestmark = pytest.mark.django_db


def made(workspace: Workspace, name: str, parent: Customer | None = None) -> Customer:
    customer = services.create_customer(workspace, name, actor=SYSTEM)
    if parent is not None:
        set_parent(customer, parent, actor=SYSTEM)
    return customer


def test_a_family_is_the_customer_and_everything_below_it(acme: Customer, workspace: Workspace) -> None:
    made(workspace, "stranger")
    north = made(workspace, "acme-north", acme)
    made(workspace, "acme-north-1", north)
    made(workspace, "acme-south", acme)
    assert family_of(workspace.pk, "acme") == ("acme", "acme-north", "acme-north-1", "acme-south")
    assert family_of(workspace.pk, "acme-north") == ("acme-north", "acme-north-1")
    assert family_of(workspace.pk, "stranger") == ("stranger",)
    assert family_of(workspace.pk, "nobody") == ()
    assert audited("customer.parent_changed")[0].subject == "acme-north"


def test_a_change_below_is_known_above_at_once(acme: Customer, workspace: Workspace) -> None:
    north = made(workspace, "north", acme)
    one = made(workspace, "one", north)
    assert family_of(workspace.pk, "acme") == ("acme", "north", "one")
    set_parent(one, None, actor=SYSTEM)
    assert family_of(workspace.pk, "acme") == ("acme", "north")
    services.delete_customer(north, actor=SYSTEM)
    assert family_of(workspace.pk, "acme") == ("acme",)
    services.get_or_create_customer(workspace, "north", actor=SYSTEM)
    assert family_of(workspace.pk, "acme") == ("acme", "north")


def test_a_deleted_customer_hides_what_is_below_it(acme: Customer, workspace: Workspace) -> None:
    north = made(workspace, "north", acme)
    made(workspace, "one", north)
    services.delete_customer(north, actor=SYSTEM)
    assert family_of(workspace.pk, "acme") == ("acme",)


def test_somebody_asked_for_before_being_made_has_a_family_afterwards(workspace: Workspace) -> None:
    assert family_of(workspace.pk, "later") == ()
    made(workspace, "later")
    assert family_of(workspace.pk, "later") == ("later",)


def test_nobody_stands_below_themselves_or_in_another_workspace(
    acme: Customer, workspace: Workspace, foreign_workspace: Workspace
) -> None:
    north = made(workspace, "north", acme)
    one = made(workspace, "one", north)
    for customer, parent in ((acme, acme), (acme, one), (acme, made(foreign_workspace, "foreign"))):
        with pytest.raises(CustomerRefused):
            set_parent(customer, parent, actor=SYSTEM)
    assert family_of(workspace.pk, "one") == ("one",)


def test_families_have_a_bounded_depth(acme: Customer, workspace: Workspace) -> None:
    line = [acme]
    while len(line) < DEEPEST:
        line.append(made(workspace, f"level-{len(line)}", line[-1]))
    with pytest.raises(CustomerRefused):
        made(workspace, "too-deep", line[-1])
    with pytest.raises(CustomerRefused):
        set_parent(acme, made(workspace, "above"), actor=SYSTEM)
    assert len(family_of(workspace.pk, "acme")) == DEEPEST


def test_the_operator_puts_a_customer_below_another(acme: Customer, workspace: Workspace) -> None:
    made(workspace, "north")
    out = io.StringIO()
    organization = f"--organization={workspace.organization.slug}"
    call_command("set_parent", "north", "acme", organization, stdout=out)
    assert "north stands below acme now." in out.getvalue()
    assert family_of(workspace.pk, "acme") == ("acme", "north")
    call_command("set_parent", "north", organization, stdout=out)
    assert family_of(workspace.pk, "acme") == ("acme",)
    with pytest.raises(CommandError):
        call_command("set_parent", "north", "nobody", organization)
