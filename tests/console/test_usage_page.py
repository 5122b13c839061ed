"""The owner's usage page: numbers, chart, table and download, per dashboard, customer and day (P-OP-04)."""

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from console.usage_report import Asked
from customers.models import Customer
from dashboards.models import Dashboard
from embed.usage_models import DayUsage
from secrets_admin.models import AuditRecord, Organization, User
from tests.console.cast import Answer, audited, text_of, visit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workspace", "foreign_workspace")]
ROOM = "/o/tradewind/usage/"


def today() -> date:
    return datetime.now(UTC).date()


def used(organization: Organization, days_ago: int, dashboard: int, customer: int, **counts: int) -> None:
    DayUsage.objects.create(
        organization_id=organization.id,
        day=today() - timedelta(days=days_ago),
        dashboard_id=dashboard,
        customer_id=customer,
        **counts,
    )


@pytest.fixture
def busy(tradewind: Organization, northwind: Organization, dashboard: Dashboard, acme: Customer) -> Dashboard:
    counts = {"panels": 100, "hits": 75, "queries": 25, "milliseconds": 1500, "rows": 4000, "exports": 2}
    used(tradewind, 0, dashboard.id, acme.id, embeds=37, **counts)
    used(tradewind, 3, dashboard.id, acme.id, embeds=5, limited_customer=1200, limited_breaker=3)
    used(tradewind, 3, dashboard.id, 0, embeds=1)
    used(tradewind, 3, 9999, acme.id, embeds=2)
    used(tradewind, 40, dashboard.id, acme.id, embeds=1000)
    used(northwind, 0, dashboard.id, acme.id, embeds=777_777)
    return dashboard


def rows_of(answer: Any) -> list[dict[str, str]]:
    text = b"".join(answer).decode().removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text)))


def get(user: User, query: str = "") -> Answer:
    page: Answer = visit(user).get(f"{ROOM}{query}")
    assert page.status_code == 200
    return page


def test_the_page_says_what_was_shown_in_the_last_30_days(busy: Dashboard, alice: User) -> None:
    page = get(alice)
    text = text_of(page)
    figures = "Embeds45 Panels shown100 From the cache75% Queries251.5 s, 4,000 rows Downloads2 "
    figures += "Turned away by limits1,203One customer’s 1,200Source not answering 3"
    assert figures in text
    assert f"{busy.title} 43 100 75% 25 1.5 4,000 2 1,203" in text
    assert "Dashboard 9999deleted 2" in text
    assert "777,777" not in text
    assert "1,045" not in text


def test_the_chart_is_drawn_on_the_server_at_three_sizes(busy: Dashboard, alice: User) -> None:
    body = get(alice).content.decode()
    for name in ("wide", "tablet", "phone"):
        assert f'<div class="at-{name}" role="img" aria-label="' in body
    assert body.count("<svg xmlns") >= 3 or body.count('viewBox="0 0 998') == 1
    assert " style=" not in body


@pytest.mark.parametrize(
    ("query", "says", "hides"),
    [
        ("?by=customer", ["Acmeacme 44", "No customerdashboards over shared tables alone 1"], ["deleted"]),
        ("?by=day", ["37 100 75%", "8 0 –"], ["deleted"]),
        ("?days=90", ["1,045"], []),
        ("?customer=acme", ["Embeds44"], []),
        ("?customer=nobody", ["Nothing in this period", "no customer has this external ID"], ["37"]),
        ("?dashboard=9999", ["Dashboard 9999deleted 2"], ["37"]),
        ("?days=31&by=secrets&dashboard=-1&customer=%00", ["Embeds45"], []),
    ],
)
def test_it_can_be_narrowed_and_grouped(
    busy: Dashboard, alice: User, query: str, says: list[str], hides: list[str]
) -> None:
    text = text_of(get(alice, query))
    for words in says:
        assert words in text
    for words in hides:
        assert f" {words}" not in text


def test_a_period_without_anything_is_said(dashboard: Dashboard, alice: User) -> None:
    text = text_of(get(alice))
    assert "Nothing in this period" in text
    assert "Embeds per day" not in text


def test_the_download_has_every_day_dashboard_and_customer(busy: Dashboard, alice: User) -> None:
    answer = visit(alice).get(f"{ROOM}csv/?days=30")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="usage.csv"'
    rows = rows_of(answer)
    assert [(row["day"], row["dashboard"], row["customer"], row["embeds"]) for row in rows] == [
        (str(today()), busy.title, "acme", "37"),
        (str(today() - timedelta(days=3)), busy.title, "", "1"),
        (str(today() - timedelta(days=3)), busy.title, "acme", "5"),
        (str(today() - timedelta(days=3)), "Dashboard 9999", "acme", "2"),
    ]
    assert rows[0]["seconds"] == "1.5"
    assert [record.subject for record in audited("usage.downloaded")] == ["30 days"]


def test_p_ex_01_names_are_no_formulas_in_the_download(busy: Dashboard, acme: Customer, alice: User) -> None:
    Dashboard.objects.update(title="=1+1")
    Customer.objects.update(name='@SUM("x")')
    row = rows_of(visit(alice).get(f"{ROOM}csv/?customer=acme"))[0]
    assert (row["dashboard"], row["customer_name"]) == ("'=1+1", '\'@SUM("x")')


@pytest.mark.parametrize("address", [ROOM, f"{ROOM}csv/"])
def test_p_op_04_editors_and_viewers_see_no_usage(
    busy: Dashboard, erin: User, bob: User, charlie: User, address: str
) -> None:
    for user, status in ((erin, 403), (bob, 403), (charlie, 404)):
        answer = visit(user).get(address)
        assert answer.status_code == status
        # As a word: a reference such as R-ANLE37 may hold it.
        assert not re.search(r"\b37\b", text_of(answer))
    assert not AuditRecord.objects.filter(action="usage.downloaded").exists()
    assert "Usage" not in text_of(visit(erin).get("/o/tradewind/dashboards/"))


def test_odd_questions_are_read_as_none() -> None:
    assert Asked.of({"days": "1e9", "by": "x", "dashboard": "٣", "customer": "\x00"}) == Asked()
    assert Asked.of({"dashboard": "9" * 40}) == Asked()
