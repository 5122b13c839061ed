"""Doors of the queue."""

from celery import shared_task

from dashboards import refreshing


@shared_task(name=refreshing.JOB)
def refresh(key: str) -> None:
    """Fetch a stale result anew."""
    refreshing.refresh(key)
