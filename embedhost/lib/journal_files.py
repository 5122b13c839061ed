"""The journal's files: each process writes files of its own, and a lock on a file says that its process lives.

A room keeps its lines in files apart, so that what anybody outside can cause never fills the disk nor delays the rest.
"""

import errno
import fcntl
import os
import sys
import threading
import time
import uuid
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

SUFFIX = ".journal"
#: A file that has grown so far is closed, and the next line begins a new one.
MAX_BYTES = 16 * 1024 * 1024
#: How long a room that was full is taken to be so (seconds).
_LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Room:
    """Where lines wait that anybody outside can cause: files of their own, which together take so many bytes.

    Each living process may pass that by one file.
    """

    name: str
    max_bytes: int
    file_bytes: int = 256 * 1024


UNBOUNDED = Room("", sys.maxsize, MAX_BYTES)


class Writer:
    """This process's file in a room, made by the first line and after each fork."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self.abandon()

    def abandon(self) -> None:
        """Forget the file of the process that we were forked from; it goes on writing there, and we do not."""
        self._lock = threading.Lock()
        fd = getattr(self, "_fd", None)
        if fd is not None:
            os.close(fd)
        self._fd: int | None = None
        self.path: Path | None = None
        self.size = 0
        self._full_until = 0.0

    def append(self, line: bytes) -> None:
        with self._lock:
            if self._fd is None or self.size >= min(self._room.file_bytes, MAX_BYTES):
                self._begin()
            written = os.write(self._descriptor, line)
            self.size += written
            if written != len(line):
                # The disk is full. A new file, so that no later line is glued to this half.
                self._end()
                raise OSError(errno.ENOSPC, "a line of the journal was cut")

    @property
    def _descriptor(self) -> int:
        if self._fd is None:
            raise OSError(errno.EBADF, "the journal is closed")
        return self._fd

    def close(self) -> None:
        """End this process's file; another process, or the next drain, takes the rest of it."""
        with self._lock:
            self._end()

    def _begin(self) -> None:
        self._end()
        folder = Path(settings.JOURNAL_DIR)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._check_room(folder)
        while self._fd is None:
            self._try_to_begin(folder)

    def _check_room(self, folder: Path) -> None:
        """Raise OSError while the room is full; the folder is looked at once a second and for each new file."""
        if self._room is UNBOUNDED:
            return
        if time.monotonic() >= self._full_until:
            waiting = sum(_size(path) for path in folder.glob(f"*{self._suffix}"))
            if waiting < self._room.max_bytes:
                return
            self._full_until = time.monotonic() + _LOOK_SECONDS
        raise OSError(errno.EDQUOT, "this room of the journal is full")

    @property
    def _suffix(self) -> str:
        return f".{self._room.name}{SUFFIX}" if self._room.name else SUFFIX

    def _try_to_begin(self, folder: Path) -> None:
        path = folder / f"{time.time_ns()}-{os.getpid()}-{uuid.uuid4().hex}{self._suffix}"
        fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with ExitStack() as undo:
            undo.callback(os.close, fd)
            # Until it is locked, another process may take the new file for a dead one's and remove it.
            if lock(fd) and is_file(path, fd):
                undo.pop_all()
                self._fd, self.path, self.size = fd, path, 0

    def _end(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
        self._fd, self.path = None, None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def lock(fd: int) -> bool:
    """Take a file's lock, unless its process lives."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_file(path: Path, fd: int) -> bool:
    """Tell whether an open file is still the one at its path."""
    try:
        return os.path.samestat(path.stat(), os.fstat(fd))
    except FileNotFoundError:
        return False


_writers: dict[str, Writer] = {}
_making = threading.Lock()


def writer_of(room: Room) -> Writer:
    """Return this process's writer of a room, made on first use."""
    writer = _writers.get(room.name)
    if writer is None:
        with _making:
            writer = _writers.setdefault(room.name, Writer(room))
    return writer


def own(path: Path) -> Writer | None:
    """Return the writer that writes this file in this process, or None."""
    return next((writer for writer in list(_writers.values()) if writer.path == path), None)


def end() -> None:
    """End this process's files; the next lines begin new ones."""
    for writer in list(_writers.values()):
        writer.close()


def _after_fork() -> None:
    # A thread of the parent may have held it.
    global _making
    _making = threading.Lock()
    for writer in _writers.values():
        writer.abandon()


os.register_at_fork(after_in_child=_after_fork)
