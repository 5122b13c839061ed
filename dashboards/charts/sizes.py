"""The sizes that a panel is drawn at: for its place in the grid, for tablets and for phones.

Text must stay near 12 px, so a drawing is stretched little; container queries in embed.css show the fitting one.
"""

Size = tuple[int, int]

#: Height of a chart's plot and legend together.
TALL = 280
TALL_PHONE = 240
LEGEND = 24
SPARK: Size = (104, 48)

#: Widths of a card's text edge by grid width, between those of a 1280 and a 1440 px page.
GRID = {1: 300, 2: 300, 3: 300, 4: 380, 5: 490, 6: 590, 7: 700, 8: 810, 9: 910, 10: 1010, 11: 1110, 12: 1200}
PHONE = 316
ROW = 35
TABLE_HEAD = 29


def sizes_for(width: int, *, legend: bool) -> list[Size]:
    """Return the sizes of a panel that is ``width`` columns wide: grid, full width on a tablet, phone."""
    less = LEGEND if legend else 0
    middle = 560 if width <= 9 else 720
    return [(GRID[width], TALL - less), (middle, TALL - less), (PHONE, TALL_PHONE - less)]


def table_height(rows: int) -> int:
    """Return the height of a table with so many rows."""
    return TABLE_HEAD + rows * ROW
