"""The REST API under a backend's load: embed tokens, customers that are there, a hundred thousand new ones."""

import json
import sys
from collections.abc import Sequence
from typing import Final

from bench.load import Target
from bench.orders import CUSTOMERS
from bench.processes import forget_most_resident, most_resident, resident
from bench.servers import Line, median, say

ROUNDS: Final = 5
#: Embed tokens that Apache Superset makes per second on such a machine, for 16 callers at once.
PEER: Final = 229
MANY: Final = 100_000
A_CALL: Final = 5_000


def measure(ours: Target, bare: Target, *, key: str, dashboard: str) -> None:
    """Print every figure; ``bare`` serves the bare views, ``key`` is an API key with all scopes."""
    names = [f"customer_{number}" for number in range(1, CUSTOMERS + 1)]
    orders = [{"dashboard": dashboard, "customer": name} for name in names]
    minted = _beside("embed tokens made", ours, bare, "/api/v1/embed-tokens/", key, orders)
    say(f"  that is {minted / PEER:.1f} times the {PEER}/s of the peer")
    _beside("customers got that are there", ours, bare, "/api/v1/customers/", key, [{"external_id": n} for n in names])
    _bulk(ours, key)


def _beside(name: str, ours: Target, bare: Target, path: str, key: str, bodies: Sequence[dict[str, str]]) -> float:
    """Load a call and the bare view in turns, since the machine changes from minute to minute; return our rate."""
    status, answer, _ = Line(ours.port).post(path, key, bodies[0])
    if status not in (200, 201):
        sys.exit(f"{path} answered {status}: {answer[:300]!r}")
    lines = [f"{path} {key} {json.dumps(body)}" for body in bodies]
    beside = [f"/drf/{len(answer)} {key} {json.dumps(bodies[0])}"]
    ours.run(lines, connections=16, seconds=1)
    bare.run(beside, connections=16, seconds=1)
    say(f"{name}, c=1: {ours.run(lines, connections=1)}")
    say(f"{name}, c=16: {ours.run(lines, connections=16)}")
    rounds = [(ours.round(lines), bare.round(beside)) for _ in range(ROUNDS)]
    rate, yardstick = (median([turn[side][0] for turn in rounds]) for side in (0, 1))
    ratio = median([mine[0] / other[0] for mine, other in rounds])
    spent, least = (median([turn[side][1] for turn in rounds]) for side in (0, 1))
    by_cpu = median([other[1] / mine[1] for mine, other in rounds])
    say(f"{name}, in turns, c=16: {rate:,.0f}/s ({spent:,.0f} us of CPU each); a bare DRF view with an answer of")
    say(f"  {len(answer):,} bytes {yardstick:,.0f}/s ({least:,.0f} us each): {ratio:.0%} of it by requests per second,")
    say(f"  {by_cpu:.0%} by requests per CPU second of the two servers' workers")
    return rate


def _bulk(ours: Target, key: str) -> None:
    """Make many customers over one connection, call after call; then say the same again."""
    forget_most_resident(ours.pid)
    before = resident(ours.pid)
    for deed in ("created", "unchanged"):
        seconds = _spent_on(deed, ours.port, key)
        say(f"{MANY:,} customers {deed} by calls of {A_CALL:,}: {seconds:.1f} s, {MANY / seconds:,.0f} customers/s")
    held = f"{before:.0f} MB before, {resident(ours.pid):.0f} MB after, at most {most_resident(ours.pid):.0f} MB"
    say(f"  resident memory of the server, its two workers and their drawing children: {held}")


def _spent_on(deed: str, port: int, key: str) -> float:
    """Return the seconds that the calls took. Ends the run when one of them did something else."""
    line, spent = Line(port), 0.0
    for first in range(0, MANY, A_CALL):
        customers = [{"external_id": f"bulk_{n}", "name": f"Company {n}"} for n in range(first, first + A_CALL)]
        status, answer, milliseconds = line.post("/api/v1/customers/bulk", key, {"customers": customers})
        if status != 200 or json.loads(answer)[deed] != A_CALL:
            sys.exit(f"The bulk call answered {status}: {answer[:300]!r}")
        spent += milliseconds / 1000
    return spent
