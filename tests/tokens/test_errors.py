"""The two faces of a refusal."""

from tests.tokens.forge import ALICE
from tokens.errors import OUTSIDE, Reason, TokenError


def test_every_reason_has_one_outside_answer() -> None:
    assert set(OUTSIDE) == set(Reason)
    statuses: dict[str, set[int]] = {}
    for outside in OUTSIDE.values():
        statuses.setdefault(outside.code, set()).add(outside.status)
    assert statuses == {
        "token_invalid": {401},
        "token_expired": {401},
        "token_claims": {400},
        "variable_invalid": {400},
        "not_found": {404},
        "forbidden": {403},
        "variable_locked": {403},
        "url_too_long": {414},
        "rate_limited": {429},
    }


def test_what_is_not_authentic_is_told_apart_inside_only() -> None:
    same = {reason for reason, outside in OUTSIDE.items() if outside.code == "token_invalid"}
    assert same == {
        Reason.MALFORMED,
        Reason.UNKNOWN_KEY,
        Reason.REVOKED_KEY,
        Reason.WRONG_ALGORITHM,
        Reason.BAD_SIGNATURE,
        Reason.WRONG_ORGANIZATION,
        Reason.UNSAFE_LEGACY_TOKEN,
        Reason.REVOKED,
        Reason.CUSTOMER_TOKEN_DISABLED,
    }


def test_an_error_carries_its_facts() -> None:
    error = TokenError(Reason.CLAIM_INVALID, claim="cst", problem="It is empty.").about(ALICE, verified=True)
    assert (error.key_id, error.organization_id, error.verified) == (ALICE.key_id, 1, True)
    assert str(error) == "claim_invalid (cst): It is empty."
    assert str(TokenError(Reason.REVOKED)) == "revoked"
