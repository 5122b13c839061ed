"""What keeps one viewer, customer or organization from taking what others need (threats.md rule 22).

Budgets count requests and queries. Lanes let the customers of one data source take turns. A breaker leaves a data
source alone that does not answer.
"""

import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Final, TypeVar

from django.conf import settings

from dashboards.turned_away import Limit, Limited, turned_away
from datasources.errors import SourceUnavailable
from embedhost.lib.budgets import Budget, Over, budgets
from embedhost.lib.errors import Refused
from embedhost.lib.memory import Recent
from tokens.grant import Grant, Purpose

T = TypeVar("T")
Work = Callable[[], None]

#: A breaker opens after so many failures in a row.
FAILURES: Final = 5
#: For how long it stays open at first, and at most (seconds); each probe that fails doubles it.
FIRST_BREAK: Final = 5.0
LONGEST_BREAK: Final = 60.0


class OverBudget(Limited):
    """More was asked for within ten minutes than one customer or organization may."""

    status = 429
    code = "rate_limited"
    message = "Too many requests. Try again in a while."
    retry_after = 60


class LeftAlone(SourceUnavailable, Limited):
    """A data source is not asked now, since it did not answer."""

    limit = Limit.BREAKER


def spend_request(grant: Grant) -> int:
    """Count a request of a viewer; return 0, or after how many seconds to try again. Jobs have no budget."""
    if grant.purpose in (Purpose.JOB, Purpose.REFRESH):
        return 0
    token = Budget(f"token:{grant.token_digest[:32]}", settings.LIMIT_TOKEN_REQUESTS)
    limits = _of(grant, settings.LIMIT_CUSTOMER_REQUESTS, settings.LIMIT_ORGANIZATION_REQUESTS)
    over = budgets.spend((token, *limits))
    if over is None:
        return 0
    turned_away.note(grant, _limit_of(over))
    return over.seconds


def spend_query(grant: Grant) -> None:
    """Count a query that is about to be sent. Raises OverBudget."""
    limits = _of(grant, settings.LIMIT_CUSTOMER_QUERIES, settings.LIMIT_ORGANIZATION_QUERIES)
    over = budgets.spend([Budget(f"queries:{budget.subject}", budget.limit) for budget in limits])
    if over is not None:
        raise OverBudget.by(_limit_of(over), over.seconds)


def _limit_of(over: Over) -> Limit:
    return Limit.ORGANIZATION if _ORGANIZATION in over.budget.subject else Limit.CUSTOMER


_ORGANIZATION: Final = "organization:"


def _of(grant: Grant, customers: int, organizations: int) -> list[Budget]:
    named = [Budget(f"customer:{grant.customer.id}", customers)] if grant.customer else []
    return [*named, Budget(f"{_ORGANIZATION}{grant.organization_id}", organizations)]


def lane_of(grant: Grant) -> Hashable:
    """Return in whose turn a Grant's queries run at a data source."""
    return grant.customer.id if grant.customer else None


class Lanes:
    """Waiting work, a lane per customer: whoever takes next gets it from the next lane, not from the longest."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lanes: OrderedDict[Hashable, deque[Work]] = OrderedDict()

    def put(self, lane: Hashable, work: Work) -> None:
        """Put work at the end of its lane."""
        with self._lock:
            self._lanes.setdefault(lane, deque()).append(work)

    def take(self) -> Work:
        """Return the first work of the lane whose turn it is. Raises KeyError when nothing waits."""
        with self._lock:
            lane, waiting = self._lanes.popitem(last=False)
            work = waiting.popleft()
            if waiting:
                self._lanes[lane] = waiting
            return work


class TooManyAtOnce(Refused):
    """An organization's backends ask for more rows at once than may be made at once."""

    status = 429
    code = "rate_limited"
    message = "Too many calls for rows run at once. Send this one again in a second."
    retry_after = 1


class Seats:
    """A bounded number of threads that may be busy, of which one taker (an organization, say) gets at most half."""

    def __init__(self, number: int) -> None:
        self._number = max(1, number)
        self._share = max(1, self._number // 2)
        self._lock = threading.Lock()
        self._taken: Counter[Hashable] = Counter()

    def take(self, taker: Hashable) -> bool:
        """Take a seat if there is one; whoever took it gives it back."""
        with self._lock:
            free = self._taken.total() < self._number and self._taken[taker] < self._share
            self._taken[taker] += free
            return free

    def give_back(self, taker: Hashable) -> None:
        """Free a seat that was taken."""
        with self._lock:
            self._taken[taker] -= 1
            if not self._taken[taker]:
                del self._taken[taker]


@cache
def _data_calls() -> Seats:
    """At most a quarter of the server's threads make rows for backends at once; the others stay free for viewers."""
    return Seats(settings.WEB_THREADS // 4)


@contextmanager
def a_data_call(organization_id: int) -> Iterator[None]:
    """Let a backend's call take a thread, and the memory for a panel's rows, while it is answered.

    Raises TooManyAtOnce.
    """
    if not _data_calls().take(organization_id):
        raise TooManyAtOnce
    try:
        yield
    finally:
        _data_calls().give_back(organization_id)


_ALONE: Final = "left alone after failures in a row"


class Breaker:
    """Leaves a data source alone after five failures in a row, and then lets one query through to see."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._until = 0.0
        self._probing = False

    def check(self) -> None:
        """Raise LeftAlone while the source is left alone; nobody is asked."""
        with self._lock:
            if self._is_open:
                raise LeftAlone(_ALONE)

    @property
    def _is_open(self) -> bool:
        return self._failures >= FAILURES and (self._probing or self._clock() < self._until)

    def guard(self, query: Callable[[], T]) -> T:
        """Run a query and learn from what becomes of it. Raises what it raises, and SourceUnavailable."""
        self._enter()
        try:
            result = query()
        except SourceUnavailable:
            self._failed()
            raise
        except BaseException:
            self._answered()
            raise
        self._answered()
        return result

    def _enter(self) -> None:
        with self._lock:
            if self._is_open:
                raise SourceUnavailable(_ALONE)
            self._probing = self._failures >= FAILURES

    def _failed(self) -> None:
        with self._lock:
            self._failures, self._probing = self._failures + 1, False
            doubled = FIRST_BREAK * 2.0 ** min(self._failures - FAILURES, 10)
            self._until = self._clock() + min(doubled, LONGEST_BREAK)

    def _answered(self) -> None:
        with self._lock:
            self._failures, self._probing = 0, False


#: A customer's own login that is refused says nothing of what others may ask: a breaker is a login's.
_breakers: Recent[tuple[int, str], Breaker] = Recent(10_000)
_making = threading.Lock()


def breaker_of(source_id: int, role: str) -> Breaker:
    """Return this process's breaker of a data source as one login reaches it."""
    with _making:
        breaker = _breakers.get((source_id, role))
        if breaker is None:
            breaker = Breaker()
            _breakers.put((source_id, role), breaker)
        return breaker


def forget() -> None:
    """Forget every breaker and count, as a new process would."""
    _breakers.clear()
    budgets.forget()
    turned_away.forget()
