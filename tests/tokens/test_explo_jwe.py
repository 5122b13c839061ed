"""The Explo format as vendors' libraries make it, and what its claims become."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jose import jwe

from tests.about import about
from tests.tokens.forge import ALICE, NOW, Keys, claims_with, forge, header, read, refusal
from tokens.errors import Reason
from tokens.formats import MINTED
from tokens.identifiers import check_identifier
from tokens.view import View

EXPLO = MINTED["explo_jwe"]


def guide_claims() -> str:
    """Give the claims that the vendor's Python sample encrypts; its exp is a float."""
    ends = (datetime.now(UTC) + timedelta(hours=2)).timestamp()
    return json.dumps({"exp": ends, "cst": "customer_1", "dsh": "abcdef"})


def test_a_token_of_python_jose_as_the_guide_prints_it_opens(door: str) -> None:
    token = jwe.encrypt(guide_claims(), encryption="A256GCM", key=ALICE.value.decode(), kid=ALICE.key_id).decode()
    assert jwe.get_unverified_header(token) == {"alg": "dir", "enc": "A256GCM", "kid": ALICE.key_id}
    claims = read(token, door, now=time.time())
    assert (claims.customer, claims.dashboard) == ("customer_1", "abcdef")
    assert claims.issued_at is None
    assert not claims.expires_at.is_integer()


def test_a_token_of_python_jose_that_names_its_algorithm_opens(door: str) -> None:
    made = jwe.encrypt(guide_claims(), ALICE.value, algorithm="dir", encryption="A256GCM", kid=ALICE.key_id)
    assert read(made.decode(), door, now=time.time()).customer == "customer_1"


@pytest.mark.parametrize("name", ["as the guide prints it", "with typ", "without iat", "with iss and nbf"])
def test_a_token_of_npm_jose_opens(npm_tokens: dict[str, str], door: str, name: str) -> None:
    claims = read(npm_tokens[name], door, now=time.time())
    assert (claims.customer, claims.dashboard) == ("customer_1", "abcdef")
    assert (claims.issued_at is None) == (name == "without iat")
    assert claims.origin == ("https://app.example.com/" if name == "with iss and nbf" else None)


@pytest.mark.parametrize("name", ["A256GCMKW", "PBES2-HS256+A128KW"])
def test_p_tp_02_another_algorithm_of_npm_jose_is_refused(npm_tokens: dict[str, str], door: str, name: str) -> None:
    error = refusal(read, npm_tokens[name], door, now=time.time())
    assert error.reason in {Reason.WRONG_ALGORITHM, Reason.MALFORMED}


def test_every_claim_of_our_own_tokens_arrives() -> None:
    view = View(
        dashboard="sales",
        customer="café 1",
        lifetime=600,
        origin="https://app.example.com/",
        variables={"region": ["DACH", "Nordics"], "top": 5, "note": 'ü\\"'},
        rights=frozenset({"export"}),
        viewer="user-7",
        locale="fr-fr",
        time_zone="Europe/Paris",
    )
    claims = read(EXPLO.mint(ALICE, view, NOW))
    assert (claims.format, claims.key, claims.dashboard, claims.customer) == ("explo_jwe", ALICE, "sales", "café 1")
    assert (claims.issued_at, claims.expires_at) == (NOW, NOW + 600)
    assert claims.origin == "https://app.example.com/"
    assert claims.variables == {"region": ["DACH", "Nordics"], "top": 5, "note": 'ü\\"'}
    assert claims.rights == frozenset({"export"})
    assert (claims.viewer, claims.locale, claims.time_zone) == ("user-7", "fr-fr", "Europe/Paris")
    assert claims.token_id
    assert len(claims.digest) == 64


def test_claims_that_are_absent_are_none_and_unknown_ones_are_ignored() -> None:
    claims = read(forge(claims_with(organization=7, role={"a": [True, None]}, des=1, aud="x")))
    assert (claims.origin, claims.rights, claims.viewer, claims.locale, claims.time_zone) == (None,) * 5
    assert (claims.token_id, claims.issued_at) == (None, None)
    assert claims.variables == {}


def test_no_rights_is_not_the_same_as_rights_left_to_the_dashboard() -> None:
    assert read(forge(claims_with(rts=[]))).rights == frozenset()
    assert read(forge(claims_with())).rights is None


NO_TEXTS: list[object] = [None, 1, True, [], {}, "", " x", "x" * 256]
NO_LISTS: list[object] = [None, "export", 1, {}, [1], ["export", None]]
NO_OBJECTS: list[object] = [None, "x", 1, [], False]
WRONG_TYPES = [
    *((name, value) for name in ("dsh", "iss", "vwr", "loc", "tz", "jti") for value in NO_TEXTS),
    *((name, value) for name in ("rts", "rbc") for value in NO_LISTS),
    *(("var", value) for value in NO_OBJECTS),
    ("dsh", ...),
]


def test_a_claim_of_a_wrong_type_is_refused_by_name(door: str) -> None:
    for name, value in WRONG_TYPES:
        with about(name, value):
            error = refusal(read, forge(claims_with(**{name: value})), door)
            assert (error.reason, error.claim, error.verified) == (Reason.CLAIM_INVALID, name, True)
            assert (error.key_id, error.organization_id) == (ALICE.key_id, ALICE.organization_id)


@given(
    customer=st.text(min_size=1, max_size=60).filter(lambda text: check_identifier(text) is None),
    variables=st.dictionaries(
        st.text(st.characters(codec="utf-8"), max_size=8),
        st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.text(st.characters(codec="utf-8"), max_size=20),
        max_size=4,
    ),
    lifetime=st.integers(1, 86_400),
)
@settings(max_examples=60)
def test_what_is_minted_is_what_is_read(customer: str, variables: dict[str, object], lifetime: int) -> None:
    view = View(dashboard="sales", customer=customer, lifetime=lifetime, variables=variables)
    claims = read(EXPLO.mint(ALICE, view, NOW))
    assert (claims.customer, claims.variables, claims.expires_at) == (customer, variables, NOW + lifetime)


def test_minting_refuses_what_reading_would_refuse() -> None:
    def reason(**changes: object) -> tuple[Reason, str | None]:
        asked = {"dashboard": "sales", "customer": "acme", "lifetime": 600, **changes}
        error = refusal(EXPLO.mint, ALICE, View(**asked), NOW)  # type: ignore[arg-type]  # wrong types are the point
        return error.reason, error.claim

    assert reason(customer="") == (Reason.CUSTOMER_MISSING, "cst")
    assert reason(customer=" acme") == (Reason.CLAIM_INVALID, "cst")
    assert reason(dashboard="") == (Reason.CLAIM_INVALID, "dsh")
    assert reason(lifetime=90_000) == (Reason.EXP_TOO_FAR, "exp")
    assert reason(lifetime=-90) == (Reason.EXPIRED, "exp")
    assert reason(variables={"x": float("nan")}) == (Reason.CLAIM_INVALID, None)
    assert reason(variables={"x": "\ud800"}) == (Reason.CLAIM_INVALID, None)
    assert reason(variables={"x": "y" * 2000}) == (Reason.TOO_LONG, None)


def test_the_digest_names_the_decoded_token_and_not_its_claims() -> None:
    one, other = (forge(CLAIMS_TEXT, head) for head in (header(), header(typ="JWT")))
    assert read(one).digest == read(one).digest
    assert read(one).digest != read(other).digest
    assert read(one, keys=Keys(ALICE)).digest == read(one).digest


CLAIMS_TEXT = json.dumps(claims_with())
