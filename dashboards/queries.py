"""The one way to rows: a Grant, a panel and values in; a finished, scoped, cached result out.

``run_panel`` and ``run_panels`` serve pages, data calls, exports and previews alike. There is no way round the Grant:
the scope, the cache key and the bound values are all made from it.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any, Literal

import orjson
from django.conf import settings

from customers.families import family_of
from dashboards import failing
from dashboards.cache import Entry, EntryScope, digest_of, make_entry, pack, typed, unpack
from dashboards.facts import DashboardFacts
from dashboards.flights import Job, flights
from dashboards.limits import Seats, breaker_of, lane_of, spend_query
from dashboards.near import Wanted, look_up
from dashboards.results import body_of
from dashboards.spec import DashboardSpec, PanelSpec
from dashboards.trail import Read, Trail, predicates_of
from dashboards.turned_away import Limited, turned_away
from dashboards.variables import Values, statement
from datasources.access import SourceSnapshot, source_for
from datasources.compile import Compiled, bind_values, compile_query
from datasources.errors import DataSourceError, QueryFailed, QueryTimeout, SourceUnavailable
from datasources.opened import note
from datasources.run import Cancel, run_statement
from datasources.scope import Scope, needs_family
from embedhost.lib.errors import Refused
from embedhost.lib.store import store
from secrets_admin.feed import feed
from tokens.grant import Grant

logger = logging.getLogger(__name__)

#: Results are shared for at least so long, so that a viewer who polls a slow query gets it (seconds).
SHORTEST = 10
#: Longest that a request waits for a flight (seconds).
LONGEST_WAIT = 1.0

State = Literal["ready", "pending", "failed"]


@dataclass(frozen=True, slots=True)
class PanelRequest:
    """One panel to run: what the viewer may see, of which dashboard, with which resolved values."""

    grant: Grant
    dashboard: DashboardFacts
    spec: DashboardSpec
    panel: PanelSpec
    values: Values
    time_zone: str


@dataclass(frozen=True, slots=True)
class PanelResult:
    """What became of a panel. ``read`` says what a ready one was read from.

    ``stale`` entries are older than the dashboard's cache time; ``refresh_wanted`` is what their door hands to
    ``dashboards.refreshing.want``.
    """

    state: State
    key: str
    entry: Entry | None = None
    stale: bool = False
    failed_since: float | None = None
    cached: bool = True
    error: Refused | None = None
    read: Read | None = None
    refresh_wanted: "Prepared | None" = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A panel compiled and bound: everything that its result depends on is in ``key`` and ``scope``."""

    request: PanelRequest
    source: SourceSnapshot
    compiled: Compiled
    params: tuple[object, ...]
    key: str
    scope: EntryScope

    @property
    def reached(self) -> tuple[int, str]:
        """What can be out of reach: the source as this login reaches it."""
        return self.source.id, self.source.role


def run_panel(request: PanelRequest, *, wait: float = LONGEST_WAIT) -> PanelResult:
    """Run one panel, waiting at most ``wait`` seconds for its flight."""
    return run_panels([request], wait=wait)[0]


def run_panels(requests: Sequence[PanelRequest], *, wait: float) -> list[PanelResult]:
    """Run the panels of one page side by side, waiting at most ``wait`` seconds for all of them together.

    What is cached costs one read for all. A stale result is returned at once, with its refresh wanted.
    """
    prepared = [_prepared_or_error(request) for request in requests]
    return finish(prepared, lookup(prepared), wait=wait)


def lookup(prepared: Sequence["Prepared | PanelResult"]) -> list[Entry | None]:
    """Return what has landed here or the cache holds for each prepared panel, with at most one read of the store."""
    now = feed.now()
    runnable = [item for item in prepared if isinstance(item, Prepared)]
    found = {item.key: unpack(item.key, flights().landed(item.key), item.scope) for item in runnable}
    missing = [item for item in runnable if found[item.key] is None]
    wanted = {item.key: Wanted(item.key, item.scope, fresh_from(item, now)) for item in missing}
    found |= zip(wanted, look_up(store(), list(wanted.values())), strict=True)
    return [found.get(item.key) for item in prepared]


def fresh_from(item: Prepared, now: float) -> float:
    """Return since when a result must have been read to be fresh (database time, seconds)."""
    return now - max(item.request.dashboard.cache_seconds, SHORTEST)


