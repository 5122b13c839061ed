"""Dashboards in the REST API: which there are, what each takes, its document and versions.

Dashboards belong to the organization, so whoever changes one acts for all of its workspaces' customers.
"""

import json
import uuid
from collections.abc import Callable
from typing import Any

from django.db.models import Max, QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from dashboards import api_fields as fields
from dashboards import services
from dashboards.access import list_dashboards
from dashboards.as_code import document_of, export_document, store
from dashboards.document_api import PARSERS, DashboardDocument, accepted
from dashboards.document_text import MAX_BYTES
from dashboards.facts import spec_of
from dashboards.models import Dashboard, DashboardVersion
from dashboards.settings_spec import SETTINGS
from embedhost.lib.api.endpoint import endpoint
from embedhost.lib.api.etags import (
    IF_MATCH,
    IF_NONE_MATCH,
    ChangedMeanwhile,
    answer_unless_known,
    check_match,
    etag_of,
    is_known,
)
from embedhost.lib.api.pages import NumberedQuery, cut, cut_down
from embedhost.lib.errors import NotFound, Refused
from secrets_admin import facts
from secrets_admin.api_view import KeyView
from secrets_admin.idempotency import ONCE, Made, once, remembered


class OriginNotListed(Refused):
    status = 409
    code = "origin_not_listed"
    message = "No workspace's list of origins holds one of these. An owner adds it there first."


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

    @endpoint(
        "dashboards_import",
        "Save a dashboard under its slug",
        scope="write",
        body=DashboardDocument,
        headers=ONCE,
        answers={200: fields.DashboardWithVariables, 201: fields.DashboardWithVariables},
        problems=(409, 422),
        most_bytes=MAX_BYTES,
        parsers=PARSERS,
    )
    def post(self, request: Request) -> Response:
        """As `manage.py import_dashboard` does: 201 when it was made now, 200 when there was one of this slug.

        That one gets a version, unless its latest is the same. Not with a key that is limited to some customers.
        """
        self.key.require_all_customers()
        asked = b"dashboards " + json.dumps(self.body["sent"].document, sort_keys=True).encode()
        call = self.key.key_id, request.headers.get("Idempotency-Key"), asked
        status, embed_id = remembered(*call) or once(*call, self._accepted())
        return _answer(self, uuid.UUID(embed_id), status)

    def _accepted(self) -> Callable[[], Made]:
        """Compile now, outside of any transaction, and return what saves it."""
        ready = accepted(self.workspace, self.body["sent"])

        def make() -> Made:
            done = store(self.workspace.organization, ready, actor=self.actor)
            return (201 if done.made else 200), str(done.dashboard.embed_id)

        return make


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
        return answer_unless_known(request, _said(self, embed_id))

    @endpoint(
        "dashboards_save",
        "Save a dashboard",
        scope="write",
        body=DashboardDocument,
        headers=IF_MATCH,
        answers={200: fields.DashboardWithVariables, 201: fields.DashboardWithVariables},
        problems=(404, 409, 412, 422),
        most_bytes=MAX_BYTES,
        parsers=PARSERS,
    )
    def put(self, request: Request, embed_id: uuid.UUID) -> Response:
        """As a new version, unless its latest is the same; the settings that the document has are set, the others stay.

        201 when it was deleted and is there again, with all that it had; tokens from before its deletion stay refused.
        The slug stays as it is. Not with a key that is limited to some customers.
        """
        self.key.require_all_customers()
        organization = self.workspace.organization
        if not organization.dashboards.filter(embed_id=embed_id).exists():
            raise NotFound
        ready = accepted(self.workspace, self.body["sent"])
        done = store(organization, ready, actor=self.actor, embed_id=str(embed_id), check=_matches(self))
        return _answer(self, embed_id, 201 if done.made else 200)

    @endpoint(
        "dashboards_change",
        "Change how a dashboard is embedded",
        scope="write",
        body=fields.DashboardChange,
        headers=IF_MATCH,
        answers={200: fields.DashboardWithVariables},
        problems=(404, 409, 412),
    )
    def patch(self, request: Request, embed_id: uuid.UUID) -> Response:
        """Its origins and settings; what is missing stays. Open pages notice within a second.

        Not with a key that is limited to some customers.
        """
        self.key.require_all_customers()
        row = dashboard_of(self, embed_id)
        wanted = {**self.body.get("settings", {}), **{name: self.body[name] for name in self.body if name == "origins"}}
        listed = facts.origins_of(self.key.organization_id)
        if any(origin not in listed for origin in wanted.get("origins") or ()):
            raise OriginNotListed
        if wanted:
            services.change_embed_settings(row, wanted, check=_matches(self), actor=self.actor)
        else:
            _matches(self)(row)
        return _answer(self, embed_id, 200)

    @endpoint(
        "dashboards_delete",
        "Delete a dashboard",
        scope="write",
        headers=IF_MATCH,
        answers={204: None},
        problems=(404, 412),
    )
    def delete(self, request: Request, embed_id: uuid.UUID) -> Response:
        """Every token of it is refused within a second. Its versions are kept: saving it again brings it back.

        Not with a key that is limited to some customers.
        """
        self.key.require_all_customers()
        services.delete_dashboard(dashboard_of(self, embed_id), check=_matches(self), actor=self.actor)
        return Response(status=204)


