"""Placeholders are found in time that grows with the text alone, whatever an author opens and never closes."""

import time

import pytest

from datasources.errors import QueryRejected
from datasources.template import choose, expand, names_used


def test_what_is_opened_and_never_closed_costs_no_more_than_what_is() -> None:
    begun = time.thread_time()
    for unclosed in ("{{" * 20_000, "/*x" * 13_000, "{{x" * 13_000, " ".join(f"$a{'b' * n}$" for n in range(280))):
        sql = f"SELECT {unclosed}"
        assert names_used(sql) == frozenset()
        assert choose(sql, frozenset()) == expand(sql, frozenset()).sql == sql
    for use in (names_used, lambda sql: choose(sql, frozenset()), lambda sql: expand(sql, frozenset())):
        with pytest.raises(QueryRejected) as refused:
            use("$a$ $b$ " * 300)
        assert "dollar signs" in refused.value.problem
    assert time.thread_time() - begun < 10


def test_a_comment_that_is_never_closed_holds_no_placeholder() -> None:
    with pytest.raises(QueryRejected) as refused:
        names_used("SELECT 1 /* {{ region }}")
    assert "inside a comment" in refused.value.problem