def finish(
    prepared: Sequence["Prepared | PanelResult"], entries: Sequence[Entry | None], *, wait: float
) -> list[PanelResult]:
    """Turn prepared panels and cached entries into results, flying for what is missing."""
    started = feed.now()
    pairs = zip(prepared, entries, strict=True)
    begun = [_begin(item, entry, started) if isinstance(item, Prepared) else item for item, entry in pairs]
    deadline = time.monotonic() + min(wait, LONGEST_WAIT)
    return [item if isinstance(item, PanelResult) else _land(item, deadline) for item in begun]


@dataclass(frozen=True, slots=True)
class _Airborne:
    prepared: Prepared
    future: "Future[bytes]"


def _begin(item: Prepared, entry: Entry | None, started: float) -> "PanelResult | _Airborne":
    if entry is not None:
        return _kept(item, entry, stale=entry.at < fresh_from(item, started))
    try:
        return _Airborne(item, _fly(item, started, unattended=False))
    except Refused as error:
        return PanelResult("failed", item.key, error=error)


def _kept(item: Prepared, entry: Entry, *, stale: bool) -> PanelResult:
    read = read_of(item, entry.rows)
    if not stale:
        return PanelResult("ready", item.key, entry, read=read)
    since = failing.since(item.reached)
    return PanelResult("ready", item.key, entry, stale=True, failed_since=since, read=read, refresh_wanted=item)


def fly_anew(item: Prepared) -> "Future[bytes]":
    """Fetch a stale result anew, unless somebody did; nobody waits for it. Raises Refused when it cannot fly now."""
    return _fly(item, feed.now(), unattended=True)


def _fly(item: Prepared, started: float, *, unattended: bool) -> "Future[bytes]":
    try:
        breaker_of(*item.reached).check()
        return flights().join(_job(item, started, unattended=unattended))
    except Limited as error:
        turned_away.note(item.request.grant, error.limit)
        raise


def _land(airborne: _Airborne, deadline: float) -> PanelResult:
    item = airborne.prepared
    try:
        packed = _wait(airborne, deadline)
    except NotYet:
        return PanelResult("pending", item.key, cached=False)
    except Refused as error:
        return PanelResult("failed", item.key, error=error)
    entry = unpack(item.key, packed, item.scope)
    read = read_of(item, entry.rows, cached=False) if entry else None
    return PanelResult("ready", item.key, entry, cached=False, read=read)


def leave(requests: Sequence[PanelRequest]) -> None:
    """Take back that a viewer waits for these panels, as far as this process knows; what nobody wants is stopped."""
    for request in requests:
        item = _prepared_or_error(request)
        if isinstance(item, Prepared):
            flights().leave(item.key, request.grant.token_digest)


def read_of(item: Prepared, rows: int, *, cached: bool = True) -> Read:
    """Return what a panel of so many rows was read from."""
    tables = tuple(table for table, _, _ in item.compiled.tables)
    predicates = predicates_of(item.compiled, item.params, item.source.rules)
    return Read(item.request.panel.id, tables, predicates, rows, cached)


