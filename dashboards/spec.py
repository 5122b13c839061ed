"""A dashboard's document as frozen values: parsed strictly once, when it is saved, and again when it is read.

The document is YAML outside (dashboards/as_code.py) and JSON in DashboardVersion.document.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dashboards.charts import CHARTS
from dashboards.reader import Place, Problem, Reader, Where
from dashboards.variable_spec import SOURCE, SQL, VariableSpec, read_variable

#: A panel of this type has text and no query.
TEXT = "text"
MAX_PANELS = 60
MAX_VARIABLES = 100

PANEL_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}\Z")
SLUG = re.compile(r"[a-z][a-z0-9-]{0,62}\Z")
#: Characters of a document's texts, at most.
TITLE, DESCRIPTION, NOTE, MARKDOWN = 200, 2000, 300, 20_000


class SpecError(Exception):
    """A document that cannot be a dashboard; ``found`` says why and where, ``problems`` are the sentences alone."""

    def __init__(self, found: Sequence[Problem]) -> None:
        self.found = tuple(dict.fromkeys(found))
        self.problems = [problem.text for problem in self.found]
        super().__init__("\n".join(self.problems))


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
    reader, where = Reader(), Where("The dashboard")
    root = reader.mapping(document, Where("The document"), ROOT)
    variables = [read_variable(reader, item, place) for item, place in reader.items(root, "variables")]
    panels = [_panel(reader, item, place) for item, place in reader.items(root, "panels")]
    spec = DashboardSpec(
        title=reader.text(root, "title", where, limit=TITLE),
        slug=reader.matching(root, "slug", where, SLUG),
        description=reader.text(root, "description", where, required=False, limit=DESCRIPTION),
        customer_variable=_customer_variable(reader, root),
        variables={variable.name: variable for variable in variables},
        panels={panel.id: panel for panel in panels},
    )
    _check_whole(reader, spec, variables, panels)
    if reader.problems:
        raise SpecError(reader.problems)
    return spec


ROOT = frozenset({"title", "slug", "description", "customer_variable", "settings", "variables", "panels"})
_PANEL = frozenset({"id", "type", "title", "note", "width", "source", "sql", "encoding", "text"})


def _customer_variable(reader: Reader, root: Mapping[str, Any]) -> str | None:
    name = root.get("customer_variable")
    if name is not None and not isinstance(name, str):
        reader.say("`customer_variable` is the name of a variable.", ("customer_variable",))
        return None
    return name


def _panel(reader: Reader, item: object, place: Place) -> PanelSpec:
    raw = reader.mapping(item, Where("A panel", place), _PANEL)
    where, has_query = Where(f"Panel {raw.get('id', '?')!s}"[:100], place), raw.get("type") != TEXT
    panel = PanelSpec(
        id=reader.matching(raw, "id", where, PANEL_ID),
        type=reader.one_of(raw, "type", where, tuple(CHARTS)),
        title=reader.text(raw, "title", where, limit=TITLE),
        note=reader.text(raw, "note", where, required=False, limit=NOTE),
        width=reader.whole(raw, "width", where, 1, 12, default=4),
        source=reader.text(raw, "source", where, required=has_query, limit=SOURCE),
        sql=reader.text(raw, "sql", where, required=has_query, limit=SQL),
        encoding=reader.encoding(raw, where),
        text=reader.text(raw, "text", where, required=not has_query, limit=MARKDOWN),
    )
    for problem in _encoding_problems(panel):
        reader.say(f"{where}: {problem}", where.of("encoding"))
    return panel


def _encoding_problems(panel: PanelSpec) -> list[str]:
    chart = CHARTS.get(panel.type)
    return chart.check(panel.encoding) if chart else []


def _check_whole(reader: Reader, spec: DashboardSpec, variables: list[VariableSpec], panels: list[PanelSpec]) -> None:
    _unique(reader, "variable name", "variables", "name", (variable.name for variable in variables))
    _unique(reader, "panel id", "panels", "id", (panel.id for panel in panels))
    _unique(reader, "panel title", "panels", "title", (panel.title for panel in panels))
    if not 1 <= len(panels) <= MAX_PANELS:
        reader.say(f"A dashboard has 1 to {MAX_PANELS} panels; this one has {len(panels)}.", ("panels",))
    if len(variables) > MAX_VARIABLES:
        reader.say(f"A dashboard has at most {MAX_VARIABLES} variables.", ("variables",))
    _check_customer_variable(reader, spec)


def _check_customer_variable(reader: Reader, spec: DashboardSpec) -> None:
    if spec.customer_variable is None:
        return
    variable = spec.variables.get(spec.customer_variable)
    if variable is None or variable.mode == "open" or variable.type != "text":
        problem = "`customer_variable` names a variable of type text that is locked or hidden."
        reader.say(problem, ("customer_variable",))


def _unique(reader: Reader, what: str, items: str, member: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for number, name in enumerate(names):
        if name in seen:
            reader.say(f"The {what} {name!r} is used twice.", (items, str(number), member))
        seen.add(name)
