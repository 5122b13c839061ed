"""TABLESAMPLE: rows are always drawn one by one, since a block that is drawn whole holds other customers' rows too."""

from typing import Any

from sqlglot import exp

from datasources.dialect import Dialect
from datasources.errors import QueryRejected

_FORM = "Write TABLESAMPLE with a plain number, such as TABLESAMPLE BERNOULLI (10)."


def take_sample(node: Any, dialect: Dialect) -> Any:
    """Take the sample clause off a node and return one of our own for it; None when there is none.

    Raises QueryRejected.
    """
    sample = node.args.get("sample")
    if sample is None:
        return None
    node.set("sample", None)
    if not dialect.sampling:
        raise QueryRejected("TABLESAMPLE is not allowed with this database.").near(sample)
    percent, size, seed = (_number(sample.args.get(name)) for name in ("percent", "size", "seed"))
    if (percent is None) == (size is None) or (size is not None and dialect.sampling == "table"):
        raise QueryRejected(_FORM).near(sample)
    method = "BERNOULLI" if size is None else "RESERVOIR"
    return exp.TableSample(method=exp.Var(this=method), percent=percent, size=size, seed=seed or False)


def _number(node: Any) -> Any:
    if node is None or node is False:
        return None
    if not isinstance(node, exp.Literal) or node.is_string:
        raise QueryRejected(_FORM).near(node)
    return node.copy()


def sampled(node: Any, sample: Any, dialect: Dialect) -> None:
    """Draw the sample of a relation's rows. Raises QueryRejected where only stored tables can be sampled."""
    if sample is None:
        return
    if dialect.sampling != "relation":
        raise QueryRejected("TABLESAMPLE takes a table of the catalog only.")
    node.set("sample", sample)
