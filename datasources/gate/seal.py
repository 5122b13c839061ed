"""The last look at a statement, at its text: it must say what was checked, in words that are all on a list.

This knows nothing of how the tree was rewritten, so a mistake there, or in the parser's writing, is caught here.
"""

import re
from collections.abc import Callable
from typing import Any

from sqlglot import TokenType
from sqlglot.dialects.dialect import Dialect as Grammar
from sqlglot.errors import ErrorLevel

from datasources.dialect import Dialect, words
from datasources.errors import QueryRejected
from datasources.gate.shapes import UNITS
from datasources.template import BIND_MARK, VARIABLE_MARK

Proof = Callable[[Any], None]

#: The grammar's own words. None of them reads, writes or calls anything by itself.
_GRAMMAR = words(
    """
    SELECT DISTINCT ON FROM WHERE GROUP BY HAVING ORDER ASC DESC NULLS FIRST LAST LIMIT OFFSET WITH RECURSIVE AS
    NOT MATERIALIZED UNION ALL INTERSECT EXCEPT JOIN INNER LEFT RIGHT FULL OUTER CROSS LATERAL ROLLUP CUBE GROUPING
    SETS AND OR IS NULL TRUE FALSE IN ANY EXISTS BETWEEN LIKE ILIKE ESCAPE CASE WHEN THEN ELSE END CAST COLLATE
    INTERVAL OVER PARTITION ROWS RANGE GROUPS UNBOUNDED PRECEDING FOLLOWING CURRENT ROW FILTER WITHIN IGNORE FOR
    BOTH LEADING TRAILING SIMILAR TO OVERLAPS
    """
)
#: Words of the grammar that call a function when a bracket follows.
_ALSO_FUNCTIONS = words("LEFT RIGHT GROUPING RANGE")
#: What stands before a series; anywhere else it is refused.
_BEFORE_SERIES = words("FROM JOIN LATERAL ,")
_VALUES = frozenset({TokenType.IDENTIFIER, TokenType.STRING, TokenType.NUMBER})
_SIGNS = words("( ) [ ] , . + - * / // % = <> < <= > >= <=> || ~ ~* -> ->> #> #>>")
_MARK = re.compile(rf'["`]{BIND_MARK}(\d+)["`]')


def write(tree: Any, dialect: Dialect, marks: int, proof: Proof | None = None) -> str:
    """Return the text of a checked tree, with numbered placeholders for its ``marks`` binds.

    ``proof`` is called with what the text reads back as. Raises QueryRejected when that is not the same tree, or when
    the text holds a word that is not on the lists.
    """
    try:
        text = tree.sql(dialect=dialect.grammar, identify=True, comments=False, unsupported_level=ErrorLevel.RAISE)
        tokens = grammar(dialect).tokenize(text)
        again = grammar(dialect).parser().parse(tokens, text)
    except RecursionError:
        raise
    except Exception as error:  # noqa: BLE001 -- the parser lets IndexError and others out for odd statements
        raise QueryRejected(_UNCLEAR, detail=str(error)[:500]) from None
    if again != [tree]:
        raise QueryRejected(_UNCLEAR, offset=_first_difference(tree, again[0]))
    if proof is not None:
        proof(again[0])
    _check_words(tokens, dialect)
    return _with_placeholders(text, dialect, marks)


def _first_difference(tree: Any, again: Any) -> int | None:
    """Return the place of the first node that reads back as another kind; None when nobody knows it."""
    for node, other in zip(tree.walk(), again.walk() if again is not None else (), strict=False):
        if type(node) is not type(other):
            return QueryRejected("").near(node).offset
    return None


_UNCLEAR = (
    "The query holds a construct that cannot be written back exactly, so it is refused. "
    "Write it in plainer SQL, such as CAST(x AS type) or a + INTERVAL '1 day'."
)


def grammar(dialect: Dialect) -> Any:
    """Return the parser's dialect."""
    return Grammar.get_or_raise(dialect.grammar)


def _check_words(tokens: list[Any], dialect: Dialect) -> None:
    allowed = _GRAMMAR | UNITS | dialect.functions | dialect.words
    for before, token, following in zip([None, *tokens], tokens, [*tokens[1:], None], strict=False):
        if token.comments:
            raise QueryRejected(_UNCLEAR)
        if token.token_type in _VALUES or token.text in _SIGNS:
            continue
        called = following is not None and following.token_type == TokenType.L_PAREN
        if called and token.text.upper() in dialect.series and before is not None and before.text in _BEFORE_SERIES:
            continue
        for word in token.text.upper().split():
            if word not in allowed or (called and word in _ALSO_FUNCTIONS and word not in dialect.functions):
                raise QueryRejected(f"{word[:40]} is not on the list of allowed functions and words. See docs/sql.md.")


def _with_placeholders(text: str, dialect: Dialect, marks: int) -> str:
    found = {int(number) for number in _MARK.findall(text)}
    if found != set(range(1, marks + 1)) or VARIABLE_MARK in text or text.count(BIND_MARK) != len(_MARK.findall(text)):
        raise QueryRejected("A placeholder stands where no value can stand. Bind values in conditions only.")
    return _MARK.sub(lambda match: dialect.placeholder.format(match.group(1)), text)
