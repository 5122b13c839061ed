"""DuckDB children as seen from a web process: one for each file or all copies of it, made lazily, for all threads.

One that does not answer is killed. What else it was asked is lost with it (ProcessLost), but nothing of other files.
"""

import atexit
import contextlib
import os
import struct
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from itertools import count
from pathlib import Path
from typing import IO, Any

import orjson

from datasources.cancel import Cancel
from datasources.errors import (
    DataSourceError,
    ProcessLost,
    QueryCancelled,
    QueryFailed,
    QueryTimeout,
    ResultTooLarge,
    SourceUnavailable,
)
from embedhost.lib.deadline import Deadline

CHILD = Path(__file__).with_name("duckdb_child.py")
#: As the child has them, which is not imported here, since DuckDB comes with it.
LENGTH = struct.Struct(">I")
MAX_ANSWER = 96 * 1024 * 1024

#: Children of this process; the least recently used idle one is ended for another, and a busy one never is.
MAX_CHILDREN = 8
#: A child that nobody asked for so long is ended (seconds).
MAX_IDLE_SECONDS = 600.0
#: How long a question waits for one of them to be idle (seconds).
WAIT_SECONDS = 2.0
#: What DuckDB may hold for one file, and all private writable memory of a child.
MEMORY_MB = 512
DATA_MB = 2048
#: How long a child may take to start, and to answer after it was told to stop (seconds).
START_SECONDS = 10.0
GRACE_SECONDS = 1.0

_FAILURES = {"gone": SourceUnavailable, "large": ResultTooLarge, "lost": ProcessLost}


