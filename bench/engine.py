"""What compiling costs, and what a warm call spends on which part; in one process, printed line by line.

Run by bench.run with the settings of its servers, after they filled the cache: ``python -m bench.engine <token>``.
"""

import io
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "embedhost.settings")
django.setup()

from dashboards.drawings import Look, draw_panels  # noqa: E402 -- after django.setup()
from dashboards.naming import Named  # noqa: E402
from dashboards.near import Wanted, look_up  # noqa: E402
from dashboards.queries import Prepared, finish, fresh_from, prepare, run_panels  # noqa: E402
from datasources import compile as compiling  # noqa: E402
from embed.access_log import note_panel  # noqa: E402
from embed.authenticate import open_claims  # noqa: E402
from embed.keyring import KEYS  # noqa: E402
from embed.reading import Wishes, panel_request, values_for  # noqa: E402
from embedhost.lib.store import store  # noqa: E402
from embedhost.wsgi import application  # noqa: E402
from secrets_admin.feed import feed  # noqa: E402
from tokens.doors import open_token  # noqa: E402

FORMAT, DOOR = "explo_jwe", "data/explo_jwe"
COLD_ROUNDS, WARM_ROUNDS, WARM_CALLS = 7, 9, 200


def main(token: str) -> None:
    opened = open_claims(open_token(DOOR, token, KEYS, feed.now()), Named(), None)
    wishes = Wishes({}, "en", "UTC")
    values = values_for(opened, wishes)
    requests = [panel_request(opened, panel, wishes, values) for panel in opened.spec.panels.values()]
    cold = [_cold(lambda request=request: prepare(request)) for request in requests]
    warm = [_warm(lambda request=request: prepare(request)) for request in requests]
    say("compiling and binding a panel, cold", f"{min(cold):,.0f} to {max(cold):,.0f} us")
    say("compiling and binding a panel, warm", f"{min(warm):,.1f} to {max(warm):,.1f} us")
    look = Look(wishes.locale, wishes.time_zone, exportable=False)
    results = run_panels(requests, wait=1.0)
    draw_panels(requests, look, wait=1.0)
    item = prepare(requests[0])
    parts: dict[str, Callable[[], object]] = {
        "verify the token": lambda: open_token(DOOR, token, KEYS, feed.now()),
        "make the Grant": lambda: open_claims(open_token(DOOR, token, KEYS, feed.now()), Named(), None),
        "values, compiled statement, bound values, key": lambda: (values_for(opened, wishes), prepare(requests[0])),
        "look up near": lambda: _look_up(item),
        "look up in Redis, where it is not near": lambda: store().get_many([item.key]),
        "judge its age": lambda: finish([item], [results[0].entry], wait=0),
        "write the access log": lambda: note_panel(opened.grant, results[0].read),
        "the whole panel data call": lambda: _call(f"/data/{FORMAT}/panels/{item.request.panel.id}", token),
        "the six drawings of a page": lambda: draw_panels(requests, look, wait=0),
        "the whole page": lambda: _call(f"/iframe/{token}"),
    }
    costs = {name: _warm(work) for name, work in parts.items()}
    costs["make the Grant"] -= costs["verify the token"]
    for name, cost in costs.items():
        say(f"warm: {name}", f"{cost:,.0f} us")


def _look_up(item: Prepared) -> object:
    return look_up(store(), [Wanted(item.key, item.scope, fresh_from(item, feed.now()))])


def _cold(work: Callable[[], object]) -> float:
    """Return the microseconds of a call that finds nothing compiled; the smallest, since others only add."""
    spent = []
    for _ in range(COLD_ROUNDS):
        compiling._compiled.cache_clear()
        compiling._names.cache_clear()
        began = time.thread_time()
        work()
        spent.append(time.thread_time() - began)
    return min(spent) * 1e6


def _warm(work: Callable[[], object]) -> float:
    """Return the microseconds of this thread's CPU that a call takes; the median of rounds."""
    work()
    spent = []
    for _ in range(WARM_ROUNDS):
        began = time.thread_time()
        for _ in range(WARM_CALLS):
            work()
        spent.append((time.thread_time() - began) / WARM_CALLS)
    return sorted(spent)[WARM_ROUNDS // 2] * 1e6


def _call(path: str, token: str = "") -> None:
    told: list[str] = []
    b"".join(application(_environ(path, token), lambda status, headers: told.append(status)))
    if told != ["200 OK"]:
        sys.exit(f"{path} answered {told}.")


def _environ(path: str, token: str) -> dict[str, Any]:
    host = os.environ["EMBED_HOST"]
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": host.rpartition(":")[2],
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": host,
        "HTTP_ACCEPT_ENCODING": "gzip, deflate, br, zstd",
        **({"HTTP_AUTHORIZATION": f"Bearer {token}"} if token else {}),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
    }


def say(name: str, cost: str) -> None:
    print(f"  {name}: {cost}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
    os._exit(0)
