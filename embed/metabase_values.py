"""What a viewer's address sets, as Metabase's pages and API take it.

The values stand in the query string, or all in one key ``parameters`` as a JSON object, which keeps their types.
"""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date

from django.http import QueryDict

from dashboards.metabase import read_values
from dashboards.spec import DashboardSpec
from embedhost.lib.errors import Refused
from tokens.strict_json import JSONRefused, read_object

#: The one key that may hold all values.
PARAMETERS = "parameters"
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,15})(\.[0-9]{1,15})?")


class BadParameters(Refused):
    message = "The key `parameters` must be a JSON object of names and values."


def sent(query: QueryDict, spec: DashboardSpec, ours: Collection[str] = ()) -> Mapping[str, object]:
    """Return the values as they were sent; ``ours`` names keys of the query that set nothing. Raises BadParameters."""
    if PARAMETERS in query:
        return _parsed(str(query[PARAMETERS]))
    return {name: _typed(spec, name, texts) for name, texts in query.lists() if name not in ours}


def read(query: QueryDict, spec: DashboardSpec, today: date, ours: Collection[str] = ()) -> dict[str, object]:
    """Return what an address sets, by name. Raises BadParameters or variables.BadValue."""
    return read_values(spec, sent(query, spec, ours), today)


def readable(
    query: QueryDict, spec: DashboardSpec, today: date, ours: Collection[str] = ()
) -> tuple[dict[str, object], list[str]]:
    """Return what of an address can be read, and a note for each value that cannot."""
    values: dict[str, object] = {}
    notes: list[str] = []
    try:
        for name, value in sent(query, spec, ours).items():
            values |= _read_or_note(spec, name, value, today, notes)
    except BadParameters as refused:
        notes.append(refused.code)
    return values, notes


def _read_or_note(spec: DashboardSpec, name: str, value: object, today: date, notes: list[str]) -> Mapping[str, object]:
    try:
        return read_values(spec, {name: value}, today)
    except Refused as refused:
        notes.append(refused.code)
        return {}


def _parsed(text: str) -> Mapping[str, object]:
    try:
        return read_object(text.encode(errors="replace"))
    except JSONRefused:
        raise BadParameters from None


def _typed(spec: DashboardSpec, name: str, texts: list[str]) -> list[object]:
    """A query string has texts only; the variable's own type says what they are."""
    variable = spec.variables.get(name)
    read = _READERS.get(variable.type if variable else "")
    return [read(text) for text in texts] if read else list(texts)


def _number(text: str) -> object:
    found = _NUMBER.fullmatch(text)
    if found is None:
        return text
    return float(text) if found[1] else int(text)


def _boolean(text: str) -> object:
    return {"true": True, "false": False}.get(text, text)


_READERS: Mapping[str, Callable[[str], object]] = {"number": _number, "boolean": _boolean}
