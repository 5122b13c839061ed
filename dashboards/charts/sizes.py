"""The sizes that a panel is drawn at: for its place in the grid, for tablets and for phones.

Text must stay at 12 px or a little more, so a drawing is stretched little; container queries in cards.css show the
one that fits.
"""

Size = tuple[int, int]

#: Height of a chart's plot and legend together.
TALL = 280
TALL_PHONE = 240
LEGEND = 24
SPARK: Size = (104, 48)

PHONE = 302
ROW = 35
TABLE_HEAD = 29
#: Width of a full-width card on a tablet, or of a half one beside another, by grid width.
MIDDLE = {1: 460, 2: 460, 3: 460, 4: 460, 5: 400, 6: 430, 7: 480, 8: 480, 9: 480, 10: 720, 11: 720, 12: 720}


def grid_width(width: int) -> int:
    """Return the px between the text edges of a card of ``width`` columns on a 1280 px page, where text is 12 px."""
    return max(254, 104 * width - 58)


def sizes_for(width: int, *, legend: bool) -> list[Size]:
    """Return the sizes of a panel that is ``width`` columns wide: grid, tablet, phone."""
    less = LEGEND if legend else 0
    return [(grid_width(width), TALL - less), (MIDDLE[width], TALL - less), (PHONE, TALL_PHONE - less)]


def table_height(rows: int) -> int:
    """Return the height of a table with so many rows."""
    return TABLE_HEAD + rows * ROW
