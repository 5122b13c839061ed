"""What every format with embed secrets keeps, so that a new one joins with a line."""

import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tests.tokens.forge import NOW, Keys, refusal
from tokens.claims import Claims
from tokens.doors import DOORS, open_token
from tokens.errors import Reason
from tokens.formats import FORMATS, MINTED, MintedFormat
from tokens.keys import Key
from tokens.strict_json import JSONRefused, read_object
from tokens.view import View

pytestmark = pytest.mark.parametrize("format", MINTED.values(), ids=list(MINTED))


#: The dashboard of the organization that new_key's keys belong to, as each format names one.
DASHBOARD: dict[str, str | int] = {"embed_id": "5a0f0a6e-0000-4000-8000-000000000003", "id": 3, "tag": "of the tag"}


def new_key(format: MintedFormat, **changes: object) -> Key:
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


def mint(format: MintedFormat, key: Key, lifetime: int = 600) -> str:
    # Superset's rule names the scope's column; the others' variables name the customer where no claim does.
    named = {"cst" if format.name == "superset_guest" else "CUSTOMER": "acme"}
    by_variable = format.name == "superset_guest" or not format.names_customer
    view = View(DASHBOARD[format.dashboard_by], "acme", lifetime, variables=named if by_variable else None)
    return format.mint(key, view, NOW)


def doors(format: MintedFormat) -> Iterator[str]:
    return (door for door, name in DOORS.items() if name == format.name)


def read(format: MintedFormat, token: str, *keys: Key, now: float = NOW) -> Claims:
    return open_token(next(doors(format)), token, Keys(*keys), now)


def test_a_format_says_what_it_is_and_has_doors(format: MintedFormat) -> None:
    assert FORMATS[format.name] is format
    assert format.kind in {"jwe", "jwt", "hmac"}
    assert format.label
    assert f"data/{format.name}" in set(doors(format))


def test_a_minted_token_opens_at_every_door_of_its_format(format: MintedFormat) -> None:
    key = new_key(format)
    token = mint(format, key)
    for door in doors(format):
        claims = open_token(door, token, Keys(key), NOW)
        assert (claims.format, claims.key) == (format.name, key)
        assert claims.dashboard == (None if format.dashboard_by == "tag" else DASHBOARD[format.dashboard_by])
        assert (claims.customer or claims.variables["CUSTOMER"]) == "acme"
        assert (claims.issued_at, claims.expires_at) == (NOW, NOW + 600)


def test_a_minted_token_is_refused_at_every_other_door(format: MintedFormat) -> None:
    key = new_key(format)
    for door in set(DOORS) - set(doors(format)):
        error = refusal(open_token, door, mint(format, key), Keys(key), NOW)
        assert error.reason == Reason.MALFORMED


def test_two_tokens_for_the_same_view_differ_and_so_do_their_digests(format: MintedFormat) -> None:
    key = new_key(format)
    one, other = mint(format, key), mint(format, key)
    assert one != other
    assert read(format, one, key).digest != read(format, other, key).digest
    assert read(format, one, key).digest == read(format, one, key).digest


def test_a_digest_depends_on_the_key(format: MintedFormat) -> None:
    key = new_key(format)
    claims = read(format, mint(format, key), key)
    assert len(claims.digest) == 64
    assert set(claims.digest) <= set("0123456789abcdef")


def test_key_values_are_new_each_time(format: MintedFormat) -> None:
    assert len({format.new_key_value() for _ in range(200)}) == 200


def test_a_verify_only_key_opens_old_tokens_and_makes_no_new_ones(format: MintedFormat) -> None:
    active = new_key(format)
    verify_only = replace(active, state="verify_only")
    assert read(format, mint(format, active), verify_only).key == verify_only
    assert refusal(mint, format, verify_only).reason == Reason.REVOKED_KEY


