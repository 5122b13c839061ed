"""What the REST API takes and answers of dashboards."""

import re
from typing import Any, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from dashboards.lists import LONGEST
from dashboards.settings_spec import MAX_CACHE_SECONDS
from dashboards.variable_spec import MODES, TYPES
from embedhost.lib.api.endpoint import items_of
from embedhost.lib.api.fields import Fields, Flag, OneOf, Text, Texts, Whole
from embedhost.lib.api.pages import PageQuery
from embedhost.lib.origins import MAX_ORIGINS

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


class SettingsChange(Fields):
    """Those that shall change."""

    viewers_may_apply_variables = Flag(required=False)
    viewers_may_export = Flag(required=False)
    cache_seconds = Whole(required=False, min_value=0, max_value=MAX_CACHE_SECONDS)
    serve_stale_seconds = Whole(required=False, min_value=0, max_value=MAX_CACHE_SECONDS)


class DashboardChange(Fields):
    """How a dashboard is embedded; what is missing stays."""

    origins = Texts(
        required=False,
        allow_null=True,
        max_length=MAX_ORIGINS,
        help_text="Sites that may show it, of the workspaces' lists; null: all of them; an empty list: none.",
    )
    settings = SettingsChange(required=False)


class DocumentQuery(Fields):
    """How the document is written."""

    format = OneOf(choices=("json", "yaml"), required=False, default="json")


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


class EnvironmentState(Fields):
    """Where an environment points."""

    version = Whole(
        allow_null=True, min_value=1, max_value=2**31 - 1, help_text="Number of a version; null: always the latest."
    )


class Environments(Fields):
    """All of a dashboard's environments."""

    items = EnvironmentShown(many=True)


DashboardPage = items_of(DashboardShown, "DashboardPage")
VersionPage = items_of(VersionShown, "VersionPage")
