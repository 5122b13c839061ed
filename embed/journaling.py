"""Who takes which line of the journal: importing this module registers every handler of this app, in every process."""

from collections.abc import Mapping, Sequence
from typing import Any

from embed import access_log, mints, refusals, rollup  # noqa: F401 -- each registers its kinds or is called below
from embed.positions import DatabasePositions
from embedhost.lib import journal

journal.keep_positions(DatabasePositions())


@journal.handle("page", "withdrawn", "panel", "query", "answer", "export", "turned_away")
def take_shown(facts: Sequence[Mapping[str, Any]]) -> None:
    """Add what was shown to its days and keep it in the access log."""
    rollup.add(facts)
    access_log.keep(facts)
