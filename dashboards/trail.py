"""What a panel was read from and for whom, without any value: the lines of usage and access log.

Each query is written down before it is sent to the owner's database and again when it ended, so that a process that is
killed in between has counted it. A stale result's refresh names its customer and no viewer, since it is nobody's in
particular. Previews and other jobs leave no lines.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from datasources.compile import Compiled
from datasources.rules import Kind, Rules, TableRule
from embedhost.lib import journal, request_id
from embedhost.lib.crypto import derived_key
from embedhost.lib.memory import Recent
from tokens.grant import Grant, Purpose

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Read:
    """What a shown panel was read from: its tables, a digest per scoped table's predicate, and its number of rows.

    ``cached`` tells that the owner's database was not asked for it now.
    """

    panel: str
    tables: tuple[str, ...]
    predicates: tuple[str, ...]
    rows: int
    cached: bool


def who(grant: Grant) -> dict[str, Any]:
    """Return who looks at what, as every line about a viewer says it."""
    customer = grant.customer
    return {
        "organization": grant.organization_id,
        "dashboard": grant.dashboard_id,
        "customer": customer.id if customer else None,
        "external_id": customer.external_id if customer else "",
        "viewer": "" if grant.purpose is Purpose.REFRESH else grant.viewer_id or "",
        "digest": grant.token_digest,
        "request": request_id.current(),
    }


def is_counted(grant: Grant) -> bool:
    """Tell whether what this Grant shows or asks is usage; previews and jobs that no viewer caused are not."""
    return grant.purpose in (Purpose.EMBED, Purpose.REFRESH)


def what(reads: Sequence[Read]) -> dict[str, Any]:
    """Return what was read together: every table once, one digest for all predicates, the sum of rows."""
    if len(reads) == 1:
        read = reads[0]
        return {"tables": read.tables, "predicate": predicate_of(read.predicates), "rows": read.rows}
    return {
        "tables": sorted({table for read in reads for table in read.tables}),
        "predicate": predicate_of({predicate for read in reads for predicate in read.predicates}),
        "rows": sum(read.rows for read in reads),
    }


def predicate_of(predicates: Collection[str]) -> str:
    """Return one digest for a set of predicates: the only one itself, empty when nothing was scoped."""
    if len(predicates) == 1:
        return next(iter(predicates))
    distinct = sorted(set(predicates))
    return distinct[0] if len(distinct) == 1 else _digest("\n".join(distinct)) if distinct else ""


#: By the statement's digest, which covers the rules of its tables, and the bound scope values.
_predicates: Recent[tuple[str, tuple[object, ...]], tuple[str, ...]] = Recent(20_000)


def predicates_of(compiled: Compiled, params: Sequence[object], rules: Rules) -> tuple[str, ...]:
    """Return a digest per scoped table of its rule and the value bound to it; equal for equal rules and values."""
    if not compiled.scoped:
        return ()
    bound = tuple(
        (bind.name, value) for bind, value in zip(compiled.binds, params, strict=True) if bind.source == "scope"
    )
    key = (compiled.digest, bound)
    known = _predicates.get(key)
    if known is None:
        values = dict(bound)
        scoped = [(table, digest) for table, kind, digest in compiled.tables if kind == Kind.SCOPED]
        known = tuple(_digest(f"{digest}\n{_bound_to(rules.get(table), values)}") for table, digest in scoped)
        _predicates.put(key, known)
    return known


def _bound_to(rule: TableRule, values: Mapping[str, object]) -> str:
    return "\n".join(repr(values[condition.property]) for condition in rule.conditions())


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=16, key=_key()).hexdigest()


@cache
def _key() -> bytes:
    """With a key, nobody who sees a digest can find its value by guessing."""
    return derived_key("predicate")


class Trail:
    """The lines of one query, made in the request's thread and written in the flight's."""

    def __init__(self, grant: Grant, read: Read) -> None:
        self._facts = {**who(grant), **what([read]), "panel": read.panel} if is_counted(grant) else None

    def follow(self, query: Callable[[], T], rows_of: Callable[[T], int], now: Callable[[], float]) -> T:
        """Run a query between its two lines. Raises what it raises, and ServiceUnavailable when one cannot be kept."""
        sent = now()
        self._write("query", sent)
        rows: int | None = None
        try:
            result = query()
            rows = rows_of(result)
        finally:
            self._write("answer", now(), seconds=round(now() - sent, 6), rows=rows)
        return result

    def _write(self, kind: str, at: float, **more: object) -> None:
        if self._facts is not None:
            journal.write_or_refuse(kind, **{**self._facts, "at": at, **more})
