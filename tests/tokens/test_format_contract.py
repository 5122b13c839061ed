"""What every entry of FORMATS keeps, so that a new format joins with a line."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tests.tokens.forge import NOW, Keys, refusal
from tokens.claims import Claims
from tokens.doors import DOORS, open_token
from tokens.errors import Reason
from tokens.formats import FORMATS, TokenFormat
from tokens.keys import Key

pytestmark = pytest.mark.parametrize("format", FORMATS.values(), ids=list(FORMATS))


def new_key(format: TokenFormat, **changes: object) -> Key:
    """Make a key of a format as the console would."""
    key = Key(
        secret_id=7,
        key_id="es_contract0007",
        value=format.new_key_value().encode(),
        format=format.name,
        organization_id=3,
        workspace_id="ws_contract",
        state="active",
        purpose="embed",
        max_lifetime=86_400,
    )
    return replace(key, **changes)  # type: ignore[arg-type]  # the names are the dataclass's


def mint(format: TokenFormat, key: Key, lifetime: int = 600) -> str:
    return format.mint(key, dashboard="sales", customer="acme", now=NOW, lifetime=lifetime)


def doors(format: TokenFormat) -> Iterator[str]:
    return (door for door, name in DOORS.items() if name == format.name)


def read(format: TokenFormat, token: str, *keys: Key, now: float = NOW) -> Claims:
    return open_token(next(doors(format)), token, Keys(*keys), now)


def test_a_format_says_what_it_is_and_has_doors(format: TokenFormat) -> None:
    assert FORMATS[format.name] is format
    assert format.kind in {"jwe", "jwt", "hmac"}
    assert format.label
    assert f"data/{format.name}" in set(doors(format))


def test_a_minted_token_opens_at_every_door_of_its_format(format: TokenFormat) -> None:
    key = new_key(format)
    token = mint(format, key)
    for door in doors(format):
        claims = open_token(door, token, Keys(key), NOW)
        assert (claims.format, claims.key) == (format.name, key)
        assert (claims.dashboard, claims.customer) == ("sales", "acme")
        assert (claims.issued_at, claims.expires_at) == (NOW, NOW + 600)


def test_a_minted_token_is_refused_at_every_other_door(format: TokenFormat) -> None:
    key = new_key(format)
    for door in set(DOORS) - set(doors(format)):
        error = refusal(open_token, door, mint(format, key), Keys(key), NOW)
        assert error.reason == Reason.MALFORMED


def test_two_tokens_for_the_same_view_differ_and_so_do_their_digests(format: TokenFormat) -> None:
    key = new_key(format)
    one, other = mint(format, key), mint(format, key)
    assert one != other
    assert read(format, one, key).digest != read(format, other, key).digest
    assert read(format, one, key).digest == read(format, one, key).digest


def test_a_digest_depends_on_the_key(format: TokenFormat) -> None:
    key = new_key(format)
    claims = read(format, mint(format, key), key)
    assert len(claims.digest) == 64
    assert set(claims.digest) <= set("0123456789abcdef")


def test_key_values_are_new_each_time(format: TokenFormat) -> None:
    assert len({format.new_key_value() for _ in range(200)}) == 200


def test_a_verify_only_key_opens_old_tokens_and_makes_no_new_ones(format: TokenFormat) -> None:
    active = new_key(format)
    verify_only = replace(active, state="verify_only")
    assert read(format, mint(format, active), verify_only).customer == "acme"
    assert refusal(mint, format, verify_only).reason == Reason.REVOKED_KEY


@pytest.mark.parametrize("state", ["revoked", "", "ACTIVE", "something new"])
def test_a_key_in_any_other_state_is_refused(format: TokenFormat, state: str) -> None:
    active = new_key(format)
    error = refusal(read, format, mint(format, active), replace(active, state=state))
    assert (error.reason, error.outside.code) == (Reason.REVOKED_KEY, "token_invalid")
    assert (error.key_id, error.organization_id, error.verified) == (active.key_id, 3, False)


def test_an_unknown_key_and_a_wrong_key_value_are_refused(format: TokenFormat) -> None:
    key = new_key(format)
    token = mint(format, key)
    assert refusal(read, format, token).reason == Reason.UNKNOWN_KEY
    other = replace(key, value=format.new_key_value().encode())
    assert refusal(read, format, token, other).reason == Reason.BAD_SIGNATURE


def test_a_key_of_another_format_is_not_used(format: TokenFormat) -> None:
    key = new_key(format)
    keys = Keys()
    keys.keys[(format.name, key.key_id)] = replace(key, format="another_format")
    error = refusal(open_token, next(doors(format)), mint(format, key), keys, NOW)
    assert error.reason == Reason.UNKNOWN_KEY


def test_a_token_ends(format: TokenFormat) -> None:
    key = new_key(format)
    token = mint(format, key)
    assert read(format, token, key, now=NOW + 600 + 59)
    error = refusal(read, format, token, key, now=NOW + 600 + 60)
    assert (error.reason, error.verified, error.organization_id) == (Reason.EXPIRED, True, 3)


def test_a_token_lives_no_longer_than_its_workspace_allows(format: TokenFormat) -> None:
    short = new_key(format, max_lifetime=60)
    assert refusal(mint, format, short).reason == Reason.EXP_TOO_FAR
    token = mint(format, replace(short, max_lifetime=86_400))
    assert refusal(read, format, token, short).reason == Reason.EXP_TOO_FAR


@pytest.mark.parametrize("value", [b"", b"x", b"x" * 16, b"x" * 24, b"x" * 31])
def test_p_sr_05_a_key_value_that_is_too_short_opens_nothing(format: TokenFormat, value: bytes) -> None:
    key = new_key(format)
    token = mint(format, key)
    assert refusal(read, format, token, replace(key, value=value)).reason == Reason.BAD_SIGNATURE
    assert refusal(mint, format, replace(key, value=value)).reason == Reason.REVOKED_KEY


@given(text=st.text(max_size=200))
@example(text="")
@example(text="\ud800")
@settings(deadline=None, max_examples=60)
def test_any_text_is_refused(format: TokenFormat, text: str) -> None:
    error = refusal(read, format, text, new_key(format))
    assert error.outside.code == "token_invalid"


@given(data=st.data())
@settings(deadline=None, max_examples=200)
def test_a_token_with_any_change_is_refused(format: TokenFormat, data: st.DataObject) -> None:
    key = new_key(format)
    token = mint(format, key)
    begin = data.draw(st.integers(0, len(token)))
    end = data.draw(st.integers(begin, min(begin + 3, len(token))))
    url_safe = st.sampled_from("ABCXYZabcxyz0189-_.=~+/")
    patch = data.draw(st.text(url_safe, max_size=3) | st.text(max_size=2))
    changed = token[:begin] + patch + token[end:]
    assume(changed != token)
    error = refusal(read, format, changed, key)
    assert error.outside.code == "token_invalid"
