"""From a request to a Grant: address length, token, claims, Grant; every failure is one typed refusal."""

import logging
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

from dashboards.grants import Opened, from_claims
from dashboards.limits import spend_request
from dashboards.models import ENVIRONMENT
from dashboards.naming import Named
from embed import refusals
from embed.keyring import KEYS
from embed.usage import check_first_seen
from embedhost.lib.errors import Refused, new_reference
from secrets_admin.feed import feed
from tokens.claims import Claims
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


#: Doors whose token stands in the query string, where more characters are its own than in a path.
_IN_QUERY = frozenset({"embedded/dashboard"})


class OverBudget(TokenError):
    """A good token came too often; ``seconds`` from now it opens again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(Reason.RATE_LIMITED, problem="The token, its customer or the organization asked too often.")
        self.seconds = seconds


class TokenRefused(Refused):
    """A token was not accepted. The reason stays in the log, under the reference that the caller sees."""

    reference: str

    def __init__(self, error: TokenError) -> None:
        self.status, self.code = error.outside.status, error.outside.code
        self.reference = new_reference()
        self.retry_after = error.seconds if isinstance(error, OverBudget) else None
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


def open_page(request: HttpRequest, door: str, token: str, named: Named) -> Opened:
    """Return what the token in a page's address opens. Raises TokenRefused or ServiceUnavailable."""
    try:
        _check_length(request)
        if door not in _IN_QUERY and not all(is_token_segment(segment) for segment in token.split(":")):
            raise TokenError(Reason.MALFORMED)
        return _open(door, token, named, referer_origin(request))
    except TokenError as error:
        raise refused(error, door, token, referer_origin(request)) from None


def open_call(request: HttpRequest, door: str, named: Named, *, parent: str | None = None) -> Opened:
    """Return what the Bearer token of a page's own call opens. Raises TokenRefused or ServiceUnavailable.

    ``parent`` is the origin that handed the token over by message, where it came that way.
    """
    token = ""
    try:
        token = _bearer(request)
        return _open(door, token, named, parent)
    except TokenError as error:
        raise refused(error, door, token, parent) from None


def refused(error: TokenError, door: str, token: str, host: str | None) -> TokenRefused:
    """Return the refusal that the caller sees, with its reasons in the ledger under the same reference."""
    refusal = TokenRefused(error)
    refusals.note(error, reference=refusal.reference, door=door, token=token, host=host)
    return refusal


def _open(door: str, token: str, named: Named, referer_origin: str | None) -> Opened:
    claims = open_token(door, token, KEYS, feed.now())
    opened = open_claims(claims, named, referer_origin)
    wait = spend_request(opened.grant)
    if wait:
        raise OverBudget(wait).about(claims.key, verified=True).of(_name_of(opened))
    return opened


def _name_of(opened: Opened) -> str | None:
    return opened.grant.customer.external_id if opened.grant.customer else None


def open_claims(claims: Claims, named: Named, referer_origin: str | None) -> Opened:
    """Return what a verified token opens at an address. Raises TokenError."""
    if named.environment is not None and not ENVIRONMENT.match(named.environment):
        raise TokenError(Reason.UNKNOWN_ENVIRONMENT).about(claims.key, verified=True)
    opened = from_claims(claims, named=named, referer_origin=referer_origin)
    check_first_seen(claims, opened.grant)
    return opened


def _check_length(request: HttpRequest) -> None:
    length = url_length(settings.SCHEME, settings.EMBED_HOST, request.path_info, request.META.get("QUERY_STRING", ""))
    if length > MAX_URL:
        raise TokenError(Reason.TOO_LONG)


def _bearer(request: HttpRequest) -> str:
    kind, _, token = str(request.META.get("HTTP_AUTHORIZATION", "")).partition(" ")
    if kind.lower() != "bearer" or not token or "," in token:
        raise TokenError(Reason.MALFORMED, problem="The call carries no token.")
    return token


def referer_origin(request: HttpRequest) -> str | None:
    """Return the origin of the page around ours, when the browser says it."""
    referer = request.META.get("HTTP_REFERER")
    if not referer:
        return None
    try:
        parts = urlsplit(referer)
    except ValueError:
        return "invalid"
    return f"{parts.scheme}://{parts.netloc}".lower()
