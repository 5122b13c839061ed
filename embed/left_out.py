"""Refusals that the journal had no room for while the database was away: counted by reason, without any detail.

The counts wait in memory and go to the journal once a minute; a process that is killed takes that minute with it.
"""

import logging
import threading
import time
from collections import Counter
from typing import Final, NamedTuple

from embed.ledger_models import NOBODY
from embedhost.lib import journal

logger = logging.getLogger(__name__)

#: What is counted apart in memory, of verified and of claimed refusals; further ones name no organization.
MOST: Final = {True: 2_000, False: 200}
_WRITE_SECONDS: Final = 60.0


class Place(NamedTuple):
    """What is counted together; ``hour`` is its beginning in seconds."""

    organization_id: int
    verified: bool
    reason: str
    hour: float


class LeftOut:
    """The counts of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers: Counter[Place] = Counter()
        self._written_at = -_WRITE_SECONDS

    def add(self, place: Place, number: int = 1) -> None:
        """Count refusals that were left out."""
        with self._lock:
            known = place in self._numbers or len(self._numbers) < MOST[place.verified]
            self._numbers[place if known else place._replace(organization_id=NOBODY)] += number

    def write(self, *, now: bool = False) -> None:
        """Hand the counts to the journal, at most once a minute unless it must be ``now``."""
        if not self._numbers or (not now and time.monotonic() - self._written_at < _WRITE_SECONDS):
            return
        self._written_at = time.monotonic()
        with self._lock:
            numbers, self._numbers = self._numbers, Counter()
        logger.warning("refusals were counted without detail", extra={"number": numbers.total()})
        for place, number in numbers.items():
            self._write(place, number)

    def _write(self, place: Place, number: int) -> None:
        try:
            journal.write("refusals", **place._asdict(), number=number)
        except OSError:
            self.add(place, number)


left_out = LeftOut()
