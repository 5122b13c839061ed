"""What every endpoint of /api/v1 is built on: one way to log in, one scope each, strict bodies, a budget per key.

class CustomersView(KeyView):
    @endpoint("customers_list", "List customers", scope="read", query=ListQuery, answers={200: CustomerPage})
    def get(self, request: Request) -> Response:
        return Response(...self.asked...)
"""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import IO, Any, Final, cast

from django.http import UnreadablePostError
from rest_framework.authentication import BaseAuthentication
from rest_framework.parsers import BaseParser
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.views import APIView

from embedhost.lib.api.endpoint import NEED_BODY, Endpoint
from embedhost.lib.api.fields import read
from embedhost.lib.api.problems import BodyTooLarge, FieldError, RequestInvalid
from embedhost.lib.errors import MethodNotAllowed
from secrets_admin.access import Actor, workspace_of_key
from secrets_admin.api_keys import ApiKeyFacts, NotAuthenticated, authenticate
from secrets_admin.key_budget import spend_call
from secrets_admin.models import Workspace
from tokens.strict_json import JSONRefused, Limits, read_object

#: So wide that the document of an endpoint says what it takes, and the refusal names the place: this names none.
_BODIES: Final = Limits(digits=4000, levels=64)
_BEARER: Final = re.compile(r"(?i:bearer) ([A-Za-z0-9_-]{1,200})")


class KeyAuthentication(BaseAuthentication):
    """``Authorization: Bearer <API key>``, once, and nothing else."""

    def authenticate(self, request: Request) -> tuple[ApiKeyFacts, ApiKeyFacts]:
        # Servers join a header that is sent twice, and a key has no comma.
        found = _BEARER.fullmatch(request.META.get("HTTP_AUTHORIZATION", ""))
        if found is None:
            raise NotAuthenticated
        key = authenticate(found[1])
        return key, key


class StrictJson(BaseParser):
    """A JSON object as RFC 8259 has it, within the endpoint's size."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, object]:
        try:
            return read_object(read_bytes(stream, parser_context), _BODIES)
        except JSONRefused as problem:
            raise RequestInvalid([FieldError((), str(problem))]) from None


def read_bytes(stream: IO[bytes], parser_context: Mapping[str, Any] | None) -> bytes:
    """Return a body within the size that its endpoint takes. Raises BodyTooLarge, RequestInvalid."""
    most = (parser_context or {})["view"].endpoint.most_bytes
    try:
        data = stream.read(most + 1)
    except UnreadablePostError:
        raise RequestInvalid([FieldError((), "It ended early.")]) from None
    if len(data) > most:
        raise BodyTooLarge(most)
    return data


class KeyView(APIView):
    """A view of the REST API. Methods that are no endpoints are not there."""

    authentication_classes = (KeyAuthentication,)
    permission_classes = ()
    parser_classes = (StrictJson,)
    http_method_names = ("get", "head", "post", "put", "patch", "delete")
    #: What was sent, checked: the query string, and the body of a call that may change something.
    asked: dict[str, Any]
    body: dict[str, Any]

    def initial(self, request: Request, *args: Any, **named: Any) -> None:
        """Refuse whoever may not, cheapest check first; then read what was sent."""
        found = self._endpoint()
        if found is None:
            raise MethodNotAllowed(self.allowed_methods)
        self.endpoint = found
        super().initial(request, *args, **named)
        spend_call(self.key)
        self.key.require(found.scope)
        self.asked = read(found.query, _single(request), in_query=True)
        if request.method not in SAFE_METHODS:
            _require_body(request)
            self.body = read(found.body, request.data)

    def _endpoint(self) -> Endpoint | None:
        """Return the declaration of the method that is called, or None."""
        # None while the OpenAPI document is made, before a method is looked at.
        method = (self.request.method or "").lower() if self.request is not None else ""
        found = getattr(getattr(self, method, None), "endpoint", None)
        return found if isinstance(found, Endpoint) else None

    def get_parsers(self) -> list[BaseParser]:
        """Return what reads the body of this method."""
        found = self._endpoint()
        return [parser() for parser in (found.parsers if found else ()) or self.parser_classes]

    @property
    def key(self) -> ApiKeyFacts:
        """The API key that calls."""
        return cast("ApiKeyFacts", self.request.auth)

    @property
    def actor(self) -> Actor:
        """Who calls, as the audit log writes it."""
        return self.key.actor(str(self.request.META.get("REMOTE_ADDR", "")))

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace of the key, with its organization."""
        return workspace_of_key(self.key.workspace_id)

    @property
    def shows_tokens(self) -> bool:
        """Whether answers may carry the tokens of customers."""
        return "customer_tokens" in self.key.scopes


def _require_body(request: Request) -> None:
    """Raise RequestInvalid for a change without a body, where none would mean: reset everything, or: nothing."""
    if request.method in NEED_BODY and request.stream is None:
        raise RequestInvalid([FieldError((), "The body is missing.")])


def _single(request: Request) -> dict[str, str]:
    """Return the query string's parameters. Raises RequestInvalid for one that is given twice."""
    if not request.META.get("QUERY_STRING"):
        return {}
    given = dict(request.GET.lists())
    twice = [FieldError((name,), "It is given twice.", in_query=True) for name, all in given.items() if len(all) > 1]
    if twice:
        raise RequestInvalid(twice)
    return {name: values[0] for name, values in given.items()}
