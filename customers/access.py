"""The only way to a customer's row: through its workspace. A stranger gets 404."""

import unicodedata
import uuid
from typing import Final

from django.db.models import Q, QuerySet

from customers.models import Customer
from embedhost.lib.errors import NotFound
from embedhost.lib.statements import Written
from secrets_admin.models import Workspace
from tokens.identifiers import check_identifier


def searched(text: str) -> str:
    """Return what somebody typed as a search that every database takes: no NUL, no longer than an external id."""
    return text.replace("\x00", "")[:255]


def list_customers(workspace: Workspace, search: str = "") -> QuerySet[Customer]:
    """Return the workspace's living customers by name; ``search`` looks in name and external id."""
    rows = workspace.customers.filter(deleted_at=None)
    if search:
        rows = rows.filter(Q(name__icontains=search) | Q(external_id__icontains=search))
    return rows.order_by("name", "external_id", "id")


def get_customer(workspace: Workspace, uid: uuid.UUID) -> Customer:
    """Return one living customer of the workspace. Raises NotFound."""
    customer = workspace.customers.select_related("workspace__organization").filter(uid=uid, deleted_at=None).first()
    if customer is None:
        raise NotFound
    return customer


def find_by_external_id(workspace: Workspace, external_id: str) -> Customer | None:
    """Return the living customer with exactly this external id, or None."""
    customer = workspace.customers.filter(external_id=external_id, deleted_at=None).first()
    return customer if customer is not None and customer.external_id == external_id else None


#: Written out, since it is what backends ask for most: composing it costs more than what the database needs.
_EXISTING: Final = Written(
    Customer,
    f"""
    SELECT id, uid, workspace_id, external_id, name, properties, parent_id, token_sealed, created_at
    FROM {Customer._meta.db_table} WHERE workspace_id = %s AND external_id = %s AND deleted_at IS NULL
    """,  # noqa: S608 -- the table's own name
)


def find_existing(workspace_id: str, external_id: str) -> Customer | None:
    """Return the living customer with exactly this external id, which can be one, or None: as answers show it.

    What answers do not show is read when somebody asks for it.
    """
    customer = next(iter(_EXISTING.fetch(workspace_id, external_id)), None)
    return customer if customer is not None and customer.external_id == external_id else None


def get_by_external_id(workspace: Workspace, external_id: str) -> Customer:
    """Return the living customer with exactly this external id, with its parent. Raises NotFound."""
    rows = workspace.customers.select_related("workspace__organization", "parent")
    # What cannot be an id is not looked up: PostgreSQL takes no NUL, not even to compare.
    found = None if check_identifier(external_id) else rows.filter(external_id=external_id, deleted_at=None).first()
    if found is None:
        raise NotFound
    return found


def code_points(external_id: str) -> str:
    """Spell the characters outside ASCII with their code points and names; empty when there is none.

    >>> code_points("аcme")
    'U+0430 cyrillic small letter a'
    """
    return ", ".join(
        f"U+{ord(sign):04X} {unicodedata.name(sign, 'unnamed').lower()}"
        for sign in dict.fromkeys(external_id)
        if not sign.isascii()
    )
