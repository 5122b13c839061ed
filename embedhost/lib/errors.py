"""One tree of refusals that a person or program outside may see, and the one place that turns them into an answer."""

import secrets
from collections.abc import Mapping, Sequence

from django.http import HttpRequest, JsonResponse

#: Of 32 characters, so that each byte chooses one as often as another.
_REFERENCE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


class Refused(Exception):
    """A planned refusal. ``message`` is for the caller and never says more than ``code`` allows."""

    status = 400
    code = "bad_request"
    message = "The request could not be understood. Check it against the documentation."
    retry_after: int | None = None
    reference: str | None = None

    def __init__(self, message: str | None = None) -> None:
        self.message = message or type(self).message
        super().__init__(self.message)

    @property
    def headers(self) -> dict[str, str]:
        """Return what stands in the headers of its answer, whatever shape that has."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


class NotFound(Refused):
    status = 404
    code = "not_found"
    message = "There is nothing here. Check the address."


class Forbidden(Refused):
    status = 403
    code = "forbidden"
    message = "This is not allowed."


class MethodNotAllowed(Refused):
    status = 405
    code = "method_not_allowed"
    message = "This address takes another method. See the documentation."
    #: Those that the address takes; none, where it takes no call at all.
    allowed: Sequence[str] = ()

    def __init__(self, allowed: Sequence[str], message: str | None = None) -> None:
        super().__init__(message)
        self.allowed = allowed

    @property
    def headers(self) -> dict[str, str]:
        """RFC 9110 section 15.5.6: the answer names the methods that the address takes."""
        return {**super().headers, "Allow": ", ".join(self.allowed)}


class BodyTooSlow(Refused):
    status = 408
    code = "request_timeout"
    message = "The body of this request did not arrive in time. Send it again, whole and at once."


class PlainHttp(Forbidden):
    message = "Call this address over https."


class Unexpected(Refused):
    """A fault of ours; the log has it under the request's path, the caller gets a reference."""

    status = 500
    code = "internal_error"
    message = "Something failed on our side. Try again; if it stays, quote the reference."


class ServiceUnavailable(Refused):
    status = 503
    code = "service_unavailable"
    message = "The service is not available right now. Try again in a few seconds."
    retry_after = 2


def require_method(request: HttpRequest, *allowed: str) -> None:
    """Raise MethodNotAllowed for a request by another method."""
    if request.method not in allowed:
        raise MethodNotAllowed(allowed)


def new_reference() -> str:
    """Return a fixed-length random reference such as R-7K3F9Q that a viewer can quote."""
    return "R-" + "".join(_REFERENCE_ALPHABET[byte % 32] for byte in secrets.token_bytes(6))


def json_error(
    refusal: Refused, *, reference: str | None = None, more: Mapping[str, object] | None = None
) -> JsonResponse:
    """Return the one JSON error shape, ``{"code", "message", "reference"}``; a vendor's has ``more``."""
    told = {"code": refusal.code, "message": refusal.message, "reference": reference or new_reference()}
    return JsonResponse({**told, **(more or {})}, status=refusal.status, headers=refusal.headers)
