"""A dashboard's document as frozen values: parsed strictly once, when it is saved, and again when it is read.

The document is YAML outside (dashboards/as_code.py) and JSON in DashboardVersion.document.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dashboards.charts import CHARTS
from dashboards.reader import Reader
from dashboards.variable_spec import VariableSpec, read_variable

#: A panel of this type has text and no query.
TEXT = "text"
MAX_PANELS = 60

_PANEL_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}\Z")
_SLUG = re.compile(r"[a-z][a-z0-9-]{0,62}\Z")


class SpecError(Exception):
    """A document that cannot be a dashboard; ``problems`` are sentences for its author."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class PanelSpec:
    """One query and how it is drawn; ``width`` in columns of a grid of 12."""

    id: str
    type: str
    title: str
    note: str = ""
    width: int = 4
    source: str = ""
    sql: str = ""
    encoding: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""


@dataclass(frozen=True, slots=True)
class DashboardSpec:
    """A whole dashboard: its words, variables and panels in reading order."""

    title: str
    slug: str
    description: str
    customer_variable: str | None
    variables: Mapping[str, VariableSpec]
    panels: Mapping[str, PanelSpec]


def parse(document: object) -> DashboardSpec:
    """Return the document as a DashboardSpec. Raises SpecError with every problem found."""
    reader = Reader()
    root = reader.mapping(document, "The document", _ROOT)
    variables = [read_variable(reader, item) for item in reader.items(root, "variables")]
    panels = [_panel(reader, item) for item in reader.items(root, "panels")]
    spec = DashboardSpec(
        title=reader.text(root, "title", "The dashboard", limit=200),
        slug=reader.matching(root, "slug", "The dashboard", _SLUG),
        description=reader.text(root, "description", "The dashboard", required=False, limit=2000),
        customer_variable=root.get("customer_variable"),
        variables={variable.name: variable for variable in variables},
        panels={panel.id: panel for panel in panels},
    )
    _check_whole(reader, spec, variables, panels)
    if reader.problems:
        raise SpecError(reader.problems)
    return spec


_ROOT = frozenset({"title", "slug", "description", "customer_variable", "settings", "variables", "panels"})
_PANEL = frozenset({"id", "type", "title", "note", "width", "source", "sql", "encoding", "text"})


def _panel(reader: Reader, item: object) -> PanelSpec:
    raw = reader.mapping(item, "A panel", _PANEL)
    where = f"Panel {raw.get('id', '?')!s}"
    panel = PanelSpec(
        id=reader.matching(raw, "id", where, _PANEL_ID),
        type=reader.one_of(raw, "type", where, tuple(CHARTS)),
        title=reader.text(raw, "title", where, limit=200),
        note=reader.text(raw, "note", where, required=False, limit=300),
        width=reader.whole(raw, "width", where, 1, 12, default=4),
        source=reader.text(raw, "source", where, required=raw.get("type") != TEXT, limit=63),
        sql=reader.text(raw, "sql", where, required=raw.get("type") != TEXT, limit=50_000),
        encoding=reader.encoding(raw, where),
        text=reader.text(raw, "text", where, required=raw.get("type") == TEXT, limit=20_000),
    )
    reader.problems.extend(_encoding_problems(panel, where))
    return panel


def _encoding_problems(panel: PanelSpec, where: str) -> list[str]:
    chart = CHARTS.get(panel.type)
    return [f"{where}: {problem}" for problem in chart.check(panel.encoding)] if chart else []


def _check_whole(reader: Reader, spec: DashboardSpec, variables: list[VariableSpec], panels: list[PanelSpec]) -> None:
    _unique(reader, "variable name", (variable.name for variable in variables))
    _unique(reader, "panel id", (panel.id for panel in panels))
    _unique(reader, "panel title", (panel.title for panel in panels))
    if not 1 <= len(panels) <= MAX_PANELS:
        reader.say(f"A dashboard has 1 to {MAX_PANELS} panels; this one has {len(panels)}.")
    _check_customer_variable(reader, spec)


def _check_customer_variable(reader: Reader, spec: DashboardSpec) -> None:
    if spec.customer_variable is None:
        return
    variable = spec.variables.get(str(spec.customer_variable))
    if variable is None or variable.mode == "open" or variable.type != "text":
        reader.say("`customer_variable` names a variable of type text that is locked or hidden.")


def _unique(reader: Reader, what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            reader.say(f"The {what} {name!r} is used twice.")
        seen.add(name)
