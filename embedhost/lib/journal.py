"""Facts that must outlive a killed process, written without a database: a file now, the database within seconds.

Each process appends lines to a file of its own; the operating system keeps what was written, also after ``kill -9``. A
lock on the file says that its process lives. Lines are handed to the handlers of their kind in one transaction with the
position in the file, so each takes effect exactly once. Files of processes that ended are taken over by any other one
of the same machine.

>>> write("page", at=1790000000.0, dashboard=7)                                                       # doctest: +SKIP
>>> drain()                                                                                           # doctest: +SKIP
"""

import errno
import json
import logging
import os
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import orjson
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from embedhost.lib import journal_files as files
from embedhost.lib.errors import ServiceUnavailable
from embedhost.lib.journal_files import UNBOUNDED, Room

logger = logging.getLogger(__name__)

#: Longest line; a batch is larger, so that it holds at least one.
MAX_LINE = 256 * 1024
_BATCH_BYTES = 1024 * 1024
_DONE = ".done"

Fact = dict[str, Any]
Handler = Callable[[list[Fact]], object]


class Positions(Protocol):
    """Where files were read up to, kept in the app database; every call is inside a transaction."""

    def lock(self, name: str) -> int:
        """Return the position of a file, 0 for a new one, and hold it until the transaction ends."""
        ...

    def save(self, name: str, offset: int) -> None: ...

    def forget(self, name: str) -> None: ...


def write(kind: str, /, **facts: Any) -> None:
    """Append one line of JSON primitives; a few microseconds. Raises OSError when it cannot be kept."""
    write_in(UNBOUNDED, kind, **facts)


def write_in(room: Room, kind: str, /, **facts: Any) -> None:
    """Append one line in a room. Raises OSError when it cannot be kept, also because the room is full."""
    line = _encoded({"kind": kind, **facts}) + b"\n"
    if len(line) > MAX_LINE:
        raise OSError(errno.EMSGSIZE, "a line of the journal is too long")
    files.writer_of(room).append(line)


def write_or_refuse(kind: str, /, **facts: Any) -> None:
    """Append one line, without which nothing may be shown. Raises ServiceUnavailable when it cannot be kept."""
    try:
        write(kind, **facts)
    except OSError as error:
        raise ServiceUnavailable from error


def _encoded(fact: Fact) -> bytes:
    try:
        return orjson.dumps(fact)
    except orjson.JSONEncodeError:
        # Half of a surrogate pair, which a token of odd origin may carry, is no text in any encoding.
        return json.dumps(fact, ensure_ascii=False).encode(errors="replace")


def handle(*kinds: str) -> Callable[[Handler], Handler]:
    """Register what one batch of these kinds does; it runs inside the transaction that saves the position.

    Each line's ``kind`` is among its facts.
    """

    def register(handler: Handler) -> Handler:
        _handlers.update(dict.fromkeys(kinds, handler))
        return handler

    return register


def keep_positions(positions: Positions) -> None:
    """Say where positions are kept; called once, by the app that has the table."""
    _positions.append(positions)


_handlers: dict[str, Handler] = {}
_positions: list[Positions] = []


_draining = threading.Lock()
#: How far this process's own file was taken, so that an idle second asks the database nothing.
_taken: dict[str, int] = {}


def _after_fork() -> None:
    # A thread of the parent may have held it.
    global _draining
    _draining = threading.Lock()
    _taken.clear()


os.register_at_fork(after_in_child=_after_fork)


def drain() -> int:
    """Take everything that this process and dead ones left, and return the number of lines.

    Raises DatabaseError when the database does not answer; whatever was not taken then is taken the next time.
    """
    with _draining:
        return sum(_drain_file(path) for path in _files())


def close() -> None:
    """End this process's files and take them; called when the process ends in order."""
    files.end()
    drain()


def forget() -> None:
    """Begin anew, as a new process would; the old file is left as a dead process leaves it."""
    files.end()
    _taken.clear()


def _files() -> list[Path]:
    folder = Path(settings.JOURNAL_DIR)
    for left in folder.glob(f"*{_DONE}"):
        _forget_done(left)
    return sorted(folder.glob(f"*{files.SUFFIX}"))


def _drain_file(path: Path) -> int:
    own = files.own(path)
    if own and _taken.get(path.name) == own.size:
        return 0
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return 0
    with _closing(fd):
        if own:
            return sum(_batches(path, fd))
        return _drain_dead(path, fd) if files.lock(fd) else 0


