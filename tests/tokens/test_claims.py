"""The digest, by which a token is counted once and revoked."""

from tokens.claims import token_digest


def test_bytes_that_move_from_one_piece_into_the_next_make_another_digest() -> None:
    spellings = [
        ("explo_jwe", "es_1", (b"ab", b"c")),
        ("explo_jwe", "es_1", (b"a", b"bc")),
        ("explo_jwe", "es_1", (b"abc",)),
        ("explo_jwe", "es_1", (b"abc", b"")),
        ("explo_jwe", "es_1a", (b"bc",)),
        ("explo_jwe", "es_", (b"1abc",)),
        ("explo_jwee", "s_1", (b"abc",)),
    ]
    assert len({token_digest(*spelling) for spelling in spellings}) == len(spellings)


def test_format_and_key_belong_to_the_digest() -> None:
    parts = (b"a", b"b")
    digests = {token_digest(format, key, parts) for format in ("explo_jwe", "jwt_x") for key in ("es_1", "es_2")}
    assert len(digests) == 4
