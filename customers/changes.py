"""Changes of a customer as one piece: its name, properties and parent together, or none of them."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction

from customers import services
from customers.access import find_by_external_id
from customers.families import set_parent, take_turn
from customers.models import Customer
from embedhost.lib.errors import NotFound
from secrets_admin.access import Actor
from secrets_admin.api_keys import ApiKeyFacts
from secrets_admin.models import Workspace
from tokens.identifiers import check_identifier

Check = Callable[[Customer], None]


class ParentUnknown(NotFound):
    message = "The workspace has no customer with the parent's external id. Make the parent first."


def check_wanted(wanted: Mapping[str, object]) -> None:
    """Raise CustomerRefused for what no customer can be made with, also when there is one."""
    services.checked(str(wanted["external_id"]), **_given(wanted))


@transaction.atomic
def get_or_make(workspace: Workspace, wanted: Mapping[str, object], *, actor: Actor) -> tuple[Customer, bool]:
    """Return the customer that ``wanted`` names, and whether it was made now, then with all that is wanted.

    One that is there stays as it is. Raises CustomerRefused, ParentUnknown.
    """
    if wanted.get("parent") is not None:
        take_turn_to_make(workspace, str(wanted["external_id"]))
    customer, made = services.get_or_create_customer(
        workspace, str(wanted["external_id"]), **_given(wanted), actor=actor
    )
    if made and (wanted.get("parent") is not None or customer.parent_id is not None):
        set_parent(customer, _parent(workspace, wanted.get("parent")), actor=actor)
    return customer, made


def _given(wanted: Mapping[str, object]) -> dict[str, Any]:
    return {name: wanted[name] for name in ("name", "properties") if name in wanted}


def take_turn_to_make(workspace: Workspace, external_id: str) -> None:
    """Take a turn (families.take_turn) before a customer is made that has more than itself; none if it is there."""
    if check_identifier(external_id) is None and find_by_external_id(workspace, external_id) is None:
        take_turn(workspace.id)


@transaction.atomic
def change(customer: Customer, wanted: Mapping[str, object], *, check: Check, actor: Actor) -> Customer:
    """Set what is in ``wanted``: ``name``, ``properties`` (all of them) and ``parent`` (external id or None).

    ``check`` may refuse the row as it is now, before anything changes. Returns the row. Raises NotFound,
    ParentUnknown and CustomerRefused.
    """
    if "parent" in wanted:
        take_turn(customer.workspace_id)
    row = _lock(customer)
    check(row)
    if "parent" in wanted:
        set_parent(row, _parent(row.workspace, wanted["parent"]), actor=actor)
    if "name" in wanted or "properties" in wanted:
        name = str(wanted.get("name", row.name)) or row.external_id
        properties = wanted.get("properties", row.properties)
        services.update_customer(row, name=name, properties=properties, actor=actor)  # type: ignore[arg-type]  # checked there
    return row


def check_leaving(customer: Customer, parent: object, key: ApiKeyFacts) -> None:
    """Let a key take nobody out of the family of a customer that it is not for; ``parent`` is the new one's id.

    Raises CustomerNotAllowed.
    """
    present = customer.living_parent
    if present is not None and present.external_id != parent:
        key.require_customer(present.external_id)


def _lock(customer: Customer) -> Customer:
    rows = Customer.objects.select_for_update(of=("self",)).select_related("workspace__organization", "parent")
    row = rows.filter(pk=customer.pk, deleted_at=None).first()
    if row is None:
        raise NotFound
    return row


def _parent(workspace: Workspace, external_id: object) -> Customer | None:
    if external_id is None:
        return None
    found = find_by_external_id(workspace, str(external_id))
    if found is None:
        raise ParentUnknown
    return found
