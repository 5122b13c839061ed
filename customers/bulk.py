"""Thousands of customers at once: a fixed number of statements for every thousand, whatever happens to each customer.

A thousand are one transaction. Calls for the same workspace take turns, so that two of them cannot wait for each other.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.db import transaction
from django.db.models.functions import Now

from customers.facts import subject
from customers.families import family_subject
from customers.models import Customer
from customers.services import forget_before
from secrets_admin import audit
from secrets_admin.access import Actor
from secrets_admin.feed import Kind, announce_all, announce_below
from secrets_admin.models import Workspace

MOST_ITEMS: Final = 10_000
CREATED, UPDATED, UNCHANGED, REFUSED = RESULTS = ("created", "updated", "unchanged", "refused")
_AT_ONCE: Final = 1000
#: So many changes are announced by name; more make every process forget all customers of the workspace.
_NAMED: Final = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """A customer as a call wants it, checked; None keeps what is there."""

    external_id: str
    name: str | None = None
    properties: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of one customer: CREATED, UPDATED or UNCHANGED."""

    customer: Customer
    result: str


def save_all(workspace: Workspace, wanted: Sequence[Wanted], *, actor: Actor) -> dict[str, Saved]:
    """Make or change customers and return what became of each, by external id; no id may stand there twice.

    A deleted one comes back as get_or_create_customer brings it back.
    """
    # In one order everywhere, so that nobody waits in a circle.
    ordered = sorted(wanted, key=lambda one: one.external_id)
    saved: dict[str, Saved] = {}
    for begin in range(0, len(ordered), _AT_ONCE):
        saved |= _save(workspace, ordered[begin : begin + _AT_ONCE], actor)
    return saved


@transaction.atomic
def _save(workspace: Workspace, wanted: Sequence[Wanted], actor: Actor) -> dict[str, Saved]:
    Workspace.objects.select_for_update(no_key=True).get(id=workspace.id)
    work = _Work(workspace, {one.external_id: one for one in wanted})
    work.take_existing(work.wanted)
    work.insert()
    work.bring_back()
    work.change()
    work.announce()
    work.record(actor)
    return work.saved


@dataclass(slots=True)
class _Work:
    """One transaction's customers on their way."""

    workspace: Workspace
    wanted: Mapping[str, Wanted]
    there: dict[str, Customer] = field(default_factory=dict)
    saved: dict[str, Saved] = field(default_factory=dict)
    returned: int = 0

    def take_existing(self, ids: Iterable[str]) -> None:
        """Lock the rows that are there, deleted ones too."""
        rows = Customer.objects.select_for_update(of=("self",)).filter(workspace=self.workspace, external_id__in=ids)
        self.there |= {row.external_id: row for row in rows.order_by("external_id")}

    def insert(self) -> None:
        """Insert what is not there; whom somebody else inserted meanwhile is taken as it is."""
        fresh = [self._new(one) for one in self.wanted.values() if one.external_id not in self.there]
        Customer.objects.bulk_create(fresh, ignore_conflicts=True)
        ours = set(Customer.objects.filter(uid__in=[row.uid for row in fresh]).values_list("uid", flat=True))
        for row in fresh:
            if row.uid in ours:
                self.saved[row.external_id] = Saved(row, CREATED)
        self.take_existing([row.external_id for row in fresh if row.uid not in ours])

    def _new(self, one: Wanted) -> Customer:
        row = Customer(workspace=self.workspace, external_id=one.external_id, uid=uuid.uuid4())
        row.name, row.properties = one.name or one.external_id, dict(one.properties or {})
        row.new_token()
        return row

    def bring_back(self) -> None:
        """Bring deleted ones back, with nothing of before: no token, no name, no properties, no parent."""
        back = [row for row in self.there.values() if row.deleted_at is not None]
        forget_before(back)
        for row in back:
            one = self.wanted[row.external_id]
            row.name, row.properties = one.name or one.external_id, dict(one.properties or {})
            row.parent = None
            row.generation += 1
            row.new_token()
            row.deleted_at = None
            row.token_made_at = row.created_at = Now()
            self.saved[row.external_id] = Saved(row, CREATED)
        self.returned = len(back)
        fields = ["name", "properties", "parent", "generation", "token_sealed", "token_hash", "deleted_at"]
        Customer.objects.bulk_update(back, [*fields, "token_made_at", "created_at"], batch_size=200)

    def change(self) -> None:
        """Set names and properties that differ."""
        changed = []
        for row in self.there.values():
            if row.external_id in self.saved:
                continue
            one = self.wanted[row.external_id]
            before = (row.name, row.properties)
            row.name = row.name if one.name is None else one.name or row.external_id
            row.properties = row.properties if one.properties is None else dict(one.properties)
            differs = (row.name, row.properties) != before
            changed += [row] if differs else []
            self.saved[row.external_id] = Saved(row, UPDATED if differs else UNCHANGED)
        Customer.objects.bulk_update(changed, ["name", "properties"], batch_size=200)

    def announce(self) -> None:
        """Tell every process of whoever is another one now, also those who were looked for in vain before."""
        ids = [external_id for external_id, saved in self.saved.items() if saved.result != UNCHANGED]
        workspace_id = self.workspace.id
        if len(ids) > _NAMED or self.returned:
            announce_below(Kind.CUSTOMER, subject(workspace_id, ""))
            announce_below(Kind.CUSTOMER, family_subject(workspace_id, ""))
        elif ids:
            names = (subject, family_subject)
            announce_all(Kind.CUSTOMER, [name(workspace_id, external_id) for external_id in ids for name in names])

    def record(self, actor: Actor) -> None:
        """Write one audit record for all, when something changed."""
        results = [saved.result for saved in self.saved.values()]
        counts = {"created": results.count(CREATED), "updated": results.count(UPDATED), "returned": self.returned}
        if counts["created"] or counts["updated"]:
            audit.record(self.workspace, actor, "customer.bulk_saved", self.workspace.id, **counts)
