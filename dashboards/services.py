"""What changes dashboards: saving a version, and the settings of embedding."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from dashboards import publishing
from dashboards.facts import id_subject, tag_subject
from dashboards.models import Dashboard, DashboardVersion, TagDashboard
from dashboards.settings_spec import MAX_CACHE_SECONDS, SETTINGS, is_seconds, problems_of
from dashboards.spec import DashboardSpec, SpecError, parse
from embedhost.lib.errors import NotFound, Refused
from embedhost.lib.origins import check_origins
from secrets_admin import audit, revocation
from secrets_admin.access import Actor
from secrets_admin.feed import Kind, announce
from secrets_admin.models import Organization, User

#: The environment that every dashboard gets when it is first saved; it follows the latest version until pinned.
FIRST_ENVIRONMENT = "prod"
MAX_ENVIRONMENTS = 100


class SlugTaken(Refused):
    """A document's slug is not its dashboard's; the message says what to do."""

    status = 409
    code = "slug_conflict"


class VersionUnknown(NotFound):
    message = "The dashboard has no version with this number."


class TooManyEnvironments(Refused):
    status = 409
    code = "too_many_environments"
    message = f"A dashboard has at most {MAX_ENVIRONMENTS} environments. Remove one first."


class TooManyDashboards(Refused):
    """An organization's dashboards, deleted ones included, are as many as it may have."""

    status = 409
    code = "too_many_dashboards"

    def __init__(self) -> None:
        super().__init__(
            f"The organization has {settings.MAX_DASHBOARDS:,} dashboards, deleted ones included, and may have no "
            "more. Save this to one of them by its embed id, or have the operator raise MAX_DASHBOARDS."
        )


class TooManyVersions(Refused):
    """A dashboard's versions, of which none is ever deleted, are as many as it may have."""

    status = 409
    code = "too_many_versions"

    def __init__(self) -> None:
        super().__init__(
            f"The dashboard has {settings.MAX_VERSIONS:,} versions and may have no more. Go on under another slug, or "
            "have the operator raise MAX_VERSIONS."
        )


@dataclass(frozen=True, slots=True)
class Accepted:
    """A document that may be saved: as its parsed ``spec``, and as it was written, its ``settings`` apart."""

    spec: DashboardSpec
    document: Mapping[str, Any]
    settings: Mapping[str, bool | int]


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved dashboard: whether it was made (or came back), and whether it got a version; the latest is ``number``."""

    dashboard: Dashboard
    made: bool
    is_new_version: bool
    number: int


#: May refuse a dashboard as it is now, before it changes; None: there is none yet.
Check = Callable[[Dashboard | None], None]


def anything(_dashboard: Dashboard | None) -> None:
    """Refuse nothing."""


def save_version(organization: Organization, document: dict[str, Any], actor: User | None = None) -> Dashboard:
    """Save a document as the newest version of the dashboard with its slug, making the dashboard if there is none.

    The newest version stays when it has the same document. Raises spec.SpecError when the document, a default or a
    panel's SQL would be refused at run time; then nothing is written.
    """
    return save(organization, accept(organization, document, workspace_id=None), user=actor).dashboard


def accept(organization: Organization, document: Mapping[str, Any], *, workspace_id: str | None) -> Accepted:
    """Return a document that may be saved. Raises spec.SpecError when it, a default or its SQL would be refused.

    Its SQL is compiled, which may take seconds, so no transaction is open meanwhile. Who changes a rule between this
    and the saving changes it for a saved one, too: what is sent is checked again at run time. ``workspace_id``: as
    publishing.check has it.
    """
    wanted = document.get("settings")
    problems = problems_of(wanted)
    if problems:
        raise SpecError(problems)
    content = {name: value for name, value in document.items() if name != "settings"}
    spec = parse(content)
    publishing.check(organization, spec, workspace_id=workspace_id)
    return Accepted(spec, content, wanted or {})


def save(
    organization: Organization,
    accepted: Accepted,
    *,
    user: User | None = None,
    embed_id: str | None = None,
    check: Check = anything,
) -> Saved:
    """Save a document to the dashboard with its slug, or with ``embed_id`` to that one, as a version if it differs.

    One that was deleted comes back when its ``embed_id`` is named. Raises NotFound, SlugTaken, TooManyDashboards,
    TooManyVersions, and what ``check`` raises.
    """
    spec = accepted.spec
    with transaction.atomic():
        Organization.objects.select_for_update().get(id=organization.id)
        found = _find(organization, spec, embed_id)
        check(found if found is not None and found.archived_at is None else None)
        made = found is None or found.archived_at is not None
        dashboard = found or _new(organization, spec.slug)
        dashboard.title, dashboard.description, dashboard.archived_at = spec.title, spec.description, None
        dashboard.save()
        number, is_new = _add_version(dashboard, accepted.document, user)
        dashboard.environments.get_or_create(name=FIRST_ENVIRONMENT)
        announce(Kind.DASHBOARD, str(dashboard.embed_id))
        announce(Kind.DASHBOARD, id_subject(dashboard.id))
    return Saved(dashboard, made, is_new, number)


def _find(organization: Organization, spec: DashboardSpec, embed_id: str | None) -> Dashboard | None:
    rows = organization.dashboards.select_for_update()
    living = rows.filter(slug=spec.slug, archived_at=None).first()
    if embed_id is None:
        return living
    named = rows.filter(embed_id=embed_id).first()
    if named is None:
        raise NotFound
    if named.slug != spec.slug:
        raise SlugTaken(f"This dashboard's slug is {named.slug}, and addresses hold it. Keep it in the document.")
    if living is not None and living != named:
        raise SlugTaken("Another dashboard has this slug by now. Save the document to that one.")
    return named


def _new(organization: Organization, slug: str) -> Dashboard:
    if 0 < settings.MAX_DASHBOARDS <= organization.dashboards.count():
        raise TooManyDashboards
    return Dashboard(organization=organization, slug=slug)


def _add_version(dashboard: Dashboard, document: Mapping[str, Any], user: User | None) -> tuple[int, bool]:
    """Return the number of the latest version, and whether it was made now."""
    last = dashboard.versions.order_by("-number").first()
    if last is not None and last.document == document:
        return last.number, False
    number = last.number + 1 if last else 1
    if 0 < settings.MAX_VERSIONS < number:
        raise TooManyVersions
    DashboardVersion.objects.create(dashboard=dashboard, number=number, document=document, created_by=user)
    return number, True


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
            setattr(dashboard, name, min(value, MAX_CACHE_SECONDS) if is_seconds(name) else value)
        dashboard.save(update_fields=["origins", *changes])
        announce(Kind.DASHBOARD, str(dashboard.embed_id))


def save_embed_settings(
    dashboard: Dashboard, *, origins: Sequence[str] | None, changes: Mapping[str, bool | int], actor: Actor
) -> None:
    """Change a dashboard's embed settings and write who did. Raises origins.OriginRefused."""
    with transaction.atomic():
        update_embed_settings(dashboard, origins=origins, **changes)
        audit.record(
            dashboard.organization,
            actor,
            "dashboard.embed_settings_changed",
            str(dashboard.embed_id),
            origins=origins,
            **changes,
        )


