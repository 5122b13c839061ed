"""The sizes that a panel is drawn at: beside others on a wide and on a middling page, alone on a tablet, on a phone.

Text must stay at 12 px or a little more, so a drawing is stretched little; container queries in cards.css show the one
that fits.
"""

from typing import NamedTuple


class Size(NamedTuple):
    """A drawing's class in the style sheet, its width and its height in px."""

    name: str
    width: int
    height: int


#: Height of a chart's plot and legend together.
TALL = 280
TALL_PHONE = 240
LEGEND = 24
SPARK = Size("spark", 104, 48)

PHONE = 302
#: A full-width card on a tablet needs a drawing of its own only where the others are far from its width.
TABLET = {1: 460, 2: 460, 3: 460, 4: 460, 10: 660, 11: 660, 12: 660}
ROW = 35
TABLE_HEAD = 29


def _between_edges(page: int, columns: int) -> int:
    """Return the px between the text edges of a card of so many columns on a page of this width."""
    column = (page - 2 * 24 - 11 * 16) / 12
    return round(column * columns + 16 * (columns - 1) - 42)


def sizes_for(columns: int, *, legend: bool) -> list[Size]:
    """Return the sizes of a panel that is ``columns`` wide: on a page of 1280 px, of 1032 px, on tablet and phone."""
    height = TALL - (LEGEND if legend else 0)
    sizes = [Size("wide", max(254, _between_edges(1280, columns)), height)]
    if columns >= 4:
        sizes.append(Size("aside", _between_edges(1032, columns), height))
    if columns in TABLET:
        sizes.append(Size("tablet", TABLET[columns], height))
    return [*sizes, Size("phone", PHONE, height - TALL + TALL_PHONE)]


def table_height(rows: int) -> int:
    """Return the height of a table with so many rows."""
    return TABLE_HEAD + rows * ROW
