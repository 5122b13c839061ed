"""Metabase's data routes for an embedded dashboard, in its answer shapes (docs/vendor-apis.md).

Every call carries the token in its address and is verified anew; rows come by ``run_panel`` under its Grant as
everywhere. Calls never count as embeds. A panel is known by its place in the dashboard, counted from 1.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse

from dashboards.choices import Choices, choices_of
from dashboards.grants import Opened
from dashboards.naming import Named
from dashboards.queries import PanelResult, values_of
from dashboards.spec import TEXT, PanelSpec
from dashboards.variable_spec import VariableSpec
from dashboards.variables import BadValue, VariableNotOpen
from embed import freshness
from embed.access_log import note_export
from embed.authenticate import open_page
from embed.data import RETRY_SECONDS, csv_file, offered, require_export, run
from embed.metabase_values import PARAMETERS
from embed.reading import Wishes, may_change, metabase_wishes
from embedhost.lib.errors import NotFound, require_method

DOOR: Final = "api/embed/dashboard"
#: Metabase's grid has twice as many columns as ours.
_COLUMNS: Final = 24
_ROWS: Final = 6
#: Keys of a download's address that choose its form and set nothing.
_OPTIONS: Final = ("format_rows", "pivot_results")
_DISPLAYS: Final = {"number": "scalar"}
_TYPES: Final = {
    "number": "number/=",
    "boolean": "boolean/=",
    "date": "date/single",
    "date_range": "date/all-options",
}
_BASE_TYPES: Final = {
    "number": "type/Float",
    "boolean": "type/Boolean",
    "date": "type/Date",
    "datetime": "type/DateTime",
}


class ParameterNotEnabled(BadValue):
    message = "A parameter can't be set here: it is not enabled, or the token sets it already."


def dashboard(request: HttpRequest, token: str) -> HttpResponse:
    """Answer what a dashboard is made of: its cards and the parameters that a viewer may set."""
    opened = _open(request, token)
    return JsonResponse(
        {
            "id": opened.dashboard.id,
            "name": opened.spec.title,
            "description": opened.spec.description or None,
            "width": "fixed",
            "auto_apply_filters": True,
            "tabs": [],
            "parameters": [_parameter(variable) for variable in _enabled(opened)],
            "param_fields": {},
            "param_values": {},
            "dashcards": list(_dashcards(opened)),
        }
    )


def card(request: HttpRequest, token: str, dashcard_id: str, card_id: str) -> HttpResponse:
    """Answer one card's rows, with 202 as Metabase does; without ``data`` while its query runs."""
    opened = _open(request, token)
    panel = _panel(opened, dashcard_id, card_id)
    wishes = _wishes(request, opened)
    result = run(opened, panel, wishes)
    if result.entry is None:
        return _pending()
    return JsonResponse(_completed(_data(result), wishes), status=202, headers=freshness.of_result(result))


def download(request: HttpRequest, token: str, dashcard_id: str, card_id: str, file_type: str) -> HttpResponse:
    """Answer one card's rows as a file, for holders of the export right."""
    opened = _open(request, token)
    panel = _panel(opened, dashcard_id, card_id)
    require_export(opened)
    result = run(opened, panel, _wishes(request, opened, options=_OPTIONS), note=note_export)
    if result.entry is None:
        return _pending()
    columns = _data(result)["columns"]
    fresh = freshness.of_result(result)
    return csv_file(panel, columns, fresh) if file_type == "csv" else _json_file(panel, columns, fresh)


def values(request: HttpRequest, token: str, parameter_id: str, prefix: str = "") -> HttpResponse:
    """Answer the choices of an enabled parameter, those that contain ``prefix``; none when it takes any value.

    What a query offers comes under the same Grant as every row.
    """
    opened = _open(request, token)
    variable = next((variable for variable in _enabled(opened) if variable.name == parameter_id), None)
    if variable is None:
        raise NotFound
    wishes = _wishes(request, opened)
    result = offered(opened, variable, wishes) if variable.choices_from is not None else None
    choices = Choices(variable.choices) if result is None else choices_of(result)
    if choices is None:
        return _pending()
    wanted = prefix.casefold()
    found = [list(choice) for choice in choices.pairs if any(wanted in text.casefold() for text in choice)]
    return JsonResponse({"values": found, "has_more_values": choices.truncated})


def _open(request: HttpRequest, token: str) -> Opened:
    require_method(request, "GET")
    return open_page(request, DOOR, token, Named())


