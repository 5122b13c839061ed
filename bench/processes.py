"""What a server and its workers hold and spend, as Linux counts it."""

import os
from collections.abc import Iterator
from pathlib import Path


def pss(pid: int) -> float:
    """Return the proportional set size of a process and all its descendants in MB."""
    return sum(_pss_kilobytes(one) for one in _family(pid)) / 1024


def resident(pid: int) -> float:
    """Return what a process and all its descendants hold in memory now in MB, each counted by itself."""
    return _sum_of("VmRSS:", pid)


def most_resident(pid: int) -> float:
    """Return the sum of what each of them held at most since forget_most_resident in MB."""
    return _sum_of("VmHWM:", pid)


def forget_most_resident(pid: int) -> None:
    """Begin anew to look for what a process and its descendants hold at most."""
    for one in _family(pid):
        Path(f"/proc/{one}/clear_refs").write_text("5")


def cpu_seconds(pid: int) -> float:
    """Return the user and system time that a process and all its descendants spent so far."""
    ticks = sum(int(field) for one in _family(pid) for field in _stat(one)[11:13])
    return ticks / os.sysconf("SC_CLK_TCK")


def _pss_kilobytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _sum_of(field: str, pid: int) -> float:
    """Add up a field of /proc/<pid>/status that is in kilobytes, over a process and its descendants, in MB."""
    texts = [Path(f"/proc/{one}/status").read_text().splitlines() for one in _family(pid)]
    return sum(int(line.split()[1]) for lines in texts for line in lines if line.startswith(field)) / 1024


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
