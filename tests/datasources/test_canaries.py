"""Rows read by hand and rows planted in a copy, on every engine: the isolation report rests on them."""

from dataclasses import replace
from pathlib import Path

import pytest

from datasources.canaries import copied, may_be_copied, own_texts, plant, shared_texts
from datasources.rules import FAMILY, Condition
from datasources.scope import Scope
from datasources.snapshot import SourceSnapshot
from tests.datasources.world import Ask, cells, schema_of, scoped, shared, with_rules

ACME = Scope(1, "acme", 1, {"region": "North", "ids": (1, 10)}, ("acme", "globex"))


def orders(source: SourceSnapshot) -> str:
    return f"{schema_of(source)}.orders"


def test_a_customers_texts_are_read_by_hand(source: SourceSnapshot) -> None:
    found = own_texts(source, orders(source), ACME)
    assert {"CANARY-a-acme-0", "CANARY-a-acme-1", "CANARY-a-acme-2", "acme"} <= found
    assert not [text for text in found if "globex" in text]
    narrow = with_rules(source, replace(scoped(source, "orders", "cst"), also=(Condition("region", "region"),)))
    assert {text for text in own_texts(narrow, orders(source), ACME) if "CANARY" in text} == {
        "CANARY-a-acme-0",
        "CANARY-a-acme-2",
    }
    family = with_rules(source, scoped(source, "orders", "cst", FAMILY))
    assert "CANARY-a-globex-4" in own_texts(family, orders(source), ACME)
    numbered = with_rules(source, scoped(source, "numbered", "cst", "ids"))
    assert len(own_texts(numbered, f"{schema_of(source)}.numbered", ACME)) == 2
    assert own_texts(source, orders(source), Scope(9, "x' OR '1'='1", 1)) == frozenset()


def test_shared_texts_are_everybodys(source: SourceSnapshot) -> None:
    assert "The North" in shared_texts(source, f"{schema_of(source)}.regions")


@pytest.mark.parametrize("engine", ["duckdb", "sqlite"])
def test_a_canary_is_planted_in_a_copy_and_nowhere_else(
    sources: dict[str, SourceSnapshot], engine: str, tmp_path: Path
) -> None:
    source = with_rules(sources[engine], scoped(sources[engine], "orders", "cst"), shared(sources[engine], "regions"))
    assert may_be_copied(source)
    copy = copied(source, tmp_path, "copy")
    assert plant(copy, ACME, "CANARY-x") == {orders(source)}
    seen = cells(Ask(copy)("SELECT note, amount FROM orders WHERE note LIKE 'CANARY-x%'"))
    assert [(note, float(amount)) for note, amount in seen] == [("CANARY-x-note", 7_654_321.25)]
    assert cells(Ask(copy, "globex")("SELECT count(*) FROM orders WHERE note LIKE 'CANARY-x%'")) == [(0,)]
    assert cells(Ask(source)("SELECT count(*) FROM orders")) == [(3,)]


@pytest.mark.parametrize("engine", ["postgresql", "mariadb"])
def test_a_server_is_not_copied(sources: dict[str, SourceSnapshot], engine: str) -> None:
    assert not may_be_copied(sources[engine])
