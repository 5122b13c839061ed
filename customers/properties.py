"""What a customer's properties may hold: names that a table's rule can use, and values that it can bind."""

import re
from collections.abc import Mapping
from typing import Any, Final

from customers.errors import CustomerRefused

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
#: PostgreSQL keeps neither NUL nor half characters.
_UNKEPT = re.compile("[\x00\ud800-\udfff]")
_RESERVED = "external_id"
#: Whole numbers that every database and JSON reader keeps exactly.
_LARGEST = 2**53 - 1
_MOST = 50
_LONGEST_TEXT = 1000
_LONGEST_LIST = 1000
#: The same rules as JSON Schema, for documents that other programs read.
_SIMPLE: Final[dict[str, Any]] = {
    "anyOf": [
        {"type": "string", "maxLength": _LONGEST_TEXT},
        {"type": "integer", "minimum": -_LARGEST, "maximum": _LARGEST},
    ]
}
_VALUES: Final[list[dict[str, Any]]] = [
    *_SIMPLE["anyOf"],
    {"type": "array", "items": _SIMPLE, "maxItems": _LONGEST_LIST},
]
PROPERTIES_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "propertyNames": {"pattern": f"^{_NAME.pattern}$", "not": {"const": _RESERVED}},
    "additionalProperties": {"anyOf": _VALUES},
    "maxProperties": _MOST,
}
#: Where null takes one away.
CHANGES_SCHEMA: Final[dict[str, Any]] = {
    **PROPERTIES_SCHEMA,
    "additionalProperties": {"anyOf": [*_VALUES, {"type": "null"}]},
}


def check_properties(properties: object) -> dict[str, object]:
    """Return the properties: an object of texts, whole numbers and lists of them.

    Raises CustomerRefused.
    """
    if not isinstance(properties, Mapping):
        raise CustomerRefused('Write properties as a JSON object, such as {"region": "DACH"}.')
    if len(properties) > _MOST:
        raise CustomerRefused(f"A customer has at most {_MOST} properties.")
    for name, value in properties.items():
        _check_name(name)
        _check_value(name, value)
    return dict(properties)


def _check_name(name: object) -> None:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise CustomerRefused("A property's name begins with a letter and holds letters, digits and _ only.")
    if name == _RESERVED:
        raise CustomerRefused("external_id is not a property: it is the customer itself.")


def _check_value(name: str, value: object) -> None:
    items = value if isinstance(value, list) else [value]
    if len(items) > _LONGEST_LIST or not all(_is_simple(item) for item in items):
        raise CustomerRefused(f"{name} must be a text, a whole number, or a list of them.")


def _is_simple(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= _LONGEST_TEXT and not _UNKEPT.search(value)
    return type(value) is int and abs(value) <= _LARGEST
