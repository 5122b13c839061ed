"""The console's isolation page: two customers, every query, a verdict for each."""

import pytest

from secrets_admin.models import User
from tests.console.cast import text_of, visit
from tests.world import World

pytestmark = pytest.mark.django_db


def address(world: World) -> str:
    return f"/o/{world.a.organization.slug}/dashboards/{world.a.dashboards['sales'].id}/isolation/"


def test_an_owner_sees_a_verdict_for_every_query(world: World, alice: User) -> None:
    before = text_of(visit(alice).get(address(world)))
    assert "Does one customer see" in before
    assert "No leak" not in before
    page = text_of(visit(alice).post(address(world), {"one": "acme", "other": "globex"}))
    assert "No leak in" in page
    assert "Isolated" in page
    assert "cst = external_id" in page
    assert "CANARY" not in page


@pytest.mark.parametrize("other", ["acme", "nobody"])
def test_it_takes_two_customers_that_exist(world: World, alice: User, other: str) -> None:
    page = visit(alice).post(address(world), {"one": "acme", "other": other})
    assert page.status_code == 400
    assert "compares two customers" in text_of(page)
