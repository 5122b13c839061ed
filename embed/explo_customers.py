"""Customers as Explo's API knows them: what a call wants of one, and the object that every answer has.

Levels, e-mail addresses, group tags and the names of schemas are kept for that API; name, properties, parent and data
source are the customer's own, wherever they were set.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import transaction

from customers.access import get_by_external_id
from customers.cards import CardChange, change_card
from customers.changes import check_leaving, take_turn_to_make
from customers.errors import CustomerRefused
from customers.families import set_parent, take_turn
from customers.models import Customer, ExploCard
from customers.services import get_or_create_customer, rename_customer, update_customer
from datasources.walls import routes_of, set_route
from embed.members import Body, read_flag, read_mapping, read_object, read_optional_text, read_texts
from embedhost.lib.errors import NotFound
from secrets_admin.access import Actor
from secrets_admin.api_keys import ApiKeyFacts
from secrets_admin.models import Workspace

#: What the top of a hierarchy and everything below it is called.
LEVELS: Final = ("Customer", "User")
#: Named where a customer has a data source of its own that was not set through this API.
_ANY_SCHEMA: Final = "default"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a call says of a customer; None: nothing."""

    name: str | None
    properties: Mapping[str, object] | None
    parent: str | None
    level: str | None
    mapping: Mapping[str, str] | None
    card: CardChange


def read_wanted(body: Body) -> Wanted:
    """Read a body; members that are not known are ignored. Raises BadBody."""
    mapping = read_mapping(body, "mapping")
    return Wanted(
        name=read_optional_text(body, "name"),
        properties=read_object(body, "properties"),
        parent=read_optional_text(body, "parent_provided_id"),
        level=read_level(read_optional_text(body, "hierarchy_level_name")),
        mapping=mapping,
        card=CardChange(
            emails=read_texts(body, "emails"),
            group_tags=read_texts(body, "group_tags"),
            is_demo=read_flag(body, "is_demo_group"),
            schemas=None if mapping is None else list(mapping),
        ),
    )


def read_level(name: str | None) -> str | None:
    """Return the name of a level. Raises CustomerRefused when there is none of this name."""
    if name is not None and name not in LEVELS:
        raise CustomerRefused(f"A hierarchy level is one of {' and '.join(LEVELS)}.")
    return name


def get_or_create(workspace: Workspace, external_id: str, wanted: Wanted, *, actor: Actor) -> tuple[Customer, bool]:
    """Return the customer, and whether it was made now, then with all that is wanted; one that is there stays as it is.

    Raises CustomerRefused, NotFound for an unknown parent or data source.
    """
    with transaction.atomic():
        if wanted.parent is not None or wanted.mapping is not None:
            take_turn_to_make(workspace, external_id)
        customer, made = get_or_create_customer(
            workspace, external_id, name=wanted.name or "", properties=wanted.properties, actor=actor
        )
        if made:
            if wanted.parent is None and customer.parent_id is not None:  # From before it was deleted.
                set_parent(customer, None, actor=actor)
            _apply(customer, wanted, actor)
    return customer, made


def update(
    workspace: Workspace, external_id: str, wanted: Wanted, *, new_id: str | None, key: ApiKeyFacts, actor: Actor
) -> Customer:
    """Change what is wanted, all of it or nothing, and return the customer.

    Raises NotFound, CustomerRefused, CustomerExists, CustomerNotAllowed.
    """
    with transaction.atomic():
        take_turn(workspace.pk)
        customer = get_by_external_id(workspace, external_id)
        customer.refresh_from_db(from_queryset=Customer.objects.select_for_update())
        if wanted.parent is not None:
            check_leaving(customer, wanted.parent, key)
        if wanted.name is not None or wanted.properties is not None:
            name = customer.name if wanted.name is None else wanted.name
            properties = customer.properties if wanted.properties is None else wanted.properties
            update_customer(customer, name=name, properties=properties, actor=actor)
        _apply(customer, wanted, actor)
        return customer if new_id is None else rename_customer(customer, new_id, actor=actor)


