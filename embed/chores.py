"""What this app does by the clock: by the housekeeping thread where there is one process, else by the scheduler."""

from embed import access_log, mints, refusals
from embed.rollup import roll_up

EVERY_MINUTE = (roll_up, mints.mail_alerts)
EVERY_HOUR = (access_log.prune, mints.prune, refusals.prune)
