"""What a server and its workers hold and spend, as Linux counts it."""

import os
from collections.abc import Iterator
from pathlib import Path


def pss(pid: int) -> float:
    """Return the proportional set size of a process and all its descendants in MB."""
    return sum(_pss_kilobytes(one) for one in _family(pid)) / 1024


def cpu_seconds(pid: int) -> float:
    """Return the user and system time that a process and all its descendants spent so far."""
    ticks = sum(int(field) for one in _family(pid) for field in _stat(one)[11:13])
    return ticks / os.sysconf("SC_CLK_TCK")


def _pss_kilobytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _family(pid: int) -> Iterator[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            children.setdefault(_parent(int(entry.name)), []).append(int(entry.name))
    todo = [pid]
    while todo:
        yield (current := todo.pop())
        todo += children.get(current, [])


def _stat(pid: int) -> list[str]:
    """Return the fields of a process after its name, which may hold spaces; the first one is its state."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _parent(pid: int) -> int:
    try:
        return int(_stat(pid)[1])
    except (FileNotFoundError, ProcessLookupError):
        return -1  # It ended meanwhile.
