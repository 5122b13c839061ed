"""The output columns of a SELECT: stars written out, every column named, names in ORDER BY made positions."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlglot import exp

from datasources.dialect import Dialect
from datasources.errors import QueryRejected
from datasources.gate.expressions import Expressions
from datasources.gate.names import SHOWN, Frame, quoted, relation_of, unique_names
from datasources.gate.shapes import check_node
from datasources.template import VARIABLE_MARK


def project(
    select: Any, frame: Frame, expressions: Expressions, dialect: Dialect, given: Sequence[str] = ()
) -> list[str]:
    """Rewrite the SELECT list and return its own output names. Raises QueryRejected.

    ``given`` are names for the first outputs from around the query, which are written instead.
    """
    named: list[tuple[str, Any]] = []
    taken: set[str] = set()
    for item in select.expressions:
        try:
            for name, node in _outputs(item, frame, expressions, dialect, taken):
                taken.add(dialect.key(name))
                named.append((name, node))
                _reuse(frame, dialect, name, node)
        except QueryRejected as error:
            raise error.near(item) from error.__cause__
    if not named:
        raise QueryRejected("The query selects no columns. Name at least one after SELECT.")
    names = [name for name, _ in named]
    written = renamed(names, given, dialect)
    select.set(
        "expressions",
        [exp.Alias(this=node, alias=quoted(name)) for name, (_, node) in zip(written, named, strict=True)],
    )
    return names


def renamed(names: Sequence[str], given: Sequence[str], dialect: Dialect) -> list[str]:
    """Return the names that a query's outputs get. Raises QueryRejected for too many or equal ones."""
    if len(given) > len(names):
        raise QueryRejected(f"{len(given)} names are given to {len(names)} columns.")
    return list(unique_names([*given, *names[len(given) :]], dialect).values())


def _reuse(frame: Frame, dialect: Dialect, name: str, node: Any) -> None:
    if dialect.reuses_outputs:
        frame.outputs.setdefault(dialect.key(name), node)


def _outputs(
    item: Any, frame: Frame, expressions: Expressions, dialect: Dialect, taken: set[str]
) -> list[tuple[str, Any]]:
    if isinstance(item, exp.Star):
        return _changed(item, frame.stars(), frame, expressions, dialect)
    if isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
        return _changed(item.this, _star_of(item, frame, dialect), frame, expressions, dialect)
    if isinstance(item, exp.Alias):
        check_node(item, dialect)
        check_node(item.args["alias"], dialect)
        alias = item.args["alias"]
        return [(dialect.written(alias.name, alias.quoted), expressions.rewrite(item.this, frame))]
    spoken = _spoken(item)
    node = expressions.rewrite(item, frame)
    if isinstance(item, exp.Column) and item.this.name == spoken:
        return [(str(node.meta.get(SHOWN, spoken)), node)]
    return [(_free(spoken, dialect, taken), node)]


def _changed(
    star: Any, columns: Iterable[tuple[str, Any]], frame: Frame, expressions: Expressions, dialect: Dialect
) -> list[tuple[str, Any]]:
    """Return a star's columns without those of EXCLUDE, and with those of REPLACE changed. Raises QueryRejected."""
    left_out = {_key(item, dialect) for item in star.args.get("except_") or []}
    changes = {_key(item.args["alias"], dialect): item for item in star.args.get("replace") or []}
    star.set("except_", None)
    star.set("replace", None)
    check_node(star, dialect)
    listed = [(dialect.key(name), name, node) for name, node in columns]
    missing = (left_out | changes.keys()) - {key for key, *_ in listed}
    if missing:
        raise QueryRejected(f"EXCLUDE and REPLACE take columns of the star. There is no {min(missing)[:63]} in it.")
    changed = {key: expressions.rewrite(item.this, frame) for key, item in changes.items()}
    return [(name, changed.get(key, node)) for key, name, node in listed if key not in left_out]


def _key(node: Any, dialect: Dialect) -> str:
    identifier = node.this if isinstance(node, exp.Column) else node
    if not isinstance(identifier, exp.Identifier) or node.args.get("table") is not None:
        raise QueryRejected("EXCLUDE and REPLACE take bare names of columns.")
    check_node(identifier, dialect)
    return dialect.key(dialect.written(identifier.name, identifier.quoted))


def _star_of(item: Any, frame: Frame, dialect: Dialect) -> list[tuple[str, Any]]:
    table = item.args.get("table")
    if table is None or item.args.get("db") is not None:
        raise QueryRejected("Write alias.* without a schema in front.")
    relation = relation_of(table, frame, dialect)
    return [(relation.name(key), relation.column(key)) for key in relation.columns]


def _spoken(node: Any) -> str:
    """Name an output that has no alias after its function, as the databases do."""
    while isinstance(node, exp.Window | exp.Filter | exp.Cast | exp.Paren | exp.WithinGroup | exp.IgnoreNulls):
        node = node.this
    if isinstance(node, exp.Anonymous):
        return str(node.this).lower()
    if isinstance(node, exp.Column) and not node.name.startswith(VARIABLE_MARK):
        return str(node.name)
    return str(node.sql_name()).lower() if isinstance(node, exp.Func) else "column"


def _free(name: str, dialect: Dialect, taken: set[str]) -> str:
    candidate, number = name, 2
    while dialect.key(candidate) in taken:
        candidate, number = f"{name}_{number}", number + 1
    return candidate


def ordinal(item: Any, frame: Frame | None, names: list[str], dialect: Dialect, *, own_first: bool) -> int | None:
    """Return the position of the output that an unqualified name means in GROUP BY or ORDER BY; None if none."""
    if not isinstance(item, exp.Column) or item.args.get("table") is not None:
        return None
    if not isinstance(item.this, exp.Identifier):
        return None
    name = dialect.written(item.name, item.this.quoted)
    if own_first and frame is not None and frame.own(dialect.key(name), name) is not None:
        return None
    places = [place for place, output in enumerate(names, 1) if dialect.key(output) == dialect.key(name)]
    if len(places) > 1:
        raise QueryRejected(f"Several outputs are called {name}. Write the position of the one that is meant.")
    return places[0] if places else None
