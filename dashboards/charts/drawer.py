"""The drawing child as seen from a web process: one child, made lazily, killed at its deadline, restarted on death."""

import atexit
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import orjson

from dashboards.charts.child import LENGTH

CHILD = Path(__file__).with_name("child.py")
BUNDLE = Path(__file__).parents[2] / "frontend" / "dist" / "server" / "charts.js"

DEADLINE_SECONDS = 2.0
START_SECONDS = 10.0
#: V8's heap, and all private writable memory of the child, of which V8 reserves some 580 MB without touching it.
HEAP_MB = 64
DATA_MB = 1024
#: ECharts' caches grow; a fresh child costs about 0.2 s.
RENDERS_PER_CHILD = 2000
#: A spec larger than this is never a readable drawing; 2,000,000 points of one digit are 4 MB.
MAX_FRAME = 16 * 1024 * 1024


#: One small drawing of each type, for warm().
WARM = {
    "line": {"x": "x", "y": "y", "compare": "z"},
    "bar": {"x": "x", "y": ["y", "z"]},
    "pie": {"label": "x", "value": "y"},
    "number": {"trend": "y"},
}
WARM_DATA = {
    "columns": [
        {"name": "x", "type": "date", "values": ["2026-01-01", "2026-02-01"]},
        {"name": "y", "type": "number", "values": [1, 2]},
        {"name": "z", "type": "number", "values": [2, 1]},
    ],
    "rows": 2,
}


class DrawingFailed(Exception):
    """The drawing could not be made; the panel is then its HTML table."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A panel's drawings, one per size, and its legend: (label, colour, kind, series name)."""

    svgs: tuple[str, ...]
    legend: tuple[Mapping[str, str], ...]


class Drawer:
    """One child process and the lock around it.

    ``environment`` is all that the child gets of this process: nothing secret is in it.
    """

    environment: Mapping[str, str] = {"LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "2"}

    def __init__(
        self, *, bundle: Path = BUNDLE, deadline: float = DEADLINE_SECONDS, renders: int = RENDERS_PER_CHILD
    ) -> None:
        self._bundle, self._deadline, self._renders = bundle, deadline, renders
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._drawn = 0

    def draw(self, spec: Mapping[str, Any], width: int, height: int) -> str:
        """Return the SVG of a spec at one size in px. Raises DrawingFailed."""
        return self.draw_sizes(spec, [(width, height)]).svgs[0]

    def draw_sizes(self, spec: Mapping[str, Any], sizes: Sequence[tuple[int, int]], *, key: str = "d") -> Drawing:
        """Return the SVGs of a spec at several sizes in px, ids prefixed by ``key``. Raises DrawingFailed."""
        body = orjson.dumps({"id": key, "spec": spec, "sizes": sizes})
        if len(body) > MAX_FRAME:
            raise DrawingFailed(f"a spec of {len(body)} bytes is over the limit of {MAX_FRAME}")
        with self._lock:
            answer = self._ask(body)
        if "error" in answer:
            raise DrawingFailed(answer["error"])
        return Drawing(svgs=tuple(answer["svgs"]), legend=tuple(answer["legend"]))

    def warm(self) -> None:
        """Start the child and let V8 compile what a drawing needs, so that the first viewer does not wait for it."""
        for kind, encoding in WARM.items():
            spec = {"type": kind, "encoding": encoding, "data": WARM_DATA, "locale": "en", "time_zone": "UTC"}
            self.draw(spec, 358, 256)

    @property
    def pid(self) -> int | None:
        """Return the child's process id while it lives."""
        child = self._child
        return child.pid if child is not None and child.poll() is None else None

    def close(self) -> None:
        """End the child; the next drawing makes a new one."""
        with self._lock:
            self._end()

    def let_go(self) -> None:
        """Close this process's copies of the pipes without ending the child, which belongs to the parent."""
        child, self._child = self._child, None
        if child is not None:
            _close(child)
            child.returncode = 0

    def _ask(self, body: bytes) -> dict[str, Any]:
        child = self._living()
        try:
            answer: dict[str, Any] = orjson.loads(self._exchange(child, body))
        except (OSError, DrawingFailed, orjson.JSONDecodeError) as error:
            self._end()
            raise DrawingFailed(str(error) or "the drawing process ended") from error
        self._drawn += 1
        if self._drawn >= self._renders:
            self._end()
        return answer

    def _exchange(self, child: "subprocess.Popen[bytes]", body: bytes) -> bytes:
        # A fresh child still loads its bundle; that time is not the drawing's.
        until = time.monotonic() + self._deadline + (START_SECONDS if self._drawn == 0 else 0)
        _write(_pipe(child.stdin), LENGTH.pack(len(body)) + body, until)
        head = _read(_pipe(child.stdout), LENGTH.size, until)
        return _read(_pipe(child.stdout), LENGTH.unpack(head)[0], until)

    def _living(self) -> "subprocess.Popen[bytes]":
        if self._child is not None and self._child.poll() is None:
            return self._child
        self._end()
        if not self._bundle.is_file():
            raise DrawingFailed(f"{self._bundle.name} is not built; run: node frontend/build.mjs")
        self._child = self._start()
        return self._child

    def _start(self) -> "subprocess.Popen[bytes]":
        numbers = (str(HEAP_MB), str(DATA_MB), str(self._deadline))
        child = subprocess.Popen(  # noqa: S603  # our own interpreter and file, no shell, no outside words
            [sys.executable, "-I", str(CHILD), str(self._bundle), *numbers],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(self.environment),
            cwd="/",
            bufsize=0,
        )
        os.set_blocking(_pipe(child.stdin).fileno(), False)
        os.set_blocking(_pipe(child.stdout).fileno(), False)
        return child

    def _end(self) -> None:
        child, self._child, self._drawn = self._child, None, 0
        if child is None:
            return
        child.kill()
        _close(child)
        child.wait()


def _close(child: "subprocess.Popen[bytes]") -> None:
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            pipe.close()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise DrawingFailed("the drawing process has no pipe")
    return pipe


def _wait(pipe: IO[bytes], event: int, until: float) -> None:
    """Return when the pipe is ready. Raises DrawingFailed at ``until``. poll, as select takes no file over 1,023."""
    poller = select.poll()
    poller.register(pipe, event)
    left = until - time.monotonic()
    if left <= 0 or not poller.poll(left * 1000):
        raise DrawingFailed("the drawing took too long")


def _write(pipe: IO[bytes], data: bytes, until: float) -> None:
    view = memoryview(data)
    while view:
        _wait(pipe, select.POLLOUT, until)
        view = view[os.write(pipe.fileno(), view) :]


def _read(pipe: IO[bytes], length: int, until: float) -> bytes:
    parts: list[bytes] = []
    while length > 0:
        _wait(pipe, select.POLLIN, until)
        part = os.read(pipe.fileno(), min(length, 1 << 20))
        if not part:
            raise DrawingFailed("the drawing process ended")
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


_drawer = Drawer()


def drawer() -> Drawer:
    """Return this process's drawer; its child starts with the first drawing, so after any fork."""
    return _drawer


def _after_fork() -> None:
    # The child and its pipes stay the parent's: this process lets go of them and starts its own when it draws.
    global _drawer
    _drawer.let_go()
    _drawer = Drawer()


os.register_at_fork(after_in_child=_after_fork)
atexit.register(lambda: _drawer.close())
