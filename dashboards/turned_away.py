"""What limits turned away, by whose they were, for the owner's usage page: numbers, told each second."""

import time
from enum import StrEnum
from typing import Final, NamedTuple, Self

from dashboards.trail import is_counted
from embedhost.lib.errors import Refused, ServiceUnavailable
from embedhost.lib.tally import Tally
from secrets_admin.feed import feed
from tokens.grant import Grant

_WRITE_SECONDS: Final = 1.0
#: Dashboards and customers that are counted apart within that time; further ones count for their organization alone.
_MOST: Final = 10_000
#: Counts are by day; a coarser time makes one line of many refusals.
_SECONDS: Final = 60


class Limit(StrEnum):
    """Whose limit it was: a customer's (its tokens' too), an organization's, a data source's, or the breaker's."""

    CUSTOMER = "customer"
    ORGANIZATION = "organization"
    SOURCE = "source"
    BREAKER = "breaker"


class Limited(Refused):
    """A call or query that a limit turned away."""

    limit: Limit

    @classmethod
    def by(cls, limit: Limit, seconds: int | None = None) -> Self:
        """Return the refusal of this limit, which may say after how many seconds to try again."""
        error = cls()
        error.limit, error.retry_after = limit, seconds or cls.retry_after
        return error


class _Place(NamedTuple):
    organization: int
    dashboard: int
    customer: int | None
    limit: Limit
    at: float


class TurnedAway(Tally[_Place]):
    """The counts of one process."""

    def __init__(self) -> None:
        super().__init__(
            "turned_away",
            seconds=_WRITE_SECONDS,
            most=lambda _: _MOST,
            folded=lambda place: place._replace(dashboard=0, customer=None),
        )

    def note(self, grant: Grant, limit: Limit) -> None:
        """Count what a limit refused this Grant; previews and jobs are not counted."""
        if is_counted(grant):
            customer = grant.customer.id if grant.customer else None
            self.add(_Place(grant.organization_id, grant.dashboard_id, customer, limit, _minute()))


def _minute() -> float:
    try:
        now = feed.now()
    except ServiceUnavailable:
        now = time.time()
    return now - now % _SECONDS


turned_away = TurnedAway()
