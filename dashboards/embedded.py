"""Where a dashboard may be embedded, as Superset's clients read and set it: a list of allowed domains.

The list narrows the workspace's own. A dashboard without a list may be shown by every origin of the workspace, which
Superset's clients see as an empty one; an empty list of ours, which closes it, is to them a dashboard not embedded.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from dashboards.models import Dashboard
from dashboards.services import save_embed_settings
from embedhost.lib.errors import NotFound
from embedhost.lib.origins import OriginRefused, check_origins
from secrets_admin import facts
from secrets_admin.access import Actor
from secrets_admin.models import AuditRecord

_ACTION: Final = "dashboard.embed_settings_changed"


def describe(dashboard: Dashboard) -> Mapping[str, Any]:
    """Return the embedding of a dashboard as Superset's API tells it. Raises NotFound when it is closed."""
    if dashboard.origins == []:
        raise NotFound
    last = AuditRecord.objects.filter(
        organization_id=dashboard.organization_id, action=_ACTION, subject=str(dashboard.embed_id)
    )
    record = last.order_by("-at", "-id").first()
    return {
        "uuid": str(dashboard.embed_id),
        "dashboard_id": str(dashboard.id),
        "allowed_domains": dashboard.origins or [],
        "changed_on": (record.at if record else dashboard.created_at).isoformat(),
        "changed_by": _person(record) if record else None,
    }


def _person(record: AuditRecord) -> Mapping[str, Any]:
    return {"id": record.actor_id, "first_name": record.actor_email, "last_name": ""}


def allow_domains(dashboard: Dashboard, workspace_id: str, domains: Iterable[str], *, actor: Actor) -> None:
    """Let these origins of the workspace embed a dashboard; none named: every one of them. Raises OriginRefused.

    What other workspaces of the organization may do stays as it is.
    """
    chosen = check_origins(domains)
    workspace = facts.workspace(workspace_id)
    foreign = next((origin for origin in chosen if workspace is None or origin not in workspace.origins), None)
    if foreign is not None:
        raise OriginRefused(f"The workspace's list of origins does not hold {foreign}. An owner adds it there.")
    own = workspace.origins if workspace else ()
    after = _changed(dashboard, own, chosen or own)
    narrows = chosen or set(after) < set(facts.origins_of(dashboard.organization_id))
    save_embed_settings(dashboard, origins=after if narrows else None, changes={}, actor=actor)


def _changed(dashboard: Dashboard, own: Sequence[str], allowed: Sequence[str]) -> list[str]:
    """Return a dashboard's list with one workspace's part replaced."""
    every = facts.origins_of(dashboard.organization_id)
    before = every if dashboard.origins is None else dashboard.origins
    return [*(origin for origin in before if origin not in own), *allowed]


def close(dashboard: Dashboard, workspace_id: str, *, actor: Actor) -> None:
    """Let no site of the workspace embed a dashboard until somebody allows it again.

    Raises NotFound when it is closed already.
    """
    if dashboard.origins == []:
        raise NotFound
    workspace = facts.workspace(workspace_id)
    left = _changed(dashboard, workspace.origins if workspace else (), ())
    save_embed_settings(dashboard, origins=left, changes={}, actor=actor)
