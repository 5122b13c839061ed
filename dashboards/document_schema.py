"""The JSON Schema (2020-12) of a dashboard's document, made from what the importer checks.

It says all that JSON Schema can say. What is left to the importer: names, ids and titles that are used twice, what one
value means for another (a default and its type), the number of variables, and everything about SQL and data sources.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from jsonschema import Draft202012Validator, ValidationError  # type: ignore[import-untyped]  # it has no types
from jsonschema.validators import extend  # type: ignore[import-untyped]  # as above

from dashboards import spec, variable_spec
from dashboards.charts import CHARTS
from dashboards.reader import SEEN
from dashboards.settings_spec import schema as settings_schema
from dashboards.spec import TEXT

URL: Final = "/api/v1/dashboards/schema.json"
_NOTHING: Final = {"type": "null"}
_NUMBER: Final = {"type": "number", "minimum": 1 - 2**53, "maximum": 2**53 - 1}


def _text(most: int, help: str = "", *, required: bool = True) -> dict[str, Any]:
    needed = {"minLength": 1, "pattern": SEEN} if required else {}
    return {"type": "string", **needed, "maxLength": most, **({"description": help} if help else {})}


def _matching(pattern: re.Pattern[str], help: str) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^{pattern.pattern.removesuffix(chr(92) + 'Z')}$", "description": help}


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    needed = {"required": list(required)} if required else {}
    return {"type": "object", "properties": properties, **needed, "additionalProperties": False}


def _list(items: dict[str, Any], most: int, *, least: int = 0) -> dict[str, Any]:
    """Return the schema of a list; its bounds come first, so that a validator looks into none that is too long."""
    bounds = {"minItems": least} if least else {}
    return {"type": "array", **bounds, "maxItems": most, "items": items}


def _panel(name: str) -> dict[str, Any]:
    """Return the schema of the panels of one type."""
    has_query, encoding = name != TEXT, CHARTS[name].encoding
    taken = encoding.schema() if encoding.required else {"anyOf": [encoding.schema(), _NOTHING]}
    needed = ("source", "sql") if has_query else ("text",)
    return _object(
        {
            "id": _matching(spec.PANEL_ID, "Names it in calls and logs."),
            "type": {"const": name},
            "title": _text(spec.TITLE),
            "note": _text(spec.NOTE, required=False),
            "width": {"type": "integer", "minimum": 1, "maximum": 12, "description": "Columns of 12; 4 without it."},
            "source": _text(variable_spec.SOURCE, "Name of a data source.", required=has_query),
            "sql": _text(variable_spec.SQL, required=has_query),
            "encoding": taken,
            "text": _text(spec.MARKDOWN, "Markdown.", required=not has_query),
        },
        *("id", "type", "title"),
        *needed,
        *(("encoding",) if encoding.required else ()),
    )


def _variable(types: list[str], more: dict[str, Any], *required: str) -> dict[str, Any]:
    """Return the schema of variables of some types; ``more`` is what those alone have."""
    name = _matching(variable_spec.NAME, "As SQL says it between {{ and }}.")
    return _object(
        {
            "name": {**name, "not": {"enum": sorted(variable_spec.RESERVED)}},
            "type": {"enum": types},
            "mode": {"enum": list(variable_spec.MODES), "description": "open without it."},
            "label": _text(variable_spec.LABEL, required=False),
            "default": {"anyOf": [_NOTHING, *_VALUES], "description": "Of the variable's type; or null."},
            "required": {"type": "boolean"},
            "identifier": {"type": "boolean"},
            **more,
        },
        *("name", "type", *required),
    )


_VALUES: Final[list[dict[str, Any]]] = [
    {"type": "string"},
    _NUMBER,
    {"type": "boolean"},
    {"type": "array", "items": {"type": "string"}},
    _object({"start": {"type": "string"}, "end": {"type": "string"}}, "start", "end"),
]
_CHOICE: Final[dict[str, Any]] = {
    "anyOf": [
        {"type": "string"},
        _object(
            {
                "value": {"type": "string"},
                "label": {"anyOf": [{"type": "string"}, _NUMBER, {"type": "boolean"}]},
                "sql": {"type": "string", "description": "With identifier: a column, a 'unit', ASC or DESC."},
            },
            "value",
        ),
    ]
}
_NO_CHOICES: Final = {"type": "array", "maxItems": 0}


def _variables() -> dict[str, Any]:
    plain = [name for name in variable_spec.TYPES if name not in variable_spec.CHOSEN]
    chosen = [name for name in variable_spec.TYPES if name in variable_spec.CHOSEN]
    listed = _list(_CHOICE, variable_spec.MAX_CHOICES, least=1)
    query = _object({"source": _text(variable_spec.SOURCE), "sql": _text(variable_spec.SQL)}, "source", "sql")
    return {
        "anyOf": [
            _variable(plain, {"choices": _NO_CHOICES, "choices_from": _NOTHING}),
            _variable(chosen, {"choices": listed, "choices_from": _NOTHING}, "choices"),
            _variable(chosen, {"choices": _NO_CHOICES, "choices_from": query}, "choices_from"),
        ]
    }


@cache
def schema() -> dict[str, Any]:
    """Return the schema of a document, with the settings that may stand in it."""
    customer = {"type": "string", "description": "A locked or hidden variable of type text that is the customer's id."}
    panels = _list({"anyOf": [_panel(name) for name in CHARTS]}, spec.MAX_PANELS, least=1)
    return {
        "description": "A dashboard: what manage.py import_dashboard and the REST API take, as YAML or JSON.",
        **_object(
            {
                "title": _text(spec.TITLE),
                "slug": _matching(spec.SLUG, "Names it in addresses; it does not change."),
                "description": _text(spec.DESCRIPTION, required=False),
                "customer_variable": {"anyOf": [customer, _NOTHING]},
                "settings": {"anyOf": [settings_schema(), _NOTHING]},
                "variables": _list(_variables(), spec.MAX_VARIABLES),
                "panels": panels,
            },
            *("title", "slug", "panels"),
        ),
    }


def fits(document: Mapping[str, Any]) -> bool:
    """Tell whether the schema takes a document; it looks no further than the first thing that it does not take."""
    return bool(_Quick(schema()).is_valid(document))


def _any_of(validator: Any, options: Sequence[Any], value: object, _schema: object) -> Iterator[ValidationError]:
    """JSON Schema's anyOf, which leaves an option at its first error; the library's own collects all of them."""
    if all(next(validator.descend(value, option), None) is not None for option in options):
        yield ValidationError("It fits none of these.")


_Quick: Final = extend(Draft202012Validator, {"anyOf": _any_of})


def published(address: str) -> dict[str, Any]:
    """Return the schema as its own document; ``address`` is where it is found."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": address + URL, **schema()}
