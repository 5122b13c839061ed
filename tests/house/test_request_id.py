"""Every answer names its request; a proxy that is trusted may choose the name."""

import json
import logging

from embedhost.lib import logs, request_id


def test_a_well_formed_id_is_taken_and_any_other_replaced() -> None:
    assert request_id.begin("proxy-4711.a_b") == "proxy-4711.a_b"
    for odd in (None, "", "short", "with space 1234", "x" * 65, "line\nbreak1234", "ünïcode-1234"):
        fresh = request_id.begin(odd)
        assert fresh != odd
        assert len(fresh) == 16
    assert request_id.current() == fresh


def test_every_record_of_a_request_carries_its_id() -> None:
    this = request_id.begin(None)
    settings = logs.configuration("INFO")["formatters"]["json"]
    formatter = settings.pop("()")(**settings)
    line = formatter.format(logging.LogRecord("embed", logging.INFO, "", 0, "token refused", None, None))
    assert json.loads(line)["request_id"] == this
