"""The key's own workspace in the REST API, and its audit log, to read.

A workspace is one isolated set, and a key belongs to one: no call lists, makes or reaches another. What owners alone
decide in the console (origins, longest life, customers' own tokens) is told here and not changed.
"""

from typing import Any

from django.http.response import HttpResponseBase
from django.urls import path
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from embedhost.lib.api.endpoint import endpoint, items_of
from embedhost.lib.api.etags import IF_MATCH, IF_NONE_MATCH, answer_unless_known, check_match, etag_of
from embedhost.lib.api.fields import Fields, Text
from embedhost.lib.api.pages import NumberedQuery, cut_down
from embedhost.lib.api.tables import CSV, AsTable, answer_page
from secrets_admin.api_view import KeyView
from secrets_admin.models import AuditRecord, Workspace
from secrets_admin.workspaces import LONGEST_NAME, rename_workspace
from tokens.identifiers import IDENTIFIER_PATTERN, check_identifier


class WorkspaceShown(Fields):
    """A workspace: what belongs to it, and what it allows."""

    id = serializers.CharField()
    name = serializers.CharField()
    organization_id = serializers.IntegerField()
    organization = serializers.CharField(help_text="Its slug.")
    embedding_enabled = serializers.BooleanField(help_text="Whether the operator lets the organization embed.")
    origins = serializers.ListField(child=serializers.CharField(), help_text="Sites that may show dashboards.")
    max_token_lifetime = serializers.IntegerField(help_text="Seconds.")
    customer_tokens_enabled = serializers.BooleanField()
    created_at = serializers.DateTimeField()


@extend_schema_field({"type": "string", "minLength": 1, "maxLength": LONGEST_NAME, "pattern": IDENTIFIER_PATTERN})
class WorkspaceName(Text):
    """What people read of a workspace."""

    def __init__(self, **named: Any) -> None:
        super().__init__(min_length=1, max_length=LONGEST_NAME, **named)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        problem = check_identifier(text)
        if problem:
            raise serializers.ValidationError(f"This cannot be a name. {problem}")
        return text


class WorkspaceChange(Fields):
    """Those members that shall change."""

    name = WorkspaceName(required=False)


class AuditItem(Fields):
    """Who saw, made, changed or revoked what."""

    at = serializers.DateTimeField()
    actor = serializers.CharField(help_text="A member's address, an API key's id, or `system`.")
    action = serializers.CharField()
    subject = serializers.CharField()
    address = serializers.CharField(allow_null=True, help_text="IP address.")
    detail = serializers.DictField()


class AuditQuery(NumberedQuery, AsTable):
    """How much of the audit log, and how it is written."""


AuditPage = items_of(AuditItem, "AuditPage")


class WorkspaceView(KeyView):
    """The workspace that the key belongs to."""

    @endpoint(
        "workspace_get",
        "Get the key's workspace",
        scope="read",
        headers=IF_NONE_MATCH,
        answers={200: WorkspaceShown, 304: None},
    )
    def get(self, request: Request) -> Response:
        """The only one that the key reaches. Not with a key that is limited to some customers."""
        self.key.require_all_customers()
        return answer_unless_known(request, _shown(self.workspace))

    @endpoint(
        "workspace_change",
        "Rename the key's workspace",
        scope="write",
        body=WorkspaceChange,
        headers=IF_MATCH,
        answers={200: WorkspaceShown},
        problems=(412,),
    )
    def patch(self, request: Request) -> Response:
        """Its id stays. Origins and the rules for tokens are for owners, in the console.

        Not with a key that is limited to some customers.
        """
        self.key.require_all_customers()
        if "name" in self.body:
            rename_workspace(self.workspace, self.body["name"], actor=self.actor, check=self._check_match)
        said = _shown(self.workspace)
        return Response(said, headers={"ETag": etag_of(said)})

    def _check_match(self, now: Workspace) -> None:
        check_match(self.request.headers.get("If-Match"), etag_of(_shown(now)))


def _shown(workspace: Workspace) -> dict[str, Any]:
    names = ("id", "name", "organization_id", "origins", "max_token_lifetime", "customer_tokens_enabled", "created_at")
    said: dict[str, Any] = {name: getattr(workspace, name) for name in names}
    organization = workspace.organization
    return {**said, "organization": organization.slug, "embedding_enabled": organization.embedding_enabled}


class AuditView(KeyView):
    """The audit log."""

    @endpoint("audit_list", "Read the audit log", scope="read", query=AuditQuery, answers={200: AuditPage, **CSV})
    def get(self, request: Request) -> HttpResponseBase:
        """Of the key's workspace and of what belongs to the whole organization, the newest first.

        Not with a key that is limited to some customers.
        """
        self.key.require_all_customers()
        seen = ("", self.key.workspace_id)
        rows = AuditRecord.objects.filter(organization_id=self.key.organization_id, workspace__in=seen)
        page, following = cut_down(rows, "id", self.asked)
        items = [_told(row) for row in page]
        return answer_page(request, AuditItem, items, following, format=self.asked["format"])


def _told(row: AuditRecord) -> dict[str, Any]:
    said = {name: getattr(row, name) for name in ("at", "action", "subject", "detail")}
    return {**said, "actor": row.actor_email, "address": row.address or None}


api_urlpatterns = [
    path("api/v1/workspace", WorkspaceView.as_view(), name="api_workspace"),
    path("api/v1/audit/", AuditView.as_view(), name="api_audit"),
]
