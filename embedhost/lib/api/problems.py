"""What a refusal of the REST API looks like: problem details (RFC 9457) with our code and reference.

    {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "There is nothing here. ...",
     "code": "not_found", "reference": "R-7K3F9Q"}

``errors`` is there when fields were wrong: each names its place in the body (``pointer``, RFC 6901, as a fragment) or
its query parameter (``parameter``), and says why (``detail``).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import APIView

from embedhost.lib.errors import MethodNotAllowed, Refused, ServiceUnavailable, new_reference

CONTENT_TYPE: Final = "application/problem+json"
PREFIX: Final = "/api/v1/"
#: What DRF calls errors that belong to no single field.
_WHOLE: Final = "non_field_errors"


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one part of a request: the body's at ``place``, or the query parameter of this name."""

    place: tuple[str, ...]
    detail: str
    in_query: bool = False
    #: Line and column of the body, where it is a text that somebody wrote.
    position: tuple[int, int] | None = None

    def written(self) -> dict[str, str | int]:
        """Return it as the member of ``errors``."""
        if self.in_query:
            return {"parameter": ".".join(self.place), "detail": self.detail}
        line = {} if self.position is None else dict(zip(("line", "column"), self.position, strict=True))
        pointer = "#" + "".join(f"/{_escaped(part)}" for part in self.place)
        return {"pointer": pointer, **line, "detail": self.detail}


class RequestInvalid(Refused):
    """A body or query that does not fit; ``errors`` say where and why."""

    code = "request_invalid"
    message = "The request does not fit. `errors` says where and why."
    errors: Sequence[FieldError] = ()

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__()
        self.errors = errors


class RefusedAt(RequestInvalid):
    """A service's own refusal, with the place in the body that it is about; ``place`` such as ``connection/host``."""

    def __init__(self, refusal: Refused, place: str) -> None:
        super().__init__([FieldError(tuple(place.split("/")), refusal.message)])
        self.status, self.code, self.message = refusal.status, refusal.code, refusal.message
        self.retry_after = refusal.retry_after


class NotJson(Refused):
    status = 415
    code = "unsupported_media_type"

    def __init__(self, *taken: str) -> None:
        super().__init__(f"Send the body as {' or '.join(taken)}.")


class BodyTooLarge(Refused):
    status = 413
    code = "body_too_large"
    message = "The body is too large. See the documentation for this call's limit."

    def __init__(self, most: int) -> None:
        super().__init__(f"The body is larger than {most // 1024:,} KB.")


def invalid(place: str, detail: str) -> RequestInvalid:
    """Return the refusal of one member of the body; ``place`` such as ``items/3/name``."""
    return RequestInvalid([FieldError(tuple(place.split("/")), detail)])


def problem_of(refusal: Refused) -> dict[str, Any]:
    """Return the problem details of a refusal."""
    errors = refusal.errors if isinstance(refusal, RequestInvalid) else ()
    return {
        "type": "about:blank",
        "title": HTTPStatus(refusal.status).phrase,
        "status": refusal.status,
        "detail": refusal.message,
        "code": refusal.code,
        "reference": refusal.reference or new_reference(),
        **({"errors": [error.written() for error in errors]} if errors else {}),
    }


def headers_of(refusal: Refused) -> dict[str, str]:
    """Return the headers that a refusal's status asks for."""
    more = {"WWW-Authenticate": "Bearer"} if refusal.status == HTTPStatus.UNAUTHORIZED else {}
    return {**refusal.headers, **more}


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Answer what a view raised (DRF's EXCEPTION_HANDLER); None for a fault of ours, which goes on upward."""
    refusal = _refusal(error, context)
    if refusal is None:
        return None
    return Response(problem_of(refusal), refusal.status, headers=headers_of(refusal), content_type=CONTENT_TYPE)


def speaks_problems(request: HttpRequest) -> bool:
    """Tell whether a request that failed outside of a view of ours is one of the REST API's."""
    match = request.resolver_match
    view = getattr(match.func, "cls", None) if match is not None else APIView
    return request.path_info.startswith(PREFIX) and view is not None and issubclass(view, APIView)


def answer(refusal: Refused) -> HttpResponse:
    """Return the answer for what failed outside of a view."""
    headers = headers_of(refusal)
    return JsonResponse(problem_of(refusal), status=refusal.status, headers=headers, content_type=CONTENT_TYPE)


def _refusal(error: Exception, context: Mapping[str, Any]) -> Refused | None:
    if isinstance(error, Refused):
        return error
    if isinstance(error, exceptions.ValidationError):
        return RequestInvalid(list(flatten(error.detail)))
    if isinstance(error, exceptions.UnsupportedMediaType):
        return NotJson(*(parser.media_type for parser in context["view"].get_parsers()))
    if isinstance(error, exceptions.MethodNotAllowed):
        return MethodNotAllowed(context["view"].allowed_methods)
    if isinstance(error, (OperationalError, InterfaceError)):
        return ServiceUnavailable()
    return None


def flatten(detail: Any, place: tuple[str, ...] = (), *, in_query: bool = False) -> Iterator[FieldError]:
    """Yield the errors of DRF's nested lists and objects, each with its place."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from flatten(inner, place if name == _WHOLE else (*place, str(name)), in_query=in_query)
    elif isinstance(detail, list):
        for number, inner in enumerate(detail):
            deeper = place if isinstance(inner, str) else (*place, str(number))
            yield from flatten(inner, deeper, in_query=in_query)
    else:
        yield FieldError(place, str(detail), in_query)


def _escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")
