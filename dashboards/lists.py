"""Which dashboards a workspace's script tags may show, and which a customer has, where tokens and calls name none."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction

from customers.models import Customer
from dashboards.facts import tag_subject
from dashboards.models import CustomerDashboard, Dashboard, TagDashboard
from embedhost.lib.errors import Refused
from secrets_admin import audit
from secrets_admin.access import Actor
from secrets_admin.binding import set_binding
from secrets_admin.feed import Kind, announce
from secrets_admin.models import EmbedSecret, Workspace

#: May refuse what is there now, before it changes.
Check = Callable[[], None]
#: Dashboards on one list at most.
LONGEST = 200


class ListRefused(Refused):
    """A list of dashboards that cannot be; the message says why."""

    code = "dashboards_invalid"
    message = "Choose dashboards of this organization, and one of them as the default."


def set_tag_dashboards(
    workspace: Workspace, dashboards: Sequence[Dashboard], *, default: Dashboard | None, actor: Actor
) -> None:
    """Say which dashboards the workspace's script tags may show. Raises ListRefused."""
    _check(workspace.organization_id, dashboards, default)
    with transaction.atomic():
        Workspace.objects.select_for_update().get(id=workspace.id)
        TagDashboard.objects.filter(workspace=workspace).delete()
        TagDashboard.objects.bulk_create(
            TagDashboard(workspace=workspace, dashboard=board, is_default=board == default) for board in dashboards
        )
        announce(Kind.WORKSPACE, tag_subject(workspace.id))
        audit.record(workspace, actor, "tag_list.changed", workspace.id, dashboards=_ids(dashboards))


@dataclass(frozen=True, slots=True)
class TagChoice:
    """What is chosen for one dashboard; the default is on the list."""

    listed: bool
    default: bool


def choose_for_tag(workspace: Workspace, dashboard: Dashboard, choice: TagChoice, *, actor: Actor) -> None:
    """Put one dashboard on the tag list or off it, and make it the default or not. Raises ListRefused."""
    with transaction.atomic():
        Workspace.objects.select_for_update().get(id=workspace.id)
        rows = list(TagDashboard.objects.filter(workspace=workspace).exclude(dashboard=dashboard).order_by("id"))
        others = [row.dashboard for row in rows]
        default = next((row.dashboard for row in rows if row.is_default), None)
        set_tag_dashboards(
            workspace,
            [*others, dashboard] if choice.listed else others,
            default=dashboard if choice.default else default,
            actor=actor,
        )


def set_customer_dashboards(
    customer: Customer,
    dashboards: Sequence[Dashboard],
    *,
    default: Dashboard | None,
    actor: Actor,
    check: Check | None = None,
) -> None:
    """Say which dashboards a customer has, and which is meant where a backend names none.

    ``check`` may refuse while nobody else can change them. Raises ListRefused, and what ``check`` raises.
    """
    workspace = customer.workspace
    _check(workspace.organization_id, dashboards, default)
    with transaction.atomic():
        Customer.objects.select_for_update().get(id=customer.id)
        if check is not None:
            check()
        CustomerDashboard.objects.filter(customer=customer).delete()
        CustomerDashboard.objects.bulk_create(
            CustomerDashboard(customer=customer, dashboard=board, is_default=board == default) for board in dashboards
        )
        audit.record(workspace, actor, "customer.dashboards_changed", customer.external_id, dashboards=_ids(dashboards))


def dashboards_of(customer: Customer) -> list[Dashboard]:
    """Return the customer's living dashboards in the order in which they were set."""
    rows = CustomerDashboard.objects.filter(customer=customer, dashboard__archived_at=None)
    return [row.dashboard for row in rows.select_related("dashboard").order_by("id")]


def default_dashboard(customer: Customer) -> Dashboard | None:
    """Return the customer's dashboard for calls that name none, or None."""
    rows = CustomerDashboard.objects.filter(customer=customer, is_default=True, dashboard__archived_at=None)
    found = rows.select_related("dashboard").first()
    return None if found is None else found.dashboard


def add_customer_dashboard(customer: Customer, dashboard: Dashboard, *, actor: Actor) -> None:
    """Put a dashboard on a customer's list, and make it the default where there is none. Raises ListRefused."""
    with transaction.atomic():
        Customer.objects.select_for_update().get(id=customer.id)
        listed = [*(other for other in dashboards_of(customer) if other != dashboard), dashboard]
        default = default_dashboard(customer) or dashboard
        set_customer_dashboards(customer, listed, default=default, actor=actor)


def bind_secret(secret: EmbedSecret, customer: Customer, dashboards: Sequence[Dashboard], *, actor: Actor) -> None:
    """Let a secret open tokens of this one customer and these dashboards only; no dashboards frees it again.

    Only a bound secret takes Papermap tokens in the vendor's short form, whose signature covers neither (threats.md
    D2). Raises ListRefused, SecretRefused.
    """
    _check(secret.workspace.organization_id, dashboards, None)
    if customer.workspace_id != secret.workspace_id or customer.deleted_at is not None:
        raise ListRefused("Choose a customer of the secret's workspace.")
    set_binding(secret, customer.external_id if dashboards else "", _ids(dashboards), actor=actor)


def _check(organization_id: int, dashboards: Sequence[Dashboard], default: Dashboard | None) -> None:
    foreign = any(board.organization_id != organization_id for board in dashboards)
    if foreign or len(dashboards) > LONGEST or (default is not None and default not in dashboards):
        raise ListRefused


def _ids(dashboards: Iterable[Dashboard]) -> list[str]:
    return [str(board.embed_id) for board in dashboards]
