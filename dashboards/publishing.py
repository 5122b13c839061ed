"""What is refused when an author saves: defaults that do not fit, and SQL that the gate would refuse at run time."""

from collections.abc import Iterator, Mapping
from typing import Final

from dashboards import variables
from dashboards.choices import PREFIX, choices_panels, depends_on
from dashboards.reader import Place, Problem
from dashboards.results import CHOICES
from dashboards.spec import TEXT, DashboardSpec, PanelSpec, SpecError
from dashboards.variable_spec import VariableSpec
from datasources.access import SourceSnapshot, get_source, sources_named
from datasources.compile import compile_query
from datasources.errors import DataSourceError, QueryRejected
from datasources.template import choose, names_used
from embedhost.lib.errors import Refused
from secrets_admin.models import Organization

#: Statements that one dashboard may come to with every choice of its identifiers, and their characters in all: each is
#: parsed before it is saved, which takes milliseconds, and
#: they must not drive everybody else's out of the memory for compiled ones (datasources.compile.KEPT).
MOST_STATEMENTS: Final = 1_000
MOST_CHARACTERS: Final = 2_000_000
_ELSEWHERE: Final = (
    "another workspace's data source {} refuses this query. Why is told when it is saved with an API key of that "
    "workspace."
)


def check(organization: Organization, spec: DashboardSpec, *, workspace_id: str | None) -> None:
    """Raise SpecError when a default or a query would be refused for a viewer.

    ``workspace_id``: whose data sources' refusals are told in full; None: all, for the server's own commands. What
    tables and columns another workspace has is behind its wall, so its refusals are told without a reason.
    """
    places = _places(spec)
    problems = [problem for variable in spec.variables.values() for problem in _default_problems(variable, places)]
    too_much = list(_size_problems(spec))
    for panel in () if too_much else queries_of(spec):
        problems.extend(_query_problems(organization, spec, panel, places, workspace_id))
    problems.extend(too_much)
    if not problems:
        problems.extend(_cascade_problems(spec, places))
    if problems:
        raise SpecError(problems)


def _places(spec: DashboardSpec) -> Mapping[str, Place]:
    """Return where each panel and each variable's query of a parsed document stands, by the panel's id."""
    panels = {panel_id: ("panels", str(number)) for number, panel_id in enumerate(spec.panels)}
    choices = {f"{PREFIX}{name}": ("variables", str(number)) for number, name in enumerate(spec.variables)}
    return {**panels, **choices}


def queries_of(spec: DashboardSpec) -> list[PanelSpec]:
    """Return everything of a dashboard that has a query: its panels, then its variables' choices."""
    return [panel for panel in spec.panels.values() if panel.type != TEXT] + choices_panels(spec)


def statements_of(spec: DashboardSpec, sql: str) -> Iterator[str]:
    """Yield a query's SQL with every listed identifier, one variable at a time and the others at their defaults."""
    chosen = [variable for variable in spec.variables.values() if variable.identifiers]
    defaults = {variable.name: variable.identifier(variable.default) or "" for variable in chosen}
    yield choose(sql, frozenset(defaults.items()))
    for variable in chosen:
        for text in variable.identifiers if variable.name in names_used(sql) else ():
            yield choose(sql, frozenset({**defaults, variable.name: text}.items()))


def _size_problems(spec: DashboardSpec) -> Iterator[Problem]:
    """Refuse more to read than somebody who saves could wait for."""
    lengths = {variable.name: len(variable.identifiers) for variable in spec.variables.values()}
    statements = characters = 0
    for panel in queries_of(spec):
        times = 1 + sum(lengths.get(name, 0) for name in _names(panel.sql))
        statements, characters = statements + times, characters + times * len(panel.sql)
    if statements > MOST_STATEMENTS or characters > MOST_CHARACTERS:
        text = (
            f"With every choice of its identifiers the dashboard has {statements:,} statements of {characters:,} "
            f"characters; at most {MOST_STATEMENTS:,} and {MOST_CHARACTERS:,} are read. Offer fewer choices."
        )
        yield Problem(text, ("variables",))