def _drain_dead(path: Path, fd: int) -> int:
    if not files.is_file(path, fd):
        return 0
    lines = sum(_batches(path, fd))
    _finish(path, fd)
    return lines


@contextmanager
def _closing(fd: int) -> Iterator[None]:
    try:
        yield
    finally:
        os.close(fd)


def _batches(path: Path, fd: int) -> Iterator[int]:
    """Take what a file holds now, batch by batch, and give the number of lines of each.

    Lines that come meanwhile wait for the next time: each batch costs what some hundred lines do, however few it has.
    """
    size = os.fstat(fd).st_size
    while lines := _take_batch(path, fd):
        yield lines
        if _taken[path.name] >= size:
            return


class _Refused(Exception):
    """A handler cannot take a batch, for a reason that will not go away by itself."""


def _take_batch(path: Path, fd: int) -> int:
    try:
        return _take(path, fd, _apply)
    except _Refused:
        # One bad line must not hold back all that come after it.
        return _take(path, fd, _apply_each)


def _take(path: Path, fd: int, apply: Callable[[Sequence[Fact]], None]) -> int:
    with transaction.atomic():
        offset = _positions[0].lock(path.name)
        if not files.is_file(path, fd):
            # Somebody else took and removed it meanwhile; its position is gone, and so is ours.
            transaction.set_rollback(True)
            return 0
        lines = _lines_from(fd, offset)
        known = _known(lines)
        apply([fact for _, fact in known if fact is not None])
        offset += sum(len(line) for line, _ in known)
        _positions[0].save(path.name, offset)
    _taken[path.name] = offset
    return len(known)


def _lines_from(fd: int, offset: int) -> list[bytes]:
    """Return whole lines; a half one at the end is still being written, or was never finished."""
    block = os.pread(fd, _BATCH_BYTES, offset)
    return block[: block.rfind(b"\n") + 1].splitlines(keepends=True) if block else []


def _known(lines: Sequence[bytes]) -> list[tuple[bytes, Fact | None]]:
    """Return the lines up to the first of a kind that this process has no handler for: a newer one takes that."""
    known: list[tuple[bytes, Fact | None]] = []
    for line in lines:
        fact = _decoded(line)
        if fact is not None and fact["kind"] not in _handlers:
            _say_unknown(fact["kind"])
            break
        known.append((line, fact))
    return known


@cache
def _say_unknown(kind: str) -> None:
    logger.warning("the journal has lines of a kind that this version does not know", extra={"fact": kind})


def _decoded(line: bytes) -> Fact | None:
    try:
        fact = orjson.loads(line)
    except orjson.JSONDecodeError:
        fact = None
    if not isinstance(fact, dict) or "kind" not in fact:
        logger.error("a line of the journal is damaged and was left out")
        return None
    return fact


def _apply(facts: Sequence[Fact]) -> None:
    batches: defaultdict[Handler, list[Fact]] = defaultdict(list)
    for fact in facts:
        batches[_handlers[fact["kind"]]].append(fact)
    for handler, batch in batches.items():
        _call(handler, batch)


def _call(handler: Handler, batch: list[Fact]) -> None:
    try:
        handler(batch)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        raise _Refused from error


def _apply_each(facts: Sequence[Fact]) -> None:
    for fact in facts:
        try:
            with transaction.atomic():
                _call(_handlers[fact["kind"]], [fact])
        except _Refused as error:
            logger.error("a line of the journal was refused", extra={"fact": fact["kind"]}, exc_info=error.__cause__)


def _finish(path: Path, fd: int) -> None:
    """Remove a dead process's file that was taken whole, and its position with it.

    It is renamed first: without the position, a file that kept its name would be taken again from its beginning.
    """
    done = path.with_suffix(_DONE)
    with transaction.atomic():
        offset = _positions[0].lock(path.name)
        if not files.is_file(path, fd) or _lines_from(fd, offset):
            transaction.set_rollback(True)
            return
        path.rename(done)
        _positions[0].forget(path.name)
    done.unlink(missing_ok=True)
    _taken.pop(path.name, None)


def _forget_done(done: Path) -> None:
    with transaction.atomic():
        _positions[0].forget(done.with_suffix(files.SUFFIX).name)
    with suppress(FileNotFoundError):
        done.unlink()
