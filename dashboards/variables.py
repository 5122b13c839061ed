"""Values of a dashboard's variables: defaults < token < viewer, each checked against its type and mode.

A value is a text, a number, true or false, a day, a period, a choice or a list of choices; None means that it is not
set. Nothing is converted: a text "1" is no number, since each conversion makes two different inputs one (threats.md
rule 4). A choice that a query offers is a text like others: one that it does not offer matches no row.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from dashboards import periods
from dashboards.spec import DashboardSpec
from dashboards.variable_spec import VariableSpec
from datasources.template import choose, names_used
from embedhost.lib.errors import Refused
from tokens.grant import Grant

MAX_TEXT = 1000
MAX_VALUES = 100
#: Choices that one multi-choice may hold.
MAX_CHOSEN = 1000


class UnknownVariable(Refused):
    status = 400
    code = "variable_invalid"
    message = "This dashboard has no such variable. Check its name."


class BadValue(Refused):
    status = 400
    code = "variable_invalid"
    message = "The value does not fit the variable's type."


class ValueMissing(Refused):
    """A panel uses a required variable that has no value."""

    status = 400
    code = "variable_missing"
    message = "This panel needs a value that is not set."

    def __init__(self, label: str) -> None:
        super().__init__(f"This panel needs a value for {label}. Choose one.")
        self.label = label


class VariableNotOpen(Refused):
    status = 403
    code = "variable_locked"
    message = "This variable can’t be changed here."


@dataclass(frozen=True, slots=True)
class Values:
    """Every variable's value by name, checked and resolved, so that equal wishes are equal values.

    Days are YYYY-MM-DD, periods hold {"start", "end"}, both included; chosen lists are sorted and hold each value once.
    """

    by_name: Mapping[str, Any]

    @property
    def present(self) -> frozenset[str]:
        """The names that have a value, which decides about optional blocks."""
        return frozenset(name for name, value in self.by_name.items() if value is not None)


def check(variable: VariableSpec, value: object) -> None:
    """Raise BadValue unless ``value`` fits the variable's type; None always does."""
    if value is not None and not _CHECKS[variable.type](variable, value):
        raise BadValue(f"The value of {variable.name} does not fit its type, {variable.type}.")


def from_token(spec: DashboardSpec, values: Mapping[str, object]) -> dict[str, object]:
    """Return the token's values, checked. Raises UnknownVariable or BadValue. A token may set every mode."""
    return _checked(spec, values)


def from_viewer(
    spec: DashboardSpec, values: Mapping[str, object], *, may_change: bool, fixed: frozenset[str] = frozenset()
) -> dict[str, object]:
    """Return a viewer's values, checked; ``fixed`` names variables that only the token may set.

    Raises UnknownVariable, BadValue or VariableNotOpen.
    """
    for name in values:
        variable = spec.variables.get(name)
        if variable is None:
            raise UnknownVariable
        if variable.mode != "open" or not may_change or name in fixed:
            raise VariableNotOpen
    return _checked(spec, values)


def on_load(
    spec: DashboardSpec, values: Mapping[str, object], *, may_change: bool, fixed: frozenset[str] = frozenset()
) -> tuple[dict[str, object], list[str]]:
    """Return what of an address's values may count, and a note for each value that is ignored."""
    accepted: dict[str, object] = {}
    notes = []
    for name, value in list(values.items())[:MAX_VALUES]:
        try:
            accepted.update(from_viewer(spec, {name: value}, may_change=may_change, fixed=fixed))
        except Refused as refusal:
            notes.append(refusal.code)
    return accepted, notes


def _checked(spec: DashboardSpec, values: Mapping[str, object]) -> dict[str, object]:
    if len(values) > MAX_VALUES:
        raise BadValue("Too many variables are set.")
    for name, value in values.items():
        variable = spec.variables.get(name)
        if variable is None:
            raise UnknownVariable
        if variable.required and value is None:
            raise BadValue(f"The variable {name} needs a value.")
        check(variable, value)
    return dict(values)


