"""The parts of the OpenAPI document that belong to no endpoint; embedhost/settings.py hands them to drf-spectacular."""

from typing import Any, Final

_ERROR: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "pointer": {"type": "string", "description": "The place in the body (RFC 6901), such as #/items/3/name."},
        "line": {"type": "integer", "description": "Of a dashboard's document: where it stands in the text, from 1."},
        "column": {"type": "integer", "description": "The character of that line, from 1."},
        "parameter": {"type": "string", "description": "The query parameter."},
        "detail": {"type": "string", "description": "Why it is refused."},
    },
    "required": ["detail"],
}
_PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "description": "Problem details (RFC 9457).",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence for people; it may change."},
        "code": {"type": "string", "description": "For programs; it does not change."},
        "reference": {"type": "string", "description": "Quote it, and the operator finds the request."},
        "errors": {"type": "array", "items": _ERROR, "description": "When fields are wrong: which, and why."},
    },
    "required": ["type", "title", "status", "detail", "code", "reference"],
}
_ABOUT: Final = """
The API for backends. Every address here is on the embed host.

**Keys.** Owners make API keys in the console under Settings > API keys. Every call carries one as
`Authorization: Bearer ehk_...`. Nothing else logs in: no cookie, no parameter. A key has scopes (`read`, `write`,
`mint`, `customer_tokens`), belongs to one workspace and may be limited to some customers.

**Ids.** A customer is named by its external id: 1 to 255 characters, taken exactly as sent, never trimmed or converted.
Where the id cannot stand in a path (it has a slash, or is `.`, `..` or `bulk`), write `-` and send it as the parameter
`external_id`.

**Bodies** are JSON, sent as `application/json`; a dashboard's document may also be YAML. A field that is not known is
refused by its name, and a number is no text.

**Lists** come in pages. `next` of a page is the `after` of the next one; it is null on the last.

**Errors** are problem details (RFC 9457) with a stable `code` and a `reference`. What is not there and what belongs to
somebody else get the same 404. 429 and 503 say in `Retry-After` how many seconds to wait. Every answer carries
`X-Request-Id`.

**Trying again.** `Idempotency-Key` on calls that create things makes a repetition answer as the first call did, for 24
hours. `If-Match` with the `ETag` that you read refuses a change of what somebody else changed meanwhile.
"""

SETTINGS: Final[dict[str, Any]] = {
    "TITLE": "embedhost",
    "DESCRIPTION": _ABOUT.strip(),
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SECURITY": [{"ApiKey": []}],
    "APPEND_COMPONENTS": {
        "securitySchemes": {"ApiKey": {"type": "http", "scheme": "bearer", "bearerFormat": "ehk_..."}},
        "schemas": {"Problem": _PROBLEM},
    },
}
