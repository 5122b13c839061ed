"""Opening what a program made, as a browser would: an address, or a token that the page around brings."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponseBase
from django.test import Client

from dashboards.addresses import address_before
from embed.keyring import KEYS
from secrets_admin.feed import feed
from tests.guides.world import CUSTOMERS, Documented, canary
from tokens.claims import Claims
from tokens.doors import open_token


def browser() -> Client:
    """Return a browser at the embed host."""
    return Client(HTTP_HOST=settings.EMBED_HOST)


def shows(format: str, made: str, customer: str) -> None:
    """Fail unless what was made opens, with this customer's rows and nobody else's."""
    answer = browser().get(path_of(made)) if made.startswith("http") else call(format, made)
    body = answer.getvalue().decode()
    assert answer.status_code == 200, body[:2000]
    assert {name for name in CUSTOMERS if canary(name) in body} == {customer}


def call(format: str, token: str) -> HttpResponseBase:
    """Return what an open page's call for its table is answered."""
    return browser().get(f"/data/{format}/panels/rows", headers={"Authorization": f"Bearer {token}"})


def path_of(address: str) -> str:
    """Return what a browser asks the host for."""
    parts = urlsplit(address)
    assert f"{parts.scheme}://{parts.netloc}" == settings.EMBED_ORIGIN
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def token_in(format: str, made: str, world: Documented) -> str:
    """Return the token of an address, or the token that was made as it is."""
    base = address_before(
        format,
        embed_id=str(world.dashboard.embed_id),
        organization=world.organization.slug,
        slug=world.dashboard.slug,
    )
    assert made.startswith(base)
    return made.removeprefix(base)


def claims_in(format: str, made: str, world: Documented) -> Claims:
    """Verify what was made and return what it says."""
    return open_token(f"data/{format}", token_in(format, made, world), KEYS, feed.now())
