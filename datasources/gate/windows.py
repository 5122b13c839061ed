"""Named windows: WINDOW w AS (...) is written out where it is used, so that no name of an author's is left."""

from collections.abc import Mapping
from typing import Any

from datasources.dialect import Dialect
from datasources.errors import QueryRejected

Windows = Mapping[str, Any]


def take_windows(select: Any, dialect: Dialect) -> Windows:
    """Take the WINDOW clause out of a SELECT and return its windows by key. Raises QueryRejected."""
    found: dict[str, Any] = {}
    for window in select.args.get("windows") or []:
        key = _key(window.this, dialect)
        if key in found:
            raise QueryRejected(f"Two windows are called {window.this.name}.").near(window.this)
        write_out(window, found, dialect)
        found[key] = window
    select.set("windows", None)
    return found


def write_out(window: Any, windows: Windows, dialect: Dialect) -> None:
    """Give a window the clauses of the named one that it is made from. Raises QueryRejected."""
    named = window.args.get("alias")
    if named is None:
        return
    base = windows.get(_key(named, dialect))
    if base is None:
        raise QueryRejected(f"There is no window {named.name[:63]} in this SELECT.").near(named)
    window.set("alias", None)
    for clause in ("partition_by", "order", "spec"):
        _inherit(window, base, clause)


def _inherit(window: Any, base: Any, clause: str) -> None:
    given = base.args.get(clause)
    if not given:
        return
    if window.args.get(clause):
        raise QueryRejected(f"The window {base.this.name[:63]} has such a clause already. Write the window out.").near(
            window
        )
    window.set(clause, [item.copy() for item in given] if isinstance(given, list) else given.copy())


def _key(identifier: Any, dialect: Dialect) -> str:
    return dialect.key(dialect.written(identifier.name, identifier.args.get("quoted") is True))
