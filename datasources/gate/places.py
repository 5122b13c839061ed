"""Where in an author's SQL a refusal points: the parser's places, and the way back through the template."""

from bisect import bisect_right
from collections.abc import Sequence


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Return the line and column of a character, both counted from 1."""
    before = text[: max(0, offset)]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def offset_of(text: str, line: int, column: int) -> int:
    """Return the character at a line and column, both counted from 1."""
    lines = text.split("\n")
    return min(len(text), sum(len(each) + 1 for each in lines[: line - 1]) + max(0, column - 1))


def original(offset: int, joints: Sequence[tuple[int, int]]) -> int:
    """Return the place in the author's text of a place in the expanded one.

    ``joints`` holds (place in the expanded text, place in the author's) of every piece, in order.
    """
    at = bisect_right(joints, (offset, 2**31)) - 1
    if at < 0:
        return offset
    begin, source = joints[at]
    return source + offset - begin
