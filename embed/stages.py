"""The stages that a token passes, in the order of the code, and at which of them each refusal happens."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from tokens.errors import Reason


class Stage(StrEnum):
    """One stage; everything before the one that failed has passed."""

    FORMAT = "Format"
    KEY = "Key"
    SIGNATURE = "Signature"
    CLAIMS = "Claims"
    TIMES = "Times"
    DASHBOARD = "Dashboard"
    ORIGIN = "Origin"
    CUSTOMER = "Customer"
    REVOCATION = "Revocation"
    VARIABLES = "Variables"


ORDER: Final = tuple(Stage)
#: The claims that hold a time, in any format.
TIMES: Final = frozenset({"exp", "iat", "nbf", "valid_until"})
#: The claims that the formats themselves read; others are names of a dashboard's variables.
CLAIMS: Final = TIMES | {
    *("cst", "dsh", "iss", "rbc", "var", "rts", "vwr", "loc", "tz", "jti"),
    *("organization", "dashboard", "env", "resource", "params"),
    *("org_id", "project_id", "user_id", "unique_identifier"),
    *("api_key_id", "workspace_id", "tenant_id", "dashboard_id", "embed id"),
    *("resources", "rls_rules", "user", "username", "type"),
}

#: Reasons that mean one stage, wherever they come from.
STAGES: Final[Mapping[Reason, Stage]] = {
    Reason.MALFORMED: Stage.FORMAT,
    Reason.WRONG_ALGORITHM: Stage.FORMAT,
    Reason.TOO_LONG: Stage.FORMAT,
    Reason.RATE_LIMITED: Stage.FORMAT,
    Reason.UNKNOWN_KEY: Stage.KEY,
    Reason.REVOKED_KEY: Stage.KEY,
    Reason.CUSTOMER_TOKEN_DISABLED: Stage.KEY,
    Reason.BAD_SIGNATURE: Stage.SIGNATURE,
    Reason.UNSAFE_LEGACY_TOKEN: Stage.SIGNATURE,
    Reason.WRONG_ORGANIZATION: Stage.CLAIMS,
    Reason.EXPIRED: Stage.TIMES,
    Reason.EXP_MISSING: Stage.TIMES,
    Reason.EXP_TOO_FAR: Stage.TIMES,
    Reason.NOT_YET_VALID: Stage.TIMES,
    Reason.UNKNOWN_DASHBOARD: Stage.DASHBOARD,
    Reason.SLUG_MISMATCH: Stage.DASHBOARD,
    Reason.UNKNOWN_ENVIRONMENT: Stage.DASHBOARD,
    Reason.EMBEDDING_DISABLED: Stage.ORIGIN,
    Reason.ORIGIN_NOT_ALLOWED: Stage.ORIGIN,
    Reason.UNKNOWN_CUSTOMER: Stage.CUSTOMER,
    Reason.REVOKED: Stage.REVOCATION,
    Reason.LOCKED_VARIABLE_MISSING: Stage.VARIABLES,
    Reason.UNKNOWN_VARIABLE: Stage.VARIABLES,
    Reason.BAD_VALUE: Stage.VARIABLES,
    Reason.VARIABLE_NOT_OPEN: Stage.VARIABLES,
}


def stage_of(reason: Reason, claim: str, *, read: bool | None = None) -> Stage:
    """Return where a refusal happened. ``read`` says whether the token itself had been read by then, None: not known.

    A missing customer and a wrong claim are found while the token is read, or later against the dashboard.
    """
    if reason in STAGES:
        return STAGES[reason]
    if read is None:
        read = (claim not in CLAIMS and claim != "") or claim == "var"
    if not read:
        return Stage.TIMES if claim in TIMES else Stage.CLAIMS
    return Stage.VARIABLES if claim == "var" else Stage.CUSTOMER
