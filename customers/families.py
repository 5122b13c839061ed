"""Customers below one another: who is below whom, and the ids of a whole family, for rules that name it.

A family is kept in memory until somebody in it changes; whoever changes, everybody above is announced.
"""

from collections.abc import Iterable

from django.db import connection, transaction

from customers.errors import CustomerRefused, FamilyRefused
from customers.models import Customer
from secrets_admin import audit
from secrets_admin.access import Actor
from secrets_admin.feed import Kind, announce, feed
from secrets_admin.models import Workspace

#: Levels below one another, so that nobody's change announces without end.
DEEPEST = 10
#: A larger family is refused by the scope (datasources.scope.MAX_LIST); one more is read to know.
_MOST = 10_001

_BELOW = f"""
    WITH RECURSIVE family(id, external_id) AS (
        SELECT id, external_id FROM {Customer._meta.db_table}
        WHERE workspace_id = %s AND external_id = %s AND deleted_at IS NULL
        UNION
        SELECT c.id, c.external_id FROM {Customer._meta.db_table} c JOIN family f ON c.parent_id = f.id
        WHERE c.workspace_id = %s AND c.deleted_at IS NULL
    )
    SELECT external_id FROM family LIMIT {_MOST}
"""  # noqa: S608 -- the table's own name


def family_of(workspace_id: str, external_id: str) -> tuple[str, ...]:
    """Return the external ids of a living customer and of all living ones below it, sorted; empty for none."""
    subject = family_subject(workspace_id, external_id)
    found = feed.recall(Kind.CUSTOMER, subject, lambda: _load(workspace_id, external_id))
    return found or ()


def _load(workspace_id: str, external_id: str) -> tuple[str, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(_BELOW, [workspace_id, external_id, workspace_id])
        return tuple(sorted(row[0] for row in cursor.fetchall())) or None


def family_subject(workspace_id: str, external_id: str) -> str:
    """Return the feed's name of a family.

    No customer's own subject (customers.facts.subject) has a slash after the workspace.
    """
    return f"{workspace_id}/family:{external_id}"


def take_turn(workspace_id: str) -> None:
    """Wait until nobody else changes families or walls of a workspace; the lock that comes before any customer's.

    Held to the end of the transaction. Whoever locks a customer first and then this waits for bulk calls in a circle.
    """
    Workspace.objects.select_for_update().get(pk=workspace_id)


def set_parent(customer: Customer, parent: Customer | None, *, actor: Actor) -> None:
    """Put a customer below another one of its workspace, or below none. Raises CustomerRefused."""
    with transaction.atomic():
        # One change of families at a time: two at once could put two customers below each other.
        take_turn(customer.workspace_id)
        customer.refresh_from_db()
        above = [] if parent is None else _line(parent)
        _check(customer, parent, above)
        announce_family(customer)
        customer.parent = parent
        customer.save(update_fields=["parent"])
        announce_family(customer)
        shown = parent.external_id if parent is not None else None
        audit.record(customer.workspace, actor, "customer.parent_changed", customer.external_id, parent=shown)


def part(customers: Iterable[Customer]) -> None:
    """Take whoever stands below these customers from there, as long as they are deleted: their families are empty."""
    Customer.objects.filter(parent__in=customers).update(parent=None)


def announce_family(customer: Customer) -> None:
    """Tell every process that the families of a customer and of all above it are others now."""
    for each in _line(customer):
        announce(Kind.CUSTOMER, family_subject(each.workspace_id, each.external_id))


def _check(customer: Customer, parent: Customer | None, above: list[Customer]) -> None:
    if parent is not None and (parent.workspace_id != customer.workspace_id or parent.deleted_at is not None):
        raise CustomerRefused("A parent must be a customer of the same workspace.")
    if customer in above:
        raise FamilyRefused("A customer cannot stand below itself.")
    if len(above) + _height(customer) > DEEPEST:
        raise FamilyRefused(f"Customers stand at most {DEEPEST} levels deep.")


def _line(customer: Customer) -> list[Customer]:
    """Return a customer and all above it, nearest first."""
    line = [customer]
    while len(line) <= DEEPEST and line[-1].parent_id is not None:
        line.append(Customer.objects.get(pk=line[-1].parent_id))
    return line


def _height(customer: Customer) -> int:
    """Return how many levels a customer and what is below it take."""
    levels, ids = 0, [customer.pk]
    while ids and levels <= DEEPEST:
        levels, ids = levels + 1, list(Customer.objects.filter(parent__in=ids).values_list("pk", flat=True))
    return levels
