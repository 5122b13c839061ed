"""The isolation report: every query of a dashboard for two customers, and whether one saw anything of the other.

A source that is a file is copied, and rows that only one customer may see are planted in the copy: the other one's
result must be what it was without them, to the last number. Where nothing can be copied, the texts that only one
customer's rows hold are looked for in the other's result.
"""

import secrets
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from django.conf import settings

from customers.facts import find_customer
from customers.families import family_of
from customers.models import Customer
from dashboards.choices import choices_panels
from dashboards.facts import DashboardFacts, find_dashboard, spec_of
from dashboards.grants import for_job
from dashboards.models import Dashboard
from dashboards.queries import PanelRequest, Prepared, prepare
from dashboards.spec import DashboardSpec, PanelSpec
from dashboards.variables import resolve
from datasources.canaries import copied, may_be_copied, own_texts, plant, shared_texts
from datasources.engines import ENGINES
from datasources.errors import DataSourceError, QueryRejected
from datasources.rules import Kind, TableRule
from datasources.run import Result, run_statement
from datasources.scope import Scope
from datasources.snapshot import SourceSnapshot
from embedhost.lib.errors import Refused
from tokens.grant import GrantCustomer, Purpose


class Verdict(StrEnum):
    """What the report says of a query; ``leak`` is worst."""

    LEAK = "leak"
    UNCHECKED = "not checked"
    REFUSED = "refused"
    SHARED = "shared data only"
    ISOLATED = "isolated"


_WORST = list(Verdict)


