"""USING and NATURAL, written out as ON, so that the database need not find common columns itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from datasources.dialect import Dialect
from datasources.errors import QueryRejected
from datasources.gate.names import Frame, Relation


@dataclass(frozen=True, slots=True)
class Pair:
    """A column that both sides of a join have."""

    key: str
    name: str
    left: Any
    right: Any


def common_columns(join: Any, frame: Frame, right: Relation, dialect: Dialect) -> list[Pair]:
    """Return what USING or NATURAL compares, before the right side is part of the frame. Raises QueryRejected."""
    if str(join.args.get("method") or "").upper() == "NATURAL":
        pairs = list(_natural(frame, right))
        if not pairs:
            raise QueryRejected("NATURAL JOIN finds no column that both sides have. Write ON.")
        return pairs
    return [_using(item, frame, right, dialect) for item in join.args.get("using") or []]


def _natural(frame: Frame, right: Relation) -> Iterator[Pair]:
    for key, name in right.columns.items():
        left = frame.own(key, name)
        if left is not None:
            yield Pair(key, name, left, right.column(key))


def _using(item: Any, frame: Frame, right: Relation, dialect: Dialect) -> Pair:
    name = dialect.written(item.name, item.args.get("quoted") is True)
    key = dialect.key(name)
    left = frame.own(key, name)
    if left is None or key not in right.columns:
        raise QueryRejected(f"USING ({name}) needs that column on both sides.")
    return Pair(key, name, left, right.column(key))


def merge_columns(join: Any, frame: Frame, pairs: list[Pair]) -> None:
    """Write the join's condition as ON and let each merged column stand for both sides."""
    join.set("using", None)
    join.set("method", None)
    equal = [exp.EQ(this=pair.left.copy(), expression=pair.right.copy()) for pair in pairs]
    join.set("on", exp.and_(*equal, copy=False))
    for pair in pairs:
        frame.merged[pair.key] = (pair.name, _merged(join, pair))
        frame.covered |= {(relation.alias, pair.key) for relation in frame.relations.values()}


def _merged(join: Any, pair: Pair) -> Any:
    side = str(join.args.get("side") or "").upper()
    if side == "FULL":
        return exp.Coalesce(this=pair.left, expressions=[pair.right])
    return pair.right if side == "RIGHT" else pair.left
