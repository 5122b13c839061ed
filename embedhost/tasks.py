"""What a worker's process does besides its tasks."""

from typing import Any

from celery.signals import worker_process_init, worker_process_shutdown

from embedhost.background import end_journal, start_keeping_house


@worker_process_init.connect
def begin(**_: Any) -> None:
    """Keep house: the journal, also of processes of this machine that ended, and connections to data sources."""
    start_keeping_house()


@worker_process_shutdown.connect
def end(**_: Any) -> None:
    """Take what is left; the pool ends its processes without atexit."""
    end_journal()
