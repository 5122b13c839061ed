"""Explo's REST calls for backends, in its answer shapes (docs/vendor-apis.md).

The key is in ``Explo-Authorization: Token <API key>``. Every path ends with a slash; without it a call is refused as
at Explo, and never redirected. Customers' tokens are in answers only for keys with the scope ``customer_tokens``.
"""

from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse

from customers.access import get_by_external_id
from customers.cards import CardChange, change_card, create_group_tag
from customers.models import Customer, hash_token
from customers.services import delete_family, refresh_token
from dashboards.access import list_dashboards
from dashboards.lists import add_customer_dashboard
from dashboards.models import Dashboard
from embed import explo_customers as explo
from embed.backend_calls import Answer, Call, Vendor, key_in_header
from embed.explo_jwt import generate, read_order
from embed.members import read_object, read_optional_text, read_text, read_texts
from embedhost.lib.errors import MethodNotAllowed, NotFound, Refused, json_error
from secrets_admin.api_keys import ApiKeyFacts

_MOST_PER_PAGE: Final = 1000
_PER_PAGE: Final = 100
#: The vendor's first list has no pages; more customers than this are told to take the second one.
MOST_LISTED: Final = 10_000


class TooManyCustomers(Refused):
    status = 422
    code = "result_too_large"
    message = f"The workspace has more than {MOST_LISTED:,} customers. Use /v2/api/customers/, which has pages."


def _key_of(request: HttpRequest) -> ApiKeyFacts:
    return key_in_header(request, "Explo-Authorization", "token")


def _refuse(refusal: Refused) -> HttpResponse:
    return json_error(refusal, more={"success": 0, "error": refusal.message})


EXPLO: Final = Vendor(_key_of, _refuse)


def without_slash(_request: HttpRequest, call: str) -> HttpResponse:
    """Refuse a call whose slash is missing, as the vendor does; a redirect would lose its body."""
    refusal = MethodNotAllowed((), f"This address ends with a slash: /{call}/.")
    return _refuse(refusal)


@EXPLO.endpoint("POST", "write")
def create_customer(call: Call) -> Answer:
    """Get a customer or make it; one that is there stays as it is."""
    external_id, wanted = read_text(call.body, "provided_id"), explo.read_wanted(call.body)
    _require(call, external_id, wanted.parent)
    _require_routing(call, wanted)
    customer, made = explo.get_or_create(call.workspace, external_id, wanted, actor=call.actor)
    return {"success": 1, "new_customer": made, "customer": _described(call, customer)}


@EXPLO.endpoint("POST", "read")
def get_customer(call: Call) -> Answer:
    """Read a customer."""
    return {"success": 1, "customer": _described(call, _named(call))}


@EXPLO.endpoint("POST", "write")
def update_customer(call: Call) -> Answer:
    """Change what is sent, and leave the rest."""
    external_id, new_id = read_text(call.body, "provided_id"), read_optional_text(call.body, "new_provided_id")
    wanted = explo.read_wanted(call.body)
    _require(call, external_id, wanted.parent, new_id)
    _require_routing(call, wanted)
    customer = explo.update(call.workspace, external_id, wanted, new_id=new_id, key=call.key, actor=call.actor)
    return {"success": 1, "customer": _described(call, customer)}


@EXPLO.endpoint("DELETE", "write")
def delete_customer(call: Call) -> Answer:
    """Delete the customer whose token is sent, and everything below it."""
    delete_family(_of_token(call), check=lambda row: call.key.require_customer(row.external_id), actor=call.actor)
    return {"success": 1}


@EXPLO.endpoint("POST", "write")
def refresh_customer_token(call: Call) -> Answer:
    """Replace a customer's token; the old one ends at once."""
    customer = _of_token(call)
    refresh_token(customer, actor=call.actor)
    customer.refresh_from_db()
    return {"success": 1, "customer": _described(call, customer)}


@EXPLO.endpoint("GET", "read")
def customers(call: Call) -> Answer:
    """List customers without pages, of one parent or level if asked (the vendor's first version)."""
    rows = _list(call)
    parent = call.request.GET.get("parent_provided_id")
    level = explo.read_level(call.request.GET.get("hierarchy_level_name") or None)
    if parent:
        call.key.require_customer(parent)
        rows = rows.filter(parent=get_by_external_id(call.workspace, parent))
    if level is not None:
        at_the_top = Q(parent=None) | Q(parent__deleted_at__isnull=False)
        rows = rows.filter(at_the_top if level == explo.LEVELS[0] else ~at_the_top)
    found = list(rows[: MOST_LISTED + 1])
    if len(found) > MOST_LISTED:
        raise TooManyCustomers
    return {"success": 1, "customers": explo.described(call.workspace, found, call.key)}


