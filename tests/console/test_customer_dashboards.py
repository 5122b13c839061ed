"""Owners and editors choose the dashboards of a customer, and which is meant when none is named."""

import pytest
from django.http import HttpResponseBase

from customers.models import Customer
from dashboards.lists import default_dashboard
from dashboards.models import CustomerDashboard, Dashboard
from secrets_admin.models import Organization, User
from tests.console.cast import acme, audited, dashboard, erin, text_of, visit, workspace

__all__ = ["acme", "dashboard", "erin", "workspace"]

pytestmark = pytest.mark.django_db


def room(customer: Customer) -> str:
    return f"/o/tradewind/customers/{customer.uid}/dashboards/"


def save(user: User, customer: Customer, *chosen: object, default: object = "") -> HttpResponseBase:
    return visit(user).post(room(customer), {"dashboards": list(chosen), "default": default})


def test_the_choice_is_kept_shown_and_audited(acme: Customer, dashboard: Dashboard, erin: User) -> None:
    assert save(erin, acme, dashboard.id, default=dashboard.id).status_code == 302
    assert default_dashboard(acme) == dashboard
    assert "Sales (default)" in text_of(visit(erin).get(f"/o/tradewind/customers/{acme.uid}/"))
    asked = visit(erin).get(f"{room(acme)}ask/").content.decode()
    assert f'value="{dashboard.id}" checked' in asked
    assert f'<option value="{dashboard.id}" selected' in asked
    assert [record.subject for record in audited("customer.dashboards_changed")] == ["acme"]
    assert save(erin, acme).status_code == 302
    assert default_dashboard(acme) is None


def test_a_default_that_is_not_chosen_is_refused_with_the_reason(
    acme: Customer, dashboard: Dashboard, alice: User
) -> None:
    answer = save(alice, acme, default=dashboard.id)
    assert answer.status_code == 400
    assert "one of the dashboards chosen above" in answer.getvalue().decode()
    assert not CustomerDashboard.objects.exists()


def test_p_oc_02_a_dashboard_of_another_organization_cannot_be_chosen(
    acme: Customer, northwind: Organization, alice: User
) -> None:
    foreign = Dashboard.objects.create(organization=northwind, slug="theirs", title="Theirs")
    for chosen in (foreign.id, "x", "-1", "999999"):
        assert save(alice, acme, chosen).status_code == 400
    assert not CustomerDashboard.objects.exists()


def test_viewers_may_not_choose_and_strangers_find_nothing(
    acme: Customer, dashboard: Dashboard, bob: User, charlie: User
) -> None:
    assert save(bob, acme, dashboard.id).status_code == 403
    assert visit(bob).get(f"{room(acme)}ask/").status_code == 403
    assert save(charlie, acme, dashboard.id).status_code == 404
    assert not CustomerDashboard.objects.exists()
