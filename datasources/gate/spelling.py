"""One spelling for what a database lets people write in several ways, so that the checks know one form of each.

What the parser would write differently from how it was read is put into the form that it writes, since the seal
(gate/seal.py) takes nothing else. Each rule here keeps the meaning that the database's manual gives.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlglot import exp

from datasources.dialect import Dialect
from datasources.errors import QueryRejected

#: A list of more rows belongs into a table.
MAX_VALUES = 100

Rule = Callable[[Any, Dialect], Any]


def respelled(tree: Any, dialect: Dialect) -> Any:
    """Return the tree in the spelling that the gate checks. Raises QueryRejected."""
    rules = {**_EVERYWHERE, **_OWN.get(dialect.grammar, {})}
    # Inner nodes first, so that a rule finds its children in their final form.
    for node in reversed(list(tree.walk())):
        rule = rules.get(type(node))
        if rule is None:
            continue
        changed = rule(node, dialect)
        if node is tree:
            tree = changed
        elif changed is not node:
            node.replace(changed)
    return tree


def _values(node: Any, dialect: Dialect) -> Any:
    """VALUES is a UNION ALL of SELECTs, which every database has."""
    rows = node.expressions
    if len(rows) > MAX_VALUES:
        raise QueryRejected(f"VALUES has more than {MAX_VALUES} rows. Put them into a table.").near(node)
    selects = [exp.Select(expressions=[cell.copy() for cell in _cells(row)]) for row in rows]
    first = selects[0].expressions
    named = [
        dialect.values_columns.format(place) for place in range(dialect.values_from, dialect.values_from + len(first))
    ]
    selects[0].set(
        "expressions", [exp.Alias(this=cell, alias=_quoted(name)) for cell, name in zip(first, named, strict=True)]
    )
    query: Any = selects[0]
    for select in selects[1:]:
        query = exp.Union(this=query, expression=select, distinct=False)
    return query if node.parent is None else _as_relation(node, query)


def _as_relation(node: Any, query: Any) -> Any:
    if isinstance(node.parent, exp.CTE | exp.Subquery | exp.In | exp.SetOperation) and not node.args.get("alias"):
        return query
    return exp.Subquery(this=query, alias=node.args.get("alias"))


def _cells(row: Any) -> list[Any]:
    return list(row.expressions) if isinstance(row, exp.Tuple) else [row.this if isinstance(row, exp.Paren) else row]


def _quoted(name: str) -> Any:
    return exp.Identifier(this=name, quoted=True)


def _fetch(node: Any, dialect: Dialect) -> Any:
    """FETCH FIRST n ROWS ONLY is LIMIT n."""
    del dialect
    options = node.args.get("limit_options")
    if options is not None and (options.args.get("with_ties") or options.args.get("percent")):
        raise QueryRejected("FETCH takes ROWS ONLY, without TIES or PERCENT.").near(node)
    count = node.args.get("count")
    return exp.Limit(expression=exp.Literal.number(1) if count is None else count.copy())


def _frame(node: Any, dialect: Dialect) -> Any:
    """A window frame with a beginning only ends at the current row."""
    del dialect
    if node.args.get("start") is not None and node.args.get("end") is None:
        node.set("end", "CURRENT ROW")
    return node


def _weekday(node: Any, dialect: Dialect) -> Any:
    """DuckDB's DOW is its DAYOFWEEK."""
    del dialect
    if isinstance(node.this, exp.Var) and node.this.name.upper() == "DOW":
        node.set("this", exp.Var(this="DAYOFWEEK"))
    return node


def _every(node: Any, dialect: Dialect) -> Any:
    """DuckDB's bool_and and bool_or are written with a cast."""
    del dialect
    if not isinstance(node.this, exp.Cast):
        node.set("this", exp.Cast(this=node.this.copy(), to=exp.DataType.build("BOOLEAN")))
    return node


def _percentile(node: Any, dialect: Dialect) -> Any:
    """DuckDB's percentile_cont(x) WITHIN GROUP (ORDER BY y) is quantile_cont(y, x ORDER BY y)."""
    del dialect
    inner, order = node.this, node.expression
    if (
        not isinstance(inner, exp.PercentileCont | exp.PercentileDisc)
        or inner.expression
        or len(order.expressions) != 1
    ):
        return node
    ordered = order.expressions[0]
    share = exp.Order(this=inner.this.copy(), expressions=[ordered.copy()])
    return type(inner)(this=ordered.this.copy(), expression=share)


