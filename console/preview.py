"""A dashboard seen as one of the customers, in the frame that their viewers get."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from console.services import preview_url
from customers import access
from customers.models import Customer
from dashboards.models import Dashboard
from secrets_admin.models import Workspace

#: Customers that the list offers; more are found by searching.
_OFFERED = 100
WIDTHS = ("desktop", "phone")


@dataclass(frozen=True, slots=True)
class Preview:
    """Who may be chosen, who is, and the frame's address with a fresh token; no address while there is no customer."""

    offered: Sequence[Customer]
    more: bool
    search: str
    customer: Customer | None
    width: str
    url: str = ""


def choose_preview(asked: Mapping[str, str], workspace: Workspace, dashboard: Dashboard) -> Preview:
    """Return the preview that a query string asks for: customer (external id), width and search."""
    search = asked.get("search", "").replace("\x00", "")[:255]
    found = list(access.list_customers(workspace, search)[: _OFFERED + 1])
    named = access.find_by_external_id(workspace, asked.get("customer", "").replace("\x00", ""))
    # Whoever searches wants one of the customers found, even if another is still selected.
    customer = named if named and (not search or named in found) else next(iter(found), None)
    offered = found[:_OFFERED]
    if customer is not None and customer not in offered:
        offered = [customer, *offered]
    return Preview(
        offered=offered,
        more=bool(search) or len(found) > _OFFERED,
        search=search,
        customer=customer,
        width=asked.get("width", "") if asked.get("width") in WIDTHS else WIDTHS[0],
        url=preview_url(workspace, dashboard, customer) if customer else "",
    )
