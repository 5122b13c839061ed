"""A token that was opened a moment ago is not decrypted again, and is judged as if it were."""

from dataclasses import replace
from typing import Any

import pytest

from tests.tokens.forge import ALICE, NOW, Keys, claims_with, forge, read, refusal
from tokens import known
from tokens.claims import Claims
from tokens.envelope import Envelope
from tokens.errors import Reason
from tokens.formats import FORMATS, explo_jwe
from tokens.formats.explo_jwe import ExploJwe
from tokens.keys import Key


@pytest.fixture(autouse=True)
def explo(monkeypatch: pytest.MonkeyPatch) -> ExploJwe:
    """A format that has seen nothing yet."""
    fresh = ExploJwe()
    monkeypatch.setitem(FORMATS, "explo_jwe", fresh)
    return fresh


@pytest.fixture
def decrypted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens that were decrypted, in order."""
    seen: list[str] = []
    decrypt = explo_jwe._decrypt

    def watched(envelope: Envelope, key: Key | None) -> bytes | None:
        seen.append(envelope.text)
        return decrypt(envelope, key)

    monkeypatch.setattr(explo_jwe, "_decrypt", watched)
    return seen


def opened(token: str, *, now: float = NOW, **changes: Any) -> Claims:
    return read(token, keys=Keys(replace(ALICE, **changes)), now=now)


def refused(token: str, *, now: float = NOW, **changes: Any) -> Reason:
    keys = Keys(replace(ALICE, **changes))
    return refusal(read, token, keys=keys, now=now).reason


def test_the_second_call_of_a_page_decrypts_nothing_and_says_the_same(decrypted: list[str]) -> None:
    token = forge()
    assert opened(token) == opened(token)
    assert decrypted == [token]


def test_its_key_is_looked_up_on_every_call() -> None:
    token, keys = forge(), Keys(ALICE)
    for _ in range(3):
        read(token, keys=keys)
    assert keys.asked == [("explo_jwe", ALICE.key_id)] * 3


def test_a_known_token_is_refused_once_its_secret_is_revoked_or_gone() -> None:
    token = forge()
    opened(token)
    assert refused(token, state="revoked") is Reason.REVOKED_KEY
    assert refusal(read, token, keys=Keys()).reason is Reason.UNKNOWN_KEY


@pytest.mark.parametrize("change", [{"value": b"another-0123456789-ABCDEFGH-abcd"}, {"format": "chartio_jwt"}])
def test_a_known_token_counts_for_nothing_under_another_key_of_that_id(change: dict[str, Any]) -> None:
    token = forge()
    opened(token)
    assert refused(token, **change) in {Reason.BAD_SIGNATURE, Reason.UNKNOWN_KEY}


def test_a_known_token_has_the_facts_that_its_key_has_now() -> None:
    token = forge()
    opened(token)
    assert opened(token, workspace_id="ws_other").key.workspace_id == "ws_other"
    assert opened(token, bound_customer="acme").key.bound_customer == "acme"
    assert refused(token, max_lifetime=60) is Reason.EXP_TOO_FAR


def test_a_token_judged_anew_is_known_with_its_new_key(decrypted: list[str]) -> None:
    token = forge()
    opened(token)
    assert opened(token, state="verify_only") == opened(token, state="verify_only")
    assert decrypted == [token, token]


def test_a_known_token_ends_when_it_says() -> None:
    token = forge(claims_with(iat=NOW, nbf=NOW))
    opened(token)
    error = refusal(read, token, keys=Keys(ALICE), now=NOW + 3600 + 61)
    assert (error.reason, error.organization_id, error.verified) == (Reason.EXPIRED, ALICE.organization_id, True)
    assert error.customer == "acme"
    # A clock that was put back makes it too young again.
    assert refused(token, now=NOW - 120) is Reason.NOT_YET_VALID


def test_a_refused_token_is_never_kept(explo: ExploJwe) -> None:
    bad = [forge(key=b"x" * 32), forge(claims_with(exp=NOW - 999)), forge(claims_with(cst=...)), "a.b.c.d.e", "\ud800"]
    for token in bad:
        refusal(read, token)
    assert len(explo._known) == 0


def test_only_the_exact_text_is_known(decrypted: list[str]) -> None:
    token = forge()
    opened(token)
    assert refused(f"{token}=") is Reason.MALFORMED
    assert refused(f"{token[:-4]}AAAA") is Reason.BAD_SIGNATURE


def test_what_was_used_longest_ago_is_forgotten(
    explo: ExploJwe, monkeypatch: pytest.MonkeyPatch, decrypted: list[str]
) -> None:
    monkeypatch.setattr(known, "KEPT", 2)
    first, second, third = (forge(claims_with(cst=name)) for name in ("acme", "globex", "initech"))
    for token in (first, second, first, third, first, second):
        opened(token)
    assert decrypted == [first, second, third, second]
    assert len(explo._known) == 2