def apply_embed_settings(dashboard: Dashboard, settings: Mapping[str, bool | int], *, actor: Actor) -> None:
    """Set what of these settings is not so already."""
    changes = {name: value for name, value in settings.items() if getattr(dashboard, name) != value}
    if changes:
        save_embed_settings(dashboard, origins=dashboard.origins, changes=changes, actor=actor)


def change_embed_settings(
    dashboard: Dashboard, wanted: Mapping[str, Any], *, check: Check = anything, actor: Actor
) -> None:
    """Set what is in ``wanted``: ``origins`` and any of SETTINGS; the rest stays. Raises NotFound, OriginRefused."""
    with transaction.atomic():
        row = _lock(dashboard)
        check(row)
        changes = {name: value for name, value in wanted.items() if name != "origins"}
        save_embed_settings(row, origins=wanted.get("origins", row.origins), changes=changes, actor=actor)


def delete_dashboard(dashboard: Dashboard, *, check: Check = anything, actor: Actor) -> None:
    """Take a dashboard away: no token opens it any more, nor, when it comes back, one that was made before now.

    Versions, environments and counts are kept. Raises NotFound, and what ``check`` raises.
    """
    with transaction.atomic():
        row = _lock(dashboard)
        check(row)
        Dashboard.objects.filter(id=row.id).update(archived_at=Now(), revoked_at=Now())
        announce(Kind.DASHBOARD, str(row.embed_id))
        for workspace_id in TagDashboard.objects.filter(dashboard=row).values_list("workspace_id", flat=True):
            announce(Kind.WORKSPACE, tag_subject(workspace_id))
        audit.record(row.organization, actor, "dashboard.deleted", str(row.embed_id), slug=row.slug)


def set_environment(
    dashboard: Dashboard, name: str, number: int | None, *, check: Check = anything, actor: Actor
) -> bool:
    """Pin an environment to a version, or with None let it follow the latest one; tell whether it was made now.

    Raises NotFound, VersionUnknown, TooManyEnvironments.
    """
    with transaction.atomic():
        row = _lock(dashboard)
        check(row)
        version = None if number is None else row.versions.filter(number=number).first()
        if version is None and number is not None:
            raise VersionUnknown
        known = row.environments.filter(name=name).first()
        if known is None and row.environments.count() >= MAX_ENVIRONMENTS:
            raise TooManyEnvironments
        row.environments.update_or_create(name=name, defaults={"version": version})
        announce(Kind.DASHBOARD, str(row.embed_id))
        subject = str(row.embed_id)
        audit.record(row.organization, actor, "dashboard.environment_set", subject, environment=name, version=number)
    return known is None


def remove_environment(dashboard: Dashboard, name: str, *, check: Check = anything, actor: Actor) -> None:
    """Let nothing be found under an environment's name any more. Raises NotFound."""
    with transaction.atomic():
        row = _lock(dashboard)
        check(row)
        deleted, _ = row.environments.filter(name=name).delete()
        if not deleted:
            raise NotFound
        announce(Kind.DASHBOARD, str(row.embed_id))
        subject = str(row.embed_id)
        audit.record(row.organization, actor, "dashboard.environment_removed", subject, environment=name)


def _lock(dashboard: Dashboard) -> Dashboard:
    """Return the row as it is now, and let nobody else change it meanwhile. Raises NotFound."""
    rows = Dashboard.objects.select_for_update(of=("self",)).select_related("organization")
    row = rows.filter(id=dashboard.id, archived_at=None).first()
    if row is None:
        raise NotFound
    return row


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
