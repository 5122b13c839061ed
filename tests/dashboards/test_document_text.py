"""Documents as texts: what is refused before anybody looks at it as a dashboard, and where each value stands."""

import json
import time
from typing import Any

import pytest

from dashboards.document_api import DocumentInvalid
from dashboards.document_text import MAX_BYTES, Sent, Unreadable, read_json, read_yaml
from dashboards.spec import SpecError, parse

_NINE = ",".join(["x"] * 9)
_PAIRS = zip("abcdef", "bcdefg", strict=True)
_LAUGHS = "".join(f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n" for before, name in _PAIRS)
_LONG = f"a: &a {'x' * 1000}\nb: [{','.join(['*a'] * 2000)}]\n"


def refusal(text: str | bytes) -> Unreadable:
    with pytest.raises(Unreadable) as refused:
        read_yaml(text if isinstance(text, bytes) else text.encode())
    return refused.value


def test_what_could_make_a_small_text_large_or_code_is_refused_at_its_place() -> None:
    begun = time.thread_time()
    for text, place in (
        (f"a: &a [{_NINE}]\n{_LAUGHS}", (6, 8)),
        (_LONG, (2, 3146)),
        ("a: &a [*a]", (1, 8)),
        ("a: *b", (1, 4)),
        ("a: &a [[[[[[[1]]]]]]]\nb: [*a]", (2, 5)),
        ("[" * 500_000, (1, 9)),
        ("a: 1\nb: {c: 1, c: 2}", (2, 11)),
        ("1: x", (1, 1)),
        ("? [a]\n: b", (1, 3)),
        ("x: !!python/object/apply:os.system [id]", (1, 4)),
        ("x: !!binary aGk=", (1, 4)),
        ("a: 1\n---\nb: 2", (2, 1)),
        ("a: .nan", (1, 4)),
        ("a: 99999999999999999999", (1, 4)),
        ("a: 0x" + "f" * 100_000, (1, 4)),
        ("a: [1", (2, 1)),
        ("- 1", (1, 1)),
        ("", (1, 1)),
        ("a: " + "[" + "1," * 200_000 + "]", (1, 199_999)),
    ):
        assert refusal(text).position == place, text[:50]
    assert time.thread_time() - begun < 20
    for unreadable in ("a: \0", b"a: \xff", "a: " + "x" * MAX_BYTES):
        assert refusal(unreadable).position is None


def test_an_alias_within_bounds_is_what_it_stands_for_and_a_date_stays_text() -> None:
    sent = read_yaml(
        b"a: &a {sql: SELECT 1}\nb: [*a, *a]\nday: 2026-01-31\nwidth: 4.0\nyes: true\n".replace(b"yes", b"'yes'")
    )
    sql = {"sql": "SELECT 1"}
    assert sent.document == {"a": sql, "b": [sql, sql], "day": "2026-01-31", "width": 4, "yes": True}
    assert type(sent.document["width"]) is int
    sent.document["b"][0]["sql"] = "other"
    assert sent.document["b"][1] == sql
    assert sent.position(("b", "1", "sql")) == (2, 9)


def _at(sent: Sent, *place: str) -> str:
    """Return what stands in the text where the value's FROM is said to be."""
    value: Any = sent.document
    for part in place:
        value = value[int(part)] if isinstance(value, list) else value[part]
    position = sent.position(place, str(value).index("FROM"))
    assert position is not None
    return sent.text.split("\n")[position[0] - 1][position[1] - 1 :][:4]


def test_a_character_of_a_text_is_found_in_every_way_to_write_it() -> None:
    for text in (
        "sql: |\n    SELECT 1\n\n      FROM x\n",
        "sql: |2-\n    a\n   FROM x\n",
        "a: é\nsql: SELECT 1\n\n   FROM x\n",
        'sql: "SELECT \\"\\x41\\"\n\n  FROM x"\n',
        "sql: 'SELECT ''a''\n  FROM x'\n",
        'sql: "a\\\n   FROM x"',
        "sql: |\r\n  SELECT 1\r\n  FROM x\r\n",
    ):
        assert _at(read_yaml(text.encode()), "sql") == "FROM", text
    folded = read_yaml(b"sql: >\n  SELECT 1\n  FROM x\n")
    assert folded.position(("sql",), 9) == (1, 6)
    sent = read_json('{"a": [1, {"sql": "SELECT \\"é\\" \\ud83d\\ude00\\n FROM x"}], "b": {}}'.encode())
    assert _at(sent, "a", "1", "sql") == "FROM"
    assert sent.position(("b", "missing", "deeper"), 7) == (1, sent.text.index("{}") + 1)


def test_json_is_as_strict_as_every_other_body_and_says_the_line_of_a_slip() -> None:
    for text, place in (
        ('{"a": 1,\n "b": }', (2, 7)),
        ("[]", None),
        ('{"a": 1, "a": 2}', None),
        ("{'a': 1}", (1, 2)),
        ('{"a": "\\u0000"}', (1, 7)),
        ('{"a": "\\ud800"}', None),
        ("[" * 100_000, None),
        ('{"a": NaN}', None),
    ):
        with pytest.raises(Unreadable) as refused:
            read_json(text.encode())
        assert refused.value.position == place, text[:50]


def test_a_bare_time_stays_text_and_is_never_counted_in_base_60() -> None:
    begun = time.thread_time()
    for text in ("12:30", "1:30.5", "1" + ":00" * 200 + ".5", "1" + ":0" * 500_000):
        assert read_yaml(f"a: {text}".encode()).document == {"a": text}
    assert time.thread_time() - begun < 5


def test_a_document_with_many_mistakes_is_refused_as_fast_as_one_with_few() -> None:
    panels = [{"id": "a", "type": "text", "title": "A", "text": "a"}] * 3_000
    names = {f"a{number}": 1 for number in range(20_000)}
    for document in ({"pad": "x" * 600_000, **names}, {"title": "A", "slug": "a", "panels": panels}):
        sent = read_json(json.dumps(document).encode())
        with pytest.raises(SpecError) as refused:
            parse(sent.document)
        begun = time.thread_time()
        problem = DocumentInvalid(sent, refused.value.found)
        assert time.thread_time() - begun < 2
        assert (problem.status, len(problem.errors)) == (400, 100)
