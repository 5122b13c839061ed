"""The environments of a dashboard in the REST API: names that stand for its versions."""

import uuid
from typing import Any

from django.db.models import Max
from django.urls import path, register_converter
from django.urls.converters import StringConverter
from rest_framework.request import Request
from rest_framework.response import Response

from dashboards import api_fields as fields
from dashboards import services
from dashboards.api import dashboard_of
from dashboards.models import Dashboard, Environment
from embedhost.lib.api.endpoint import endpoint
from embedhost.lib.api.etags import (
    IF_MATCH,
    IF_NONE_MATCH,
    ChangedMeanwhile,
    answer_unless_known,
    check_match,
    etag_of,
)
from embedhost.lib.errors import NotFound
from secrets_admin.api_view import KeyView


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
        row = dashboard_of(self, embed_id)
        rows = row.environments.select_related("version").order_by("name")
        return Response({"items": [_shown(one, row.latest) for one in rows]})


class EnvironmentView(KeyView):
    """One named pointer."""

    @endpoint(
        "dashboards_environment",
        "Get an environment",
        scope="read",
        headers=IF_NONE_MATCH,
        answers={200: fields.EnvironmentShown, 304: None},
        problems=(404,),
    )
    def get(self, request: Request, embed_id: uuid.UUID, environment: str) -> Response:
        """One that is not pinned follows the latest version."""
        return answer_unless_known(request, _told(dashboard_of(self, embed_id), environment))

    @endpoint(
        "dashboards_set_environment",
        "Set an environment",
        scope="write",
        body=fields.EnvironmentState,
        headers=IF_MATCH,
        answers={200: fields.EnvironmentShown, 201: fields.EnvironmentShown},
        problems=(404, 409, 412),
    )
    def put(self, request: Request, embed_id: uuid.UUID, environment: str) -> Response:
        """Pinned to a version, or following the latest one; made when there is none of this name.

        Pages that are opened from now on show that version, within a second on every server. Not with a key that is
        limited to some customers.
        """
        self.key.require_all_customers()
        row, version = dashboard_of(self, embed_id), self.body["version"]
        made = services.set_environment(row, environment, version, check=self._matches(environment), actor=self.actor)
        said = _told(row, environment)
        return Response(said, 201 if made else 200, headers={"ETag": etag_of(said)})

    @endpoint(
        "dashboards_remove_environment",
        "Remove an environment",
        scope="write",
        headers=IF_MATCH,
        answers={204: None},
        problems=(404, 412),
    )
    def delete(self, request: Request, embed_id: uuid.UUID, environment: str) -> Response:
        """Addresses that name it are refused within a second. Not with a key that is limited to some customers."""
        self.key.require_all_customers()
        row, check = dashboard_of(self, embed_id), self._matches(environment)
        services.remove_environment(row, environment, check=check, actor=self.actor)
        return Response(status=204)

    def _matches(self, name: str) -> services.Check:
        """Return what refuses an environment that is not the one of If-Match. Raises ChangedMeanwhile."""
        if_match = self.request.headers.get("If-Match")

        def check(row: Dashboard | None) -> None:
            if if_match is not None and row is not None:
                check_match(if_match, _etag(row, name))

        return check


def _etag(row: Dashboard, name: str) -> str:
    """Return the ETag of an environment as it is now. Raises ChangedMeanwhile when it is gone."""
    try:
        return etag_of(_told(row, name))
    except NotFound:
        raise ChangedMeanwhile from None


def _told(row: Dashboard, name: str) -> dict[str, Any]:
    """Return a dashboard's environment as it is now. Raises NotFound."""
    found = row.environments.select_related("version").filter(name=name).first()
    if found is None:
        raise NotFound
    return _shown(found, row.versions.aggregate(last=Max("number"))["last"])


def _shown(row: Environment, latest: int) -> dict[str, Any]:
    pinned = row.version is not None
    return {"name": row.name, "version": row.version.number if row.version else latest, "pinned": pinned}


class _EnvironmentName(StringConverter):
    """A name that an environment may have; any other one is not there."""

    regex = "[a-z0-9_-]{1,32}"


register_converter(_EnvironmentName, "environment")

_ENVIRONMENTS = "api/v1/dashboards/<uuid:embed_id>/environments/"
api_urlpatterns = [
    path(_ENVIRONMENTS, EnvironmentsView.as_view(), name="api_dashboard_environments"),
    path(f"{_ENVIRONMENTS}<environment:environment>", EnvironmentView.as_view(), name="api_dashboard_environment"),
]
