"""The times of a token, read with strict types and one rule for every format (RFC 7519 sections 4.1.4 to 4.1.6)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tokens.errors import Reason, TokenError

#: Seconds between now and ``exp``, and between ``iat`` and ``exp``; a workspace may set a lower ceiling.
LONGEST_LIFETIME: Final = 86_400
#: Seconds by which two clocks may differ.
LEEWAY: Final = 60


@dataclass(frozen=True, slots=True)
class Times:
    """When a token ends and, if it says so, since when it exists; seconds since the epoch."""

    expires_at: float
    issued_at: float | None


def read_times(payload: Mapping[str, object], *, max_lifetime: int, now: float, exp_from_iat: bool = False) -> Times:
    """Check ``exp`` (required), ``iat`` and ``nbf`` against the clock.

    With ``exp_from_iat`` a token without ``exp`` lives from ``iat`` for as long as its workspace allows. Raises
    TokenError: exp_missing, expired, exp_too_far, not_yet_valid, or claim_invalid for anything that is not a finite
    JSON number.
    """
    issued_at = _seconds(payload, "iat")
    longest = min(LONGEST_LIFETIME, max_lifetime)
    by_default = issued_at + longest if exp_from_iat and issued_at is not None else None
    expires_at = _expiry(payload, by_default)
    not_before = _seconds(payload, "nbf")
    check_lifetime(expires_at, issued_at, max_lifetime=max_lifetime, now=now)
    for claim, begins_at in (("iat", issued_at), ("nbf", not_before)):
        if begins_at is not None and begins_at > now + LEEWAY:
            raise TokenError(Reason.NOT_YET_VALID, claim=claim, problem="The time lies ahead; check the clock.")
    return Times(expires_at, issued_at)


def check_lifetime(expires_at: float, issued_at: float | None, *, max_lifetime: int, now: float) -> None:
    """Refuse a token that has ended or that lives longer than its workspace allows.

    Raises TokenError: expired, exp_too_far.
    """
    if now >= expires_at + LEEWAY:
        raise TokenError(Reason.EXPIRED, claim="exp", problem="The token has ended; make a new one per page view.")
    ceiling = min(LONGEST_LIFETIME, max_lifetime)
    begins_at = now if issued_at is None else min(now, issued_at)
    if expires_at - begins_at > ceiling + LEEWAY:
        problem = f"A token may live {ceiling} seconds at most; exp and iat count seconds, not milliseconds."
        raise TokenError(Reason.EXP_TOO_FAR, claim="exp", problem=problem)


def _expiry(payload: Mapping[str, object], by_default: float | None) -> float:
    expires_at = by_default if payload.get("exp") is None else _seconds(payload, "exp")
    if expires_at is None:
        raise TokenError(Reason.EXP_MISSING, claim="exp", problem="Every token needs exp, in seconds since 1970.")
    return expires_at


def _seconds(payload: Mapping[str, object], claim: str) -> float | None:
    if claim not in payload:
        return None
    value = payload[claim]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenError(Reason.CLAIM_INVALID, claim=claim, problem="It must be a number of seconds since 1970.")
    if not math.isfinite(value):
        raise TokenError(Reason.CLAIM_INVALID, claim=claim, problem="It must be a finite number.")
    return float(value)
