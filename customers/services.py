"""What changes customers and their tokens. Each call is one transaction with its audit record."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from customers.errors import CustomerExists, CustomerGone, CustomerRefused
from customers.facts import subject
from customers.families import announce_family, part, take_turn
from customers.models import Customer, ExploCard
from customers.properties import check_properties
from datasources import walls
from secrets_admin import audit, revocation
from secrets_admin.access import Actor
from secrets_admin.audit import Action
from secrets_admin.feed import Kind, announce
from secrets_admin.models import Workspace
from tokens.identifiers import check_identifier

#: Customers that one call deletes at most; each is announced to every process.
MOST_DELETED = 1000
_LONGEST_NAME = 255
_TOKEN_FIELDS = ("token_sealed", "token_hash", "token_made_at")
#: Control characters, half characters and direction marks, which would change the text around a name.
_NOT_IN_NAMES = "\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069"
_UNNAMED = re.compile(f"[{_NOT_IN_NAMES}\ud800-\udfff]")
#: The same rules as JSON Schema, for documents that other programs read.
NAME_SCHEMA: Final[dict[str, Any]] = {
    "type": "string",
    "maxLength": _LONGEST_NAME,
    "pattern": rf"^[^{_NOT_IN_NAMES}]*[^\s{_NOT_IN_NAMES}][^{_NOT_IN_NAMES}]*$",
}


def create_customer(
    workspace: Workspace,
    external_id: str,
    *,
    name: str = "",
    properties: Mapping[str, object] | None = None,
    actor: Actor,
) -> Customer:
    """Make a customer. Raises CustomerExists, CustomerRefused."""
    customer, made = get_or_create_customer(workspace, external_id, name=name, properties=properties, actor=actor)
    if not made:
        raise CustomerExists
    return customer


def get_or_create_customer(
    workspace: Workspace,
    external_id: str,
    *,
    name: str = "",
    properties: Mapping[str, object] | None = None,
    actor: Actor,
) -> tuple[Customer, bool]:
    """Return the customer with this external id, and whether it was made now; callers at once get the same one.

    An existing customer stays as it is. A deleted one comes back with a new generation and a new token, so that
    nothing from before works again. ``name`` defaults to the external id. Raises CustomerRefused.
    """
    fields = checked(external_id, name=name, properties=properties)
    there = workspace.customers.select_related("parent").filter(external_id=external_id).first()
    if there is not None and there.deleted_at is None:  # By far the most frequent case, and it needs no lock.
        return there, False
    with transaction.atomic():
        if there is not None:
            take_turn(workspace.id)
        customer, made = _insert_or_lock(workspace, external_id, fields)
        if not made and customer.deleted_at is not None:
            made = _bring_back(customer, fields)
        if made:
            _announce(customer)
            announce_family(customer)
            _record(customer, actor, "customer.created", generation=customer.generation)
    return customer, made


def checked(external_id: str, *, name: str = "", properties: Mapping[str, object] | None = None) -> dict[str, object]:
    """Return what a customer is made with. Raises CustomerRefused for a name and properties that none can have."""
    _check_external_id(external_id)
    return {"name": check_name(name or external_id), "properties": check_properties(properties or {})}


def update_customer(customer: Customer, *, name: str, properties: Mapping[str, object], actor: Actor) -> None:
    """Change name and properties; pages that are open use the new properties at once. Raises CustomerRefused."""
    with transaction.atomic():
        row = _lock(customer)
        row.name, row.properties = check_name(name), check_properties(properties)
        row.save(update_fields=["name", "properties"])
        _announce(row)
        _record(row, actor, "customer.changed")
    customer.name, customer.properties = row.name, row.properties


def refresh_token(customer: Customer, *, revoke_jwts: bool = False, actor: Actor) -> str:
    """Replace the customer's token and return the new one; of two calls at once the last answer's token is valid.

    The old one and the pages that it opened end within a second. Signed and encrypted tokens that name the customer
    live to their end, unless ``revoke_jwts``.
    """
    with transaction.atomic(durable=True):
        row = _lock(customer)
        token = _end_tokens(row) if revoke_jwts else _end_own_token(row)
        _record(row, actor, "customer.token_refreshed", revoke_jwts=revoke_jwts)
    return token


def revoke_customer(customer: Customer, *, actor: Actor) -> datetime | None:
    """End every token that names the customer, its own token among them; nothing cached from before comes back.

    Returns ``refused_until``.
    """
    with transaction.atomic(durable=True):
        row = _lock(customer)
        _end_tokens(row)
        _record(row, actor, "customer.revoked", generation=row.generation)
    return refused_until(customer)


def refused_until(customer: Customer) -> datetime | None:
    """Return until when tokens without ``iat`` may be refused since the customer was last revoked; None: never was."""
    revoked_at = Customer.objects.values_list("revoked_at", flat=True).get(id=customer.id)
    return None if revoked_at is None else revocation.refused_until(customer.workspace_id, revoked_at)


def reveal_token(customer: Customer, *, actor: Actor) -> str:
    """Return the customer's token and write who saw it."""
    with transaction.atomic():
        _record(customer, actor, "customer.token_revealed")
    return customer.token()


def delete_customer(customer: Customer, *, check: Callable[[Customer], None] | None = None, actor: Actor) -> None:
    """Delete a customer: its token and every token that names it end within a second; its row stays, for the counts.

    ``check`` may refuse the row as it is now, locked.
    """
    with transaction.atomic(durable=True):
        row = _lock(customer)
        if check is not None:
            check(row)
        _delete(row, actor)


