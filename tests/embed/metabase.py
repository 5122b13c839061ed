"""Metabase's addresses and tokens, as a company's backend and its viewers' browsers write them."""

import json
from urllib.parse import quote, urlencode

from django.http import HttpResponseBase
from django.test import Client

from tests.world import World

FORMAT = "metabase_jwt"
#: What every token of the world's dashboards has to set: the customer, and the two locked variables.
LOCKED = {"CUSTOMER": "acme", "floor": 0, "secret_floor": 0}
#: The world's panels by their places.
TOTAL, REGIONS, ROWS, ABOUT = 1, 2, 3, 4


def token(world: World, dashboard: str = "sales", /, **params: object) -> str:
    """Make alice's token with some params changed; ``...`` leaves one out."""
    given = {name: value for name, value in {**LOCKED, **params}.items() if value is not ...}
    return world.a.token_of(FORMAT, dashboard=dashboard, params=given)


def _ask(client: Client, path: str, query: dict[str, object]) -> HttpResponseBase:
    return client.get(f"{path}?{urlencode(query, doseq=True)}" if query else path)


def page(client: Client, token: str, **query: object) -> HttpResponseBase:
    return _ask(client, f"/embed/dashboard/{token}", query)


def dashboard(client: Client, token: str, **query: object) -> HttpResponseBase:
    return _ask(client, f"/api/embed/dashboard/{token}", query)


def card(client: Client, token: str, place: object = TOTAL, /, **query: object) -> HttpResponseBase:
    return _ask(client, f"/api/embed/dashboard/{token}/dashcard/{place}/card/{place}", query)


def download(client: Client, token: str, kind: str, place: int = ROWS, /, **query: object) -> HttpResponseBase:
    return _ask(client, f"/api/embed/dashboard/{token}/dashcard/{place}/card/{place}/{kind}", query)


def values(client: Client, token: str, parameter: str, /, **query: object) -> HttpResponseBase:
    return _ask(client, f"/api/embed/dashboard/{token}/params/{quote(parameter, safe='')}/values", query)


def search(client: Client, token: str, parameter: str, text: str) -> HttpResponseBase:
    return client.get(f"/api/embed/dashboard/{token}/params/{quote(parameter, safe='')}/search/{quote(text, safe='')}")


def total(answer: HttpResponseBase) -> object:
    """Return the one number of the card TOTAL."""
    assert answer.status_code == 202, answer.getvalue()
    rows = json.loads(answer.getvalue())["data"]["rows"]
    return rows[0][0]
