"""What the REST API takes and answers of dashboards."""

import re
from typing import Any, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from dashboards.lists import LONGEST
from embedhost.lib.api.fields import Fields, Text

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
