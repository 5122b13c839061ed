"""Doors of the queue: each calls one service."""

from celery import shared_task
from django.core.management import call_command

from secrets_admin import feed, revocation


@shared_task(name="secrets_admin.prune_feed")
def prune_feed() -> int:
    """Delete feed entries and revocations that no process can need any more."""
    return feed.prune() + revocation.prune()


@shared_task(name="secrets_admin.clear_sessions")
def clear_sessions() -> None:
    """Delete sessions that have ended."""
    call_command("clearsessions")
