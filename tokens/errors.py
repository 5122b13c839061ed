"""Why a token was not accepted: exact inside, few neutral codes outside."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Self

from tokens.identifiers import check_identifier

if TYPE_CHECKING:
    from tokens.keys import Key


class Reason(StrEnum):
    """The closed list of inside reasons, for the owner, the ledger and the inspector."""

    MALFORMED = "malformed"
    UNKNOWN_KEY = "unknown_key"
    REVOKED_KEY = "revoked_key"
    WRONG_ALGORITHM = "wrong_algorithm"
    BAD_SIGNATURE = "bad_signature"
    WRONG_ORGANIZATION = "wrong_organization"
    UNSAFE_LEGACY_TOKEN = "unsafe_legacy_token"  # noqa: S105 - the name of a reason, no password
    REVOKED = "revoked"
    CUSTOMER_TOKEN_DISABLED = "customer_token_disabled"  # noqa: S105 - the name of a reason, no password
    EXPIRED = "expired"
    EXP_MISSING = "exp_missing"
    EXP_TOO_FAR = "exp_too_far"
    NOT_YET_VALID = "not_yet_valid"
    CLAIM_INVALID = "claim_invalid"
    CUSTOMER_MISSING = "customer_missing"
    LOCKED_VARIABLE_MISSING = "locked_variable_missing"
    UNKNOWN_VARIABLE = "unknown_variable"
    BAD_VALUE = "bad_value"
    UNKNOWN_DASHBOARD = "unknown_dashboard"
    UNKNOWN_CUSTOMER = "unknown_customer"
    SLUG_MISMATCH = "slug_mismatch"
    UNKNOWN_ENVIRONMENT = "unknown_environment"
    EMBEDDING_DISABLED = "embedding_disabled"
    ORIGIN_NOT_ALLOWED = "origin_not_allowed"
    VARIABLE_NOT_OPEN = "variable_not_open"
    TOO_LONG = "too_long"
    RATE_LIMITED = "rate_limited"


@dataclass(frozen=True, slots=True)
class Outside:
    """What the caller is told: an HTTP status and a code that many reasons share."""

    status: int
    code: str


TOKEN_INVALID: Final = Outside(401, "token_invalid")
TOKEN_EXPIRED: Final = Outside(401, "token_expired")
TOKEN_CLAIMS: Final = Outside(400, "token_claims")
VARIABLE_INVALID: Final = Outside(400, "variable_invalid")
NOT_FOUND: Final = Outside(404, "not_found")
FORBIDDEN: Final = Outside(403, "forbidden")
VARIABLE_LOCKED: Final = Outside(403, "variable_locked")
URL_TOO_LONG: Final = Outside(414, "url_too_long")
RATE_LIMITED: Final = Outside(429, "rate_limited")

#: Everything that is "not authentic" shares one answer; otherwise the difference would tell which keys exist.
OUTSIDE: Final[dict[Reason, Outside]] = {
    Reason.MALFORMED: TOKEN_INVALID,
    Reason.UNKNOWN_KEY: TOKEN_INVALID,
    Reason.REVOKED_KEY: TOKEN_INVALID,
    Reason.WRONG_ALGORITHM: TOKEN_INVALID,
    Reason.BAD_SIGNATURE: TOKEN_INVALID,
    Reason.WRONG_ORGANIZATION: TOKEN_INVALID,
    Reason.UNSAFE_LEGACY_TOKEN: TOKEN_INVALID,
    Reason.REVOKED: TOKEN_INVALID,
    Reason.CUSTOMER_TOKEN_DISABLED: TOKEN_INVALID,
    Reason.EXPIRED: TOKEN_EXPIRED,
    Reason.EXP_MISSING: TOKEN_CLAIMS,
    Reason.EXP_TOO_FAR: TOKEN_CLAIMS,
    Reason.NOT_YET_VALID: TOKEN_CLAIMS,
    Reason.CLAIM_INVALID: TOKEN_CLAIMS,
    Reason.CUSTOMER_MISSING: TOKEN_CLAIMS,
    Reason.LOCKED_VARIABLE_MISSING: TOKEN_CLAIMS,
    Reason.UNKNOWN_VARIABLE: VARIABLE_INVALID,
    Reason.BAD_VALUE: VARIABLE_INVALID,
    Reason.UNKNOWN_DASHBOARD: NOT_FOUND,
    Reason.UNKNOWN_CUSTOMER: NOT_FOUND,
    Reason.SLUG_MISMATCH: NOT_FOUND,
    Reason.UNKNOWN_ENVIRONMENT: NOT_FOUND,
    Reason.EMBEDDING_DISABLED: FORBIDDEN,
    Reason.ORIGIN_NOT_ALLOWED: FORBIDDEN,
    Reason.VARIABLE_NOT_OPEN: VARIABLE_LOCKED,
    Reason.TOO_LONG: URL_TOO_LONG,
    Reason.RATE_LIMITED: RATE_LIMITED,
}


@dataclass(frozen=True, slots=True)
class _Whose:
    customer: str | None = field(default=None, repr=False)


class TokenError(Exception):
    """A token that was refused, with the facts that an owner needs and none that a log must not hold.

    ``claim`` is a claim's name from our own list, never a value and never text of the token. ``problem`` is a
    fixed sentence. ``key_id`` and ``organization_id`` are those of the key that the token names; while
    ``verified`` is false they are only claimed. ``customer`` is the external_id in an authentic token, once read.
    """

    def __init__(
        self,
        reason: Reason,
        *,
        claim: str | None = None,
        problem: str | None = None,
        key_id: str | None = None,
        organization_id: int | None = None,
    ) -> None:
        super().__init__(reason, claim, problem)
        self.reason = reason
        self.claim = claim
        self.problem = problem
        self.key_id = key_id
        self.organization_id = organization_id
        self._whose = _Whose()
        self.verified = False

    @property
    def outside(self) -> Outside:
        """Return the status and the code that the caller may see."""
        return OUTSIDE[self.reason]

    def about(self, key: "Key", *, verified: bool) -> Self:
        """Add whose key the token names, and whether the token is authentic under it."""
        self.key_id = key.key_id
        self.organization_id = key.organization_id
        self.verified = verified
        return self

    def of(self, customer: object) -> Self:
        """Add whose token it is, if it says so in a form that a customer's id can have."""
        if isinstance(customer, str) and check_identifier(customer) is None:
            self._whose = _Whose(customer)
        return self

    @property
    def customer(self) -> str | None:
        """Return whose token it is, as far as that is known; it shows in no representation."""
        return self._whose.customer

    def __str__(self) -> str:
        named = f"{self.reason} ({self.claim})" if self.claim else str(self.reason)
        return f"{named}: {self.problem}" if self.problem else named