def delete_family(customer: Customer, *, check: Callable[[Customer], None], actor: Actor) -> None:
    """Delete a customer and everything below it, or nothing.

    ``check`` may refuse each of them. Raises CustomerRefused for more than MOST_DELETED.
    """
    with transaction.atomic(durable=True):
        # Nobody gets a parent meanwhile.
        take_turn(customer.workspace_id)
        family = [_lock(customer)]
        for row in family:  # It grows while it is read.
            check(row)
            family += Customer.objects.filter(parent=row, deleted_at=None)
            if len(family) > MOST_DELETED:
                raise CustomerRefused(f"More than {MOST_DELETED} customers would go. Delete those below it first.")
        for row in reversed(family):
            _delete(_lock(row), actor)


def _delete(row: Customer, actor: Actor) -> None:
    row.generation += 1
    _replace_token(row)
    row.deleted_at = Now()
    row.save(update_fields=["generation", "deleted_at", *_TOKEN_FIELDS])
    _announce(row)
    announce_family(row)
    _record(row, actor, "customer.deleted")


def rename_customer(customer: Customer, external_id: str, *, actor: Actor) -> Customer:
    """Give a customer another external id; its own token, data source and logins stay its own. Returns the row.

    Tokens that name the old one open nothing from now on. It is kept as that of a deleted customer, so that nothing
    from before works for whoever is made under it later. Raises CustomerRefused, and CustomerExists for an id that
    somebody has or had, and WallsTaken.
    """
    _check_external_id(external_id)
    try:
        with transaction.atomic():
            return _rename(_lock(customer), external_id, actor)
    except IntegrityError:  # Whoever was first has it, living or deleted.
        raise CustomerExists("A customer has, or had, this external ID. Take another one.") from None


def _rename(row: Customer, external_id: str, actor: Actor) -> Customer:
    old = row.external_id
    if old == external_id:
        return row
    _announce_names(row)
    row.external_id, row.generation = external_id, row.generation + 1
    row.save(update_fields=["external_id", "generation"])
    _leave_behind(row, old)
    walls.rename_customer(row.workspace, old, external_id)
    _announce_names(row)
    _record(row, actor, "customer.renamed", before=old)
    return row


def _announce_names(row: Customer) -> None:
    """Tell every process that what it knows under the customer's external id, or of its own token, is over."""
    _announce(row)
    announce_family(row)
    announce(Kind.CUSTOMER_TOKEN, row.token_hash)


def _leave_behind(row: Customer, old: str) -> None:
    left = Customer(workspace=row.workspace, external_id=old, name=row.name, generation=row.generation)
    left.new_token()
    left.deleted_at = timezone.now()
    left.save()


def _check_external_id(external_id: object) -> None:
    problem = check_identifier(external_id) if isinstance(external_id, str) else "It is not a text."
    if problem:
        raise CustomerRefused(f"This cannot be an external ID. {problem}")


def check_name(name: str) -> str:
    """Return a name that people read. Raises CustomerRefused."""
    if not name.strip() or len(name) > _LONGEST_NAME or _UNNAMED.search(name):
        raise CustomerRefused("A name has 1 to 255 characters, without control or direction characters.")
    return name


def _insert_or_lock(workspace: Workspace, external_id: str, fields: Mapping[str, object]) -> tuple[Customer, bool]:
    """Insert and let the unique constraint decide who was first; whoever lost reads the winner's row."""
    rows = Customer.objects.select_for_update().filter(workspace=workspace, external_id=external_id)
    found = rows.first()
    if found is not None:
        return found, False
    customer = Customer(workspace=workspace, external_id=external_id, **fields)
    customer.new_token()
    try:
        with transaction.atomic():
            customer.save()
    except IntegrityError:
        return rows.get(), False
    return customer, True


def forget_before(deleted: Sequence[Customer]) -> None:
    """Forget who stood below deleted customers and what Explo's API kept of them, before they come back."""
    part(deleted)
    ExploCard.objects.filter(customer__in=deleted).delete()


def _bring_back(customer: Customer, fields: Mapping[str, object]) -> bool:
    for field, value in fields.items():
        setattr(customer, field, value)
    forget_before([customer])
    customer.generation += 1
    _replace_token(customer)
    customer.deleted_at = None
    customer.created_at = Now()
    customer.save()
    customer.refresh_from_db(fields=["created_at", "token_made_at"])
    return True


def _lock(customer: Customer) -> Customer:
    """Return the living row, locked. Raises CustomerGone when it was deleted in the meantime."""
    rows = Customer.objects.select_for_update(of=("self",)).select_related("workspace__organization")
    row = rows.filter(id=customer.id, deleted_at=None).first()
    if row is None:
        raise CustomerGone
    return row


def _end_own_token(row: Customer) -> str:
    token = _replace_token(row)
    row.save(update_fields=_TOKEN_FIELDS)
    _announce(row)
    return token


def _end_tokens(row: Customer) -> str:
    token = _replace_token(row)
    row.generation += 1
    row.revoked_at = Now()
    row.save(update_fields=["generation", "revoked_at", *_TOKEN_FIELDS])
    _announce(row)
    return token


def _replace_token(customer: Customer) -> str:
    """Set a new token and tell every process that the old one is over; nobody can know the new one's hash yet."""
    announce(Kind.CUSTOMER_TOKEN, customer.token_hash)
    customer.token_made_at = Now()
    return customer.new_token()


def _announce(customer: Customer) -> None:
    announce(Kind.CUSTOMER, subject(customer.workspace_id, customer.external_id))


def _record(customer: Customer, actor: Actor, action: Action, **detail: object) -> None:
    audit.record(customer.workspace, actor, action, customer.external_id, uid=str(customer.uid), **detail)
