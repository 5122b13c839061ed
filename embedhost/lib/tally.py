"""Numbers that wait in memory until the journal takes them: a flood of the same is one line.

A killed process takes along what it had not handed over yet.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

from embedhost.lib import journal

logger = logging.getLogger(__name__)


class _Place(Protocol):
    def __hash__(self) -> int: ...

    def _asdict(self) -> dict[str, Any]: ...


Place = TypeVar("Place", bound=_Place)


class Tally(Generic[Place]):
    """The numbers of one process by what is counted together, a NamedTuple whose fields are those of the line.

    ``kind`` is the journal's; a line is written at most every ``seconds``. Where there are ``most`` of a place's like
    already, a further one is counted as its ``folded`` one. ``warning`` is said in the log with each writing.
    """

    def __init__(
        self,
        kind: str,
        *,
        seconds: float,
        most: Callable[[Place], int],
        folded: Callable[[Place], Place],
        warning: str = "",
    ) -> None:
        self._kind, self._seconds, self._most, self._folded, self._warning = kind, seconds, most, folded, warning
        self._lock = threading.Lock()
        self._numbers: Counter[Place] = Counter()
        self._written_at = -seconds

    def add(self, place: Place, number: int = 1) -> None:
        """Count something so many times more."""
        with self._lock:
            known = place in self._numbers or len(self._numbers) < self._most(place)
            self._numbers[place if known else self._folded(place)] += number

    def forget(self) -> None:
        """Begin anew, as a new process would."""
        with self._lock:
            self._numbers.clear()

    def write(self, *, now: bool = False) -> None:
        """Hand the numbers to the journal, unless it had some a moment ago and it need not be ``now``."""
        if not self._numbers or (not now and time.monotonic() - self._written_at < self._seconds):
            return
        self._written_at = time.monotonic()
        with self._lock:
            numbers, self._numbers = self._numbers, Counter()
        if self._warning:
            logger.warning(self._warning, extra={"number": numbers.total()})
        for place, number in numbers.items():
            self._write(place, number)

    def _write(self, place: Place, number: int) -> None:
        try:
            journal.write(self._kind, **place._asdict(), number=number)
        except OSError:
            self.add(place, number)
