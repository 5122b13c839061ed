"""How often something may happen within ten minutes, counted over every process that shares a Redis.

A process counts in memory, so a budget costs a request no round trip. Once a second, off the requests' path, it tells
Redis what came to half a per cent of a limit or more, and learns what the others counted: so each process may pass a
limit by half a per cent and a second. Without Redis, or while it is away, every process counts for itself.

The window slides: of the ten minutes before the present ones counts the part that is not over yet.
"""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from embedhost.lib.store import Store

#: Seconds.
WINDOW: Final = 600
#: A process tells Redis when it counted this part of a limit.
_TOLD_EARLY: Final = 200
#: Subjects that a process remembers; the one that was counted longest ago is forgotten first.
_MOST: Final = 50_000


@dataclass(frozen=True, slots=True)
class Budget:
    """So many times within ten minutes for one subject, such as ``customer:7``; a limit of 0 is none."""

    subject: str
    limit: int


@dataclass(frozen=True, slots=True)
class Over:
    """A budget that is used up, and for how many seconds."""

    budget: Budget
    seconds: int


@dataclass(slots=True)
class _Count:
    """One subject's numbers in one window: counted here and not told, told by all processes, and the window before."""

    window: int
    here: int = 0
    told: int = 0
    before: int = 0

    def used(self, now: float) -> float:
        return self.before * (1 - now % WINDOW / WINDOW) + self.told + self.here

    def free_in(self, limit: int, now: float) -> int:
        """Return after how many seconds there is room again, if nobody asks meanwhile."""
        part, current = now % WINDOW / WINDOW, self.told + self.here
        if current < limit:
            wait = (1 - (limit - 1 - current) / max(self.before, 1) - part) * WINDOW
        else:
            wait = (1 - part + 1 - (limit - 1) / current) * WINDOW
        return max(1, math.ceil(wait))


@dataclass(slots=True)
class Budgets:
    """The counts of one process."""

    clock: Callable[[], float] = time.time
    _counts: OrderedDict[str, _Count] = field(default_factory=OrderedDict)
    _due: dict[str, _Count] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def spend(self, budgets: Sequence[Budget]) -> Over | None:
        """Count once for each budget; or count nothing and return the one that is used up for longest."""
        now = self.clock()
        limited = [budget for budget in budgets if budget.limit > 0]
        with self._lock:
            counts = [self._count(budget.subject, now) for budget in limited]
            pairs = list(zip(counts, limited, strict=True))
            over = [Over(to, count.free_in(to.limit, now)) for count, to in pairs if count.used(now) + 1 > to.limit]
            if over:
                return max(over, key=lambda each: each.seconds)
            for count, budget in pairs:
                self._add(count, budget)
        return None

    def _count(self, subject: str, now: float) -> _Count:
        window, count = int(now // WINDOW), self._counts.pop(subject, None)
        if count is None or count.window != window:
            before = count.told + count.here if count is not None and count.window == window - 1 else 0
            count = _Count(window, before=before)
            self._due.pop(subject, None)
        self._counts[subject] = count
        if len(self._counts) > _MOST:
            forgotten, _ = self._counts.popitem(last=False)
            self._due.pop(forgotten, None)
        return count

    def _add(self, count: _Count, budget: Budget) -> None:
        count.here += 1
        if count.here * _TOLD_EARLY >= budget.limit:
            self._due[budget.subject] = count

    def forget(self) -> None:
        """Begin anew, as a new process would."""
        with self._lock:
            self._counts.clear()
            self._due.clear()

    def tell(self, shared: Store) -> None:
        """Add what was counted here to the shared numbers and learn theirs; called once a second by one thread."""
        with self._lock:
            told = [(name, count, count.here) for name, count in self._due.items()]
        totals = shared.count([entry for name, count, number in told for entry in _entries(name, count.window, number)])
        if totals is None:
            return
        with self._lock:
            for (name, count, number), total, before in zip(told, totals[::2], totals[1::2], strict=True):
                count.told, count.before, count.here = total, before, count.here - number
                if self._due.get(name) is count:
                    del self._due[name]


def _entries(subject: str, window: int, number: int) -> list[tuple[str, int, float]]:
    """Return the shared counters of this window and of the one before, with what is added to each."""
    keys = (f"eh:budget:{subject}:{window}", f"eh:budget:{subject}:{window - 1}")
    return [(key, added, 2 * WINDOW) for key, added in zip(keys, (number, 0), strict=True)]


budgets = Budgets()
