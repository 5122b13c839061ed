"""Bounded load by wrk, each request with the next of a list of addresses, tokens and bodies."""

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.processes import cpu_seconds

_SCRIPT = """
local lines = {}
for line in io.lines("%s") do lines[#lines + 1] = line end
local number = 0
function request()
  number = number %% #lines + 1
  local path, token, body = lines[number]:match("^(%%S+)%%s*(%%S*)%%s*(.*)$")
  local headers = {["Host"] = "%s", ["Accept-Encoding"] = "gzip, deflate, br, zstd"}
  if token ~= "" then headers["Authorization"] = "Bearer " .. token end
  if body == "" then return wrk.format("GET", path, headers) end
  headers["Content-Type"] = "application/json"
  return wrk.format("POST", path, headers, body)
end
"""


@dataclass(frozen=True)
class Measured:
    """Requests per second, the median and the 99th percentile in milliseconds, and answers that were no success."""

    per_second: float
    p50: float
    p99: float
    failed: int

    def __str__(self) -> str:
        note = f", {self.failed} FAILED" if self.failed else ""
        return f"{self.per_second:,.0f}/s, p50 {self.p50:.2f} ms, p99 {self.p99:.2f} ms{note}"


def run(base: str, host: str, lines: Sequence[str], folder: Path, *, connections: int, seconds: int) -> Measured:
    """Send the lines round and round for a few seconds; one wrk thread.

    A line is ``path token``, or ``path token body`` for a POST of a JSON text.
    """
    wrk = shutil.which("wrk")
    if wrk is None:
        sys.exit("bench needs wrk. Install it: apt-get install wrk")
    listed, script = folder / "requests.txt", folder / "requests.lua"
    listed.write_text("\n".join(lines) + "\n")
    script.write_text(_SCRIPT % (listed, host))
    command = [wrk, "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script), base]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return Measured(
        per_second=float(_found(r"Requests/sec:\s+([\d.]+)", out)),
        p50=_milliseconds(_found(r"^\s+50%\s+(\S+)\s*$", out)),
        p99=_milliseconds(_found(r"^\s+99%\s+(\S+)\s*$", out)),
        failed=int(_found(r"Non-2xx or 3xx responses: (\d+)", out, "0")),
    )


@dataclass(frozen=True)
class Target:
    """A server of this machine and for how many seconds it is loaded."""

    pid: int
    port: int
    folder: Path
    seconds: int

    def run(self, lines: Sequence[str], *, connections: int, seconds: int = 0) -> Measured:
        """Load it with lines as ``run`` has them."""
        host, seconds = f"127.0.0.1:{self.port}", seconds or self.seconds
        return run(f"http://{host}", host, lines, self.folder, connections=connections, seconds=seconds)

    def round(self, lines: Sequence[str], seconds: int = 0) -> tuple[float, float]:
        """Return requests a second over 16 connections, and microseconds of the server's CPU per request."""
        seconds, before = seconds or self.seconds, cpu_seconds(self.pid)
        measured = self.run(lines, connections=16, seconds=seconds)
        return measured.per_second, (cpu_seconds(self.pid) - before) / max(1.0, measured.per_second * seconds) * 1e6


def _found(pattern: str, text: str, otherwise: str = "") -> str:
    match = re.search(pattern, text, re.MULTILINE)
    if match is None and not otherwise:
        sys.exit(f"wrk answered something else:\n{text}")
    return match[1] if match else otherwise


def _milliseconds(text: str) -> float:
    for unit, factor in (("us", 0.001), ("ms", 1.0), ("s", 1000.0)):
        if text.endswith(unit):
            return float(text.removesuffix(unit)) * factor
    return float(text)
