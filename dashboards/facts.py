"""The dashboard that a token names, kept in memory until the feed says that it changed; versions never change."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from dashboards.models import Dashboard, DashboardVersion
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
    latest_version_id: int
    environments: Mapping[str, int]
    #: When somebody revoked the tokens that open it (database time, seconds); None: never.
    revoked_at: float | None


#: Versions never change, so what was parsed once stays right.
specs: Recent[int, DashboardSpec] = Recent(500)


def find_dashboard(embed_id: str) -> DashboardFacts | None:
    """Return the saved, living dashboard with this embed id, in canonical form, or None."""
    if not _is_canonical(embed_id):
        return None
    return feed.recall(Kind.DASHBOARD, embed_id, lambda: _load(embed_id))


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
        latest_version_id=latest,
        environments={name: version or latest for name, version in row.environments.values_list("name", "version_id")},
        revoked_at=row.revoked_at.timestamp() if row.revoked_at else None,
    )
