"""Child processes: each in a process group of its own, all ended when this script ends, by id."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import IO

from devtools.places import ROOT
from devtools.say import Problem

#: The words of a command; paths and numbers are written out.
Command = Sequence[object]

_running: dict[int, subprocess.Popen[bytes]] = {}
_lock = threading.Lock()
#: Set once everything is being stopped: nobody may begin anything.
ending = threading.Event()
_GRACE_SECONDS = 8.0


def start(
    command: Command,
    *,
    env: Mapping[str, str] | None = None,
    output: IO[bytes] | int | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child that ``stop`` or ``stop_all`` will end, with everything it started. Problem after ``stop_all``."""
    with _lock:
        if ending.is_set():
            raise Problem("Stopped.")
        child = subprocess.Popen(  # noqa: S603 -- commands are ours; a list of words, no shell
            [str(word) for word in command],
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output is not None else None,
            start_new_session=True,
        )
        _running[child.pid] = child
    return child


def run(command: Command, *, env: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Run a command to its end and return its exit code and everything it printed."""
    child = start(command, env=env, output=subprocess.PIPE)
    try:
        printed, _ = child.communicate()
    finally:
        stop(child)
    return child.returncode, printed.decode(errors="replace")


def must_run(command: Command, *, env: Mapping[str, str] | None = None, sorry: str) -> str:
    """Run a command and return what it printed; Problem with ``sorry`` and the last lines if it fails."""
    code, printed = run(command, env=env)
    if code:
        raise Problem(f"{sorry}\n{last_lines(printed)}")
    return printed


def last_lines(printed: str, count: int = 25) -> str:
    """Return the end of what a command printed, indented."""
    return "\n".join(f"    {line}" for line in printed.strip().splitlines()[-count:])


def stop(child: subprocess.Popen[bytes]) -> None:
    """End a child as Ctrl-C would, and then whatever is left of its process group."""
    _ask_to_end(child)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(_GRACE_SECONDS)
    # ProcessLookupError: nobody of the group is left. PermissionError: what is left waits to be reaped (macOS).
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    with _lock:
        _running.pop(child.pid, None)


def _ask_to_end(child: subprocess.Popen[bytes]) -> None:
    """Only the child itself is asked: it ends its own children in order (granian its workers, pytest its servers)."""
    if child.poll() is None:
        child.send_signal(signal.SIGINT)


def stop_all() -> None:
    """End every child that is still there, side by side, and let no thread start another."""
    with _lock:
        ending.set()
        children = list(_running.values())
    for child in children:
        _ask_to_end(child)
    for child in children:
        stop(child)


def end_with_signals() -> None:
    """Let a polite kill or a closed terminal end this script as Ctrl-C does."""
    # A shell script that starts this in the background has Ctrl-C ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _raise_exit)


def _raise_exit(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)
