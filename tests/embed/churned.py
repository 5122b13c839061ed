"""What becomes of the lines that tests of the journal write: one row each, in a table that takes any text."""

from typing import Any

from secrets_admin.models import FeedEntry

TAKEN_EVERY = 40


def take(facts: list[dict[str, Any]]) -> None:
    FeedEntry.objects.bulk_create(FeedEntry(kind="churn", subject=fact["subject"]) for fact in facts)


def taken() -> list[str]:
    return list(FeedEntry.objects.filter(kind="churn").order_by("id").values_list("subject", flat=True))
