"""Every way in with a token, by name; later doors add a line, and every case runs over it too."""

import re
from collections.abc import Callable
from urllib.parse import urlencode

from django.http import HttpResponseBase
from django.test import Client

from embed.models import Embed
from tests.world import World, canary

Surface = Callable[..., HttpResponseBase]


def page(client: Client, token: str, *, environment: str = "", **query: str) -> HttpResponseBase:
    tail = f"/{environment}" if environment else ""
    return client.get(f"/iframe/{token}{tail}?{urlencode(query)}")


def _call(client: Client, path: str, token: str, query: dict[str, str]) -> HttpResponseBase:
    return client.get(f"{path}?{urlencode(query)}", headers={"Authorization": f"Bearer {token}"})


def data(client: Client, token: str, *, panel: str = "rows", **query: str) -> HttpResponseBase:
    return _call(client, f"/data/explo_jwe/panels/{panel}", token, query)


def card(client: Client, token: str, *, panel: str = "rows", **query: str) -> HttpResponseBase:
    return data(client, token, panel=panel, **query, **{"as": "card"})


def export(client: Client, token: str, *, panel: str = "rows", **query: str) -> HttpResponseBase:
    return _call(client, f"/data/explo_jwe/export/{panel}", token, query)


SURFACES: dict[str, Surface] = {"page": page, "data": data, "card": card, "export": export}
#: The surfaces that the open page calls, with the token as Bearer.
CALLS: dict[str, Surface] = {"data": data, "card": card, "export": export}

_REFERENCE = re.compile(rb"R-[2-9A-Z]{6}")


def text_of(answer: HttpResponseBase) -> str:
    return answer.getvalue().decode()


def masked(answer: HttpResponseBase) -> tuple[int, bytes, list[str]]:
    """What must be equal between refusals that must look alike: status, body without its reference, header names."""
    body = _REFERENCE.sub(b"R-??????", answer.getvalue())
    return answer.status_code, body, sorted(name for name in answer.headers)


def assert_clean(answer: HttpResponseBase, world: World, slug: str, customer: str | None) -> str:
    """Fail on any row of somebody else, any secret, and any missing header (threats.md I1, I2, I3, I6)."""
    body = text_of(answer)
    for organization in ("tradewind", "northwind"):
        for name in ("acme", "globex", "initech"):
            if (organization, name) != (slug, customer):
                assert canary(organization, name, 0)[:-1] not in body
    for tenant in (world.a, world.b):
        assert tenant.secret.value().decode() not in body
        for row in tenant.customers.values():
            assert row.token() not in body
    assert "Traceback" not in body
    assert answer.status_code < 500
    assert_headers(answer)
    return body


def assert_headers(answer: HttpResponseBase) -> None:
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors" in answer.headers["Content-Security-Policy"]
    assert not answer.cookies
    assert "X-Frame-Options" not in answer.headers


def code_of(answer: HttpResponseBase) -> str:
    """The refusal's code, from a JSON body or from the page's own mark; an answer without one fails."""
    found = re.search(r'(?:"code": ?|data-code=)"([a-z_]+)"', text_of(answer))
    assert found is not None, text_of(answer)[:300]
    return found[1]


def nothing_was_counted() -> None:
    assert not Embed.objects.exists()