class DocumentView(KeyView):
    """A dashboard as code."""

    @endpoint(
        "dashboards_document",
        "Get a dashboard's document",
        scope="read",
        query=fields.DocumentQuery,
        headers=IF_NONE_MATCH,
        answers={200: dict[str, Any], (200, "application/yaml"): dict[str, Any], 304: None},
        problems=(404,),
    )
    def get(self, request: Request, embed_id: uuid.UUID) -> HttpResponseBase:
        """The latest version with the settings, as `PUT` takes it back; with `format=yaml` as YAML.

        The ETag is the dashboard's own, for If-Match. Not with a key that is limited to some customers.
        """
        self.key.require_all_customers()
        row, headers = dashboard_of(self, embed_id), {"ETag": etag_of(_said(self, embed_id))}
        if is_known(request.headers.get("If-None-Match"), headers["ETag"]):
            return Response(status=304, headers=headers)
        if self.asked["format"] == "yaml":
            return HttpResponse(export_document(row), content_type="application/yaml", headers=headers)
        return Response(document_of(row), headers=headers)


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
        rows = dashboard_of(self, embed_id).versions.select_related("created_by")
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
        rows = dashboard_of(self, embed_id).versions.select_related("created_by")
        row = rows.filter(number=number).first() if number < 2**31 else None
        if row is None:
            raise NotFound
        return Response({**_version(row), "document": row.document})


def _dashboards(organization_id: int) -> QuerySet[Dashboard]:
    """Return the dashboards that were saved, each with the number of its latest version."""
    return list_dashboards(organization_id).annotate(latest=Max("versions__number")).filter(latest__isnull=False)


def dashboard_of(view: KeyView, embed_id: uuid.UUID) -> Any:
    """Return a dashboard with the number of its ``latest`` version. Raises NotFound."""
    row = _dashboards(view.key.organization_id).filter(embed_id=embed_id).first()
    if row is None:
        raise NotFound
    return row


def _said(view: KeyView, embed_id: uuid.UUID) -> dict[str, Any]:
    row = dashboard_of(view, embed_id)
    version_id = row.versions.values_list("id", flat=True).latest("number")
    return {**_shown(row), "variables": [_variable(one) for one in spec_of(version_id).variables.values()]}


def _answer(view: KeyView, embed_id: uuid.UUID, status: int) -> Response:
    """Answer a dashboard as it is now; one that was made, with its address."""
    said = _said(view, embed_id)
    headers = {"ETag": etag_of(said), **({"Location": f"/api/v1/dashboards/{embed_id}"} if status == 201 else {})}
    return Response(said, status, headers=headers)


def _matches(view: KeyView) -> services.Check:
    """Return what refuses a dashboard that is not the one of If-Match. Raises ChangedMeanwhile."""
    if_match = view.request.headers.get("If-Match")

    def check(row: Dashboard | None) -> None:
        if if_match is not None and row is None:
            raise ChangedMeanwhile
        if if_match is not None and row is not None:
            check_match(if_match, etag_of(_said(view, row.embed_id)))

    return check


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


_DASHBOARD = "api/v1/dashboards/<uuid:embed_id>"
api_urlpatterns = [
    path("api/v1/dashboards/", DashboardsView.as_view(), name="api_dashboards"),
    path(_DASHBOARD, DashboardView.as_view(), name="api_dashboard"),
    path(f"{_DASHBOARD}/versions/", VersionsView.as_view(), name="api_dashboard_versions"),
    path(f"{_DASHBOARD}/versions/<int:number>", VersionView.as_view(), name="api_dashboard_version"),
    path(f"{_DASHBOARD}/document", DocumentView.as_view(), name="api_dashboard_document"),
]
