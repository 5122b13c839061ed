"""One flight per key: whoever asks first runs the query, all others get its result, across threads and processes.

A flight runs in the bounded pool of its data source. In a process its waiters share a future. Between processes a lease
in the store says who flies; one thread per process renews this process's leases and watches the flights of others. A
holder that died is noticed when its lease runs out, and a late one cannot overwrite what its successor stored.

Whoever asks for a flight wants it for a few seconds, and asks again while it waits. A flight that nobody wants any
more, in no process, is stopped at the database. A failure is shared like rows, for a few seconds.
"""

import logging
import math
import threading
import time
import uuid
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache

from django.conf import settings

from dashboards.limits import Lanes
from dashboards.turned_away import Limit, Limited
from datasources.errors import QueryCancelled, QueryFailed, QueryTimeout, ResultTooLarge, SourceUnavailable
from embedhost.lib.errors import Refused
from embedhost.lib.memory import Recent
from embedhost.lib.store import LEASE_SECONDS, Store, store

logger = logging.getLogger(__name__)

#: How often another process's flight is looked at (seconds).
_WATCH_SECONDS = 0.02
#: For how long one call wants a flight; whoever still waits asks again before that is over (seconds).
WANTED_SECONDS = 5.0
#: For how long a failure answers all who ask for the same rows (seconds).
FAILED_SECONDS = 5.0
#: Failures that are the query's or the source's own, by the name under which other processes learn of them.
SHARED: "dict[str, type[Refused]]" = {
    failure.__name__: failure for failure in (QueryFailed, QueryTimeout, ResultTooLarge, SourceUnavailable)
}
#: Flights that wait for a place at one source; more are refused, so that a slow source cannot fill the memory.
MAX_WAITING = 500
#: The threads of a source end when nothing was asked of it for so long (seconds); a deleted one's too.
IDLE_SECONDS = 30.0


class TooBusy(Limited):
    """Too many queries wait: of one customer, or of all at one data source."""

    status = 429
    code = "rate_limited"
    message = "Too many queries wait for this data source. Try again in a few seconds."
    retry_after = 3


def marks_of(key: str) -> tuple[str, str]:
    """Return where the store says of an entry that its flight is under way, and that it failed a moment ago."""
    return f"{key}:lease", f"{key}:failed"


@dataclass(frozen=True, slots=True)
class Job:
    """A query to fly: ``work`` returns the packed entry, which is kept for ``keep_seconds``.

    ``accept`` tells whether stored bytes answer this flight already; ``pool`` names its data source; ``stop`` ends the
    work at its source. ``viewer`` names who waits, by any mark of theirs; an ``unattended`` one needs nobody.
    """

    key: str
    pool: str
    work: Callable[[], bytes]
    accept: Callable[[bytes | None], bool]
    keep_seconds: float
    stop: Callable[[], None] = lambda: None
    viewer: str = ""
    unattended: bool = False
    #: In whose turn it runs at its source.
    lane: Hashable = None
    #: Called before it starts; may raise Refused.
    admit: Callable[[], None] = lambda: None


@dataclass(slots=True, eq=False)
class _Flight:
    job: Job
    owner: str = field(default_factory=lambda: uuid.uuid4().hex)
    future: "Future[bytes]" = field(default_factory=Future)
    #: Its first try for the lease is over; before that nobody else may try for it.
    departed: bool = False
    holding: bool = False
    renewed_at: float = 0.0
    #: What became of it elsewhere before the lease was ours, and when that was looked for (monotonic).
    found: "bytes | Refused | None" = None
    looked_at: float = 0.0
    #: Its waiters have their answer; it stays on the board until the store has it too.
    answered: bool = False
    #: Until when each viewer of this process wants it, and until when the other processes know (monotonic).
    wishes: dict[str, float] = field(default_factory=dict)
    told_until: float = 0.0

    def want(self, job: Job) -> None:
        """Want it for a while longer; for good when nobody has to wait for the job."""
        self.wishes[job.viewer] = math.inf if job.unattended else time.monotonic() + WANTED_SECONDS

    @property
    def wanted_until(self) -> float:
        return max(self.wishes.values(), default=0.0)

    @property
    def is_wanted(self) -> bool:
        return self.wanted_until > time.monotonic()

    @property
    def lease(self) -> str:
        return marks_of(self.job.key)[0]

    @property
    def wanted(self) -> str:
        return f"{self.job.key}:wanted"

    @property
    def failed(self) -> str:
        return marks_of(self.job.key)[1]

    @property
    def outcome(self) -> tuple[str, str]:
        """Where the store has its rows, or how it failed."""
        return self.job.key, self.failed


@dataclass(slots=True)
class _Pool:
    """The threads of one data source, and what waits for them; each of them takes from the next lane."""

    threads: ThreadPoolExecutor
    lanes: Lanes = field(default_factory=Lanes)
    #: How many flights wait or fly, and when the last one ended (monotonic).
    busy: int = 0
    used_at: float = 0.0


