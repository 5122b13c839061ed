"""Attacks on what an authentic token says (P-TS): times, customers, and one organization's key with another's names."""

import json
from dataclasses import replace

import pytest

from tests.tokens.forge import ALICE, CHARLIE, CLAIMS, NOW, Keys, claims_with, forge, header, read, refusal
from tokens.errors import Reason


@pytest.mark.parametrize("exp", [..., None])
def test_p_ts_01_a_token_without_exp_is_refused(exp: object, door: str) -> None:
    error = refusal(read, forge(claims_with(exp=exp)), door)
    assert (error.reason, error.outside.code, error.claim) == (Reason.EXP_MISSING, "token_claims", "exp")


@pytest.mark.parametrize("ahead", [86_400, 86_460, 1, 0, -59, -59.9])
def test_p_ts_02_a_token_within_its_times_opens(ahead: float, door: str) -> None:
    assert read(forge(claims_with(exp=NOW + ahead)), door).expires_at == NOW + ahead


@pytest.mark.parametrize("ahead", [86_461, 86_460.5, 30 * 86_400])
def test_p_ts_02_a_token_that_lives_too_long_is_refused(ahead: float, door: str) -> None:
    error = refusal(read, forge(claims_with(exp=NOW + ahead)), door)
    assert (error.reason, error.outside.status) == (Reason.EXP_TOO_FAR, 400)


@pytest.mark.parametrize("ago", [60, 61, 86_400])
def test_p_ts_02_a_token_that_has_ended_is_refused(ago: int, door: str) -> None:
    error = refusal(read, forge(claims_with(exp=NOW - ago)), door)
    assert (error.reason, error.outside.code) == (Reason.EXPIRED, "token_expired")


def test_p_ts_02_a_workspace_may_set_a_lower_ceiling(door: str) -> None:
    keys = Keys(replace(ALICE, max_lifetime=600))
    assert read(forge(claims_with(exp=NOW + 660)), door, keys)
    late = claims_with(iat=NOW - 600, exp=NOW + 61)
    for claims in (claims_with(exp=NOW + 661), late):
        assert refusal(read, forge(claims), door, keys).reason == Reason.EXP_TOO_FAR


def test_p_ts_02_a_workspace_cannot_raise_the_ceiling(door: str) -> None:
    keys = Keys(replace(ALICE, max_lifetime=10**9))
    assert refusal(read, forge(claims_with(exp=NOW + 86_461)), door, keys).reason == Reason.EXP_TOO_FAR


ODD_EXPIRIES = [
    '"1795206255"',
    '"9_999_999_999"',
    '"٩٩٩٩٩٩٩٩٩٩"',
    '""',
    "true",
    "false",
    "[1795206255]",
    "{}",
    "NaN",
    "Infinity",
    "-Infinity",
    "1e400",
    "-1",
    "0",
    "-0.0",
    "1" + "0" * 30,
    "1e300",
    "-1e300",
    "9" * 1200,
    "9223372036854775807",
    str(int(NOW + 60) * 1000),
    "01795206255",
    "0x6b00",
    "1_795_206_255",
]


@pytest.mark.parametrize("exp", ODD_EXPIRIES)
def test_p_ts_03_an_exp_of_an_odd_type_or_size_is_refused(exp: str, door: str) -> None:
    error = refusal(read, forge(f'{{"cst":"acme","dsh":"sales","exp":{exp}}}'), door)
    assert error.outside.code in {"token_claims", "token_expired"}
    assert error.reason in {Reason.CLAIM_INVALID, Reason.EXP_TOO_FAR, Reason.EXPIRED}


def test_p_ts_03_a_float_as_the_vendors_sample_makes_it_opens(door: str) -> None:
    assert read(forge(claims_with(exp=NOW + 3600.5)), door).expires_at == NOW + 3600.5


