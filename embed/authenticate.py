"""From a request to a Grant: address length, token, claims, Grant; every failure is one typed refusal."""

import logging
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

from dashboards.grants import Opened, from_claims
from dashboards.models import ENVIRONMENT
from embed.usage import check_first_seen
from embedhost.lib.errors import Refused, new_reference
from secrets_admin.facts import resolve_key
from secrets_admin.feed import feed
from tokens.doors import open_token
from tokens.errors import Reason, TokenError
from tokens.urls import MAX_URL, is_token_segment, url_length

logger = logging.getLogger(__name__)

#: What a caller is told per outside code; never why (design.md section 6).
MESSAGES = {
    "token_invalid": "This token is not valid. Make a new one.",
    "token_expired": "This token has expired. Make a new one.",
    "token_claims": "A claim of this token is missing or out of range.",
    "variable_invalid": "A variable that the token sets is unknown or does not fit its type.",
    "not_found": "There is nothing here. Check the address.",
    "forbidden": "This dashboard may not be shown here.",
    "variable_locked": "This variable can’t be changed here.",
    "url_too_long": f"The address is longer than {MAX_URL:,} characters. Shorten the token's values.",
    "rate_limited": "Too many requests. Try again in a few seconds.",
}


class TokenRefused(Refused):
    """A token was not accepted. The reason stays in the log, under the reference that the caller sees."""

    def __init__(self, error: TokenError) -> None:
        self.status, self.code = error.outside.status, error.outside.code
        self.reference = new_reference()
        super().__init__(MESSAGES[self.code])
        logger.info(
            "token refused",
            extra={
                "reason": str(error.reason),
                "claim": error.claim,
                "reference": self.reference,
                "organization_id": error.organization_id,
                "verified": error.verified,
            },
        )


def open_page(request: HttpRequest, door: str, token: str, environment: str | None) -> Opened:
    """Return what the token in a page's address opens. Raises TokenRefused or ServiceUnavailable."""
    try:
        _check_address(request, token)
        return _open(door, token, environment, _referer_origin(request))
    except TokenError as error:
        raise TokenRefused(error) from None


def open_call(request: HttpRequest, door: str, environment: str | None) -> Opened:
    """Return what the Bearer token of a page's own call opens. Raises TokenRefused or ServiceUnavailable."""
    try:
        return _open(door, _bearer(request), environment, None)
    except TokenError as error:
        raise TokenRefused(error) from None


def _open(door: str, token: str, environment: str | None, referer_origin: str | None) -> Opened:
    claims = open_token(door, token, resolve_key, feed.now())
    if environment is not None and not ENVIRONMENT.match(environment):
        raise TokenError(Reason.UNKNOWN_ENVIRONMENT).about(claims.key, verified=True)
    opened = from_claims(claims, environment=environment, referer_origin=referer_origin)
    check_first_seen(claims, opened.grant)
    return opened


def _check_address(request: HttpRequest, token: str) -> None:
    length = url_length(settings.SCHEME, settings.EMBED_HOST, request.path_info, request.META.get("QUERY_STRING", ""))
    if length > MAX_URL:
        raise TokenError(Reason.TOO_LONG)
    if not is_token_segment(token):
        raise TokenError(Reason.MALFORMED)


def _bearer(request: HttpRequest) -> str:
    kind, _, token = str(request.META.get("HTTP_AUTHORIZATION", "")).partition(" ")
    if kind.lower() != "bearer" or not token or "," in token:
        raise TokenError(Reason.MALFORMED, problem="The call carries no token.")
    return token


def _referer_origin(request: HttpRequest) -> str | None:
    """Return the origin of the page around ours, when the browser says it."""
    referer = request.headers.get("Referer")
    if not referer:
        return None
    try:
        parts = urlsplit(referer)
    except ValueError:
        return "invalid"
    return f"{parts.scheme}://{parts.netloc}".lower()
