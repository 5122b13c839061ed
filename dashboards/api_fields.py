"""What the REST API takes and answers of dashboards."""

import re
from typing import Any, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from dashboards.lists import LONGEST
from dashboards.variable_spec import MODES, TYPES
from embedhost.lib.api.endpoint import items_of
from embedhost.lib.api.fields import Fields, Text
from embedhost.lib.api.pages import PageQuery

_EMBED_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@extend_schema_field({"type": "string", "format": "uuid", "pattern": f"^{_EMBED_ID.pattern}$"})
class EmbedId(Text):
    """A dashboard's embed id: a UUID in small letters."""

    def __init__(self, **named: Any) -> None:
        super().__init__(**{"help_text": "A dashboard's embed id.", **named})

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not _EMBED_ID.fullmatch(text):
            raise serializers.ValidationError("An embed id is a UUID in small letters. The console shows it.")
        return text


class CustomerDashboards(Fields):
    """The dashboards of a customer, by embed id, and the one for calls that name none."""

    dashboards = serializers.ListField(child=EmbedId(), max_length=LONGEST)
    default = EmbedId(required=False, allow_null=True, help_text="One of them; null: none.")


class DashboardsQuery(PageQuery):
    """Which dashboards."""

    search = Text(required=False, max_length=200, help_text="A part of the title.")


class DashboardSettings(Fields):
    """What viewers may do, and how long results are kept."""

    viewers_may_apply_variables = serializers.BooleanField()
    viewers_may_export = serializers.BooleanField()
    cache_seconds = serializers.IntegerField()
    serve_stale_seconds = serializers.IntegerField()


class DashboardShown(Fields):
    """A dashboard of the organization."""

    embed_id = serializers.UUIDField(help_text="Names it in tokens and calls.")
    id = serializers.IntegerField(help_text="Names it in tokens of Chartio's and Metabase's formats.")
    slug = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    version = serializers.IntegerField(help_text="Number of the latest version.")
    origins = serializers.ListField(
        child=serializers.CharField(), allow_null=True, help_text="null: every site of the workspace may show it."
    )
    settings = DashboardSettings()
    created_at = serializers.DateTimeField()


class VariableShown(Fields):
    """An input of a dashboard."""

    name = serializers.CharField()
    type = serializers.ChoiceField(choices=TYPES)
    mode = serializers.ChoiceField(choices=MODES, help_text="open: viewers may change it; locked: the token sets it.")
    label = serializers.CharField(  # type: ignore[assignment]  # a member, which DRF takes off the class
        allow_blank=True
    )
    required = serializers.BooleanField()  # type: ignore[assignment]  # a member, which DRF takes off the class


class DashboardWithVariables(DashboardShown):
    """A dashboard with what a token for it may set."""

    variables = VariableShown(many=True)


class VersionShown(Fields):
    """A saved state, which never changes."""

    number = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    created_by = serializers.CharField(allow_null=True, help_text="Who saved it; null: the server itself.")


class VersionWithDocument(VersionShown):
    """A saved state with what was saved."""

    document = serializers.DictField()


class EnvironmentShown(Fields):
    """A name that stands for a version."""

    name = serializers.CharField()
    version = serializers.IntegerField(help_text="That it opens now.")
    pinned = serializers.BooleanField(help_text="false: it follows the latest version.")


class Environments(Fields):
    """All of a dashboard's environments."""

    items = EnvironmentShown(many=True)


DashboardPage = items_of(DashboardShown, "DashboardPage")
VersionPage = items_of(VersionShown, "VersionPage")