def resolve(spec: DashboardSpec, grant: Grant, viewer: Mapping[str, object], *, time_zone: str, now: float) -> Values:
    """Merge defaults, the Grant's values and a viewer's checked ones, and turn relative periods into dates."""
    today = periods.today_in(time_zone, now)
    merged: dict[str, Any] = {name: variable.default for name, variable in spec.variables.items()}
    merged.update(grant.values)
    merged.update(viewer)
    if spec.customer_variable is not None:
        merged[spec.customer_variable] = grant.customer.external_id if grant.customer else None
    return Values({name: _resolved(spec.variables[name], value, today) for name, value in merged.items()})


def _resolved(variable: VariableSpec, value: Any, today: date) -> Any:
    if variable.type == "date_range" and isinstance(value, str):
        start, end = periods.resolve(value, today)
        return {"start": start.isoformat(), "end": end.isoformat()}
    if variable.type == "date" and isinstance(value, str) and periods.is_day(value):
        return periods.day(value, today).isoformat()
    if variable.type == "multi_choice" and value is not None:
        return sorted(set(value))
    return value


def statement(spec: DashboardSpec, sql: str, values: Values) -> str:
    """Return an author's SQL with the chosen identifiers in it. Raises ValueMissing, and QueryRejected for odd SQL."""
    unset = {name for name, variable in spec.variables.items() if variable.required and values.by_name[name] is None}
    missing = unset & names_used(sql) if unset else None
    if missing:
        raise ValueMissing(spec.variables[min(missing)].label)
    chosen = {
        (name, variable.identifier(values.by_name[name]) or "")
        for name, variable in spec.variables.items()
        if variable.identifiers and name not in unset
    }
    return choose(sql, frozenset(chosen)) if chosen else sql


def known_time_zone(name: str | None) -> str | None:
    """Return an IANA name that this system knows, or None."""
    return name if name is not None and name in _zones() else None


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _is_text(_variable: VariableSpec, value: object) -> bool:
    return isinstance(value, str) and len(value) <= MAX_TEXT and "\0" not in value and value.isprintable()


def _is_number(_variable: VariableSpec, value: object) -> bool:
    if type(value) is int:
        return abs(value) < 2**53
    return type(value) is float and math.isfinite(value) and abs(value) < 1e15


def _is_boolean(_variable: VariableSpec, value: object) -> bool:
    return isinstance(value, bool)


def _is_choice(variable: VariableSpec, value: object) -> bool:
    if variable.choices_from is not None:
        return _is_text(variable, value)
    return isinstance(value, str) and any(value == choice for choice, _ in variable.choices)


def _is_chosen(variable: VariableSpec, value: object) -> bool:
    if not isinstance(value, list) or len(value) > MAX_CHOSEN:
        return False
    if variable.choices_from is not None:
        return all(_is_text(variable, item) for item in value)
    listed = {choice for choice, _ in variable.choices}
    return all(isinstance(item, str) and item in listed for item in value)


def _is_day(_variable: VariableSpec, value: object) -> bool:
    return is_date(value) or (isinstance(value, str) and periods.is_day(value))


def is_date(value: object) -> bool:
    """Tell whether a value is a calendar day written YYYY-MM-DD."""
    if not isinstance(value, str) or len(value) != 10 or not value.isascii():
        return False
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_period(_variable: VariableSpec, value: object) -> bool:
    if isinstance(value, str):
        return periods.is_period(value)
    if not isinstance(value, dict) or set(value) != {"start", "end"}:
        return False
    return is_date(value["start"]) and is_date(value["end"]) and value["start"] <= value["end"]


_CHECKS = {
    "text": _is_text,
    "number": _is_number,
    "boolean": _is_boolean,
    "date": _is_day,
    "date_range": _is_period,
    "choice": _is_choice,
    "multi_choice": _is_chosen,
}
