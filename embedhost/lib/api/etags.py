"""ETags (RFC 9110): a caller changes only what it has seen."""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import orjson
from rest_framework.request import Request
from rest_framework.response import Response

from embedhost.lib.api.endpoint import Header
from embedhost.lib.errors import Refused

IF_MATCH: Final = {
    "If-Match": Header("The ETag that you read: refused with 412 when somebody else changed it meanwhile.")
}
IF_NONE_MATCH: Final = {"If-None-Match": Header("The ETag that you have: 304 when nothing changed.")}


class ChangedMeanwhile(Refused):
    status = 412
    code = "changed_meanwhile"
    message = "It changed since you read it. Read it again, and send its new ETag in If-Match."


def etag_of(shown: Mapping[str, Any]) -> str:
    """Return the strong ETag of what is shown."""
    return f'"{hashlib.sha256(orjson.dumps(shown, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]}"'


def check_match(if_match: str | None, current: str) -> None:
    """Raise ChangedMeanwhile unless the header is absent, ``*``, or names the current ETag."""
    if if_match is not None and if_match.strip() != "*" and current not in _named(if_match):
        raise ChangedMeanwhile


def is_known(if_none_match: str | None, current: str) -> bool:
    """Tell whether the caller has the current state already, so that 304 is enough."""
    return if_none_match is not None and (if_none_match.strip() == "*" or current in _named(if_none_match))


def answer_unless_known(request: Request, said: Mapping[str, Any]) -> Response:
    """Return what is shown with its ETag, or 304 when the caller has it already."""
    etag = etag_of(said)
    if is_known(request.headers.get("If-None-Match"), etag):
        return Response(status=304, headers={"ETag": etag})
    return Response(said, headers={"ETag": etag})


def _named(header: str) -> list[str]:
    # RFC 9110 section 13.1: weak ones never match If-Match; If-None-Match compares them weakly.
    return [part.strip() for part in header.split(",")]
