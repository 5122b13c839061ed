"""Refusals: counted by reason, customer and site, and listed, for owners and editors of the organization alone."""

import time

import pytest

from embed import refusals
from embed.left_out import Place, left_out
from embedhost.lib import journal
from secrets_admin.models import Organization, User, Workspace
from tests.console.cast import text_of, visit
from tokens.errors import Reason, TokenError

pytestmark = pytest.mark.django_db
PAGE = "/o/tradewind/refusals/"


def refuse(
    organization: Organization,
    reason: Reason = Reason.EXPIRED,
    *,
    number: int = 1,
    verified: bool = True,
    customer: str = "acme",
    host: str = "https://app.tradewind.example",
    reference: str = "R-7K3F9Q",
) -> None:
    error = TokenError(reason, problem="A fixed sentence.").of(customer)
    error.organization_id, error.verified, error.key_id = organization.id, verified, "es_1"
    for _ in range(number):
        refusals.note(error, reference=reference, door="iframe", token="a token", host=host)
    journal.drain()


def test_an_empty_ledger_says_so(alice: User, workspace: Workspace) -> None:
    assert "No refusals" in text_of(visit(alice).get(PAGE))


def test_refusals_are_counted_drawn_and_listed(alice: User, workspace: Workspace, tradewind: Organization) -> None:
    refuse(tradewind, number=3)
    refuse(tradewind, Reason.UNKNOWN_CUSTOMER, customer="globex", reference="R-222222")
    page = visit(alice).get(PAGE)
    text = text_of(page)
    assert "4 refusals" in text
    assert "It has ended 3 75%" in text
    assert "There is no such customer 1 25%" in text
    assert "acme 3 75%" in text
    assert "globex 1 25%" in text
    assert "https://app.tradewind.example 4 100%" in text
    assert "R-222222" in text
    assert "<svg" in page.content.decode()
    assert 'data-state="ready"' in page.content.decode()


def test_refusals_without_detail_are_told(alice: User, workspace: Workspace, tradewind: Organization) -> None:
    refuse(tradewind)
    assert "while the database was away" not in text_of(visit(alice).get(PAGE))
    left_out.add(Place(tradewind.id, True, "expired", time.time() // 3600 * 3600), 1234)
    left_out.write(now=True)
    journal.drain()
    text = text_of(visit(alice).get(PAGE))
    assert "1,235 refusals" in text
    assert "1,234 of them came faster" in text


@pytest.mark.parametrize("period", ["day", "fortnight", "month", "nonsense", "\x00"])
def test_every_period_is_drawn(period: str, alice: User, workspace: Workspace, tradewind: Organization) -> None:
    refuse(tradewind, number=2)
    page = visit(alice).get(PAGE, {"period": period})
    assert page.status_code == 200
    assert "2 refusals" in text_of(page)
    assert "data-undrawn" not in page.content.decode()


def test_what_only_claims_to_be_ours_is_listed_apart(
    alice: User, workspace: Workspace, tradewind: Organization
) -> None:
    refuse(tradewind)
    refuse(tradewind, Reason.BAD_SIGNATURE, verified=False, reference="R-333333")
    text = text_of(visit(alice).get(PAGE))
    assert "of which 1 by tokens that were not made with a secret of yours" in text
    own, _, claimed = text.partition("Not made with your secrets")
    assert "R-7K3F9Q" in own
    assert "R-333333" in claimed


def test_filters_narrow_counts_and_lists(alice: User, workspace: Workspace, tradewind: Organization) -> None:
    refuse(tradewind)
    refuse(tradewind, Reason.UNKNOWN_CUSTOMER, customer="globex", reference="R-222222")
    text = text_of(visit(alice).get(PAGE, {"customer": "globex"}))
    assert "1 refusal." in text
    assert "R-222222" in text
    assert "R-7K3F9Q" not in text.replace("Find reference", "")
    assert "R-7K3F9Q" in text_of(visit(alice).get(PAGE, {"reason": "expired", "host": "https://app.tradewind.example"}))


def test_nobody_sees_anothers_refusals(
    charlie: User, workspace: Workspace, foreign_workspace: Workspace, tradewind: Organization
) -> None:
    refuse(tradewind)
    assert visit(charlie).get(PAGE).status_code == 404
    assert "No refusals" in text_of(visit(charlie).get("/o/northwind/refusals/"))


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}inspector/"])
def test_editors_may_look_and_viewers_may_not(
    path: str, erin: User, bob: User, workspace: Workspace, tradewind: Organization
) -> None:
    assert visit(erin).get(path).status_code == 200
    assert visit(bob).get(path).status_code == 403
    assert visit(None).get(path).status_code == 302
    assert "Refusals" not in text_of(visit(bob).get("/o/tradewind/dashboards/"))


def test_what_a_stranger_wrote_is_shown_as_text(alice: User, workspace: Workspace, tradewind: Organization) -> None:
    refuse(tradewind, customer="<script>alert(1)</script>")
    page = visit(alice).get(PAGE).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
