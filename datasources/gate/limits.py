"""Bounds that a statement must keep before it is parsed: the parser's time grows fast in some shapes."""

from typing import Any

from sqlglot import TokenType

from datasources.errors import QueryRejected
from datasources.template import BIND_MARK, VARIABLE_MARK

MAX_CHARACTERS = 40_000
MAX_TOKENS = 8_000
MAX_NESTING = 40
#: sqlglot's time quadruples with each level of [ and with each JOIN that waits for its ON.
MAX_BRACKETS = 3
MAX_WAITING_JOINS = 4

_OPENERS = {TokenType.L_PAREN, TokenType.L_BRACE, TokenType.L_BRACKET, TokenType.CASE}
_CLOSERS = {TokenType.R_PAREN, TokenType.R_BRACE, TokenType.R_BRACKET, TokenType.END}
_JOINS = {TokenType.JOIN, TokenType.STRAIGHT_JOIN}


def check_text(sql: str) -> None:
    """Raise QueryRejected for SQL that is too long or holds characters that no statement needs."""
    if len(sql) > MAX_CHARACTERS:
        raise QueryRejected(f"The query is longer than {MAX_CHARACTERS:,} characters. Make it shorter.")
    try:
        sql.encode()
    except UnicodeEncodeError:
        raise QueryRejected("The query holds half of a character (a lone surrogate). Type it again.") from None
    if any(ord(sign) < 32 and sign not in "\t\r\n" for sign in sql):
        raise QueryRejected("The query holds an invisible control character. Type it again.")


def check_tokens(tokens: list[Any]) -> None:
    """Raise QueryRejected for several statements, and for shapes too large or too deep."""
    if len(tokens) > MAX_TOKENS:
        raise QueryRejected("The query has too many parts. Split it into several panels.")
    semicolon = next((token for token in tokens if token.token_type == TokenType.SEMICOLON), None)
    if semicolon is not None:
        said = "Only one statement is allowed. Take out the semicolon and what follows it."
        raise QueryRejected(said, offset=semicolon.start)
    _check_marks(tokens)
    _check_nesting(tokens)
    _check_joins(tokens)


def _check_marks(tokens: list[Any]) -> None:
    """A backslash that the database's own reading drops could spell a mark that the author's text did not show."""
    for token in tokens:
        text, name = token.text.lower(), token.token_type == TokenType.IDENTIFIER
        if BIND_MARK in text or (VARIABLE_MARK in text and not name):
            raise QueryRejected(
                f"Texts with {VARIABLE_MARK} or {BIND_MARK} are taken. Use another.", offset=token.start
            )


def _check_nesting(tokens: list[Any]) -> None:
    depth = brackets = 0
    for token in tokens:
        kind = token.token_type
        depth += (kind in _OPENERS) - (kind in _CLOSERS)
        brackets += (kind == TokenType.L_BRACKET) - (kind == TokenType.R_BRACKET)
        if depth > MAX_NESTING or brackets > MAX_BRACKETS:
            raise QueryRejected("The query is nested too deeply. Move inner parts into WITH.", offset=token.start)


def _check_joins(tokens: list[Any]) -> None:
    waiting = 0
    for before, token in zip([None, *tokens], tokens, strict=False):
        kind = token.token_type
        if kind in (TokenType.ON, TokenType.USING):
            waiting = max(0, waiting - 1)
        elif kind in _JOINS and (before is None or before.token_type != TokenType.CROSS):
            waiting += 1
        if waiting > MAX_WAITING_JOINS:
            said = "A JOIN needs its ON right after the table. Write JOIN table ON condition each time."
            raise QueryRejected(said, offset=token.start)
