"""Who takes which line of the journal: importing this module registers every handler of this app, in every process."""

from embed import refusals  # noqa: F401 -- it registers its kind
from embed.positions import DatabasePositions
from embedhost.lib import journal

journal.keep_positions(DatabasePositions())
