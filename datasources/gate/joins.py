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
    if method_of(join) == "NATURAL":
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


def method_of(join: Any) -> str:
    """Return NATURAL, ASOF, POSITIONAL or nothing."""
    return str(join.args.get("method") or "").upper()


def kind_of(join: Any) -> str:
    """Return INNER, OUTER, CROSS, SEMI, ANTI or nothing."""
    return str(join.args.get("kind") or "").upper()


def check_join(join: Any, dialect: Dialect) -> None:
    """Raise QueryRejected for a join that the database does not have, or that lacks or repeats a part."""
    own = {method_of(join), kind_of(join)} & {"ASOF", "POSITIONAL", "SEMI", "ANTI"}
    if own - dialect.joins:
        raise QueryRejected(f"{' '.join(own)} JOIN is not allowed with this database.")
    if own & {"SEMI", "ANTI"} and join.args.get("side"):
        raise QueryRejected("SEMI JOIN and ANTI JOIN take no side.")
    if own - {"POSITIONAL"} and not (join.args.get("on") or join.args.get("using")):
        raise QueryRejected(f"{' '.join(own)} JOIN needs ON or USING.")


def condition_of(join: Any, pairs: list[Pair]) -> Any:
    """Return the condition that USING or NATURAL means; in an ASOF JOIN the last column is not later."""
    compared: list[Any] = [exp.EQ(this=pair.left.copy(), expression=pair.right.copy()) for pair in pairs]
    if method_of(join) == "ASOF":
        compared[-1] = exp.GTE(this=pairs[-1].left.copy(), expression=pairs[-1].right.copy())
    return exp.and_(*compared, copy=False)


def merge_columns(join: Any, frame: Frame, pairs: list[Pair]) -> None:
    """Write the join's condition as ON and let each merged column stand for both sides."""
    join.set("on", condition_of(join, pairs))
    join.set("using", None)
    if method_of(join) == "NATURAL":
        join.set("method", None)
    for pair in pairs:
        frame.merged[pair.key] = (pair.name, _merged(join, pair))
        frame.covered |= {(relation.alias, pair.key) for relation in frame.relations.values()}


def _merged(join: Any, pair: Pair) -> Any:
    side = str(join.args.get("side") or "").upper()
    if side == "FULL":
        return exp.Coalesce(this=pair.left, expressions=[pair.right])
    return pair.right if side == "RIGHT" else pair.left