def _condition(node: Any, dialect: Dialect) -> Any:
    """if(a, b, c) is a CASE; inside of a CASE the parser uses the same node."""
    del dialect
    if isinstance(node.parent, exp.Case):
        return node
    branch = exp.If(this=node.this.copy(), true=node.args["true"].copy())
    otherwise = node.args.get("false")
    return exp.Case(ifs=[branch], default=None if otherwise is None else otherwise.copy())


def _moved(node: Any, dialect: Dialect) -> Any:
    """DuckDB's date_add(a, interval) is a + interval."""
    del dialect
    if not isinstance(node.expression, exp.Interval):
        return node
    return exp.Add(this=node.this.copy(), expression=node.expression.copy())


def _json(node: Any, dialect: Dialect) -> Any:
    """DuckDB's JSON operators in a chain stand in brackets, since they bind weakly."""
    del dialect
    node.set("only_json_types", False)
    if isinstance(node, exp.JSONExtractScalar):
        node.set("scalar_only", False)
    if isinstance(node.this, exp.JSONExtract | exp.JSONExtractScalar):
        node.set("this", exp.Paren(this=node.this.copy()))
    return node


def _matches(node: Any, dialect: Dialect) -> Any:
    """MariaDB has no function for a REGEXP b, which is regexp_instr(a, b) > 0."""
    del dialect
    if node.args.get("flag") is not None:
        raise QueryRejected("REGEXP_LIKE takes no flags. Write (?i) at the beginning of the pattern.").near(node)
    place = exp.RegexpInstr(this=node.this.copy(), expression=node.expression.copy())
    return exp.Paren(this=exp.GT(this=place, expression=exp.Literal.number(0)))


def _extracted(node: Any, dialect: Dialect) -> Any:
    """MySQL fails on a text that is no JSON, which would tell of rows that a condition meets before the scope's."""
    del dialect
    node.set("this", _document(node.this))
    return node


def _unquoted(node: Any, dialect: Dialect) -> Any:
    """MySQL's a ->> b, which MariaDB lacks, is json_unquote(json_extract(a, b))."""
    del dialect
    found = exp.JSONExtract(this=_document(node.this), expression=node.expression.copy())
    return exp.Anonymous(this="JSON_UNQUOTE", expressions=[found])


def _named_json(node: Any, dialect: Dialect) -> Any:
    del dialect
    name = node.name.upper()
    if name == "JSON_UNQUOTE" and not (len(node.expressions) == 1 and isinstance(node.expressions[0], exp.JSONExtract)):
        raise QueryRejected("JSON_UNQUOTE takes JSON_EXTRACT (...).").near(node)
    if name == "JSON_LENGTH" and node.expressions:
        node.set("expressions", [_document(node.expressions[0]), *node.expressions[1:]])
    return node


def _document(node: Any) -> Any:
    """Return a column as JSON, or as nothing when it holds none; what was extracted is JSON. Raises QueryRejected."""
    if isinstance(node, exp.JSONExtract):
        return node.copy()
    if not isinstance(node, exp.Column):
        raise QueryRejected("JSON is read from a column. Give it a name in WITH or a subquery first.").near(node)
    valid = exp.Anonymous(this="JSON_VALID", expressions=[node.copy()])
    return exp.If(this=valid, true=node.copy(), false=exp.Null())


_EVERYWHERE: Mapping[type, Rule] = {exp.Values: _values, exp.Fetch: _fetch, exp.WindowSpec: _frame}
_OWN: Mapping[str, Mapping[type, Rule]] = {
    "duckdb": {
        exp.Extract: _weekday,
        exp.LogicalAnd: _every,
        exp.LogicalOr: _every,
        exp.WithinGroup: _percentile,
        exp.If: _condition,
        exp.DateAdd: _moved,
        exp.JSONExtract: _json,
        exp.JSONExtractScalar: _json,
    },
    "mysql": {
        exp.RegexpLike: _matches,
        exp.JSONExtract: _extracted,
        exp.JSONValue: _extracted,
        exp.JSONExtractScalar: _unquoted,
        exp.Anonymous: _named_json,
    },
}
