"""One declaration for each endpoint: its scope, what it takes and answers, and so its part of the OpenAPI document."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any, Final, TypeVar

import orjson
from django.conf import settings
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.parsers import BaseParser

from embedhost.lib.api.fields import Fields, Nothing
from embedhost.lib.api.problems import CONTENT_TYPE

H = TypeVar("H", bound=Callable[..., Any])
#: What any call may be answered.
_ALWAYS: Final = (400, 401, 403, 429, 503)
_WITH_BODY: Final = (413, 415)
#: Methods that say how a thing shall be; others may have nothing to say.
NEED_BODY: Final = ("PUT", "PATCH")


@dataclass(frozen=True, slots=True)
class Header:
    """A header that an endpoint reads: what it does, and what it looks like."""

    help: str
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What a view needs to know of one method of its own before it runs."""

    scope: str
    body: type[Fields]
    query: type[Fields]
    most_bytes: int
    #: How a body may be written; empty: as the view's others.
    parsers: tuple[type[BaseParser], ...] = ()


def endpoint(
    name: str,
    summary: str,
    *,
    scope: str,
    answers: Mapping[int | tuple[int, str], Any],
    body: type[Fields] = Nothing,
    query: type[Fields] = Nothing,
    headers: Mapping[str, Header] | None = None,
    problems: tuple[int, ...] = (),
    most_bytes: int = 64 * 1024,
    parsers: tuple[type[BaseParser], ...] = (),
) -> Callable[[H], H]:
    """Declare a method of a view as an endpoint; without this it answers nobody.

    ``answers``: status, or status and media type -> shape, None for no body; ``headers``: those that it reads;
    ``problems``: statuses of refusals besides the usual ones; ``parsers``: those of a body that is not only JSON. The
    method's docstring is its text in the documents.
    """
    has_body = body is not Nothing
    refused = sorted({*_ALWAYS, *problems, *(_WITH_BODY if has_body else ())})
    told = {key: OpenApiResponse(shape, _phrase(key)) for key, shape in answers.items()}

    def declare(handler: H) -> H:
        extend_schema(
            operation_id=name,
            summary=summary,
            description=f"{(handler.__doc__ or '').strip()}\n\nScope: `{scope}`.".strip(),
            request=body if has_body else None,
            responses=told,
            parameters=[*([query] if query is not Nothing else []), *_headers(headers or {})],
            extensions={"x-refusals": refused, "x-needs-body": body.is_needed()},
        )(handler)
        handler.endpoint = Endpoint(scope, body, query, most_bytes, parsers)  # type: ignore[attr-defined]  # read by the view
        return handler

    return declare


def _phrase(key: int | tuple[int, str]) -> str:
    return HTTPStatus(key if isinstance(key, int) else key[0]).phrase


def _headers(named: Mapping[str, Header]) -> list[OpenApiParameter]:
    return [
        OpenApiParameter(
            name,
            {"type": "string", **({"pattern": header.pattern} if header.pattern else {})},
            OpenApiParameter.HEADER,
            required=False,
            description=header.help,
        )
        for name, header in named.items()
    ]


class ApiSchema(AutoSchema):
    """The OpenAPI operation of an endpoint: with its refusals, under the one way to log in."""

    def get_auth(self) -> list[dict[str, Any]]:
        return [{"ApiKey": []}]

    def get_operation(self, *args: Any, **named: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **named)
        if operation is not None:
            for status in operation.pop("x-refusals", ()):
                operation["responses"][str(status)] = _refusal(status)
            if operation.pop("x-needs-body", False) or self.method in NEED_BODY:
                operation["requestBody"]["required"] = True
        return operation

    def _map_basic_serializer(self, serializer: Any, direction: str) -> dict[str, Any]:
        whole = serializer.json_schema()
        if whole is not None:
            return dict(whole)
        mapped: dict[str, Any] = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]  # as below
        return {**mapped, **_strictness(serializer)} if direction == "request" else mapped


def _strictness(shape: Fields) -> dict[str, Any]:
    """Say in JSON Schema what Fields refuses besides wrong members."""
    strict: dict[str, Any] = {"additionalProperties": False}
    if shape.exactly_one:
        strict["oneOf"] = [{"required": [name]} for name in shape.exactly_one]
    if shape.needs:
        strict["dependentRequired"] = {name: [other] for name, other in shape.needs.items()}
    return strict


def _refusal(status: int) -> dict[str, Any]:
    content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": HTTPStatus(status).phrase, "content": content}


@cache
def document() -> bytes:
    """Return the OpenAPI document of the embed host as JSON; made once in each process."""
    generator = SchemaGenerator(urlconf=settings.EMBED_URLCONF)  # type: ignore[no-untyped-call]  # spectacular has no types here
    made = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # as above
    made["servers"] = [{"url": settings.EMBED_ORIGIN}]
    return orjson.dumps(made, option=orjson.OPT_INDENT_2)


def items_of(shape: type[Fields], name: str) -> type[Fields]:
    """Return the shape of a page of a list: its items and where the next page begins."""
    members = {
        "items": shape(many=True),
        "next": serializers.CharField(allow_null=True, help_text="`after` of the next page; null on the last one."),
    }
    return type(name, (Fields,), members)
