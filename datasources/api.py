"""Data sources in the REST API, to read: which there are, and the rule of each table. No connection is told."""

from typing import Any

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from datasources.access import list_sources
from datasources.catalog import Catalog
from datasources.models import DataSource
from datasources.rules import Kind
from embedhost.lib.api.endpoint import endpoint
from embedhost.lib.api.fields import Fields
from secrets_admin.api_view import KeyView


class TableShown(Fields):
    """A table and who sees its rows."""

    table = serializers.CharField()
    rule = serializers.ChoiceField(choices=[str(kind) for kind in Kind])
    column = serializers.CharField(allow_null=True, help_text="For scoped: the column that is compared.")
    property = serializers.CharField(allow_null=True, help_text="For scoped: with what of the customer.")


class SourceShown(Fields):
    """A data source."""

    name = serializers.CharField()
    engine = serializers.CharField()
    login_per_customer = serializers.BooleanField(help_text="Whether each customer has a login of its own there.")
    read_at = serializers.DateTimeField(help_text="When its tables were read last.")
    warnings = serializers.ListField(child=serializers.CharField())
    tables = TableShown(many=True)


class Sources(Fields):
    """The workspace's data sources, by name."""

    items = SourceShown(many=True)


class SourcesView(KeyView):
    """The workspace's data sources."""

    @endpoint("data_sources_list", "List data sources", scope="read", answers={200: Sources})
    def get(self, request: Request) -> Response:
        """With every table and its rule. Not with a key that is limited to some customers."""
        self.key.require_all_customers()
        return Response({"items": [_shown(row) for row in list_sources(self.workspace)]})


def _shown(row: DataSource) -> dict[str, Any]:
    rules = {rule.table: rule for rule in row.table_rules.all()}
    tables = sorted(Catalog.from_json(row.catalog).by_key)
    names = ("name", "engine", "login_per_customer", "read_at", "warnings")
    return {**{name: getattr(row, name) for name in names}, "tables": [_table(one, rules.get(one)) for one in tables]}


def _table(name: str, rule: Any) -> dict[str, Any]:
    scoped = rule is not None and rule.kind == Kind.SCOPED
    return {
        "table": name,
        "rule": str(Kind.HIDDEN) if rule is None else rule.kind,
        "column": rule.column if scoped else None,
        "property": rule.customer_property if scoped else None,
    }


api_urlpatterns = [path("api/v1/data-sources/", SourcesView.as_view(), name="api_data_sources")]