@pytest.mark.parametrize("state", ["revoked", "", "ACTIVE", "something new"])
def test_a_key_in_any_other_state_is_refused(format: MintedFormat, state: str) -> None:
    active = new_key(format)
    error = refusal(read, format, mint(format, active), replace(active, state=state))
    assert (error.reason, error.outside.code) == (Reason.REVOKED_KEY, "token_invalid")
    assert (error.key_id, error.organization_id, error.verified) == (active.key_id, 3, False)


def test_an_unknown_key_and_a_wrong_key_value_are_refused(format: MintedFormat) -> None:
    key = new_key(format)
    token = mint(format, key)
    assert refusal(read, format, token).reason == Reason.UNKNOWN_KEY
    other = replace(key, value=format.new_key_value().encode())
    assert refusal(read, format, token, other).reason == Reason.BAD_SIGNATURE


def test_a_key_of_another_format_is_not_used(format: MintedFormat) -> None:
    key = new_key(format)
    keys = Keys()
    keys.keys[(format.name, key.key_id)] = replace(key, format="another_format")
    error = refusal(open_token, next(doors(format)), mint(format, key), keys, NOW)
    assert error.reason == Reason.UNKNOWN_KEY


def test_a_token_ends(format: MintedFormat) -> None:
    key = new_key(format)
    token = mint(format, key)
    assert read(format, token, key, now=NOW + 600 + 59)
    error = refusal(read, format, token, key, now=NOW + 600 + 60)
    assert (error.reason, error.verified, error.organization_id) == (Reason.EXPIRED, True, 3)


def test_a_token_lives_no_longer_than_its_workspace_allows(format: MintedFormat) -> None:
    short = new_key(format, max_lifetime=60)
    assert refusal(mint, format, short).reason == Reason.EXP_TOO_FAR
    token = mint(format, replace(short, max_lifetime=86_400))
    assert refusal(read, format, token, short).reason == Reason.EXP_TOO_FAR


@pytest.mark.parametrize("value", [b"", b"x", b"x" * 16, b"x" * 24, b"x" * 31])
def test_p_sr_05_a_key_value_that_is_too_short_opens_nothing(format: MintedFormat, value: bytes) -> None:
    key = new_key(format)
    token = mint(format, key)
    assert refusal(read, format, token, replace(key, value=value)).reason == Reason.BAD_SIGNATURE
    assert refusal(mint, format, replace(key, value=value)).reason == Reason.REVOKED_KEY


@given(text=st.text(max_size=200))
@example(text="")
@example(text="\ud800")
@settings(max_examples=60)
def test_any_text_is_refused(format: MintedFormat, text: str) -> None:
    error = refusal(read, format, text, new_key(format))
    assert error.outside.code == "token_invalid"


def fields(token: str) -> object:
    """Decode base64 as loosely as a vendor's client may have written it, and the object in it."""
    bare = token.translate(str.maketrans("-_ ", "+/+")).rstrip("=")
    if not re.fullmatch("[A-Za-z0-9+/]+", bare) or len(bare) % 4 == 1:
        return None
    try:
        return read_object(b64decode(bare + "=" * (-len(bare) % 4)))
    except JSONRefused:
        return None


@given(data=st.data())
@settings(max_examples=200)
def test_a_token_with_any_change_is_refused_or_the_very_same(format: MintedFormat, data: st.DataObject) -> None:
    key = new_key(format)
    token = mint(format, key)
    whole = read(format, token, key)
    begin = data.draw(st.integers(0, len(token)))
    end = data.draw(st.integers(begin, min(begin + 3, len(token))))
    url_safe = st.sampled_from("ABCXYZabcxyz0189-_.=~+/")
    patch = data.draw(st.text(url_safe, max_size=3) | st.text(max_size=2))
    changed = token[:begin] + patch + token[end:]
    assume(changed != token)
    if format.name == "papermap_hmac" and fields(changed) == fields(token):
        # Another spelling of the same fields, such as a line break after them, is the same token.
        assert read(format, changed, key) == whole
    else:
        assert refusal(read, format, changed, key).outside.code == "token_invalid"