@EXPLO.endpoint("GET", "read")
def customers_v2(call: Call) -> Answer:
    """List customers in pages."""
    size, page = call.number("pageSize", _PER_PAGE, most=_MOST_PER_PAGE), call.number("page", 1)
    rows = _list(call)
    found = list(rows[(page - 1) * size : page * size])
    shown = explo.described(call.workspace, found, call.key)
    return {"total_count": rows.count(), "results": {"customers": shown}}


@EXPLO.endpoint("POST", "write")
def configure_customer_portal(call: Call) -> Answer:
    """Give a customer a dashboard, and keep the e-mail addresses of who may see it there."""
    customer, emails = _named(call), read_texts(call.body, "emails")
    dashboard = _dashboard(call, read_text(call.body, "dashboard_embed_id"))
    with transaction.atomic():
        add_customer_dashboard(customer, dashboard, actor=call.actor)
        change_card(customer, CardChange(emails=emails), actor=call.actor)
    return {"success": 1}


@EXPLO.endpoint("POST", "mint")
def generate_jwt(call: Call) -> Answer:
    """Make a JWT for one customer and dashboard."""
    return {"success": 1, "jwt": generate(call, read_order(call.body))}


@EXPLO.endpoint("POST", "write")
def group_tag(call: Call) -> Answer:
    """Make a word that customers of the workspace can be tagged with."""
    call.key.require_all_customers()
    tag = create_group_tag(call.workspace, read_text(call.body, "name"), actor=call.actor)
    return {"success": 1, "group_tag": {"name": tag.name}}


@EXPLO.endpoint("POST", "write")
def create_end_user(call: Call) -> Answer:
    """Get or make a customer of the lower level (the vendor's older call for it)."""
    external_id, parent = read_text(call.body, "provided_id"), read_text(call.body, "customer_id")
    email, attributes = read_optional_text(call.body, "email"), read_object(call.body, "attributes")
    _require(call, external_id, parent)
    card = CardChange(emails=None if email is None else [email])
    wanted = explo.Wanted(None, attributes, parent, None, None, card)
    customer, _ = explo.get_or_create(call.workspace, external_id, wanted, actor=call.actor)
    (shown,) = explo.described(call.workspace, [customer], call.key)
    user = {"provided_id": external_id, "email": email, "customer_id": parent, "attributes": shown["properties"]}
    return {"success": 1, "end_user": user}


def _require(call: Call, *external_ids: str | None) -> None:
    for external_id in external_ids:
        if external_id is not None:
            call.key.require_customer(external_id)


def _require_routing(call: Call, wanted: explo.Wanted) -> None:
    """Let no key for some customers say whose data source a customer's panels ask: it may be another customer's own."""
    if wanted.mapping is not None:
        call.key.require_all_customers()


def _named(call: Call) -> Customer:
    """Return the customer that a body names. Raises CustomerNotAllowed, NotFound."""
    external_id = read_text(call.body, "provided_id")
    call.key.require_customer(external_id)
    return get_by_external_id(call.workspace, external_id)


def _of_token(call: Call) -> Customer:
    """Return the customer whose token a body holds; one that the key is not for is absent too. Raises NotFound."""
    token_hash = hash_token(read_text(call.body, "current_token"))
    found = call.workspace.customers.filter(token_hash=token_hash, deleted_at=None).first()
    if found is None or not call.key.may_act_for(found.external_id):
        raise NotFound("The workspace has no customer with this token.")
    return found


def _dashboard(call: Call, embed_id: str) -> Dashboard:
    boards = list_dashboards(call.key.organization_id)
    found = next((board for board in boards if str(board.embed_id) == embed_id), None)
    if found is None:
        raise NotFound("There is no such dashboard. Its embed id is on its Embed page.")
    return found


def _list(call: Call) -> QuerySet[Customer]:
    rows = call.workspace.customers.filter(deleted_at=None).order_by("id")
    return rows if call.key.customers is None else rows.filter(external_id__in=call.key.customers)


def _described(call: Call, customer: Customer) -> Answer:
    (shown,) = explo.described(call.workspace, [customer], call.key)
    return shown
