"""Values of variables as the REST API takes them: their shapes, before any dashboard is asked what it has."""

from typing import Any, ClassVar, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from dashboards.variables import MAX_CHOSEN, MAX_TEXT, MAX_VALUES, is_date
from embedhost.lib.api.fields import Object

_LARGEST: Final = 2**53 - 1
_DAYS: Final = ("start", "end")
_TEXT: Final[dict[str, Any]] = {"type": "string", "maxLength": MAX_TEXT}
_VALUE: Final[list[dict[str, Any]]] = [
    _TEXT,
    {"type": ["boolean", "null"]},
    {"type": "number", "minimum": -_LARGEST, "maximum": _LARGEST},
    {"type": "array", "items": _TEXT, "maxItems": MAX_CHOSEN},
    {
        "type": "object",
        "properties": {name: {"type": "string", "format": "date"} for name in _DAYS},
        "required": list(_DAYS),
        "additionalProperties": False,
    },
]


@extend_schema_field({"type": "object", "maxProperties": MAX_VALUES, "additionalProperties": {"anyOf": _VALUE}})
class VariableValues(Object):
    """Values by variable name; whether a dashboard has it and the value fits its type is for variables.from_token."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "too_many": f"At most {MAX_VALUES} variables are set at once.",
        "shape": f"A value is a text of at most {MAX_TEXT:,} characters, a number, true, false, null, a list of texts,"
        ' or a period {"start": "YYYY-MM-DD", "end": "YYYY-MM-DD"}.',
    }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        values = super().to_internal_value(data)
        if len(values) > MAX_VALUES:
            self.fail("too_many")
        wrong = [name for name, value in values.items() if not _has_a_shape(value)]
        if wrong:
            raise serializers.ValidationError({name: [self.error_messages["shape"]] for name in wrong})
        return values


def _has_a_shape(value: object) -> bool:
    if isinstance(value, list):
        return len(value) <= MAX_CHOSEN and all(_is_text(item) for item in value)
    if isinstance(value, dict):
        return set(value) == set(_DAYS) and all(map(is_date, value.values()))
    if isinstance(value, (int, float)):
        return abs(value) <= _LARGEST
    return value is None or _is_text(value)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= MAX_TEXT
