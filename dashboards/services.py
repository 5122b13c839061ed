"""What changes dashboards: saving a version, and the settings of embedding."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.db.models.functions import Now

from dashboards import publishing
from dashboards.facts import id_subject
from dashboards.models import Dashboard, DashboardVersion
from dashboards.spec import DashboardSpec, parse
from embedhost.lib.origins import check_origins
from secrets_admin import audit, revocation
from secrets_admin.access import Actor
from secrets_admin.feed import Kind, announce
from secrets_admin.models import Organization, User

#: The environment that every dashboard gets when it is first saved; it follows the latest version until pinned.
FIRST_ENVIRONMENT = "prod"
MAX_CACHE_SECONDS = 86_400
SETTINGS = ("viewers_may_apply_variables", "viewers_may_export", "cache_seconds", "serve_stale_seconds")


def save_version(organization: Organization, document: dict[str, Any], actor: User | None = None) -> Dashboard:
    """Save a document as the newest version of the dashboard with its slug, making the dashboard if there is none.

    Raises spec.SpecError when the document, a default or a panel's SQL would be refused at run time; then nothing
    is written.
    """
    spec = parse(document)
    publishing.check(organization, spec)
    with transaction.atomic():
        dashboard = _dashboard(organization, spec)
        _add_version(dashboard, document, actor)
        dashboard.environments.get_or_create(name=FIRST_ENVIRONMENT)
        announce(Kind.DASHBOARD, str(dashboard.embed_id))
    return dashboard


def _dashboard(organization: Organization, spec: DashboardSpec) -> Dashboard:
    words = {"title": spec.title, "description": spec.description, "archived_at": None}
    dashboard, made = Dashboard.objects.select_for_update().get_or_create(
        organization=organization, slug=spec.slug, defaults=words
    )
    if not made:
        Dashboard.objects.filter(id=dashboard.id).update(**words)
    announce(Kind.DASHBOARD, id_subject(dashboard.id))
    return dashboard


def _add_version(dashboard: Dashboard, document: dict[str, Any], actor: User | None) -> None:
    last = dashboard.versions.aggregate(last=Max("number"))["last"] or 0
    DashboardVersion.objects.create(dashboard=dashboard, number=last + 1, document=document, created_by=actor)


def update_embed_settings(dashboard: Dashboard, *, origins: Sequence[str] | None, **changes: Any) -> None:
    """Change who may embed a dashboard, what viewers may do, and its cache times (seconds).

    ``origins`` narrows the workspace's list; None allows every origin of it, so it cannot be left out by mistake.
    Raises origins.OriginRefused.
    """
    unknown = set(changes) - set(SETTINGS)
    if unknown:
        raise TypeError(f"unknown settings: {', '.join(sorted(unknown))}")
    with transaction.atomic():
        dashboard.origins = None if origins is None else check_origins(origins)
        for name, value in changes.items():
            setattr(dashboard, name, min(value, MAX_CACHE_SECONDS) if name.endswith("_seconds") else value)
        dashboard.save(update_fields=["origins", *changes])
        announce(Kind.DASHBOARD, str(dashboard.embed_id))


def clear_cache(dashboard: Dashboard, *, actor: Actor) -> None:
    """Let no kept result of this dashboard be shown again; within a second every process asks the sources anew."""
    with transaction.atomic(durable=True):
        Dashboard.objects.filter(id=dashboard.id).update(cache_generation=F("cache_generation") + 1)
        announce(Kind.DASHBOARD, str(dashboard.embed_id))
        audit.record(dashboard.organization, actor, "dashboard.cache_cleared", str(dashboard.embed_id))


def revoke_dashboard(dashboard: Dashboard, *, actor: Actor) -> datetime | None:
    """Refuse on this dashboard every token that was made before now, customers' own too. Returns ``refused_until``."""
    with transaction.atomic(durable=True):
        Dashboard.objects.filter(id=dashboard.id).update(revoked_at=Now())
        announce(Kind.DASHBOARD, str(dashboard.embed_id))
        audit.record(dashboard.organization, actor, "dashboard.revoked", str(dashboard.embed_id))
    return refused_until(dashboard)


def refused_until(dashboard: Dashboard) -> datetime | None:
    """Return until when tokens without ``iat`` may be refused since the dashboard was last revoked; None: never was."""
    revoked_at = Dashboard.objects.values_list("revoked_at", flat=True).get(id=dashboard.id)
    if revoked_at is None:
        return None
    workspaces = dashboard.organization.workspaces.values_list("id", flat=True)
    return max((revocation.refused_until(workspace_id, revoked_at) for workspace_id in workspaces), default=None)
