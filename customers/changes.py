"""Changes of a customer as one piece: its name, properties and parent together, or none of them."""

from collections.abc import Callable, Mapping

from django.db import transaction

from customers import services
from customers.access import find_by_external_id
from customers.families import set_parent
from customers.models import Customer
from embedhost.lib.errors import NotFound
from secrets_admin.access import Actor
from secrets_admin.models import Workspace

Check = Callable[[Customer], None]


class ParentUnknown(NotFound):
    message = "The workspace has no customer with the parent's external id. Make the parent first."


@transaction.atomic
def get_or_make(workspace: Workspace, wanted: Mapping[str, object], *, actor: Actor) -> tuple[Customer, bool]:
    """Return the customer that ``wanted`` names, and whether it was made now, then with all that is wanted.

    One that is there stays as it is. Raises CustomerRefused, ParentUnknown.
    """
    given = {name: wanted[name] for name in ("name", "properties") if name in wanted}
    customer, made = services.get_or_create_customer(workspace, str(wanted["external_id"]), **given, actor=actor)  # type: ignore[arg-type]  # checked there
    if made and (wanted.get("parent") is not None or customer.parent_id is not None):
        set_parent(customer, _parent(workspace, wanted.get("parent")), actor=actor)
    return customer, made


@transaction.atomic
def change(customer: Customer, wanted: Mapping[str, object], *, check: Check, actor: Actor) -> Customer:
    """Set what is in ``wanted``: ``name``, ``properties`` (all of them) and ``parent`` (external id or None).

    ``check`` may refuse the row as it is now, before anything changes. Returns the row. Raises NotFound,
    ParentUnknown and CustomerRefused.
    """
    # The lock that set_parent takes comes first everywhere.
    if "parent" in wanted:
        Workspace.objects.select_for_update().get(pk=customer.workspace_id)
    row = _lock(customer)
    check(row)
    if "parent" in wanted:
        set_parent(row, _parent(row.workspace, wanted["parent"]), actor=actor)
    if "name" in wanted or "properties" in wanted:
        name = str(wanted.get("name", row.name)) or row.external_id
        properties = wanted.get("properties", row.properties)
        services.update_customer(row, name=name, properties=properties, actor=actor)  # type: ignore[arg-type]  # checked there
    return row


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