@dataclass(frozen=True, slots=True)
class Line:
    """One query for both customers. ``predicates`` has a sentence per scoped table, ``why`` a sentence or nothing."""

    dashboard: str
    query: str
    title: str
    tables: tuple[str, ...]
    predicates: tuple[str, ...]
    walls: str
    how: str
    rows: int
    verdict: Verdict
    why: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Every query of some dashboards, for two customers."""

    customers: tuple[str, str]
    lines: tuple[Line, ...]
    seconds: float = 0.0

    @property
    def leaks(self) -> tuple[Line, ...]:
        """Return the lines that must not be."""
        return tuple(line for line in self.lines if line.verdict is Verdict.LEAK)


class NotEnoughCustomers(Refused):
    status = 400
    code = "customers_missing"
    message = "The report compares two customers. Make a second one, or name two that exist."


def report_on(dashboards: Sequence[Dashboard], workspace_id: str, names: Sequence[str] = ()) -> Report:
    """Check every panel and every query of choices of some dashboards of a workspace.

    ``names`` are the external ids of two customers; without them the first two are taken. Raises NotEnoughCustomers.
    """
    started = time.monotonic()
    pair = _two(workspace_id, names)
    with _copies() as copies:
        lines = [line for row in dashboards for line in _dashboard(row, workspace_id, pair, copies)]
    return Report((pair[0].external_id, pair[1].external_id), tuple(lines), time.monotonic() - started)


def _two(workspace_id: str, names: Sequence[str]) -> tuple[GrantCustomer, GrantCustomer]:
    rows = Customer.objects.filter(workspace_id=workspace_id, deleted_at=None).order_by("id")
    wanted = list(dict.fromkeys(names)) or list(rows.values_list("external_id", flat=True)[:2])
    found = [customer for name in wanted if (customer := find_customer(workspace_id, name)) is not None]
    if len(found) != 2 or len(wanted) != 2:
        raise NotEnoughCustomers
    return found[0], found[1]


def _dashboard(
    row: Dashboard, workspace_id: str, pair: tuple[GrantCustomer, GrantCustomer], copies: "Copies"
) -> Iterator[Line]:
    facts = find_dashboard(str(row.embed_id))
    if facts is None:
        return
    spec = spec_of(facts.latest_version_id)
    for panel in [*(panel for panel in spec.panels.values() if panel.sql), *choices_panels(spec)]:
        yield _line(facts, spec, panel, workspace_id, pair, copies)


def _line(
    facts: DashboardFacts,
    spec: DashboardSpec,
    panel: PanelSpec,
    workspace_id: str,
    pair: tuple[GrantCustomer, GrantCustomer],
    copies: "Copies",
) -> Line:
    checks = []
    for one, other in (pair, pair[::-1]):
        prepared = _prepared(facts, spec, panel, workspace_id, one)
        checks.append(_refused(prepared) if isinstance(prepared, Refused) else _checked(prepared, one, other, copies))
    worst = min(checks, key=lambda check: _WORST.index(check.verdict))
    known = next((check for check in checks if check.tables), worst)
    rows = sum(check.rows for check in checks)
    facts_of = (known.tables, known.predicates, known.walls, known.how)
    return Line(facts.title, panel.id, panel.title, *facts_of, rows, worst.verdict, worst.why)


@dataclass(frozen=True, slots=True)
class _Check:
    verdict: Verdict
    why: str = ""
    rows: int = 0
    tables: tuple[str, ...] = ()
    predicates: tuple[str, ...] = ()
    walls: str = ""
    how: str = ""


def _prepared(
    facts: DashboardFacts, spec: DashboardSpec, panel: PanelSpec, workspace_id: str, customer: GrantCustomer
) -> Prepared | Refused:
    grant = for_job(Purpose.JOB, facts, workspace_id, customer)
    values = resolve(spec, grant, {}, time_zone="UTC", now=time.time())
    try:
        return prepare(PanelRequest(grant, facts, spec, panel, values, "UTC"))
    except Refused as error:
        return error


def _refused(error: Refused) -> _Check:
    return _Check(Verdict.REFUSED, error.problem if isinstance(error, QueryRejected) else error.message)


def _checked(item: Prepared, one: GrantCustomer, other: GrantCustomer, copies: "Copies") -> _Check:
    verdict, why, how, rows = Verdict.SHARED, "", "read", 0
    try:
        if item.compiled.scoped:
            verdict, why, how, rows = _compared(item, one, other, copies)
        else:
            rows = _run(item, item.source).rows
    except (DataSourceError, OSError) as error:
        verdict, why = Verdict.UNCHECKED, getattr(error, "message", "") or "The source's file could not be copied."
    rules = [item.source.rules.get(table) for table, kind, _ in item.compiled.tables if kind == Kind.SCOPED]
    tables = tuple(table for table, _, _ in item.compiled.tables)
    walls = "two walls" if item.source.two_walls else "one wall"
    return _Check(verdict, why, rows, tables, tuple(map(_sentence, rules)), walls, how)


def _compared(
    item: Prepared, one: GrantCustomer, other: GrantCustomer, copies: "Copies"
) -> tuple[Verdict, str, str, int]:
    if may_be_copied(item.source):
        return (*_beside_canaries(item, other, copies), "canaries in a copy", copies.rows)
    result = _run(item, item.source)
    foreign = _only_of(item, other, one)
    seen = {cell for column in result.values for cell in column if isinstance(cell, str)} & foreign
    how = f"{len(foreign)} texts that only the other has"
    if seen:
        return Verdict.LEAK, f"{one.external_id} sees {len(seen)} texts of {other.external_id}.", how, result.rows
    if not foreign:
        return Verdict.UNCHECKED, f"{other.external_id} has no rows of its own to look for.", how, result.rows
    return Verdict.ISOLATED, "", how, result.rows


def _beside_canaries(item: Prepared, other: GrantCustomer, copies: "Copies") -> tuple[Verdict, str]:
    plain, planted, mark, tables = copies.of(item.source, other)
    before, after = _run(item, plain), _run(item, planted)
    copies.rows = after.rows
    if mark in repr(after.values):
        return Verdict.LEAK, f"A row planted for {other.external_id} is in the result."
    missing = {table for table, kind, _ in item.compiled.tables if kind == Kind.SCOPED} - tables
    if _settled(before) != _settled(after) and _settled(_run(item, plain)) == _settled(before):
        return Verdict.LEAK, f"The result is another one when {other.external_id} has a row more."
    if missing:
        return Verdict.UNCHECKED, f"No row could be planted in {', '.join(sorted(missing))}."
    return Verdict.ISOLATED, ""


def _settled(result: Result) -> list[str]:
    return sorted(map(repr, zip(*result.values, strict=True)))


def _run(item: Prepared, source: SourceSnapshot) -> Result:
    timeout = settings.STATEMENT_TIMEOUT_SECONDS
    return run_statement(source, item.compiled, item.params, timeout=timeout, max_rows=settings.MAX_ROWS)


def _only_of(item: Prepared, other: GrantCustomer, one: GrantCustomer) -> set[str]:
    """Return the texts that the other customer's rows have, and neither this one's nor any shared table."""
    found: set[str] = set()
    for table, kind, _ in item.compiled.tables:
        if kind == Kind.SCOPED:
            found |= own_texts(item.source, table, _scope(item, other)) - own_texts(
                item.source, table, _scope(item, one)
            )
    for table, kind, _ in item.compiled.tables:
        found -= (
            shared_texts(item.source, table)
            if kind == Kind.SHARED
            else own_texts(item.source, table, _scope(item, one))
        )
    return found


def _scope(item: Prepared, customer: GrantCustomer) -> Scope:
    family = family_of(item.request.grant.workspace_id, customer.external_id)
    return Scope(customer.id, customer.external_id, customer.generation, customer.properties, family)


def _sentence(rule: TableRule) -> str:
    parts = (f"{each.column} = {each.property}" for each in rule.conditions())
    return f"{rule.table}: {' and '.join(parts)}"


Copy = tuple[SourceSnapshot, SourceSnapshot, str, frozenset[str]]


@dataclass(slots=True)
class Copies:
    """Copies of files, made when they are first needed: as it is, and with a customer's canaries."""

    folder: Path
    rows: int = 0
    _plain: dict[int, SourceSnapshot] = field(default_factory=dict)
    _planted: dict[tuple[int, int], Copy] = field(default_factory=dict)

    def of(self, source: SourceSnapshot, customer: GrantCustomer) -> Copy:
        """Return (plain copy, copy with a customer's canaries, their mark, tables that have one). Raises OSError."""
        if source.id not in self._plain:
            self._plain[source.id] = copied(source, self.folder, f"{source.id}")
        key = (source.id, customer.id)
        if key not in self._planted:
            self._planted[key] = self._with_canaries(source, customer)
        return self._planted[key]

    def _with_canaries(self, source: SourceSnapshot, customer: GrantCustomer) -> Copy:
        copy, mark = copied(source, self.folder, f"{source.id}-{customer.id}"), f"CANARY-{secrets.token_hex(8)}"
        family = family_of(source.workspace_id, customer.external_id)
        scope = Scope(customer.id, customer.external_id, customer.generation, customer.properties, family)
        return self._plain[source.id], copy, mark, plant(copy, scope, mark)

    def close(self) -> None:
        """Let the engines go of the copies."""
        for source in [*self._plain.values(), *(copy[1] for copy in self._planted.values())]:
            ENGINES.close(source.engine, source.connection)


@contextmanager
def _copies() -> Iterator[Copies]:
    with tempfile.TemporaryDirectory(prefix="embedhost-isolation-") as folder:
        copies = Copies(Path(folder))
        try:
            yield copies
        finally:
            copies.close()
