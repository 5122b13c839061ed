"""Doors of the queue: each does what the clock says is due."""

from celery import shared_task

from embed.chores import EVERY_HOUR, EVERY_MINUTE


@shared_task(name="embed.every_minute")
def every_minute() -> None:
    """Roll embeds up to days and mail alerts."""
    for chore in EVERY_MINUTE:
        chore()


@shared_task(name="embed.every_hour")
def every_hour() -> None:
    """Delete what is older than it may be kept."""
    for chore in EVERY_HOUR:
        chore()
