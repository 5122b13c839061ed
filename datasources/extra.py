"""Functions that this server's operator allows besides those of a dialect's list. Owners and authors cannot add any."""

import re
from dataclasses import replace
from functools import cache

from django.conf import settings

from datasources.dialect import Dialect

_ENTRY = re.compile(r"(?P<engine>[a-z]+):(?P<name>[A-Za-z_][A-Za-z0-9_]{0,62})", re.ASCII)
#: They run SQL, read files, wait, or change the session: no list may have them, whoever writes it.
_NEVER = re.compile(
    r"READ_|FILE|QUERY|EXEC|SLEEP|LOCK|SETTING|CONFIG|XML|GLOB|SCAN|EXTENSION|DBLINK|NEXTVAL|SETVAL|TERMINATE|CANCEL|"
    r"BENCHMARK|GETENV|GETVARIABLE|NOTIFY|^LO_|LS_DIR|TS_STAT|CROSSTAB|PRAGMA"
)


def faults(entries: list[str], engines: frozenset[str]) -> list[str]:
    """Return a sentence for each entry of EXTRA_SQL_FUNCTIONS that is of no use or too dangerous."""
    return [fault for entry in entries if (fault := _fault(entry, engines))]


def _fault(entry: str, engines: frozenset[str]) -> str:
    match = _ENTRY.fullmatch(entry)
    if match is None or match["engine"] not in engines:
        known = ", ".join(sorted(engines))
        return f"{entry[:80]} is not engine:function, such as postgresql:levenshtein. Engines: {known}."
    if _NEVER.search(match["name"].upper()):
        return f"{entry[:80]} may run SQL, read files, wait or change the session, so it cannot be allowed."
    return ""


def extra_functions(engine: str) -> frozenset[str]:
    """Return the operator's functions for an engine, in upper case; entries with a fault allow nothing."""
    return _of(engine, tuple(settings.EXTRA_SQL_FUNCTIONS))


@cache
def _of(engine: str, entries: tuple[str, ...]) -> frozenset[str]:
    good = (entry for entry in entries if not _fault(entry, frozenset({engine})))
    return frozenset(entry.partition(":")[2].upper() for entry in good)


def extended(dialect: Dialect) -> Dialect:
    """Return a dialect with the operator's functions."""
    return _extended(dialect, extra_functions(dialect.name))


@cache
def _extended(dialect: Dialect, extra: frozenset[str]) -> Dialect:
    return replace(dialect, functions=dialect.functions | extra, extra=extra) if extra else dialect
