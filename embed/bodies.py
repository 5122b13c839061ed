"""The JSON body of a backend's call: bounded, strict, and JSON by its own word."""

from collections.abc import Mapping

from django.http import HttpRequest, UnreadablePostError

from embedhost.lib.errors import Refused
from tokens.strict_json import read_object

MAX_BYTES = 64 * 1024


class BadBody(Refused):
    message = "The body must be a JSON object, sent as application/json."


class BodyTooLarge(Refused):
    status = 413
    code = "body_too_large"
    message = f"The body is larger than {MAX_BYTES // 1024} KB."


def read_body(request: HttpRequest) -> Mapping[str, object]:
    """Return the JSON object of a request's body. Raises BadBody or BodyTooLarge."""
    if request.content_type != "application/json":
        raise BadBody
    try:
        if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES:
            raise BodyTooLarge
        return read_object(request.body)
    except (ValueError, UnreadablePostError):
        raise BadBody from None