@pytest.mark.parametrize("claim", ["nbf", "iat"])
def test_p_ts_04_a_time_that_lies_ahead_is_refused(claim: str, door: str) -> None:
    assert read(forge(claims_with(**{claim: NOW + 60})), door)
    error = refusal(read, forge(claims_with(**{claim: NOW + 61})), door)
    assert (error.reason, error.claim, error.outside.code) == (Reason.NOT_YET_VALID, claim, "token_claims")


def test_p_ts_04_a_lifetime_over_a_day_is_refused_even_shortly_before_its_end(door: str) -> None:
    assert read(forge(claims_with(iat=NOW - 85_800, exp=NOW + 600)), door)
    error = refusal(read, forge(claims_with(iat=NOW - 48 * 3600, exp=NOW + 600)), door)
    assert (error.reason, error.outside.code) == (Reason.EXP_TOO_FAR, "token_claims")


@pytest.mark.parametrize("value", ['"1795200000"', "NaN", "[]", "true", "null", "{}", "1e999"])
@pytest.mark.parametrize("claim", ["nbf", "iat"])
def test_p_ts_04_a_time_of_a_wrong_type_is_refused(claim: str, value: str, door: str) -> None:
    content = json.dumps(CLAIMS)[:-1] + f', "{claim}": {value}}}'
    error = refusal(read, forge(content), door)
    assert error.reason == Reason.CLAIM_INVALID


def test_p_ts_07_one_organizations_key_value_under_anothers_key_id_is_refused(door: str) -> None:
    error = refusal(read, forge(CLAIMS, header(kid=CHARLIE.key_id), ALICE.value), door)
    assert (error.reason, error.outside.code) == (Reason.BAD_SIGNATURE, "token_invalid")
    assert (error.organization_id, error.verified) == (CHARLIE.organization_id, False)


@pytest.mark.parametrize("names", [{"dsh": "charlies-dashboard"}, {"cst": "initech"}, {"cst": "acme"}])
def test_p_ts_07_the_organization_is_the_keys_whatever_the_claims_name(names: dict[str, str], door: str) -> None:
    content = claims_with(**names, organization=2, organization_id=2, workspace="ws_charlie", kid=CHARLIE.key_id)
    claims = read(forge(content), door)
    assert (claims.key.organization_id, claims.key.workspace_id) == (1, "ws_alice")


MISSING = ["", None, ...]
NO_TEXT = [0, 1, False, True, [], ["acme"], {}, {"id": "acme"}, 1.5]
UNCLEAN = [
    " ",
    " acme",
    "acme ",
    "acme\n",
    "\u00a0acme",
    "ac\u200bme",
    "ac\u202eme",
    "\ufeffacme",
    "ac\u0000me",
    "a" * 256,
]


@pytest.mark.parametrize("cst", MISSING)
def test_p_ts_08_a_token_without_a_customer_is_refused(cst: object, door: str) -> None:
    error = refusal(read, forge(claims_with(cst=cst)), door)
    assert (error.reason, error.outside.code) == (Reason.CUSTOMER_MISSING, "token_claims")


@pytest.mark.parametrize("cst", [*NO_TEXT, *UNCLEAN, "\ud800"])
def test_p_ts_08_a_customer_that_is_no_clean_text_is_refused(cst: object, door: str) -> None:
    error = refusal(read, forge(claims_with(cst=cst)), door)
    assert (error.reason, error.outside.code) == (Reason.CLAIM_INVALID, "token_claims")


@pytest.mark.parametrize("cst", ["*", "%", "all", "_", "null", "0"])
def test_p_ts_08_a_wildcard_is_an_ordinary_name(cst: str, door: str) -> None:
    assert read(forge(claims_with(cst=cst)), door).customer == cst


@pytest.mark.parametrize("cst", ["acme", "ACME", "аcme", "caf\u00e9", "cafe\u0301", "a" * 255, "客户 1"])
def test_p_ts_11_a_customer_arrives_as_it_was_written(cst: str, door: str) -> None:
    assert read(forge(claims_with(cst=cst)), door).customer == cst
