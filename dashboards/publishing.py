"""What is refused when an author saves: defaults that do not fit, and SQL that the gate would refuse at run time."""

from collections.abc import Iterator

from dashboards import variables
from dashboards.spec import TEXT, DashboardSpec, PanelSpec, SpecError, VariableSpec
from datasources.access import SourceSnapshot, get_source, sources_named
from datasources.compile import compile_query
from datasources.errors import DataSourceError, QueryRejected
from embedhost.lib.errors import Refused
from secrets_admin.models import Organization


def check(organization: Organization, spec: DashboardSpec) -> None:
    """Raise SpecError when a default or a panel's query would be refused for a viewer."""
    problems = [problem for variable in spec.variables.values() for problem in _default_problems(variable)]
    for panel in spec.panels.values():
        problems.extend(_query_problems(organization, spec, panel))
    if problems:
        raise SpecError(problems)


def needs_customer(workspace_id: str, spec: DashboardSpec) -> bool:
    """Tell whether a dashboard reads rows or values that only a customer has. Raises NotFound, QueryRejected."""
    return any(_needs_customer(workspace_id, spec, panel) for panel in spec.panels.values() if panel.type != TEXT)


def _needs_customer(workspace_id: str, spec: DashboardSpec, panel: PanelSpec) -> bool:
    source, types = get_source(workspace_id, panel.source), {name: entry.type for name, entry in spec.variables.items()}
    compiled = compile_query(
        panel.sql,
        dialect=source.dialect,
        catalog=source.catalog,
        rules=source.rules,
        variables=types,
        present=frozenset(types),
    )
    return compiled.scoped


def _default_problems(variable: VariableSpec) -> Iterator[str]:
    try:
        variables.check(variable, variable.default)
    except Refused:
        yield f"Variable {variable.name}: its default does not fit its type, {variable.type}."


def _query_problems(organization: Organization, spec: DashboardSpec, panel: PanelSpec) -> Iterator[str]:
    if panel.type == TEXT:
        return
    sources = sources_named(organization.id, panel.source)
    if not sources:
        yield f"Panel {panel.id}: no workspace has a data source named {panel.source}."
    for source in sources:
        yield from _rejections(source, spec, panel)


def _rejections(source: SourceSnapshot, spec: DashboardSpec, panel: PanelSpec) -> Iterator[str]:
    """Compile with every optional block and with none, since each must be fit to run."""
    types = {name: variable.type for name, variable in spec.variables.items()}
    for present in (frozenset(types), frozenset[str]()):
        try:
            compile_query(
                panel.sql,
                dialect=source.dialect,
                catalog=source.catalog,
                rules=source.rules,
                variables=types,
                present=present,
            )
        except QueryRejected as error:
            yield f"Panel {panel.id}: {error.problem}"
            return
        except DataSourceError as error:
            yield f"Panel {panel.id}: {error.message}"
            return
