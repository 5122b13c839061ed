"""A dashboard's settings as its document and the REST API name them: what viewers may do, and cache times."""

from typing import Any, Final

from dashboards.reader import Problem

MAX_CACHE_SECONDS: Final = 86_400
#: Name -> what it does. Those that end on _seconds are whole numbers of seconds, the others true or false.
_HELP: Final = {
    "viewers_may_apply_variables": "Viewers may change open variables.",
    "viewers_may_export": "Viewers may download rows.",
    "cache_seconds": "For so long a result is fresh; 0: each time anew.",
    "serve_stale_seconds": "For so long after that an old result is shown while a new one is fetched.",
}
SETTINGS: Final = tuple(_HELP)
_PLACE: Final = "settings"


def is_seconds(name: str) -> bool:
    """Tell whether a setting is a number of seconds."""
    return name.endswith("_seconds")


def problems_of(settings: object) -> list[Problem]:
    """Return what is wrong with a document's settings; none of them need be there."""
    if settings is None:
        return []
    if not isinstance(settings, dict):
        return [Problem("`settings` is a set of names and values.", (_PLACE,))]
    known = ", ".join(SETTINGS)
    unknown = [name for name in settings if name not in SETTINGS]
    found = [Problem(f"`settings`: `{name[:63]}` is not known. Use {known}.", (_PLACE, name)) for name in unknown]
    return found + [
        Problem(f"`settings`: `{name}` is {_expected(name)}.", (_PLACE, name))
        for name, value in settings.items()
        if name in SETTINGS and not _fits(name, value)
    ]


def _fits(name: str, value: object) -> bool:
    if is_seconds(name):
        return type(value) is int and 0 <= value <= MAX_CACHE_SECONDS
    return isinstance(value, bool)


def _expected(name: str) -> str:
    return f"a whole number of seconds, at most {MAX_CACHE_SECONDS:,}" if is_seconds(name) else "true or false"


def schema() -> dict[str, Any]:
    """Return the same as JSON Schema."""
    seconds = {"type": "integer", "minimum": 0, "maximum": MAX_CACHE_SECONDS}
    return {
        "type": "object",
        "properties": {
            name: {**(seconds if is_seconds(name) else {"type": "boolean"}), "description": told}
            for name, told in _HELP.items()
        },
        "additionalProperties": False,
    }
