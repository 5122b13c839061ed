"""The dashboard that a token names, kept in memory until the feed says that it changed; versions never change."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dashboards.models import Dashboard, DashboardVersion, TagDashboard
from dashboards.spec import DashboardSpec, parse
from embedhost.lib.memory import Recent
from secrets_admin.feed import Kind, feed


@dataclass(frozen=True, slots=True)
class DashboardFacts:
    """A dashboard as the doors see it. ``environments`` maps names to version ids; cache times in seconds."""

    id: int
    organization_id: int
    embed_id: str
    slug: str
    title: str
    origins: tuple[str, ...] | None
    viewers_may_apply_variables: bool
    viewers_may_export: bool
    cache_seconds: int
    serve_stale_seconds: int
    cache_generation: int
    latest_version_id: int
    environments: Mapping[str, int]
    #: When somebody revoked the tokens that open it (database time, seconds); None: never.
    revoked_at: float | None


@dataclass(frozen=True, slots=True)
class TagList:
    """The dashboards that a workspace's script tags may show, by embed id, and the one for a tag that names none."""

    default: str | None
    listed: frozenset[str]


#: Characters of an embed id.
_LENGTH: Final = 36
#: Versions never change, so what was parsed once stays right.
specs: Recent[int, DashboardSpec] = Recent(500)


def find_dashboard(embed_id: str) -> DashboardFacts | None:
    """Return the saved, living dashboard with this embed id, in canonical form, or None."""
    # What is no embed id by its length alone is not even remembered as unknown: a body may hold 64 KB of it.
    if len(embed_id) != _LENGTH:
        return None
    return feed.recall(Kind.DASHBOARD, embed_id, lambda: _load(embed_id) if _is_canonical(embed_id) else None)


def find_dashboard_by_id(dashboard_id: int) -> DashboardFacts | None:
    """Return the saved, living dashboard with this integer id, or None."""
    embed_id = feed.recall(Kind.DASHBOARD, id_subject(dashboard_id), lambda: _embed_id(dashboard_id))
    return None if embed_id is None else find_dashboard(embed_id)


def id_subject(dashboard_id: int) -> str:
    """Return the feed's name of the integer id of a dashboard, announced when the dashboard is made."""
    return f"id:{dashboard_id}"


def _embed_id(dashboard_id: int) -> str | None:
    found = Dashboard.objects.filter(id=dashboard_id).values_list("embed_id", flat=True).first()
    return None if found is None else str(found)


def find_named(name: int | str) -> DashboardFacts | None:
    """Return the dashboard that a token names by its integer id or its embed id, or None."""
    if isinstance(name, int):
        return find_dashboard_by_id(name) if 0 < name < 2**63 else None
    return find_dashboard(name)


def tag_dashboards(workspace_id: str) -> TagList:
    """Return which dashboards a workspace's script tags may show."""
    found = feed.recall(Kind.WORKSPACE, tag_subject(workspace_id), lambda: _load_tag_list(workspace_id))
    return found or TagList(None, frozenset())


def tag_subject(workspace_id: str) -> str:
    """Return the feed's name of a workspace's tag list."""
    return f"tag:{workspace_id}"


def _load_tag_list(workspace_id: str) -> TagList:
    rows = TagDashboard.objects.filter(workspace_id=workspace_id, dashboard__archived_at=None)
    listed = list(rows.order_by("id").values_list("dashboard__embed_id", "is_default"))
    default = next((str(embed_id) for embed_id, is_default in listed if is_default), None)
    return TagList(default, frozenset(str(embed_id) for embed_id, _ in listed))


def _is_canonical(embed_id: str) -> bool:
    try:
        return str(uuid.UUID(embed_id)) == embed_id
    except ValueError:
        return False


def spec_of(version_id: int) -> DashboardSpec:
    """Return the parsed document of a version that exists."""
    spec = specs.get(version_id)
    if spec is None:
        spec = parse(DashboardVersion.objects.get(id=version_id).document)
        specs.put(version_id, spec)
    return spec


def _load(embed_id: str) -> DashboardFacts | None:
    row = Dashboard.objects.filter(embed_id=embed_id, archived_at=None).first()
    latest = None if row is None else row.versions.order_by("-number").values_list("id", flat=True).first()
    if row is None or latest is None:
        return None
    return DashboardFacts(
        id=row.id,
        organization_id=row.organization_id,
        embed_id=embed_id,
        slug=row.slug,
        title=row.title,
        origins=None if row.origins is None else tuple(row.origins),
        viewers_may_apply_variables=row.viewers_may_apply_variables,
        viewers_may_export=row.viewers_may_export,
        cache_seconds=row.cache_seconds,
        serve_stale_seconds=row.serve_stale_seconds,
        cache_generation=row.cache_generation,
        latest_version_id=latest,
        environments={name: version or latest for name, version in row.environments.values_list("name", "version_id")},
        revoked_at=row.revoked_at.timestamp() if row.revoked_at else None,
    )
