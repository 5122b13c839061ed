"""What a refresh needs to be asked for again: whose permission wanted which query with which values.

A ticket waits in the store beside the entry that it is for, for seconds, sealed with the key ring and bound to the
entry's key. So the queue's message holds that key and nothing else, and whoever can write to the queue or the store
cannot make a ticket, change one, or use one for another entry. It holds no token, no SQL and no secret; of the
variables' values only those that the query names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from dashboards.facts import DashboardFacts
from dashboards.queries import Prepared
from datasources.template import names_used
from embedhost.lib.crypto import SealBroken, seal, unseal
from secrets_admin import revocation
from tokens.grant import Grant, GrantCustomer

_PLACE = "dashboards.refresh/"


@dataclass(frozen=True, slots=True)
class Ticket:
    """A wish for one query: ``purpose``, ``key_id``, ``viewer_id`` and ``token_digest`` say by whose permission.

    It was in force ``at`` that time (database time, seconds); ``customer`` is an external_id, ``generation`` theirs.
    ``revoked`` is when the tokens of the viewer, the customer and the dashboard were revoked, as known then. ``values``
    are resolved: a relative period is its days already.
    """

    purpose: str
    organization_id: int
    workspace_id: str
    dashboard_id: int
    environment: str | None
    customer: str | None
    generation: int | None
    viewer_id: str | None
    key_id: str
    token_digest: str
    panel: str
    values: Mapping[str, Any]
    time_zone: str
    at: float
    revoked: Sequence[float | None]


def ticket_for(item: Prepared, at: float) -> Ticket:
    """Return the ticket of a panel that a Grant was shown ``at`` this time."""
    request, grant = item.request, item.request.grant
    used = names_used(request.panel.sql)
    return Ticket(
        **_permission(grant),
        panel=request.panel.id,
        values={name: value for name, value in request.values.by_name.items() if name in used},
        time_zone=request.time_zone,
        at=at,
        revoked=revoked_instants(grant.workspace_id, grant.viewer_id, grant.customer, request.dashboard),
    )


def _permission(grant: Grant) -> dict[str, Any]:
    customer = grant.customer
    return {
        "purpose": grant.purpose.value,
        "organization_id": grant.organization_id,
        "workspace_id": grant.workspace_id,
        "dashboard_id": grant.dashboard_id,
        "environment": grant.environment,
        "customer": customer.external_id if customer else None,
        "generation": customer.generation if customer else None,
        "viewer_id": grant.viewer_id,
        "key_id": grant.key_id,
        "token_digest": grant.token_digest,
    }


def revoked_instants(
    workspace_id: str, viewer_id: str | None, customer: GrantCustomer | None, dashboard: DashboardFacts
) -> list[float | None]:
    """Return when the tokens of a viewer, a customer and a dashboard were revoked (database time, seconds)."""
    of_viewer = None
    if viewer_id is not None:
        named = customer.external_id if customer else ""
        of_viewer = revocation.of_workspace(workspace_id).viewer_since(named, viewer_id)
    return [of_viewer, customer.revoked_at if customer else None, dashboard.revoked_at]


def sealed(key: str, ticket: Ticket) -> bytes:
    """Return a ticket as it waits in the store, for the entry under ``key`` alone."""
    return seal(orjson.dumps(asdict(ticket)), _PLACE + key).encode()


def opened(key: str, raw: bytes) -> Ticket | None:
    """Return the ticket for the entry under ``key``; None when it was made for another one, or not by us."""
    try:
        return Ticket(**orjson.loads(unseal(raw.decode(errors="replace"), _PLACE + key)))
    except (SealBroken, TypeError):  # A ticket of other code has other fields.
        return None
