"""The key's own workspace and its audit log in the REST API, to read."""

from typing import Any

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from embedhost.lib.api.endpoint import endpoint, items_of
from embedhost.lib.api.fields import Fields
from embedhost.lib.api.pages import NumberedQuery, cut_down
from secrets_admin.api_view import KeyView
from secrets_admin.models import AuditRecord


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


class AuditItem(Fields):
    """Who saw, made, changed or revoked what."""

    at = serializers.DateTimeField()
    actor = serializers.CharField(help_text="A member's address, an API key's id, or `system`.")
    action = serializers.CharField()
    subject = serializers.CharField()
    address = serializers.CharField(allow_null=True, help_text="IP address.")
    detail = serializers.DictField()


AuditPage = items_of(AuditItem, "AuditPage")


class WorkspaceView(KeyView):
    """The workspace that the key belongs to."""

    @endpoint("workspace_get", "Get the key's workspace", scope="read", answers={200: WorkspaceShown})
    def get(self, request: Request) -> Response:
        """The only one that the key reaches. Not with a key that is limited to some customers."""
        self.key.require_all_customers()
        names = ("id", "name", "organization_id", "origins", "max_token_lifetime", "customer_tokens_enabled")
        said: dict[str, Any] = {name: getattr(self.workspace, name) for name in names}
        organization = self.workspace.organization
        said |= {"organization": organization.slug, "embedding_enabled": organization.embedding_enabled}
        return Response({**said, "created_at": self.workspace.created_at})


class AuditView(KeyView):
    """The audit log."""

    @endpoint("audit_list", "Read the audit log", scope="read", query=NumberedQuery, answers={200: AuditPage})
    def get(self, request: Request) -> Response:
        """Of the key's workspace and of what belongs to the whole organization, the newest first.

        Not with a key that is limited to some customers.
        """
        self.key.require_all_customers()
        seen = ("", self.key.workspace_id)
        rows = AuditRecord.objects.filter(organization_id=self.key.organization_id, workspace__in=seen)
        page, following = cut_down(rows, "id", self.asked)
        return Response({"items": [_told(row) for row in page], "next": following})


def _told(row: AuditRecord) -> dict[str, Any]:
    said = {name: getattr(row, name) for name in ("at", "action", "subject", "detail")}
    return {**said, "actor": row.actor_email, "address": row.address or None}


api_urlpatterns = [
    path("api/v1/workspace", WorkspaceView.as_view(), name="api_workspace"),
    path("api/v1/audit/", AuditView.as_view(), name="api_audit"),
]
