"""Who takes which line of the journal: importing this module registers every handler of this app, in every process."""

from embed.positions import DatabasePositions
from embedhost.lib import journal

journal.keep_positions(DatabasePositions())
