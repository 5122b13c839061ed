"""Doors of the queue: each calls one service."""

from celery import shared_task
from django.core.management import call_command

from secrets_admin import feed, idempotency, revocation


@shared_task(name="secrets_admin.prune_feed")
def prune_feed() -> int:
    """Delete feed entries, revocations and remembered calls that nobody can need any more."""
    return feed.prune() + revocation.prune() + idempotency.prune()


@shared_task(name="secrets_admin.clear_sessions")
def clear_sessions() -> None:
    """Delete sessions that have ended."""
    call_command("clearsessions")
