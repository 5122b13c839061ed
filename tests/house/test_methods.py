"""Who calls an address by a method that it does not take is told which it takes: RFC 9110 section 15.5.6."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.http import HttpResponseBase
from django.test import Client

from secrets_admin.models import User
from tests.house.access_table import CONSOLE, EMBED, Table
from tests.house.routes import routes
from tests.house.test_access import sample_values
from tests.world import World

_METHODS = {
    CONSOLE.host: ("GET", "POST", "PUT"),
    EMBED.host: ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"),
}
#: No address takes it.
_NOBODYS = "PROPFIND"
_CONFS = {CONSOLE.host: settings.ROOT_URLCONF, EMBED.host: settings.EMBED_URLCONF}
_HOSTS = {CONSOLE.host: settings.CONSOLE_HOST, EMBED.host: settings.EMBED_HOST}


@pytest.mark.parametrize("table", [CONSOLE, EMBED], ids=lambda table: table.host)
def test_every_405_names_in_allow_what_the_address_takes_and_nothing_else(
    world: World, alice: User, table: Table
) -> None:
    client, values = Client(HTTP_HOST=_HOSTS[table.host]), sample_values(world.a)
    client.force_login(alice)
    addresses = {route.text: route.address(_CONFS[table.host], values) for route in routes(_CONFS[table.host])}
    found = {text: list(_wrong(client, address, table)) for text, address in addresses.items()}
    assert {text: wrong for text, wrong in found.items() if wrong} == {}


def _wrong(client: Client, address: str, table: Table) -> Iterator[str]:
    """Yield what is wrong with an address's answers to methods."""
    allowed = _allowed(client.generic(_NOBODYS, address))
    for method in _METHODS[table.host]:
        if table is CONSOLE and method in (allowed or ()):
            continue  # What an owner may do is left undone; without a key or token, the embed host does nothing.
        answer = client.generic(method, address)
        named = _allowed(answer)
        if answer.status_code == 405 and named is None:
            yield f"{method}: 405 without Allow"
        if named is not None and (method in named or allowed not in (None, named)):
            yield f"{method}: 405 with Allow {named}, {_NOBODYS} with {allowed}"
        if allowed is not None and answer.status_code != 405 and method not in allowed:
            yield f"{method}: {answer.status_code} where Allow is {allowed}"


def _allowed(answer: HttpResponseBase) -> list[str] | None:
    """Return the methods that a 405 names; None where it names none, or where the answer is another one."""
    if answer.status_code != 405 or "Allow" not in answer.headers:
        return None
    return [part.strip() for part in answer.headers["Allow"].split(",") if part.strip()]
