"""What becomes of an author's SQL: the statement that is sent, its bound values by name and type, tables and rules.

For owners and editors alone: nothing here is ever part of an answer to a viewer. Nothing is asked of any database.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboards.choices import choices_panels
from dashboards.spec import TEXT, DashboardSpec, PanelSpec
from dashboards.variable_spec import VariableSpec
from dashboards.variables import Values, statement
from datasources.access import SourceSnapshot, get_source
from datasources.binds import Bind
from datasources.compile import Compiled, compile_query
from datasources.errors import QueryRejected
from datasources.rules import EXTERNAL_ID, FAMILY, Condition, Kind
from embedhost.lib.errors import Refused

_ORIGINS = {"variable": "Variable", "reserved": "Token", "scope": "Customer"}
_PROPERTIES = {EXTERNAL_ID: "external_id", FAMILY: "external_id of the customer or of one below it"}


@dataclass(frozen=True, slots=True)
class BoundValue:
    """One value that is bound: where it comes from, its name and its type; never the value itself."""

    origin: str
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class ReadTable:
    """A table that a query reads, and which of its rows: ``rule`` in words."""

    table: str
    kind: str
    rule: str


@dataclass(frozen=True, slots=True)
class Explained:
    """One query of a dashboard: a panel's, or that of a variable's choices. ``problem`` says why it cannot run."""

    id: str
    title: str
    source: str
    engine: str
    sql: str
    statement: str = ""
    bound: tuple[BoundValue, ...] = ()
    tables: tuple[ReadTable, ...] = ()
    two_walls: bool = False
    problem: str = ""


def explain(spec: DashboardSpec, workspace_id: str, *, every_part: bool) -> list[Explained]:
    """Return what becomes of every query of a dashboard in a workspace, panels first.

    ``every_part`` keeps each optional part ``[[ ... ]]``; without it, those whose variables have no default go, as when
    the dashboard opens.
    """
    queries = [*(panel for panel in spec.panels.values() if panel.type != TEXT), *choices_panels(spec)]
    return [_explained(spec, workspace_id, panel, every_part) for panel in queries]


def _explained(spec: DashboardSpec, workspace_id: str, panel: PanelSpec, every_part: bool) -> Explained:
    try:
        source = get_source(workspace_id, panel.source)
    except Refused:
        problem = f"The workspace has no data source called {panel.source}."
        return Explained(panel.id, panel.title, panel.source, "", panel.sql, problem=problem)
    try:
        compiled = _compiled(spec, source, panel, every_part)
    except QueryRejected as error:
        return Explained(panel.id, panel.title, panel.source, source.engine, panel.sql, problem=error.problem)
    return Explained(
        panel.id,
        panel.title,
        panel.source,
        source.engine,
        panel.sql,
        statement=compiled.text,
        bound=tuple(_bound(bind) for bind in compiled.binds),
        tables=_tables(compiled, source),
        two_walls=source.two_walls,
    )


def _compiled(spec: DashboardSpec, source: SourceSnapshot, panel: PanelSpec, every_part: bool) -> Compiled:
    present = {name for name, variable in spec.variables.items() if every_part or _is_set(spec, variable)}
    return compile_query(
        statement(spec, panel.sql, Values({name: _any(variable) for name, variable in spec.variables.items()})),
        dialect=source.dialect,
        catalog=source.catalog,
        rules=source.rules,
        variables={name: variable.type for name, variable in spec.variables.items()},
        present=frozenset(present),
    )


def _is_set(spec: DashboardSpec, variable: VariableSpec) -> bool:
    return variable.default is not None or variable.required or variable.name == spec.customer_variable


def _any(variable: VariableSpec) -> object:
    """Some value: no value is bound here, but of listed columns and units one has to be written."""
    return variable.default or next((value for value, _ in variable.choices), True)


def _bound(bind: Bind) -> BoundValue:
    name = f"{bind.name}.{bind.part}" if bind.part else bind.name
    kind = f"list of {bind.type}" if bind.many else f"{bind.type}, within LIKE" if bind.like else bind.type
    return BoundValue(_ORIGINS[bind.source], _PROPERTIES.get(name, name), kind)


def _tables(compiled: Compiled, source: SourceSnapshot) -> tuple[ReadTable, ...]:
    return tuple(ReadTable(table, kind, _rule(source, table, kind)) for table, kind, _ in compiled.tables)


def _rule(source: SourceSnapshot, table: str, kind: str) -> str:
    if kind != Kind.SCOPED:
        return "every row, for every customer"
    return _all(source.rules.get(table).conditions())


def _all(conditions: Sequence[Condition]) -> str:
    return " and ".join(
        f"{condition.column} = {_PROPERTIES.get(condition.property, condition.property)}" for condition in conditions
    )
