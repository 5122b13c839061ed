"""A stale result is shown at once and fetched anew by a job: ``want`` asks for it, ``refresh`` is the job.

The door that shows it never waits: a thread beside the requests leaves a ticket in the store and enqueues the entry's
key. Whoever takes the job, a worker or without one this process, rebuilds the permission from the ticket with
``grants.for_job``, checks anew that nothing was revoked, makes the query's key anew and refuses unless it is the one
that was wanted. So a refresh can only ever fill the entry that somebody was shown. Then the query flies as every other.

While a ticket lies there, nobody leaves another one. It becomes a mark when somebody takes it. When nobody did within
BEGIN_SECONDS, because the workers are gone or busy, the process that left it takes it itself.
"""

import logging
import re
import time
from collections.abc import Iterable
from concurrent.futures import CancelledError, Future
from functools import partial
from typing import Final, Protocol

from customers.facts import find_customer
from dashboards import failing
from dashboards.choices import PREFIX, choices_panel
from dashboards.facts import find_dashboard_by_id, spec_of
from dashboards.flights import marks_of
from dashboards.grants import for_job
from dashboards.queries import PanelRequest, Prepared, fly_anew, prepare
from dashboards.revoked import check_still_allowed
from dashboards.spec import DashboardSpec, PanelSpec
from dashboards.tickets import Ticket, opened, sealed, ticket_for
from dashboards.variables import Values
from embedhost.lib.errors import NotFound, Refused
from embedhost.lib.jobs import do, jobs
from embedhost.lib.memory import Recent
from embedhost.lib.store import store
from secrets_admin.feed import feed
from tokens.errors import Reason, TokenError
from tokens.grant import GrantCustomer, Purpose

logger = logging.getLogger(__name__)

#: The job, a function in dashboards/tasks.py.
JOB: Final = "dashboards.refresh"
#: How often one process asks for the same refresh (seconds); what many viewers are shown is one wish.
WISH_SECONDS = 1.0
#: Within so long a worker takes a ticket; after it the process that left it does (seconds).
BEGIN_SECONDS = 3.0
#: How long a ticket waits to be taken, and for how long it is known that it was (seconds).
TICKET_SECONDS, TAKEN_SECONDS = 10.0, 5.0
#: An older one is refused, however it came there again (seconds, by the database's clock).
OLDEST_SECONDS = 60.0

_TAKEN: Final = b"taken"
_KEY: Final = re.compile(r"eh:data:[0-9a-f]{64}")

_wished: Recent[str, float] = Recent(10_000)


class Shown(Protocol):
    """Something that a door showed, which may be stale."""

    @property
    def refresh_wanted(self) -> Prepared | None: ...


def want(shown: Iterable[Shown]) -> None:
    """Have what is shown stale fetched anew. Returns at once; the doors call it with all that they show."""
    for one in shown:
        if one.refresh_wanted is not None:
            _want(one.refresh_wanted)


def _want(item: Prepared) -> None:
    now = time.monotonic()
    if (_wished.get(item.key) or 0.0) <= now:
        _wished.put(item.key, now + WISH_SECONDS)
        jobs().aside(partial(_leave_ticket, item))


def _leave_ticket(item: Prepared) -> None:
    """Enqueue a refresh, unless it is under way, failed a moment ago or waits to be taken, in whatever process."""
    key, shared = item.key, store()
    *marks, noted = shared.get_many([*marks_of(key), failing.mark(item.reached)])
    failing.learn(item.reached, noted)
    if any(marks):
        return
    ticket = sealed(key, ticket_for(item, feed.now()))
    if shared.put_new(_place(key), ticket, TICKET_SECONDS):
        jobs().enqueue(JOB, key)
        jobs().aside(partial(_begin_at_last, key), after=BEGIN_SECONDS)


def _begin_at_last(key: str) -> None:
    (ticket,) = store().get_many([_place(key)])
    if ticket not in (None, _TAKEN):
        jobs().go_alone("no worker began a job in time")
        do(JOB, key)


