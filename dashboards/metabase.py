"""Values of parameters as Metabase's tokens and addresses write them, as values of our variables.

A blank text and null are no value. An empty list turns a filter off: its default does not count either. A list of one
is that one, and for a multi-choice one value is a list of one. Dates are read by metabase_dates. Which value may be set
by whom, grants and variables decide.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from dashboards import periods
from dashboards.metabase_dates import NotTranslatable, translate
from dashboards.spec import DashboardSpec
from dashboards.variable_spec import VariableSpec
from dashboards.variables import BadValue


def read_values(spec: DashboardSpec, given: Mapping[str, Any], today: date) -> dict[str, object]:
    """Return the values that ``given`` sets; None for a filter that is off. Raises BadValue.

    A name that is no variable keeps its value, so that whoever checks the names finds it.
    """
    return {name: _read(spec.variables.get(name), value, today) for name, value in given.items() if not _blank(value)}


def _blank(value: Any) -> bool:
    if isinstance(value, list) and len(value) == 1:
        return _blank(value[0])
    return value is None or (isinstance(value, str) and not value.strip())


def _read(variable: VariableSpec | None, value: Any, today: date) -> object:
    if variable is None:
        return value
    if variable.type == "multi_choice":
        return (value if isinstance(value, list) else [value]) or None
    if isinstance(value, list):
        return _only(variable, value, today)
    if variable.type == "date_range" and isinstance(value, str) and not periods.is_period(value):
        return _range(variable, value, today)
    return value


def _only(variable: VariableSpec, values: list[Any], today: date) -> object:
    if not values:
        return None
    if len(values) > 1 or isinstance(values[0], list):
        raise BadValue(f"The variable {variable.name} takes one value.")
    return _read(variable, values[0], today)


def _range(variable: VariableSpec, text: str, today: date) -> object:
    try:
        return translate(text, today)
    except NotTranslatable as error:
        raise BadValue(f"The value of {variable.name} cannot be used. {error}") from None
