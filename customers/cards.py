"""What Explo's API keeps of a customer besides, and a workspace's tags. Each call is one transaction with its audit."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db import IntegrityError, transaction

from customers.errors import CustomerRefused, TagExists
from customers.models import Customer, ExploCard, GroupTag
from secrets_admin import audit
from secrets_admin.access import Actor
from secrets_admin.models import Workspace

MOST: Final = 100
MOST_TAGS: Final = 1000
#: Characters of an e-mail address (RFC 5321 section 4.5.3.1.3, without the angle brackets).
_LONGEST_EMAIL: Final = 254
_LONGEST_NAME: Final = 100
_EMAIL: Final = re.compile(r"[^\s@\x00-\x1f\x7f]+@[^\s@\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class CardChange:
    """What shall be different; None stays."""

    emails: Sequence[str] | None = None
    group_tags: Sequence[str] | None = None
    is_demo: bool | None = None
    schemas: Sequence[str] | None = None


def change_card(customer: Customer, change: CardChange, *, actor: Actor) -> None:
    """Keep what a call says of a customer. Raises CustomerRefused."""
    _check(customer, change)
    fields = {name: value for name in _FIELDS if (value := getattr(change, name)) is not None}
    if not fields:
        return
    with transaction.atomic():
        ExploCard.objects.update_or_create(customer=customer, defaults=fields)
        audit.record(customer.workspace, actor, "customer.facts_changed", customer.external_id, changed=sorted(fields))


_FIELDS: Final = ("emails", "group_tags", "is_demo", "schemas")


def create_group_tag(workspace: Workspace, name: str, *, actor: Actor) -> GroupTag:
    """Make a tag of a workspace. Raises CustomerRefused, TagExists."""
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise CustomerRefused(f"A group tag has 1 to {_LONGEST_NAME} characters that can be read.")
    if workspace.group_tags.count() >= MOST_TAGS:
        raise CustomerRefused(f"A workspace has at most {MOST_TAGS} group tags.")
    try:
        with transaction.atomic():
            tag = GroupTag.objects.create(workspace=workspace, name=name)
            audit.record(workspace, actor, "group_tag.created", name)
    except IntegrityError:
        raise TagExists from None
    return tag


def _check(customer: Customer, change: CardChange) -> None:
    for named in (change.emails, change.group_tags, change.schemas):
        if named is not None and len(named) > MOST:
            raise CustomerRefused(f"A customer has at most {MOST} e-mail addresses, group tags and schemas each.")
    for email in change.emails or ():
        if len(email) > _LONGEST_EMAIL or not _EMAIL.fullmatch(email):
            raise CustomerRefused("Each of `emails` is an e-mail address such as user@example.com.")
    for schema in change.schemas or ():
        if not schema or len(schema) > _LONGEST_NAME or not schema.isprintable():
            raise CustomerRefused(f"A schema's name has 1 to {_LONGEST_NAME} characters that can be read.")
    _check_tags(customer, change.group_tags or ())


def _check_tags(customer: Customer, names: Sequence[str]) -> None:
    if not names:
        return
    # Compared here: PostgreSQL takes no NUL, not even to compare.
    known = GroupTag.objects.filter(workspace_id=customer.workspace_id).values_list("name", flat=True)
    if not set(known).issuperset(names):
        raise CustomerRefused("One of `group_tags` does not exist. Make it with create_group_tag first.")
