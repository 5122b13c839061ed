"""Refusals that the journal had no room for while the database was away: counted by reason, without any detail.

The counts wait in memory and go to the journal once a minute; a process that is killed takes that minute with it.
"""

from typing import Final, NamedTuple

from embed.ledger_models import NOBODY
from embedhost.lib.tally import Tally

#: What is counted apart in memory, of verified and of claimed refusals; further ones name no organization.
MOST: Final = {True: 2_000, False: 200}
_WRITE_SECONDS: Final = 60.0


class Place(NamedTuple):
    """What is counted together; ``hour`` is its beginning in seconds."""

    organization_id: int
    verified: bool
    reason: str
    hour: float


class LeftOut(Tally[Place]):
    """The counts of one process."""

    def __init__(self) -> None:
        super().__init__(
            "refusals",
            seconds=_WRITE_SECONDS,
            most=lambda place: MOST[place.verified],
            folded=lambda place: place._replace(organization_id=NOBODY),
            warning="refusals were counted without detail",
        )


left_out = LeftOut()