def _apply(customer: Customer, wanted: Wanted, actor: Actor) -> None:
    if wanted.parent is not None:
        set_parent(customer, get_by_external_id(customer.workspace, wanted.parent), actor=actor)
        customer.refresh_from_db(fields=["parent"])
    if wanted.level is not None and wanted.level != LEVELS[customer.parent_id is not None]:
        raise CustomerRefused("A `User` has a parent_provided_id, a `Customer` has none.")
    if wanted.mapping is not None:
        _route(customer, wanted.mapping, actor)
    change_card(customer, wanted.card, actor=actor)


def _route(customer: Customer, mapping: Mapping[str, str], actor: Actor) -> None:
    names = set(mapping.values())
    if len(names) > 1:
        raise CustomerRefused("A customer has one data source of its own here: give every schema the same one.")
    workspace, name = customer.workspace, next(iter(names), None)
    # Found among all: what was sent is not looked up.
    source = next((row for row in workspace.data_sources.all() if row.name == name), None)
    if name is not None and source is None:
        raise NotFound("The workspace has no data source of the name in `mapping`.")
    if routes_of(workspace, [customer.external_id]).get(customer.external_id) != name:
        set_route(workspace, customer.external_id, source, actor=actor)


def described(workspace: Workspace, customers: Sequence[Customer], key: ApiKeyFacts) -> list[Mapping[str, object]]:
    """Return the vendor's object for each customer.

    Its ``token`` is there only for a key with the scope ``customer_tokens``, and what is inherited comes only from
    customers that the key is for.
    """
    families = _Families(workspace, customers, key)
    return [families.describe(customer) for customer in customers]


class _Families:
    """Customers with all that is above them, read at once."""

    def __init__(self, workspace: Workspace, customers: Iterable[Customer], key: ApiKeyFacts) -> None:
        self._workspace = workspace
        self._key = key
        self._known = _with_those_above(customers)
        self._routes = routes_of(workspace, [row.external_id for row in self._known.values()])
        self._cards = {card.customer_id: card for card in ExploCard.objects.filter(customer__in=self._known)}

    def describe(self, customer: Customer) -> Mapping[str, object]:
        line = self._line(customer)
        merged = [row for row in line if self._key.may_act_for(row.external_id)]
        card = self._cards.get(customer.pk) or ExploCard()
        token = {"token": customer.token()} if "customer_tokens" in self._key.scopes else {}
        return {
            **token,
            "name": customer.name,
            "provided_id": customer.external_id,
            "is_demo_group": card.is_demo,
            "emails": card.emails,
            "group_tags": card.group_tags,
            "properties": customer.properties,
            "computed_properties": _merged([row.properties for row in merged]),
            "access_group": self._workspace.name,
            "parent_schema_datasource_mapping": self._mapping(customer),
            "computed_parent_schema_datasource_mapping": _merged([self._mapping(row) for row in merged]),
            "hierarchy_level": LEVELS[len(line) > 1],
        }

    def _line(self, customer: Customer) -> Sequence[Customer]:
        """Return what is above a customer, from the top, and the customer itself."""
        line = [customer]
        while line[0].parent_id in self._known:
            line.insert(0, self._known[line[0].parent_id])
        return line

    def _mapping(self, customer: Customer) -> Mapping[str, str]:
        source, card = self._routes.get(customer.external_id), self._cards.get(customer.pk)
        schemas = (card.schemas if card else None) or [_ANY_SCHEMA]
        return dict.fromkeys(schemas, source) if source is not None else {}


def _with_those_above(customers: Iterable[Customer]) -> dict[int, Customer]:
    """Return customers and the living ones above them, by primary key; families are few levels deep."""
    known = {customer.pk: customer for customer in customers}
    while missing := {row.parent_id for row in known.values() if row.parent_id is not None} - known.keys():
        found = Customer.objects.filter(pk__in=missing, deleted_at=None)
        if not found:
            break
        known.update((row.pk, row) for row in found)
    return known


def _merged(maps: Collection[Mapping[str, object]]) -> Mapping[str, object]:
    """Return one map of several; what comes later wins."""
    return {name: value for each in maps for name, value in each.items()}
