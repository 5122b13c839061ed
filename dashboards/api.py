"""Dashboards in the REST API, to read: which there are, what each takes, its versions and environments."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db.models import Max, QuerySet
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from dashboards import api_fields as fields
from dashboards.access import list_dashboards
from dashboards.facts import spec_of
from dashboards.models import Dashboard, DashboardVersion, Environment
from dashboards.services import SETTINGS
from embedhost.lib.api.endpoint import endpoint
from embedhost.lib.api.etags import IF_NONE_MATCH, etag_of, is_known
from embedhost.lib.api.pages import NumberedQuery, cut, cut_down
from embedhost.lib.errors import NotFound
from secrets_admin.api_view import KeyView


class DashboardsView(KeyView):
    """The organization's dashboards."""

    @endpoint(
        "dashboards_list",
        "List dashboards",
        scope="read",
        query=fields.DashboardsQuery,
        answers={200: fields.DashboardPage},
    )
    def get(self, request: Request) -> Response:
        """By slug."""
        rows = _dashboards(self.key.organization_id)
        if "search" in self.asked:
            rows = rows.filter(title__icontains=self.asked["search"])
        page, following = cut(rows, "slug", self.asked)
        return Response({"items": [_shown(row) for row in page], "next": following})


class DashboardView(KeyView):
    """One dashboard."""

    @endpoint(
        "dashboards_get",
        "Get a dashboard",
        scope="read",
        headers=IF_NONE_MATCH,
        answers={200: fields.DashboardWithVariables, 304: None},
        problems=(404,),
    )
    def get(self, request: Request, embed_id: uuid.UUID) -> Response:
        """With the variables that a token for its latest version may set."""
        row = _dashboard(self, embed_id)
        latest = row.versions.latest("number")
        said = {**_shown(row), "variables": [_variable(one) for one in spec_of(latest.id).variables.values()]}
        etag = etag_of(said)
        if is_known(request.headers.get("If-None-Match"), etag):
            return Response(status=304, headers={"ETag": etag})
        return Response(said, headers={"ETag": etag})


class VersionsView(KeyView):
    """The saved states of a dashboard."""

    @endpoint(
        "dashboards_versions",
        "List a dashboard's versions",
        scope="read",
        query=NumberedQuery,
        answers={200: fields.VersionPage},
        problems=(404,),
    )
    def get(self, request: Request, embed_id: uuid.UUID) -> Response:
        """The newest first. Not with a key that is limited to some customers."""
        self.key.require_all_customers()
        rows = _dashboard(self, embed_id).versions.select_related("created_by")
        page, following = cut_down(rows, "number", self.asked)
        return Response({"items": [_version(row) for row in page], "next": following})


class VersionView(KeyView):
    """One saved state."""

    @endpoint(
        "dashboards_version",
        "Get a version of a dashboard",
        scope="read",
        answers={200: fields.VersionWithDocument},
        problems=(404,),
    )
    def get(self, request: Request, embed_id: uuid.UUID, number: int) -> Response:
        """With its document: panels, their SQL, variables. Not with a key that is limited to some customers."""
        self.key.require_all_customers()
        rows = _dashboard(self, embed_id).versions.select_related("created_by")
        row = rows.filter(number=number).first() if number < 2**31 else None
        if row is None:
            raise NotFound
        return Response({**_version(row), "document": row.document})


class EnvironmentsView(KeyView):
    """The named pointers to versions."""

    @endpoint(
        "dashboards_environments",
        "List a dashboard's environments",
        scope="read",
        answers={200: fields.Environments},
        problems=(404,),
    )
    def get(self, request: Request, embed_id: uuid.UUID) -> Response:
        """By name. One that is not pinned follows the latest version."""
        row = _dashboard(self, embed_id)
        latest = row.versions.aggregate(last=Max("number"))["last"]
        rows = row.environments.select_related("version").order_by("name")
        return Response({"items": [_environment(one, latest) for one in rows]})


def _dashboards(organization_id: int) -> QuerySet[Dashboard]:
    """Return the dashboards that were saved, each with the number of its latest version."""
    return list_dashboards(organization_id).annotate(latest=Max("versions__number")).filter(latest__isnull=False)


def _dashboard(view: KeyView, embed_id: uuid.UUID) -> Dashboard:
    row = _dashboards(view.key.organization_id).filter(embed_id=embed_id).first()
    if row is None:
        raise NotFound
    return row


def _shown(row: Any) -> dict[str, Any]:
    return {
        "embed_id": str(row.embed_id),
        "id": row.id,
        "slug": row.slug,
        "title": row.title,
        "description": row.description,
        "version": row.latest,
        "origins": row.origins,
        "settings": {name: getattr(row, name) for name in SETTINGS},
        "created_at": row.created_at,
    }


def _variable(variable: Any) -> dict[str, Any]:
    return {name: getattr(variable, name) for name in ("name", "type", "mode", "label", "required")}


def _version(row: DashboardVersion) -> dict[str, Any]:
    by = row.created_by.email if row.created_by else None
    return {"number": row.number, "created_at": row.created_at, "created_by": by}


def _environment(row: Environment, latest: int) -> Mapping[str, Any]:
    pinned = row.version is not None
    return {"name": row.name, "version": row.version.number if row.version else latest, "pinned": pinned}


_DASHBOARD = "api/v1/dashboards/<uuid:embed_id>"
api_urlpatterns = [
    path("api/v1/dashboards/", DashboardsView.as_view(), name="api_dashboards"),
    path(_DASHBOARD, DashboardView.as_view(), name="api_dashboard"),
    path(f"{_DASHBOARD}/versions/", VersionsView.as_view(), name="api_dashboard_versions"),
    path(f"{_DASHBOARD}/versions/<int:number>", VersionView.as_view(), name="api_dashboard_version"),
    path(f"{_DASHBOARD}/environments/", EnvironmentsView.as_view(), name="api_dashboard_environments"),
]