class Flights:
    """The flights of one process."""

    def __init__(self, shared: Store) -> None:
        self._store = shared
        self._lock = threading.Lock()
        self._awake = threading.Condition(self._lock)
        self._flights: dict[str, _Flight] = {}
        self._pools: dict[str, _Pool] = {}
        self._failed: Recent[str, tuple[float, Refused]] = Recent(1000)
        self._control: threading.Thread | None = None

    def join(self, job: Job) -> "Future[bytes]":
        """Join the flight of ``job.key``, or start it; returns at once. Raises TooBusy, or how it failed just now."""
        self._raise_recent(job.key)
        with self._lock:
            flight = self._flights.get(job.key)
            if flight is not None:
                flight.want(job)
                return flight.future
            self._check_room(job)
            job.admit()
            flight = self._flights[job.key] = _Flight(job)
            flight.want(job)
        self._depart(flight)
        return flight.future

    def landed(self, key: str) -> bytes | None:
        """Return rows that landed here a moment ago. Ask before the store: a flight is here until that has its rows."""
        flight = self._flights.get(key)
        if flight is None or not flight.future.done() or flight.future.exception() is not None:
            return None
        return flight.future.result()

    def leave(self, key: str, viewer: str) -> None:
        """Take a viewer's wish for a flight back: they said that they left."""
        with self._lock:
            flight = self._flights.get(key)
            if flight is not None:
                flight.wishes.pop(viewer, None)

    def _raise_recent(self, key: str) -> None:
        until, error = self._failed.get(key) or (0.0, None)
        if error is not None and until > time.monotonic():
            raise error

    def _check_room(self, job: Job) -> None:
        flying = [other.job for other in self._flights.values() if not other.answered]
        beside = [other.lane == job.lane for other in flying if other.pool == job.pool]
        if sum(beside) >= settings.LIMIT_QUERIES_AT_ONCE:
            raise TooBusy.by(Limit.CUSTOMER)
        if len(beside) >= MAX_WAITING:
            raise TooBusy.by(Limit.SOURCE)

    def _depart(self, flight: _Flight) -> None:
        looked_at = time.monotonic()
        told = self._store.take_lease_and_look(flight.lease, flight.owner, flight.outcome)
        if told is not None:
            flight.holding, flight.renewed_at = True, looked_at
            # Another process may have landed, or failed, between the caller's look and our lease.
            flight.found, flight.looked_at = _found(flight.job, *told), looked_at
            self._line_up(flight)
        flight.departed = True
        self._wake()

    def _line_up(self, flight: _Flight) -> None:
        pool = self._entered(flight.job.pool)
        pool.lanes.put(flight.job.lane, lambda: self._fly(flight))
        pool.threads.submit(self._take_turn, pool)

    def _entered(self, name: str) -> "_Pool":
        """Return the pool of a source for one flight more, which keeps ``sweep`` from ending it."""
        with self._lock:
            if name not in self._pools:
                threads = ThreadPoolExecutor(settings.SOURCE_CONNECTIONS, thread_name_prefix=f"flight-{name}")
                self._pools[name] = _Pool(threads)
            self._pools[name].busy += 1
            return self._pools[name]

    def _take_turn(self, pool: "_Pool") -> None:
        try:
            pool.lanes.take()()
        finally:
            with self._lock:
                pool.busy, pool.used_at = pool.busy - 1, time.monotonic()

    def sweep(self) -> None:
        """End the threads of sources of which nothing was asked for IDLE_SECONDS. Called every second."""
        old = time.monotonic() - IDLE_SECONDS
        with self._lock:
            names = [name for name, pool in self._pools.items() if not pool.busy and pool.used_at <= old]
            unused = [self._pools.pop(name) for name in names]
        for pool in unused:
            pool.threads.shutdown(wait=False)

    def _fly(self, flight: _Flight) -> None:
        try:
            self._land(flight, self._result(flight))
        except BaseException as error:  # noqa: BLE001 -- handed to every waiter, which raises it again
            shared = type(error).__name__ if type(error) in SHARED.values() else ""
            seconds = FAILED_SECONDS if shared else 0.001
            self._store.finish(flight.lease, flight.owner, flight.failed, shared.encode(), seconds)
            self._fail(flight, error)

    def _result(self, flight: _Flight) -> bytes:
        if self._flights.get(flight.job.key) is not flight:
            raise QueryCancelled  # It was given up while it waited for its turn.
        # While the lease has not run out, nobody else can have flown.
        if time.monotonic() - flight.looked_at > LEASE_SECONDS / 2:
            flight.found = _found(flight.job, *self._store.get_many(flight.outcome))
        if isinstance(flight.found, Refused):
            raise flight.found
        return flight.job.work() if flight.found is None else flight.found

    def _fail(self, flight: _Flight, error: BaseException) -> None:
        if type(error) in SHARED.values() and isinstance(error, Refused):
            self._failed.put(flight.job.key, (time.monotonic() + FAILED_SECONDS, error))
        if self._ends(flight):
            flight.future.set_exception(error)

    def _land(self, flight: _Flight, packed: bytes) -> None:
        # Who waits here need not wait for the store. Until it has the rows, others find the flight, and its rows.
        if self._ends(flight, stays=True):
            flight.future.set_result(packed)
        try:
            self._store.finish(flight.lease, flight.owner, flight.job.key, packed, flight.job.keep_seconds)
        finally:
            with self._lock:
                self._take_off_the_board(flight)

    def _arrive(self, flight: _Flight, packed: bytes) -> None:
        if self._ends(flight):
            flight.future.set_result(packed)

    def _ends(self, flight: _Flight, *, unwanted: bool = False, stays: bool = False) -> bool:
        """Tell whether this call is the one that ends the flight; the pool and the watch may both see it land.

        With ``unwanted`` it only ends while nobody of this process wants it. Unless it ``stays``, it is off the board.
        """
        with self._lock:
            if flight.answered or (unwanted and flight.is_wanted):
                return False
            flight.answered = True
            if not stays:
                self._take_off_the_board(flight)
            return True

    def _take_off_the_board(self, flight: _Flight) -> None:
        if self._flights.get(flight.job.key) is flight:
            del self._flights[flight.job.key]

    def _wake(self) -> None:
        with self._lock:
            if self._control is None or not self._control.is_alive():
                self._control = threading.Thread(target=self._steer, name="flights", daemon=True)
                self._control.start()
            self._awake.notify()

    def _steer(self) -> None:
        while True:
            with self._lock:
                if not self._flights and not self._awake.wait_for(lambda: self._flights, IDLE_SECONDS):
                    self._control = None
                    return
                flights = list(self._flights.values())
                unwanted = [flight for flight in flights if not flight.is_wanted]
            watched = [flight for flight in flights if flight.departed and not flight.holding]
            try:
                self._renew([flight for flight in flights if flight.holding])
                self._watch(watched)
                self._give_up(unwanted)
            except Exception:  # One flight's trouble must not leave all others without their renewals.
                logger.exception("a turn of the flight control failed")
            time.sleep(_WATCH_SECONDS if watched else LEASE_SECONDS / 10)

    def _renew(self, flights: list[_Flight]) -> None:
        for flight in flights:
            if time.monotonic() - flight.renewed_at > LEASE_SECONDS / 3:
                self._store.renew_lease(flight.lease, flight.owner)
                flight.renewed_at = time.monotonic()

    def _watch(self, flights: list[_Flight]) -> None:
        self._tell(flights)
        keys = [key for flight in flights for key in (flight.job.key, flight.lease, flight.failed)]
        found = self._store.get_many(keys)
        for flight, stored, lease, failed in zip(flights, found[::3], found[1::3], found[2::3], strict=True):
            failure = _failure(failed)
            if stored is not None and flight.job.accept(stored):
                self._arrive(flight, stored)
            elif lease is None and failure is not None:
                self._fail(flight, failure)
            elif lease is None:
                self._depart(flight)

    def _tell(self, flights: list[_Flight]) -> None:
        """Let the holders in other processes know that somebody here waits for their flights."""
        now = time.monotonic()
        with self._lock:
            until = {flight: min(flight.wanted_until, now + WANTED_SECONDS) for flight in flights}
        untold = [flight for flight in flights if until[flight] > max(now, flight.told_until + WANTED_SECONDS / 4)]
        self._store.put_many([(flight.wanted, b"1", until[flight] - now) for flight in untold])
        for flight in untold:
            flight.told_until = until[flight]

    def _give_up(self, flights: list[_Flight]) -> None:
        """Stop what nobody wants any more, here or, as far as the store knows, elsewhere."""
        if not flights:
            return
        elsewhere = self._store.get_many([flight.wanted for flight in flights])
        for flight, wanted in zip(flights, elsewhere, strict=True):
            if flight.holding and wanted is not None:
                continue
            # Whoever comes after this finds no flight and begins a new one.
            if self._ends(flight, unwanted=True):
                flight.future.set_exception(QueryCancelled())
                flight.job.stop()


def _found(job: Job, stored: bytes | None, failed: bytes | None) -> bytes | Refused | None:
    """Return the rows that another process stored for a job, or its failure; None when it has to fly."""
    return stored if stored is not None and job.accept(stored) else _failure(failed)


def _failure(stored: bytes | None) -> Refused | None:
    """Return the failure that another process stored; anything else there is none."""
    kind = SHARED.get(stored.decode(errors="replace")) if stored else None
    return None if kind is None else kind()


@cache
def flights() -> Flights:
    """Return this process's flights, made on first use so that it is after a fork."""
    return Flights(store())
