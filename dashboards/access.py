"""The only way to a dashboard's row: through its organization. A stranger gets 404."""

from django.db.models import QuerySet

from dashboards.models import Dashboard
from embedhost.lib.errors import NotFound


def list_dashboards(organization_id: int) -> QuerySet[Dashboard]:
    """Return the organization's living dashboards, by title."""
    return Dashboard.objects.filter(organization_id=organization_id, archived_at=None).order_by("title", "id")


def get_dashboard(organization_id: int, dashboard_id: int) -> Dashboard:
    """Return one living dashboard of the organization. Raises NotFound."""
    row = list_dashboards(organization_id).filter(id=dashboard_id).first()
    if row is None:
        raise NotFound
    return row
