"""Keys: their quality, and that nothing prints them (P-SR-05, and the part of P-SR-04 that lies in tokens/)."""

import traceback
from dataclasses import replace

import pytest

from tests.tokens.forge import ALICE, CLAIMS, NOW, Keys, claims_with, forge, header, read, refusal
from tokens.errors import TokenError
from tokens.formats import MINTED
from tokens.keys import find_key, is_key_id

SECRET = ALICE.value.decode()


def test_p_sr_05_a_jwe_key_value_is_32_ascii_characters_of_64_symbols() -> None:
    values = [MINTED["explo_jwe"].new_key_value() for _ in range(2_000)]
    assert {len(value.encode("ascii")) for value in values} == {32}
    assert len(set("".join(values))) == 64
    assert len(set(values)) == 2_000


def test_a_key_never_shows_its_value() -> None:
    assert SECRET not in repr(ALICE) + str(ALICE)
    assert SECRET not in repr(read(forge(CLAIMS)))


REFUSED = [
    forge(claims_with(cst=" hush-hush")),
    forge(claims_with(cst=["hush-hush"])),
    forge(claims_with(exp="hush-hush")),
    forge('{"cst":"hush-hush","cst":"hush-hush"}'),
    forge('{"cst":"hush-hush"'),
    forge(b'{"cst":"hush-hush\xff"}'),
    forge(claims_with(cst="hush-hush", exp=NOW - 999)),
    forge(claims_with(cst="hush-hush", vwr="hush-hush", var=["hush-hush"])),
    forge(CLAIMS, header(kid="hush-hush")),
    forge(CLAIMS, header(typ="hush-hush")),
    forge(CLAIMS, header(alg="hush-hush")),
    forge(CLAIMS, '{"alg":"hush-hush"'),
    "hush-hush....",
    forge(claims_with(cst="hush-hush"), key=b"0" * 32),
]


@pytest.mark.parametrize("token", REFUSED)
def test_a_refusal_shows_neither_the_key_nor_a_value_of_the_token(token: str) -> None:
    for keys in (Keys(ALICE), Keys(replace(ALICE, state="revoked"))):
        error = refusal(read, token, keys=keys)
        shown = "".join(traceback.format_exception(error)) + repr(error) + str(error) + repr(error.__dict__)
        assert "hush-hush" not in shown
        assert SECRET not in shown
        assert token not in shown
        assert chain(error) == [], "A cause would carry the library's text."


def chain(error: TokenError) -> list[BaseException]:
    return [cause for cause in (error.__cause__, error.__context__) if cause is not None]


def test_a_key_id_is_short_and_plain() -> None:
    assert is_key_id("es_9f27c1ab")
    assert is_key_id("a" * 64)
    for text in ("", "a" * 65, "a b", "a.b", "ä", "a\n", "\ud800"):
        assert not is_key_id(text)


def test_a_key_is_found_by_format_and_id_only() -> None:
    assert find_key(Keys(ALICE), "explo_jwe", ALICE.key_id) is ALICE
    assert find_key(Keys(ALICE), "chartio_jwt", ALICE.key_id) is None