def _names(sql: str) -> frozenset[str]:
    try:
        return names_used(sql)
    except QueryRejected:  # It is told with its place when the query is looked at.
        return frozenset()


def needs_customer(workspace_id: str, spec: DashboardSpec) -> bool:
    """Tell whether a dashboard reads rows or values that only a customer has. Raises NotFound, QueryRejected."""
    return any(_needs_customer(workspace_id, spec, panel) for panel in queries_of(spec))


def _needs_customer(workspace_id: str, spec: DashboardSpec, panel: PanelSpec) -> bool:
    source, types = get_source(workspace_id, panel.source), {name: entry.type for name, entry in spec.variables.items()}
    return any(
        compile_query(
            sql,
            dialect=source.dialect,
            catalog=source.catalog,
            rules=source.rules,
            variables=types,
            present=frozenset(types),
        ).scoped
        for sql in statements_of(spec, panel.sql)
    )


def _default_problems(variable: VariableSpec, places: Mapping[str, Place]) -> Iterator[Problem]:
    try:
        variables.check(variable, variable.default)
    except Refused:
        text = f"Variable {variable.name}: its default does not fit its type, {variable.type}."
        yield Problem(text, (*places[PREFIX + variable.name], "default"))


def _query_problems(
    organization: Organization,
    spec: DashboardSpec,
    panel: PanelSpec,
    places: Mapping[str, Place],
    workspace_id: str | None,
) -> Iterator[Problem]:
    place = (*places[panel.id], *(("choices_from",) if panel.type == CHOICES else ()))
    sources = sources_named(organization.id, panel.source)
    if not sources:
        text = f"{_spoken(panel)}: no workspace has a data source named {panel.source}."
        yield Problem(text, (*place, "source"))
    for source in sources:
        is_told = workspace_id in (None, source.workspace_id)
        for problem, offset in _rejections(source, spec, panel):
            text, at = (problem, offset) if is_told else (_ELSEWHERE.format(source.name), None)
            yield Problem(f"{_spoken(panel)}: {text}", (*place, "sql"), at)


def _spoken(panel: PanelSpec) -> str:
    return f"Variable {panel.id.partition(':')[2]}" if panel.type == CHOICES else f"Panel {panel.id}"


def _rejections(source: SourceSnapshot, spec: DashboardSpec, panel: PanelSpec) -> Iterator[tuple[str, int | None]]:
    """Compile with every optional block and with none, and with every identifier, since each must be fit to run.

    Yields why it is refused, and the character of the author's SQL that it is about, where that is known.
    """
    types = {name: variable.type for name, variable in spec.variables.items()}
    # What is required always has a value.
    always = frozenset(name for name, variable in spec.variables.items() if variable.required)
    sql = ""
    try:
        for sql in statements_of(spec, panel.sql):
            for present in (frozenset(types), always):
                compile_query(
                    sql,
                    dialect=source.dialect,
                    catalog=source.catalog,
                    rules=source.rules,
                    variables=types,
                    present=present,
                )
    except QueryRejected as error:
        # Behind an identifier that was put in, places are those of another text.
        yield error.problem, error.offset if sql in ("", panel.sql) else None
    except DataSourceError as error:
        yield error.message, None


def _cascade_problems(spec: DashboardSpec, places: Mapping[str, Place]) -> Iterator[Problem]:
    """Choices that wait for each other in a circle could never be asked for."""
    for name, variable in spec.variables.items():
        if name in _reached(spec, depends_on(variable)):
            text = f"Variable {name}: its choices depend on its own value. Take {{{{ {name} }}}} out of the queries."
            yield Problem(text, (*places[PREFIX + name], "choices_from", "sql"))


def _reached(spec: DashboardSpec, names: frozenset[str]) -> set[str]:
    found: set[str] = set()
    ahead = set(names)
    while ahead:
        name = ahead.pop()
        if name in spec.variables and name not in found:
            found.add(name)
            ahead |= depends_on(spec.variables[name])
    return found
