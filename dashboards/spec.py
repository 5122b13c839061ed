"""A dashboard's document as frozen values: parsed strictly once, when it is saved, and again when it is read.

The document is YAML outside (dashboards/as_code.py) and JSON in DashboardVersion.document.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dashboards.charts import CHARTS

MODES = ("open", "locked", "hidden")
TYPES = ("text", "number", "date_range", "choice")
#: A panel of this type has text and no query.
TEXT = "text"
MAX_PANELS = 60

_PANEL_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}\Z")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}\Z")
_SLUG = re.compile(r"[a-z][a-z0-9-]{0,62}\Z")
#: Names that the Grant alone fills (design.md section 8).
RESERVED = frozenset({"customer_id", "customer_name", "viewer_id", "customer", "time_zone"})


class SpecError(Exception):
    """A document that cannot be a dashboard; ``problems`` are sentences for its author."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class VariableSpec:
    """A named, typed input: open (viewers may change it), locked (the token sets it) or hidden (and never shown)."""

    name: str
    type: str
    mode: str
    label: str
    default: Any = None
    choices: tuple[tuple[str, str], ...] = ()


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
    reader = _Reader()
    root = reader.mapping(document, "The document", _ROOT)
    variables = [_variable(reader, item) for item in reader.items(root, "variables")]
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
_VARIABLE = frozenset({"name", "type", "mode", "label", "default", "choices"})
_PANEL = frozenset({"id", "type", "title", "note", "width", "source", "sql", "encoding", "text"})


def _variable(reader: "_Reader", item: object) -> VariableSpec:
    raw = reader.mapping(item, "A variable", _VARIABLE)
    where = f"Variable {raw.get('name', '?')!s}"
    return VariableSpec(
        name=reader.matching(raw, "name", where, _NAME),
        type=reader.one_of(raw, "type", where, TYPES),
        mode=reader.one_of(raw, "mode", where, MODES, default="open"),
        label=reader.text(raw, "label", where, required=False, limit=100) or str(raw.get("name", "")),
        default=raw.get("default"),
        choices=_choices(reader, raw.get("choices", []), where),
    )


def _choices(reader: "_Reader", raw: object, where: str) -> tuple[tuple[str, str], ...]:
    if not isinstance(raw, list) or len(raw) > 1000:
        reader.say(f"{where}: `choices` is a list of at most 1,000 texts, or of {{value, label}}.")
        return ()
    pairs = [_choice(item) for item in raw]
    if None in pairs:
        reader.say(f"{where}: every choice is a text, or {{value, label}} with texts.")
    return tuple(pair for pair in pairs if pair is not None)


def _choice(item: object) -> tuple[str, str] | None:
    if isinstance(item, str):
        return item, item
    if isinstance(item, dict) and isinstance(item.get("value"), str):
        return item["value"], str(item.get("label", item["value"]))
    return None


def _panel(reader: "_Reader", item: object) -> PanelSpec:
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


def _check_whole(
    reader: "_Reader", spec: DashboardSpec, variables: list[VariableSpec], panels: list[PanelSpec]
) -> None:
    _unique(reader, "variable name", (variable.name for variable in variables))
    _unique(reader, "panel id", (panel.id for panel in panels))
    _unique(reader, "panel title", (panel.title for panel in panels))
    if not 1 <= len(panels) <= MAX_PANELS:
        reader.say(f"A dashboard has 1 to {MAX_PANELS} panels; this one has {len(panels)}.")
    for variable in variables:
        if variable.name in RESERVED:
            reader.say(f"Variable {variable.name}: the name is reserved. Choose another one.")
        if (variable.type == "choice") != bool(variable.choices):
            reader.say(f"Variable {variable.name}: give `choices` to a variable of type choice, and only to one.")
    _check_customer_variable(reader, spec)


def _check_customer_variable(reader: "_Reader", spec: DashboardSpec) -> None:
    if spec.customer_variable is None:
        return
    variable = spec.variables.get(str(spec.customer_variable))
    if variable is None or variable.mode == "open" or variable.type != "text":
        reader.say("`customer_variable` names a variable of type text that is locked or hidden.")


def _unique(reader: "_Reader", what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            reader.say(f"The {what} {name!r} is used twice.")
        seen.add(name)


class _Reader:
    """Read values of the right type, and note what is wrong instead of stopping at the first problem."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def say(self, problem: str) -> None:
        self.problems.append(problem)

    def mapping(self, value: object, where: str, known: frozenset[str]) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.say(f"{where} is a set of names and values.")
            return {}
        for name in value:
            if name not in known:
                self.say(f"{where}: `{name}` is not known. Use {', '.join(sorted(known))}.")
        return value

    def items(self, raw: Mapping[str, Any], name: str) -> list[object]:
        value = raw.get(name, [])
        if not isinstance(value, list):
            self.say(f"`{name}` is a list.")
            return []
        return value

    def encoding(self, raw: Mapping[str, Any], where: str) -> Mapping[str, Any]:
        value = raw.get("encoding") or {}
        if not isinstance(value, dict):
            self.say(f"{where}: `encoding` is a set of names and columns.")
            return {}
        return value

    def text(self, raw: Mapping[str, Any], name: str, where: str, *, required: bool = True, limit: int) -> str:
        value = raw.get(name, "")
        if not isinstance(value, str) or len(value) > limit or (required and not value.strip()) or "\0" in value:
            self.say(f"{where}: `{name}` is a text of {'1' if required else '0'} to {limit} characters.")
            return ""
        return value

    def matching(self, raw: Mapping[str, Any], name: str, where: str, pattern: re.Pattern[str]) -> str:
        value = raw.get(name)
        if not isinstance(value, str) or not pattern.match(value):
            self.say(f"{where}: `{name}` fits {pattern.pattern.removesuffix(chr(92) + 'Z')}.")
            return ""
        return value

    def one_of(self, raw: Mapping[str, Any], name: str, where: str, known: tuple[str, ...], default: str = "") -> str:
        value = raw.get(name, default)
        if not isinstance(value, str) or value not in known:
            self.say(f"{where}: `{name}` is one of {', '.join(known)}.")
            return ""
        return value

    def whole(self, raw: Mapping[str, Any], name: str, where: str, low: int, high: int, default: int) -> int:
        value = raw.get(name, default)
        if type(value) is not int or not low <= value <= high:
            self.say(f"{where}: `{name}` is a whole number from {low} to {high}.")
            return default
        return value