@cache
def _waiting() -> Seats:
    """At most a quarter of the server's threads wait for flights at once; the others stay free for what is cached."""
    return Seats(settings.WEB_THREADS // 4)


def _wait(airborne: _Airborne, deadline: float) -> bytes:
    future, organization_id = airborne.future, airborne.prepared.request.grant.organization_id
    if future.done() or not _waiting().take(organization_id):
        return future.result(timeout=0)
    try:
        return future.result(timeout=max(0.0, deadline - time.monotonic()))
    finally:
        _waiting().give_back(organization_id)


def _prepared_or_error(request: PanelRequest) -> "Prepared | PanelResult":
    try:
        return prepare(request)
    except Refused as error:
        return PanelResult("failed", "", error=error)


def prepare(request: PanelRequest) -> Prepared:
    """Compile and bind a panel's query under its Grant. Raises DataSourceError or Refused; sends nothing."""
    customer = request.grant.customer
    external_id = customer.external_id if customer is not None else None
    source = source_for(request.grant.workspace_id, request.panel.source, external_id)
    compiled = compile_query(
        statement(request.spec, request.panel.sql, request.values),
        dialect=source.dialect,
        catalog=source.catalog,
        rules=source.rules,
        variables={name: variable.type for name, variable in request.spec.variables.items()},
        present=request.values.present,
    )
    reserved = reserved_values(request.grant, request.time_zone)
    bound = scope_for(request.grant, compiled)
    params = bind_values(compiled, values=request.values.by_name, reserved=reserved, scope=bound)
    scope = _entry_scope(request.grant, compiled)
    return Prepared(request, source, compiled, params, _data_key(request, source, compiled, params, scope), scope)


def scope_of(grant: Grant) -> Scope | None:
    """Return the row rule that a Grant puts on data sources; None when it names no customer."""
    customer = grant.customer
    if customer is None:
        return None
    return Scope(customer.id, customer.external_id, customer.generation, customer.properties)


def scope_for(grant: Grant, compiled: Compiled) -> Scope | None:
    """Return the row rule that a Grant puts on one statement, with the customer's family when its rules name it."""
    scope = scope_of(grant)
    if scope is None or not needs_family(compiled.binds):
        return scope
    return replace(scope, family=family_of(grant.workspace_id, scope.external_id))


def reserved_values(grant: Grant, time_zone: str) -> dict[str, object]:
    """Return the values that only a Grant gives (design.md section 8)."""
    customer = grant.customer
    values: dict[str, object] = {"viewer_id": grant.viewer_id, "time_zone": time_zone}
    if customer is not None:
        values |= {"customer_id": customer.external_id, "customer_name": customer.name}
        values |= {f"customer.{name}": value for name, value in customer.properties.items()}
    return values


def _entry_scope(grant: Grant, compiled: Compiled) -> EntryScope:
    customer = grant.customer if compiled.scoped or compiled.reserved else None
    return EntryScope(
        grant.organization_id,
        grant.workspace_id,
        customer.id if customer else None,
        customer.generation if customer else None,
    )


def _data_key(
    request: PanelRequest, source: SourceSnapshot, compiled: Compiled, params: tuple[object, ...], scope: EntryScope
) -> str:
    parts: list[object] = [
        scope.named,
        [source.id, source.version, source.role, source.rules.version, source.catalog.version],
        [request.grant.version, request.grant.version_id, request.panel.id, compiled.digest],
        request.dashboard.cache_generation,
        [request.time_zone, settings.MAX_ROWS],
        typed(params),
    ]
    return digest_of("data", parts)


def _job(item: Prepared, started: float, *, unattended: bool) -> Job:
    clock, oldest = time.monotonic(), fresh_from(item, started)

    def now() -> float:
        return started + (time.monotonic() - clock)

    trail = Trail(item.request.grant, read_of(item, 0))
    cancel = Cancel()

    def work() -> bytes:
        guard = breaker_of(*item.reached).guard
        return pack(item.key, guard(lambda: trail.follow(lambda: _query(item, now, cancel), _rows_of, now)))

    def accept(raw: bytes | None) -> bool:
        entry = unpack(item.key, raw, item.scope)
        return entry is not None and entry.at >= oldest

    dashboard = item.request.dashboard
    keep = max(dashboard.cache_seconds, SHORTEST) + dashboard.serve_stale_seconds
    grant = item.request.grant
    return Job(
        item.key,
        str(item.source.id),
        work,
        accept,
        keep,
        stop=cancel,
        viewer=grant.token_digest,
        unattended=unattended,
        lane=lane_of(grant),
        admit=partial(spend_query, grant),
    )


def _rows_of(entry: Entry) -> int:
    return entry.rows


def _query(item: Prepared, now: Callable[[], float], cancel: Cancel) -> Entry:
    note(item.source)
    try:
        result = run_statement(
            item.source,
            item.compiled,
            item.params,
            timeout=settings.STATEMENT_TIMEOUT_SECONDS,
            max_rows=settings.MAX_ROWS,
            cancel=cancel,
        )
        # The time of landing, so that a result never counts as old before anybody saw it.
        at = now()
        entry = make_entry(item.scope, at, result.rows, body_of(item.request.panel, result, at))
    except (SourceUnavailable, QueryTimeout):
        failing.failed(item.reached, now())
        raise
    except DataSourceError:
        raise
    except Exception as error:  # noqa: BLE001 -- a value that nobody foresaw costs its panel, never the page
        facts = {"panel": item.request.panel.id, "error": type(error).__name__}
        logger.error("a result could not be made", extra=facts)
        raise QueryFailed from None
    failing.answered(item.reached)
    return entry


def values_of(body: bytes) -> Mapping[str, Any]:
    """Return a finished body as the drawing spec that charts read."""
    spec: Mapping[str, Any] = orjson.loads(body)
    return spec
