"""The customer that a token names, kept in memory until the feed says that it changed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from customers.models import Customer, hash_token
from embedhost.lib.statements import Written
from secrets_admin.feed import Kind, feed
from tokens.grant import GrantCustomer, PropertyValue

_TOKEN = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class CustomerOfToken:
    """Whose a customer token is; ``token_hash`` names the token, ``made_at`` is database time in seconds."""

    organization_id: int
    workspace_id: str
    external_id: str
    token_hash: str
    made_at: float


def subject(workspace_id: str, external_id: str) -> str:
    """Return the feed's name of a customer."""
    return f"{workspace_id}:{external_id}"


def find_customer(workspace_id: str, external_id: str) -> GrantCustomer | None:
    """Return the living customer with exactly this external id in the workspace, or None; never creates one."""
    return feed.recall(Kind.CUSTOMER, subject(workspace_id, external_id), lambda: _load(workspace_id, external_id))


def find_customer_by_token(token: str) -> CustomerOfToken | None:
    """Return the living customer whose token this is, or None; kept until the token is announced as ended."""
    if not _TOKEN.fullmatch(token):
        return None
    token_hash = hash_token(token)
    return feed.recall(Kind.CUSTOMER_TOKEN, token_hash, lambda: _load_by_token(token_hash))


def _load_by_token(token_hash: str) -> CustomerOfToken | None:
    rows = Customer.objects.select_related("workspace").filter(token_hash=token_hash, deleted_at=None)
    row = rows.first()
    if row is None:
        return None
    workspace, made_at = row.workspace, row.token_made_at.timestamp()
    return CustomerOfToken(workspace.organization_id, workspace.id, row.external_id, token_hash, made_at)


#: Written out, since every first view of a customer waits for it: composing it costs twice what the database needs.
_BY_NAME: Final = Written(
    Customer,
    f"""
    SELECT id, external_id, name, generation, created_at, properties, revoked_at FROM {Customer._meta.db_table}
    WHERE workspace_id = %s AND external_id = %s AND deleted_at IS NULL
    """,  # noqa: S608 -- the table's own name
)


def _load(workspace_id: str, external_id: str) -> GrantCustomer | None:
    row = next(iter(_BY_NAME.fetch(workspace_id, external_id)), None)
    if row is None or row.external_id != external_id:
        return None
    return GrantCustomer(
        id=row.id,
        external_id=row.external_id,
        name=row.name,
        generation=row.generation,
        since=row.created_at.timestamp(),
        properties=_scope_values(row.properties),
        revoked_at=row.revoked_at.timestamp() if row.revoked_at else None,
    )


def _scope_values(properties: Mapping[str, object]) -> dict[str, PropertyValue]:
    """Keep what a scope rule can bind: text, whole numbers, and lists of them."""
    return {name: bound for name, value in properties.items() if (bound := _bindable(value)) is not None}


def _bindable(value: object) -> PropertyValue | None:
    if isinstance(value, str) or type(value) is int:
        return value
    if isinstance(value, list) and all(isinstance(item, str) or type(item) is int for item in value):
        return tuple(value)
    return None
