"""What a worker's process does besides its tasks."""

from typing import Any

from celery.signals import worker_process_init, worker_process_shutdown

from embedhost.background import end_journal, start_draining


@worker_process_init.connect
def begin(**_: Any) -> None:
    """Take this process's journal, and those of processes of this machine that ended."""
    start_draining()


@worker_process_shutdown.connect
def end(**_: Any) -> None:
    """Take what is left; the pool ends its processes without atexit."""
    end_journal()
