"""Logs at their most talkative hold no token, secret, bound value or row (P-SR-03, P-OP-03)."""

import io
import json

import pytest
from django.test import Client

from dashboards.models import Dashboard
from tests.embed.surfaces import SURFACES, page
from tests.world import World


def test_p_sr_03_no_token_secret_or_value_is_logged(world: World, embed_client: Client, written: io.StringIO) -> None:
    Dashboard.objects.update(viewers_may_export=True, viewers_may_apply_variables=True)
    good, bad = world.a.token(), world.a.token()[:-4] + "AAAA"
    for surface in SURFACES.values():
        for token in (
            good,
            bad,
            world.a.token("nobody"),
            world.a.token(exp=1.0),
            world.a.token(var={"region": "Mars"}),
        ):
            surface(embed_client, token)
    for call in list(SURFACES.values())[1:]:
        call(embed_client, good, variables='{"search": "a-bound-value"}')
        call(embed_client, good, variables='{"nowhere": "a-bound-value"}')
        call(embed_client, good, panel="nowhere")
    text = written.getvalue()
    assert "token refused" in text
    for word in (*good.split(".")[2:], *bad.split(".")[2:], good.split(".")[0], "a-bound-value", "CANARY", "Bearer ey"):
        assert word not in text
    assert world.a.secret.value().decode() not in text


def test_p_op_03_one_event_is_one_line_whatever_the_request_says(
    world: World, embed_client: Client, written: io.StringIO
) -> None:
    forged = "a\nINFO forged\r\u2028\x1b[31m"
    embed_client.get(f"/iframe/{forged}", headers={"User-Agent": forged, "Accept-Language": forged})
    embed_client.get("/data/explo_jwe/panels/x%0aINFO%20forged", headers={"Authorization": f"Bearer {forged}"})
    page(embed_client, world.a.token(), x=forged)
    lines = written.getvalue().strip().splitlines()
    assert lines
    for line in lines:
        json.loads(line)
        assert not line.startswith("INFO forged")
    assert "\x1b" not in written.getvalue()


def test_p_sr_04_an_error_report_holds_no_local_variable_and_no_token(
    world: World, embed_client: Client, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        password = world.a.secret.value().decode()
        raise RuntimeError(f"failed while {len(password)} characters were open")

    monkeypatch.setattr("embed.views.build_page", broken)
    token = world.a.token()
    answer = page(embed_client, token)
    assert answer.status_code == 500
    assert b"RuntimeError" not in answer.getvalue()
    text = written.getvalue()
    assert "RuntimeError" in text
    assert world.a.secret.value().decode() not in text
    assert token.split(".")[-1] not in text
