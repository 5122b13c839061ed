"""P-OP-04: who sees how often something was embedded."""

import re

import pytest
from django.utils import timezone

from dashboards.models import Dashboard
from embed.models import Embed
from embed.usage_models import DayUsage
from secrets_admin.models import EmbedSecret, User
from tests.console.cast import EMBEDDING, text_of, visit

pytestmark = pytest.mark.django_db
_NUMBER = 37


@pytest.fixture
def used(dashboard: Dashboard, secret: EmbedSecret) -> Dashboard:
    """A dashboard that was embedded and asked its database, today."""
    names = {"organization_id": dashboard.organization_id, "dashboard_id": dashboard.id}
    Embed.objects.bulk_create(Embed(digest=str(one), key_id=secret.key_id, **names) for one in range(_NUMBER))
    DayUsage.objects.create(day=timezone.now().date(), panels=1000, queries=310, **names)
    return dashboard


@pytest.fixture
def people(alice: User, erin: User, bob: User, charlie: User) -> dict[str, User]:
    return {"owner": alice, "editor": erin, "viewer": bob, "stranger": charlie}


@pytest.mark.parametrize(
    ("role", "status", "sees"),
    [("owner", 200, True), ("editor", 200, False), ("viewer", 200, False), ("stranger", 404, False)],
)
@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/o/tradewind/dashboards/", ("Embedded in 30 days", f"Sales {_NUMBER}in 30 days")),
        (
            "/o/tradewind/dashboards/{id}/embed/",
            (f"Times embedded, last 30 days {_NUMBER}", "asked your database", "Embeds", "Show table"),
        ),
        (EMBEDDING, (f"{_NUMBER} embeds in 24 hours", "in the last 24 hours")),
    ],
    ids=["list", "embed page", "secrets"],
)
def test_p_op_04_counts_are_seen_by_owners_alone(
    used: Dashboard, people: dict[str, User], role: str, status: int, sees: bool, address: str, words: tuple[str, ...]
) -> None:
    page = visit(people[role]).get(address.format(id=used.id))
    text = text_of(page)
    assert page.status_code == status
    assert [word in text for word in words] == [sees] * len(words)
    if not sees:
        # As a number of its own: random ids on the page may hold the same digits.
        assert not re.search(rf"(?<![\w-]){_NUMBER}(?![\w-])", text)
        assert "<rect" not in page.content.decode()