class Child:
    """One process and what it owes. ``environment`` is all that it gets of ours: nothing secret is in it."""

    environment: Mapping[str, str] = {"LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "2"}

    def __init__(self) -> None:
        self.owner = os.getpid()
        self.used_at = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and file, no shell, no outside words
            [sys.executable, "-I", str(CHILD), str(MEMORY_MB), str(DATA_MB)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(self.environment),
            cwd="/",
        )
        self._numbers = count(1)
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._owed: dict[int, Future[dict[str, Any]]] = {}
        self._heard = False
        self._killed = False
        threading.Thread(target=self._listen, name="duckdb", daemon=True).start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def lives(self) -> bool:
        """Tell whether it can be asked, by this process."""
        return self.owner == os.getpid() and self._process.poll() is None

    @property
    def idle(self) -> bool:
        """Tell whether it owes nothing."""
        return not self._owed

    def ask(self, question: Mapping[str, Any], timeout: float, cancel: Cancel) -> dict[str, Any]:
        """Return the answer. Raises QueryTimeout, QueryCancelled, QueryFailed, ResultTooLarge, SourceUnavailable, and
        ProcessLost when the process ended meanwhile.
        """
        number, owed = next(self._numbers), Future[dict[str, Any]]()
        patience = timeout + GRACE_SECONDS + (0 if self._heard else START_SECONDS)

        def stop() -> None:
            self.send({"stop": number})

        # A stop that comes before the statement has begun stops nothing, so that a cancel repeats it, too.
        with Deadline(patience - GRACE_SECONDS, stop) as deadline, cancel.stopping(deadline.hurry):
            with self._lock:
                self._owed[number] = owed
            self.send({"id": number, **question})
            try:
                answer = owed.result(patience)
            except NotYet:
                self.kill()  # It did not even say that it stopped.
                raise QueryTimeout("The DuckDB process did not answer and was ended.") from None
        if "why" not in answer:
            return answer
        raise _failure(answer, timed_out=deadline.passed, cancelled=cancel.requested)

    def send(self, question: Mapping[str, Any]) -> None:
        """Write a frame. Raises ProcessLost when the process is gone."""
        body = orjson.dumps(question)
        if not self._writing.acquire(timeout=GRACE_SECONDS):
            self.kill()  # It does not even read.
            raise ProcessLost("The DuckDB process did not read and was ended.")
        try:
            pipe = _pipe(self._process.stdin)
            pipe.write(LENGTH.pack(len(body)) + body)
            pipe.flush()
        except (OSError, ValueError) as error:
            raise ProcessLost(f"The DuckDB process ended: {error}") from None
        finally:
            self._writing.release()

    def kill(self) -> None:
        """End the process; whoever waits for it is told."""
        self._killed = True
        self._process.kill()
        self._process.wait()

    def let_go(self) -> None:
        """Close this process's copies of the pipes without ending the child, which belongs to the parent."""
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                os.close(_pipe(pipe).fileno())
        self._process.returncode = 0

    def _listen(self) -> None:
        stream = _pipe(self._process.stdout)
        while (frame := _frame(stream)) is not None:
            self._heard = True
            with self._lock:
                owed = self._owed.pop(LENGTH.unpack_from(frame)[0], None)
            if owed is not None:
                owed.set_result(orjson.loads(frame[LENGTH.size :]))
        was_killed = self._killed
        self.kill()
        with self._writing, contextlib.suppress(OSError):  # What nobody read any more cannot be flushed.
            _pipe(self._process.stdin).close()
        stream.close()
        with self._lock:
            left, self._owed = list(self._owed.values()), {}
        # What was asked alone, of a process that nobody here ended, has ended it.
        why = "lost" if was_killed or len(left) > 1 else "failed"
        for owed in left:
            owed.set_result({"why": why, "detail": "The DuckDB process ended."})


def _frame(stream: IO[bytes]) -> bytes | None:
    head = stream.read(LENGTH.size)
    length = LENGTH.unpack(head)[0] if len(head) == LENGTH.size else 0
    if not LENGTH.size <= length <= MAX_ANSWER + LENGTH.size:
        return None
    frame = stream.read(length)
    return frame if len(frame) == length else None


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("the process has no pipe")
    return pipe


def _failure(answer: Mapping[str, Any], *, timed_out: bool, cancelled: bool) -> Exception:
    detail = str(answer.get("detail", ""))
    if cancelled:
        return QueryCancelled(detail)
    return QueryTimeout(detail) if timed_out else _FAILURES.get(str(answer["why"]), QueryFailed)(detail)


#: By name, which is the path of a file or folder, or one for copies of a file; the least recently used first.
_children: OrderedDict[str, Child] = OrderedDict()
_making = threading.Lock()


def ask(name: str, question: Mapping[str, Any], timeout: float, cancel: Cancel) -> dict[str, Any]:
    """Ask the child of a name, once more when it ended under the question: mostly another one has ended it.

    Raises what Child.ask raises, and QueryTimeout when there is no time left to ask again.
    """
    began = time.monotonic()
    try:
        return child(name).ask(question, timeout, cancel)
    except ProcessLost as lost:
        left = timeout - (time.monotonic() - began)
        if left <= 0:
            raise QueryTimeout(lost.detail) from None
    return child(name).ask(question, left, cancel)


def child(name: str) -> Child:
    """Return this process's child of a name; it starts with the first statement, so after any fork.

    Raises DataSourceError when as many as there may be are all busy.
    """
    patience = time.monotonic() + WAIT_SECONDS
    while (found := _child(name)) is None:
        if time.monotonic() > patience:
            raise DataSourceError("All DuckDB processes are busy with other files.")
        time.sleep(0.02)
    return found


def _child(name: str) -> Child | None:
    with _making:
        found = _children.pop(name, None)
        if found is None or not found.lives:
            if not _has_room():
                return None
            found = Child()
        found.used_at = time.monotonic()
        _children[name] = found
        return found


def _has_room() -> bool:
    """End what is not needed until there is a place for one more, and tell whether there is."""
    for path in [path for path, found in _children.items() if not found.lives]:
        del _children[path]
    idle = [path for path, found in _children.items() if found.idle]
    for path in idle[: max(0, len(_children) - MAX_CHILDREN + 1)]:
        _children.pop(path).kill()
    return len(_children) < MAX_CHILDREN


def close(name: str, path: str) -> None:
    """End the child of a name; statements that still run end first, and then it only forgets the file or folder."""
    with _making:
        found = _children.get(name)
        if found is None or not found.lives:
            return
        if found.idle:
            _children.pop(name).kill()
            return
    with contextlib.suppress(ProcessLost):
        found.send({"close": path})


def sweep() -> None:
    """End the children that nobody has asked for long."""
    old = time.monotonic() - MAX_IDLE_SECONDS
    with _making:
        for path in [path for path, found in _children.items() if found.idle and found.used_at <= old]:
            _children.pop(path).kill()


def _after_fork() -> None:
    global _making
    _making = threading.Lock()
    for found in _children.values():
        found.let_go()
    _children.clear()


def _end() -> None:
    for found in _children.values():
        if found.lives:
            found.kill()


os.register_at_fork(after_in_child=_after_fork)
atexit.register(_end)