def refresh(key: str) -> None:
    """Fetch the entry under ``key`` anew, if its ticket is there and allows it still. Returns when the query flies.

    What cannot be is left: the next viewer who is shown the stale entry wants it again.
    """
    ticket = _take_ticket(key)
    if ticket is None:
        return
    try:
        item = _prepared_again(ticket)
        if item.key != key:  # A version, a rule, the source, the customer or our code is another one by now.
            _say(ticket, "changed")
            return
        failing.learn(item.reached, *store().get_many([failing.mark(item.reached)]))
        fly_anew(item).add_done_callback(partial(_tell, item))
    except TokenError as error:
        _say(ticket, error.reason)
    except Refused as error:
        _say(ticket, error.code)


def _take_ticket(key: object) -> Ticket | None:
    """Return the ticket of a job, which nobody else takes then. A key may be anything: it comes from the queue."""
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        return None
    (raw,) = store().get_many([_place(key)])
    ticket = opened(key, raw) if raw else None
    if ticket is not None:
        store().put_many([(_place(key), _TAKEN, TAKEN_SECONDS)])
    return ticket


def _place(key: str) -> str:
    return f"{key}:refresh"


def _prepared_again(ticket: Ticket) -> Prepared:
    """Compile and bind what a ticket names under a Grant made now. Raises TokenError or Refused."""
    if feed.now() - ticket.at > OLDEST_SECONDS:
        raise TokenError(Reason.EXPIRED)
    dashboard = find_dashboard_by_id(ticket.dashboard_id)
    if dashboard is None:
        raise TokenError(Reason.UNKNOWN_DASHBOARD)
    customer = _customer(ticket)
    check_still_allowed(ticket, dashboard, customer)
    grant = for_job(
        Purpose.REFRESH if ticket.purpose == Purpose.EMBED else Purpose.JOB,
        dashboard,
        ticket.workspace_id,
        customer,
        environment=ticket.environment,
        viewer_id=ticket.viewer_id,
    )
    spec = spec_of(grant.version_id)
    values = _values(ticket, spec, customer)
    return prepare(PanelRequest(grant, dashboard, spec, _panel(ticket.panel, spec), values, ticket.time_zone))


def _customer(ticket: Ticket) -> GrantCustomer | None:
    """Return the customer as it is now. Raises TokenError when it was deleted or made anew."""
    if ticket.customer is None:
        return None
    customer = find_customer(ticket.workspace_id, ticket.customer)
    if customer is None or customer.generation != ticket.generation:
        raise TokenError(Reason.UNKNOWN_CUSTOMER)
    return customer


def _values(ticket: Ticket, spec: DashboardSpec, customer: GrantCustomer | None) -> Values:
    """The customer's own variable comes from the Grant, as everywhere."""
    values = {name: ticket.values.get(name) for name in spec.variables}
    if spec.customer_variable is not None:
        values[spec.customer_variable] = customer.external_id if customer else None
    return Values(values)


def _panel(name: str, spec: DashboardSpec) -> PanelSpec:
    if name.startswith(PREFIX):
        variable = spec.variables.get(name.removeprefix(PREFIX))
        panel = choices_panel(variable) if variable is not None and variable.choices_from is not None else None
    else:
        panel = spec.panels.get(name)
    if panel is None:
        raise NotFound
    return panel


def _tell(item: Prepared, landed: "Future[bytes]") -> None:
    try:
        error = landed.exception()
    except CancelledError:
        return
    if isinstance(error, Refused):
        facts = {"dashboard": item.request.grant.dashboard_id, "panel": item.request.panel.id, "code": error.code}
        logger.warning("a refresh failed", extra=facts)


def _say(ticket: Ticket, why: str) -> None:
    facts = {"dashboard": ticket.dashboard_id, "panel": ticket.panel, "why": str(why)}
    logger.info("a refresh is left", extra=facts)


def forget() -> None:
    """Forget which refreshes were wanted, as a new process would."""
    _wished.clear()
