"""One flight per key: whoever asks first runs the query, all others get its result, across threads and processes.

A flight runs in the bounded pool of its data source. In a process its waiters share a future. Between processes a lease
in the store says who flies; one thread per process renews this process's leases and watches the flights of others. A
holder that died is noticed when its lease runs out, and a late one cannot overwrite what its successor stored.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache

from django.conf import settings

from embedhost.lib.errors import Refused
from embedhost.lib.store import LEASE_SECONDS, Store, store

logger = logging.getLogger(__name__)

#: How often another process's flight is looked at (seconds).
_WATCH_SECONDS = 0.02
#: Flights that wait for a place at one source; more are refused, so that a slow source cannot fill the memory.
MAX_WAITING = 500


class TooBusy(Refused):
    status = 429
    code = "rate_limited"
    message = "Too many queries wait for this data source. Try again in a few seconds."
    retry_after = 3


@dataclass(frozen=True, slots=True)
class Job:
    """A query to fly: ``work`` returns the packed entry, which is kept for ``keep_seconds``.

    ``accept`` tells whether stored bytes answer this flight already; ``pool`` names its data source.
    """

    key: str
    pool: str
    work: Callable[[], bytes]
    accept: Callable[[bytes | None], bool]
    keep_seconds: float


@dataclass(slots=True, eq=False)
class _Flight:
    job: Job
    owner: str = field(default_factory=lambda: uuid.uuid4().hex)
    future: "Future[bytes]" = field(default_factory=Future)
    #: Its first try for the lease is over; before that nobody else may try for it.
    departed: bool = False
    holding: bool = False
    renewed_at: float = 0.0

    @property
    def lease(self) -> str:
        return f"{self.job.key}:lease"


class Flights:
    """The flights of one process."""

    def __init__(self, shared: Store) -> None:
        self._store = shared
        self._lock = threading.Lock()
        self._awake = threading.Condition(self._lock)
        self._flights: dict[str, _Flight] = {}
        self._pools: dict[str, ThreadPoolExecutor] = {}
        self._control: threading.Thread | None = None

    def join(self, job: Job) -> "Future[bytes]":
        """Join the flight of ``job.key``, or start it; returns at once. Raises TooBusy."""
        with self._lock:
            flight = self._flights.get(job.key)
            if flight is not None:
                return flight.future
            if sum(other.job.pool == job.pool for other in self._flights.values()) >= MAX_WAITING:
                raise TooBusy
            flight = self._flights[job.key] = _Flight(job)
        self._depart(flight)
        return flight.future

    def _depart(self, flight: _Flight) -> None:
        if self._store.take_lease(flight.lease, flight.owner):
            flight.holding, flight.renewed_at = True, time.monotonic()
            self._pool(flight.job.pool).submit(self._fly, flight)
        flight.departed = True
        self._wake()

    def _pool(self, name: str) -> ThreadPoolExecutor:
        with self._lock:
            if name not in self._pools:
                self._pools[name] = ThreadPoolExecutor(settings.SOURCE_CONNECTIONS, thread_name_prefix=f"flight-{name}")
            return self._pools[name]

    def _fly(self, flight: _Flight) -> None:
        try:
            self._land(flight, self._result(flight))
        except BaseException as error:  # noqa: BLE001 -- handed to every waiter, which raises it again
            self._store.finish(flight.lease, flight.owner, f"{flight.lease}:failed", b"", 0.001)
            if self._take_off_the_board(flight):
                flight.future.set_exception(error)

    def _result(self, flight: _Flight) -> bytes:
        # Another process may have landed between the caller's look and our lease.
        stored = self._store.get_many([flight.job.key])[0]
        if stored is not None and flight.job.accept(stored):
            return stored
        return flight.job.work()

    def _land(self, flight: _Flight, packed: bytes) -> None:
        self._store.finish(flight.lease, flight.owner, flight.job.key, packed, flight.job.keep_seconds)
        self._arrive(flight, packed)

    def _arrive(self, flight: _Flight, packed: bytes) -> None:
        if self._take_off_the_board(flight):
            flight.future.set_result(packed)

    def _take_off_the_board(self, flight: _Flight) -> bool:
        """Tell whether this call is the one that ends the flight; the pool and the watch may both see it land."""
        with self._lock:
            if self._flights.get(flight.job.key) is not flight:
                return False
            del self._flights[flight.job.key]
            return True

    def _wake(self) -> None:
        with self._lock:
            if self._control is None or not self._control.is_alive():
                self._control = threading.Thread(target=self._steer, name="flights", daemon=True)
                self._control.start()
            self._awake.notify()

    def _steer(self) -> None:
        while True:
            with self._lock:
                while not self._flights:
                    self._awake.wait()
                flights = list(self._flights.values())
            watched = [flight for flight in flights if flight.departed and not flight.holding]
            try:
                self._renew([flight for flight in flights if flight.holding])
                self._watch(watched)
            except Exception:  # One flight's trouble must not leave all others without their renewals.
                logger.exception("a turn of the flight control failed")
            time.sleep(_WATCH_SECONDS if watched else LEASE_SECONDS / 10)

    def _renew(self, flights: list[_Flight]) -> None:
        for flight in flights:
            if time.monotonic() - flight.renewed_at > LEASE_SECONDS / 3:
                self._store.renew_lease(flight.lease, flight.owner)
                flight.renewed_at = time.monotonic()

    def _watch(self, flights: list[_Flight]) -> None:
        keys = [key for flight in flights for key in (flight.job.key, flight.lease)]
        found = self._store.get_many(keys)
        for flight, stored, lease in zip(flights, found[::2], found[1::2], strict=True):
            if stored is not None and flight.job.accept(stored):
                self._arrive(flight, stored)
            elif lease is None:
                self._depart(flight)


@cache
def flights() -> Flights:
    """Return this process's flights, made on first use so that it is after a fork."""
    return Flights(store())