def _wishes(request: HttpRequest, opened: Opened, *, options: Sequence[str] = ()) -> Wishes:
    """Read what a call sets; Metabase answers 400 to everything that may not be set."""
    try:
        return metabase_wishes(request, opened, options=options)
    except VariableNotOpen:
        raise ParameterNotEnabled from None


def _panel(opened: Opened, dashcard_id: str, card_id: str) -> PanelSpec:
    """Return the panel with this place in exactly this dashboard version. Raises NotFound."""
    panels = list(opened.spec.panels.values())
    place = int(dashcard_id)
    if dashcard_id != card_id or place > len(panels) or panels[place - 1].type == TEXT:
        raise NotFound
    return panels[place - 1]


def _enabled(opened: Opened) -> list[VariableSpec]:
    """Return the variables that this viewer may set; a parameter that the token sets has no widget."""
    if not may_change(opened):
        return []
    every = opened.spec.variables.values()
    return [variable for variable in every if variable.mode == "open" and variable.name not in opened.fixed]


def _parameter(variable: VariableSpec) -> dict[str, Any]:
    choices = [list(choice) for choice in variable.choices]
    asked = "list" if choices or variable.choices_from is not None else "none"
    return {
        "id": variable.name,
        "slug": variable.name,
        "name": variable.label,
        "type": _TYPES.get(variable.type, "string/="),
        "default": variable.default,
        "isMultiSelect": variable.type == "multi_choice",
        "required": variable.required,
        "values_query_type": asked,
        "values_source_type": "static-list" if choices else None,
        "values_source_config": {"values": choices} if choices else {},
    }


def _dashcards(opened: Opened) -> Iterator[dict[str, Any]]:
    row = col = 0
    for place, panel in zip(count(1), opened.spec.panels.values(), strict=False):
        width = panel.width * 2
        if col + width > _COLUMNS:
            row, col = row + _ROWS, 0
        yield {**_placed(place, panel), "dashboard_id": opened.dashboard.id, "row": row, "col": col}
        col += width


def _placed(place: int, panel: PanelSpec) -> dict[str, Any]:
    virtual = {"virtual_card": {"display": "text"}, "text": panel.text}
    is_text = panel.type == TEXT
    return {
        "id": place,
        "card_id": None if is_text else place,
        "card": None if is_text else _card(place, panel),
        "size_x": panel.width * 2,
        "size_y": _ROWS,
        "series": [],
        "parameter_mappings": [],
        "visualization_settings": virtual if is_text else {},
        "dashboard_tab_id": None,
    }


def _card(place: int, panel: PanelSpec) -> dict[str, Any]:
    return {
        "id": place,
        "name": panel.title,
        "description": panel.note or None,
        "display": _DISPLAYS.get(panel.type, panel.type),
        "visualization_settings": {},
        "parameters": [],
    }


def _data(result: PanelResult) -> Mapping[str, Any]:
    if result.entry is None:
        raise ValueError("a pending panel has no rows")
    data: Mapping[str, Any] = values_of(result.entry.plain())["data"]
    return data


def _completed(data: Mapping[str, Any], wishes: Wishes) -> dict[str, Any]:
    rows = _rows(data["columns"])
    answer: dict[str, Any] = {
        "rows": rows,
        "cols": [_column(column) for column in data["columns"]],
        "results_timezone": wishes.time_zone,
        "insights": None,
    }
    if data["truncated"]:
        answer["rows_truncated"] = len(rows)
    return {
        "data": answer,
        "row_count": len(rows),
        "status": "completed",
        "json_query": {PARAMETERS: None},
    }


def _rows(columns: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    return [list(row) for row in zip(*(column["values"] for column in columns), strict=True)]


def _column(column: Mapping[str, Any]) -> dict[str, Any]:
    name, base_type = column["name"], _BASE_TYPES.get(column["type"], "type/Text")
    return {
        "name": name,
        "display_name": name,
        "base_type": base_type,
        "effective_type": base_type,
        "source": "native",
        "field_ref": ["field", name, {"base-type": base_type}],
    }


def _json_file(panel: PanelSpec, columns: Sequence[Mapping[str, Any]], fresh: Mapping[str, str]) -> HttpResponse:
    names = [column["name"] for column in columns]
    body = [dict(zip(names, row, strict=True)) for row in _rows(columns)]
    headers = {"Content-Disposition": f'attachment; filename="{panel.id}.json"', **fresh}
    return JsonResponse(body, safe=False, headers=headers)


def _pending() -> HttpResponse:
    return JsonResponse({"status": "pending"}, status=202, headers={"Retry-After": str(RETRY_SECONDS)})
