"""CSV that no spreadsheet takes for formulas (RFC 4180, threats.md P-EX-01)."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

_QUOTES = "\"'`\u2018-\u201f\u00ab\u00bb"
#: A formula sign after white space, control characters or quotes, which spreadsheets drop; or a tab or line end there.
_FORMULA = re.compile(rf"[\s\x00-\x1f\ufeff{_QUOTES}]*(?:[=+\-@\uff1d\uff0b\uff0d\uff20]|(?<=[\t\r\n]))")
#: Rows that are sent together.
_BATCH = 500


def inert(value: object) -> object:
    """Return a cell as it is, or with an apostrophe before what a spreadsheet would run."""
    if isinstance(value, str) and _FORMULA.match(value):
        return f"'{value}"
    return value


def csv_lines(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Give a table as text, some rows at a time, for downloads of any length; with the mark that Excel needs."""
    out = io.StringIO()
    writer = csv.writer(out)
    out.write("\ufeff")
    writer.writerow([inert(name) for name in head])
    for number, row in enumerate(rows, 1):
        writer.writerow([inert(value) for value in row])
        if number % _BATCH == 0:
            yield out.getvalue()
            out.seek(0)
            out.truncate()
    yield out.getvalue()
