"""What a variable may be set to when a query says so: ``run_choices`` is the sibling of ``run_panel``.

The query runs under the same Grant, scope, cache and flights as a panel's, as a panel that nobody draws. It may use
other variables: a cascading choice. Its first column holds the values, its second one, if any, their labels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from dashboards.facts import DashboardFacts
from dashboards.queries import PanelRequest, PanelResult, run_panels
from dashboards.results import CHOICES
from dashboards.spec import DashboardSpec, PanelSpec
from dashboards.variable_spec import ChoicesQuery, VariableSpec
from dashboards.variables import Values
from datasources.template import names_used
from tokens.grant import Grant

#: In access log and keys the query of a variable has this before its name; no panel's id holds a colon.
PREFIX = "choices:"


@dataclass(frozen=True, slots=True)
class Choices:
    """A variable's (value, label) pairs; ``truncated`` when there are more than a result holds."""

    pairs: tuple[tuple[str, str], ...]
    truncated: bool = False


def choices_request(
    grant: Grant,
    dashboard: DashboardFacts,
    spec: DashboardSpec,
    variable: VariableSpec,
    values: Values,
    time_zone: str,
) -> PanelRequest:
    """Return the run of a variable's query under a Grant. Raises ValueError for a variable without one."""
    return PanelRequest(grant, dashboard, spec, choices_panel(variable), values, time_zone)


def choices_panel(variable: VariableSpec) -> PanelSpec:
    """Return a variable's query as the panel that it runs as. Raises ValueError for a variable without one."""
    query = _query(variable)
    return PanelSpec(id=PREFIX + variable.name, type=CHOICES, title=variable.label, source=query.source, sql=query.sql)


def _query(variable: VariableSpec) -> ChoicesQuery:
    if variable.choices_from is None:
        raise ValueError(f"{variable.name} has no query")
    return variable.choices_from


def choices_panels(spec: DashboardSpec) -> list[PanelSpec]:
    """Return every query of a dashboard's variables, as the panels that they run as."""
    return [choices_panel(variable) for variable in spec.variables.values() if variable.choices_from is not None]


def depends_on(variable: VariableSpec) -> frozenset[str]:
    """Return the names of the variables that a variable's query uses."""
    return frozenset() if variable.choices_from is None else names_used(variable.choices_from.sql)


def run_choices(requests: Sequence[PanelRequest], *, wait: float) -> list[PanelResult]:
    """Run the queries of variables side by side, waiting at most ``wait`` seconds for all of them together."""
    return run_panels(requests, wait=wait)


def choices_of(result: PanelResult) -> Choices | None:
    """Return what a result offers; None while it is pending or when it failed."""
    if result.entry is None:
        return None
    read: Mapping[str, Any] = orjson.loads(result.entry.plain())
    return Choices(tuple((choice["value"], choice["label"]) for choice in read["choices"]), read["truncated"])


def listed(variable: VariableSpec) -> dict[str, Any]:
    """Return an author's list in the shape that a query's choices have."""
    choices = [{"value": value, "label": label} for value, label in variable.choices]
    return {"variable": variable.name, "choices": choices, "truncated": False}
