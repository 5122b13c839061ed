"""Every answer names its request; a proxy that is trusted may choose the name."""

from embedhost.lib import request_id


def test_a_well_formed_id_is_taken_and_any_other_replaced() -> None:
    assert request_id.begin("proxy-4711.a_b") == "proxy-4711.a_b"
    for odd in (None, "", "short", "with space 1234", "x" * 65, "line\nbreak1234", "ünïcode-1234"):
        fresh = request_id.begin(odd)
        assert fresh != odd
        assert len(fresh) == 16
    assert request_id.current() == fresh
