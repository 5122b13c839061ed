"""The customer that a token names, kept in memory until the feed says that it changed."""

from collections.abc import Mapping

from customers.models import Customer
from secrets_admin.feed import Kind, feed
from tokens.grant import GrantCustomer, PropertyValue


def subject(workspace_id: str, external_id: str) -> str:
    """Return the feed's name of a customer."""
    return f"{workspace_id}:{external_id}"


def find_customer(workspace_id: str, external_id: str) -> GrantCustomer | None:
    """Return the living customer with exactly this external id in the workspace, or None; never creates one."""
    return feed.recall(Kind.CUSTOMER, subject(workspace_id, external_id), lambda: _load(workspace_id, external_id))


def _load(workspace_id: str, external_id: str) -> GrantCustomer | None:
    row = Customer.objects.filter(workspace_id=workspace_id, external_id=external_id, deleted_at=None).first()
    if row is None or row.external_id != external_id:
        return None
    since = row.created_at.timestamp()
    return GrantCustomer(row.id, row.external_id, row.name, row.generation, since, _scope_values(row.properties))


def _scope_values(properties: Mapping[str, object]) -> dict[str, PropertyValue]:
    """Keep what a scope rule can bind: text, whole numbers, and lists of them."""
    return {name: bound for name, value in properties.items() if (bound := _bindable(value)) is not None}


def _bindable(value: object) -> PropertyValue | None:
    if isinstance(value, str) or type(value) is int:
        return value
    if isinstance(value, list) and all(isinstance(item, str) or type(item) is int for item in value):
        return tuple(value)
    return None
