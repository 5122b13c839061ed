"""JSON without liberties."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokens.strict_json import JSONRefused, Limits, read_object

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"))
)
OBJECTS = st.dictionaries(st.text(st.characters(codec="utf-8")), SCALARS | st.lists(SCALARS), max_size=6)


@given(OBJECTS, st.booleans())
def test_an_object_is_read_as_it_was_written(value: dict[str, object], ascii: bool) -> None:
    assert read_object(json.dumps(value, ensure_ascii=ascii).encode()) == value


@given(st.binary(max_size=80) | st.text(alphabet='{}[]",:\\ue0123456789.-+nulltrueNaN', max_size=80).map(str.encode))
def test_no_bytes_bring_anything_but_an_object_or_a_refusal(data: bytes) -> None:
    with contextlib.suppress(JSONRefused):
        assert isinstance(read_object(data), dict)


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":1}',
        '{"a":{"b":1,"b":2}}',
        '{"a":1,"\\u0061":2}',
        '{"a":NaN}',
        '{"a":Infinity}',
        '{"a":-Infinity}',
        '{"a":1e999}',
        '{"a":-1e999}',
        '{"a":12345678901234567890}',
        '{"a":-12345678901234567890}',
        '{"a":"\\ud800"}',
        '{"\\udfff":1}',
        '{"a":["\\ud800x"]}',
        '{"a":1,}',
        "{'a':1}",
        '{"a":1}{}',
        '{"a":"\n"}',
        "[]",
        "",
        "{" + '"a":{' * 8 + "}" * 9,
        '{"a":' + "[" * 100_000,
    ],
)
def test_a_liberty_is_refused(text: str) -> None:
    with pytest.raises(JSONRefused):
        read_object(text.encode())


def test_eight_levels_and_nineteen_digits_are_read() -> None:
    assert read_object(b'{"a":' * 8 + b"9223372036854775807" + b"}" * 8)
    assert read_object(b'{"a":"\\ud83d\\ude00","b":[[],[],[],[],[],[],[],[],[]]}')["a"] == "😀"


def test_a_caller_with_shapes_of_its_own_may_take_longer_numbers_and_deeper_objects() -> None:
    limits = Limits(digits=20, levels=9)
    assert read_object(b'{"a":' * 8 + b'{"b":-12345678901234567890}' + b"}" * 8, limits)
    for text in (b'{"a":' * 9 + b"{}" + b"}" * 9, b'{"a":123456789012345678901}'):
        with pytest.raises(JSONRefused):
            read_object(text, limits)


def test_bytes_that_are_not_utf_8_are_refused() -> None:
    for data in (b'{"a":"\xff"}', b'{"a":"\xed\xa0\x80"}', '{"a":1}'.encode("utf-16")):
        with pytest.raises(JSONRefused):
            read_object(data)
