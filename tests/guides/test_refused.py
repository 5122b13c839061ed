"""Each kind of token that docs/tokens.md says is refused is refused for just the reason that stands there."""

import pytest

from customers.services import refresh_token
from dashboards.grants import from_claims
from dashboards.naming import Named
from embed.keyring import KEYS
from secrets_admin.access import SYSTEM
from secrets_admin.feed import feed
from secrets_admin.workspaces import allow_customer_tokens
from tests.guides.ids import EMBED_ID
from tests.guides.pages import browser, shows
from tests.guides.refused import CASES, CUSTOMER_TOKEN, Case, make
from tests.guides.world import Documented
from tokens.doors import open_token
from tokens.errors import OUTSIDE, Reason, TokenError
from tokens.formats import FORMATS

pytestmark = pytest.mark.django_db


def _reason(format: str, token: str, named: Named) -> Reason:
    with pytest.raises(TokenError) as refused:
        from_claims(open_token(f"data/{format}", token, KEYS, feed.now()), named=named, referer_origin=None)
    return refused.value.reason


def test_every_format_has_its_table() -> None:
    assert {*CASES, "customer_token"} == set(FORMATS)


@pytest.mark.parametrize("format", list(CASES))
def test_a_token_without_a_fault_opens(format: str, documented: Documented) -> None:
    value = documented.secret(format).encode()
    token = make(format, Case("nothing wrong", Reason.MALFORMED), value)
    answer = browser().get(f"/data/{format}/panels/rows", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("format", "case"),
    [pytest.param(format, case, id=f"{format}: {case.words}") for format, cases in CASES.items() for case in cases],
)
def test_a_token_is_refused_for_the_reason_in_the_table(format: str, case: Case, documented: Documented) -> None:
    token = make(format, case, documented.secret(format).encode())
    assert _reason(format, token, Named(**case.named)) is case.reason
    if not case.named:
        answer = browser().get(f"/data/{format}/panels/rows", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == OUTSIDE[case.reason].status


def test_the_second_half_of_what_a_row_names_is_refused_too(documented: Documented) -> None:
    """Rows that name two things are made true for both."""
    for format, changes, reason in (
        ("chartio_jwt", {"env": {"CUSTOMER": 1.5}}, Reason.CLAIM_INVALID),
        ("metabase_jwt", {"resource": {"dashboard": 1}}, Reason.UNKNOWN_KEY),
        ("viasocket_jwt", {"org_id": "1"}, Reason.WRONG_ORGANIZATION),
        ("superset_guest", {"rls_rules": [{"clause": "customer_id = 'acme'", "dataset": 1}]}, Reason.CLAIM_INVALID),
    ):
        token = make(format, Case("", reason, changes), documented.secret(format).encode())
        assert _reason(format, token, Named()) is reason


def test_customer_tokens_are_refused_as_the_table_says(documented: Documented) -> None:
    acme, found = documented.customers["acme"], {}
    old = acme.token()
    refresh_token(acme, actor=SYSTEM)
    acme.refresh_from_db()
    found["refreshed"] = _reason("customer_token", f"{EMBED_ID}:{old}", Named())
    elsewhere = "6f0a3a60-5c1e-4c55-9d0f-000000000000"
    found["elsewhere"] = _reason("customer_token", f"{elsewhere}:{acme.token()}", Named())
    shows("customer_token", f"http://embed.test/iframe/{EMBED_ID}/{acme.token()}", "acme")
    allow_customer_tokens(documented.workspace, False, actor=SYSTEM)
    feed.reset()
    found["disabled"] = _reason("customer_token", f"{EMBED_ID}:{acme.token()}", Named())
    refreshed, disabled, other = CUSTOMER_TOKEN.values()
    assert found == {"refreshed": refreshed, "disabled": disabled, "elsewhere": other}
