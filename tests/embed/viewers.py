"""Viewers of a real server who ask for rows that nobody asked for before, and how long that took."""

import itertools
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from urllib.parse import urlencode

#: Returns the status and how long it took (seconds).
Ask = Callable[[], tuple[int, float]]

_others = itertools.count(10_000)


def asking(url: str, token: str, panel: str, again: float) -> Ask:
    """Return how this viewer asks for rows that nobody asked for before: the status and how long it took.

    ``again`` is after how many seconds it asks anew for what is pending. A refusal that does not say when to come back
    counts as status 0.
    """

    def ask() -> tuple[int, float]:
        query = urlencode({"variables": json.dumps({"other": next(_others)})})
        address = f"{url}/data/explo_jwe/panels/{panel}?{query}"
        headers = {"Host": os.environ["EMBED_HOST"], "Authorization": f"Bearer {token}"}
        began = time.monotonic()
        while (status := _status(urllib.request.Request(address, headers=headers))) == 202:
            time.sleep(again)
        return status, time.monotonic() - began

    return ask


def _status(request: urllib.request.Request) -> int:
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code if error.headers["Retry-After"] else 0


def seconds(ask: Ask, times: int) -> list[float]:
    answers = [ask() for _ in range(times)]
    assert {status for status, _ in answers} == {200}
    return [took for _, took in answers]
