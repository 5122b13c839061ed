"""The DuckDB child: files are read in a process of their own, framed JSON in, framed JSON out.

Started by duckdb_process.py as a plain script (``python -I duckdb_child.py memory_mb``), so it imports nothing of this
project and no Django, and knows no secret. A frame is a length in four bytes, big-endian, and that many bytes of JSON.
Each question is answered in a thread, so several run at once. It ends when its standard input ends, with its parent.
"""

import contextlib
import resource
import struct
import sys
import threading
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
import orjson

LENGTH = struct.Struct(">I")
#: Most bytes of one answer; a panel holds less.
MAX_ANSWER = 96 * 1024 * 1024
#: Open files; the least recently used one is closed for another.
MAX_FILES = 8

#: Set when a file is opened, before the configuration is locked.
CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_unsigned_extensions": "false",
    "allow_persistent_secrets": "false",
    "python_enable_replacements": "false",
    "temp_directory": "",
    "threads": "2",
}
LOCK = ("SET enable_external_access = false", "SET lock_configuration = true")
READERS = {".parquet": "read_parquet", ".csv": "read_csv"}
_INT64 = 2**63


class Files:
    """Open handles by path. A file that was replaced, or a folder in which one was, is opened anew."""

    def __init__(self, memory_mb: int) -> None:
        self._memory = f"{memory_mb}MB"
        self._lock = threading.Lock()
        self._open: OrderedDict[str, tuple[object, Any]] = OrderedDict()

    def cursor(self, path: str) -> Any:
        """Return a cursor of its own. Raises OSError, duckdb.Error."""
        with self._lock:
            state = _state(Path(path))
            known = self._open.pop(path, None)
            if known is None or known[0] != state:
                # While the old handle lives, DuckDB would give its locked instance for the new file.
                known = None
                known = (state, self._opened(Path(path)))
            self._open[path] = known
            while len(self._open) > MAX_FILES:
                self._open.popitem(last=False)
            return known[1].cursor()

    def close(self, path: str) -> None:
        with self._lock:
            self._open.pop(path, None)

    def _opened(self, path: Path) -> Any:
        config = {**CONFIG, "memory_limit": self._memory}
        if path.is_dir():
            handle = duckdb.connect(":memory:", config=config)
            _make_views(handle, path)
        else:
            handle = duckdb.connect(str(path), read_only=True, config=config)
        for statement in ("LOAD icu", "SET TimeZone = 'UTC'", *LOCK):
            handle.execute(statement)
        return handle


def tables_in(folder: Path) -> Iterator[Path]:
    """Yield the Parquet and CSV files of a folder, without links to elsewhere."""
    for entry in sorted(folder.iterdir()):
        if entry.suffix.lower() in READERS and entry.is_file() and not entry.is_symlink():
            yield entry


def _state(path: Path) -> object:
    files = list(tables_in(path)) if path.is_dir() else [path]
    return [(str(file), *_identity(file)) for file in files]


def _identity(file: Path) -> tuple[int, ...]:
    stat = file.stat()
    return stat.st_dev, stat.st_ino, stat.st_mtime_ns, stat.st_size


def _make_views(handle: Any, folder: Path) -> None:
    """Let each file be a table of its name; afterwards nothing but these files can be read."""
    for file in tables_in(folder):
        name, source = file.stem.replace('"', '""'), str(file).replace("'", "''")
        reader = READERS[file.suffix.lower()]
        handle.execute(f"CREATE VIEW \"{name}\" AS SELECT * FROM {reader}('{source}')")  # noqa: S608  # operator's names
    listed = ", ".join("'" + str(file).replace("'", "''") + "'" for file in tables_in(folder))
    handle.execute(f"SET allowed_paths = [{listed}]")


class Worker:
    """Answers questions. ``running`` holds the cursor of each, by number, to be interrupted."""

    def __init__(self, files: Files, out: BinaryIO) -> None:
        self._files = files
        self._out = out
        self._writing = threading.Lock()
        self._running: dict[int, Any] = {}

    def take(self, question: dict[str, Any]) -> None:
        """Do what a frame says: stop a statement, close a file, or run a statement in a thread."""
        if "stop" in question:
            cursor = self._running.get(question["stop"])
            if cursor is not None:
                with contextlib.suppress(duckdb.Error):
                    cursor.interrupt()
        elif "close" in question:
            self._files.close(question["close"])
        else:
            threading.Thread(target=self._answer, args=(question,), daemon=True).start()

    def _answer(self, question: dict[str, Any]) -> None:
        number = question["id"]
        try:
            answer = self._run(question)
        except (OSError, duckdb.IOException) as error:
            answer = _failed("gone", error)
        except (duckdb.OutOfMemoryException, MemoryError) as error:
            answer = _failed("large", error)
        except Exception as error:  # noqa: BLE001 -- whatever a statement causes is its failure, and told as one
            answer = _failed("failed", error)
        finally:
            self._running.pop(number, None)
        self._write(LENGTH.pack(len(answer) + 4) + LENGTH.pack(number) + answer)

    def _run(self, question: dict[str, Any]) -> bytes:
        cursor = self._running[question["id"]] = self._files.cursor(question["path"])
        try:
            cursor.execute(question["sql"], question["params"])
            columns = [[name, str(kind)] for name, kind, *_ in cursor.description]
            rows = cursor.fetchmany(question["max_rows"] + 1)
        finally:
            cursor.close()
        kept = rows[: question["max_rows"]]
        values = [_plain_column(cells) for cells in zip(*kept, strict=True)] or [[] for _ in columns]
        found = {"columns": columns, "values": values, "rows": len(kept), "truncated": len(rows) > len(kept)}
        answer = orjson.dumps(found, default=_plain)
        return answer if len(answer) <= MAX_ANSWER else _failed("large", ValueError(f"{len(answer)} bytes"))

    def _write(self, frame: bytes) -> None:
        with self._writing:
            self._out.write(frame)
            self._out.flush()


def _plain_column(cells: tuple[Any, ...]) -> list[Any]:
    """Integers beyond 64 bits, which JSON's readers do not know, travel as text."""
    if int in set(map(type, cells)):
        return [str(c) if type(c) is int and not -_INT64 <= c < _INT64 else c for c in cells]
    return list(cells)


def _plain(cell: Any) -> Any:
    if isinstance(cell, bytes | bytearray | memoryview):
        try:
            return bytes(cell).decode()
        except UnicodeDecodeError:
            return bytes(cell).hex()
    return str(cell)


def _failed(why: str, error: Exception) -> bytes:
    return orjson.dumps({"why": why, "detail": str(error)[:2000]})


def read_frame(stream: BinaryIO) -> bytes | None:
    """Return the next frame, or None when the other side is gone."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    return stream.read(LENGTH.unpack(head)[0]) or None


def main(memory_mb: str, data_mb: str) -> None:
    limit = int(data_mb) * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):  # When memory ends, this process is to end, and no web worker.
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    worker = Worker(Files(int(memory_mb)), sys.stdout.buffer)
    while (frame := read_frame(sys.stdin.buffer)) is not None:
        worker.take(orjson.loads(frame))


if __name__ == "__main__":
    main(*sys.argv[1:])
