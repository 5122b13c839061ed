"""Whose a customer token is: known without asking the database again, and forgotten when the token ends."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from customers import services
from customers.facts import find_customer_by_token
from customers.models import Customer, hash_token
from secrets_admin.access import SYSTEM
from secrets_admin.models import Workspace

pytestmark = pytest.mark.django_db


def test_a_token_leads_to_its_customer(acme: Customer, workspace: Workspace) -> None:
    acme.refresh_from_db()
    found = find_customer_by_token(acme.token())
    assert found is not None
    assert (found.organization_id, found.workspace_id) == (workspace.organization_id, workspace.id)
    assert (found.external_id, found.token_hash) == ("acme", hash_token(acme.token()))
    assert found.made_at == acme.token_made_at.timestamp()


def test_a_token_that_was_seen_costs_no_query(acme: Customer, settings: Settings) -> None:
    settings.REVOCATION_POLL_SECONDS = 0.5
    token = acme.token()
    find_customer_by_token(token)
    with CaptureQueriesContext(connection) as captured:
        assert find_customer_by_token(token) is not None
    assert len(captured) == 0


@pytest.mark.parametrize(
    "odd",
    ["", "a" * 63, "a" * 65, "A" * 64, "g" * 64, "a" * 63 + "\n", "a" * 64 + "\n", "٣" * 64, "0" * 64],
)
def test_what_is_no_token_of_ours_leads_nowhere(odd: str, acme: Customer) -> None:
    assert find_customer_by_token(odd) is None


@pytest.mark.parametrize(
    "end",
    [
        lambda customer: services.refresh_token(customer, actor=SYSTEM),
        lambda customer: services.delete_customer(customer, actor=SYSTEM),
    ],
    ids=["refreshed", "deleted"],
)
def test_a_token_that_ended_is_forgotten_at_once(end: Callable[[Customer], object], acme: Customer) -> None:
    old = acme.token()
    assert find_customer_by_token(old) is not None
    end(acme)
    assert find_customer_by_token(old) is None
    acme.refresh_from_db()
    assert (find_customer_by_token(acme.token()) is None) == (acme.deleted_at is not None)


def test_p_rr_06_the_token_of_before_a_deletion_never_comes_back(acme: Customer, workspace: Workspace) -> None:
    old = acme.token()
    services.delete_customer(acme, actor=SYSTEM)
    again = services.create_customer(workspace, "acme", actor=SYSTEM)
    assert find_customer_by_token(old) is None
    found = find_customer_by_token(again.token())
    assert found is not None
    assert found.made_at == again.token_made_at.timestamp() >= again.created_at.timestamp()


def test_a_changed_name_leaves_the_token_as_it_is(acme: Customer) -> None:
    token = acme.token()
    before = find_customer_by_token(token)
    services.update_customer(acme, name="Acme Ltd", properties={}, actor=SYSTEM)
    assert find_customer_by_token(token) == before
