"""Two server processes over one database: whatever is revoked is refused by both within a second."""

import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.db import connections

from customers.models import Customer
from customers.services import delete_customer, refresh_token, revoke_customer
from dashboards.services import revoke_dashboard
from embed.keyring import KEYS
from secrets_admin.access import SYSTEM
from secrets_admin.errors import SecretRefused
from secrets_admin.feed import feed
from secrets_admin.models import EmbedSecret
from secrets_admin.organizations import set_embedding
from secrets_admin.revocation import revoke_token, revoke_viewer
from secrets_admin.services import create_secret, reset_secret, retire_secret
from secrets_admin.workspaces import allow_customer_tokens
from tests.servers import Server
from tests.world import World, encrypt
from tokens.doors import open_token

pytestmark = pytest.mark.django_db(transaction=True)
T = TypeVar("T")
#: A page that opens, the status that it gets then, and what is done in between.
Deed = tuple[str, int, Callable[[], object]]


def status(server: Server, path: str) -> int:
    request = urllib.request.Request(server.url + path, headers={"Host": os.environ["EMBED_HOST"]})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def seconds_until(servers: list[Server], path: str, code: int) -> float:
    """How long after now a request could still begin and get another answer, on any of the servers."""
    began = asked = time.monotonic()
    late = 0.0
    for server in servers:
        asked = time.monotonic()
        while status(server, path) != code:
            late = asked - began
            assert late < 10, f"a server never answers {code}"
            asked = time.monotonic()
    return late


def signed(world: World, customer: str, dashboard: str, viewer: str, secret: EmbedSecret | None = None) -> str:
    """The path of a page for a token that is a minute old."""
    claims = {**world.a.claims(customer, dashboard), "iat": int(time.time()) - 60, "vwr": viewer}
    return f"/iframe/{encrypt(claims, secret or world.a.secret)}"


def own(world: World, customer: str, dashboard: str) -> str:
    """The path of a page for a customer's own token."""
    token = Customer.objects.get(id=world.a.customers[customer].id).token()
    return f"/iframe/{world.a.dashboards[dashboard].embed_id}/{token}"


def digest(path: str) -> str:
    return open_token("iframe", path.removeprefix("/iframe/"), KEYS, feed.now()).digest


def deeds(world: World) -> Iterator[Deed]:
    """Every level in turn, so that none touches what a later one opens."""
    workspace, acme, globex = world.a.workspace, world.a.customers["acme"], world.a.customers["globex"]
    one = signed(world, "acme", "ops", "ben")
    yield one, 401, lambda: revoke_token(workspace, digest(one), actor=SYSTEM)
    yield signed(world, "acme", "ops", "ann"), 401, lambda: revoke_viewer(workspace, "ann", actor=SYSTEM)
    yield (
        signed(world, "acme", "sales", "ben"),
        401,
        lambda: revoke_dashboard(world.a.dashboards["sales"], actor=SYSTEM),
    )
    yield own(world, "acme", "ops"), 401, lambda: refresh_token(acme, actor=SYSTEM)
    yield own(world, "acme", "ops"), 401, lambda: allow_customer_tokens(workspace, False, actor=SYSTEM)
    allow_customer_tokens(workspace, True, actor=SYSTEM)
    yield own(world, "acme", "ops"), 401, lambda: revoke_customer(acme, actor=SYSTEM)
    yield signed(world, "globex", "ops", "ben"), 401, lambda: revoke_customer(globex, actor=SYSTEM)
    yield own(world, "globex", "ops"), 401, lambda: delete_customer(globex, actor=SYSTEM)
    second = create_secret(workspace, name="Second", format="explo_jwe", actor=SYSTEM)
    fresh = encrypt(world.a.claims("acme", "ops"), second)
    yield f"/iframe/{fresh}", 401, lambda: retire_secret(second, actor=SYSTEM)
    other = f"/iframe/{encrypt(world.a.claims('acme', 'ops'), world.a.secret)}"
    yield other, 403, lambda: set_embedding(world.a.organization, enabled=False, actor=SYSTEM)


def test_p_rr_every_level_is_in_force_on_both_servers_within_a_second(world: World, servers: list[Server]) -> None:
    of_charlie = f"/iframe/{world.b.token('acme')}"
    took = []
    for path, code, deed in deeds(world):
        seconds_until(servers, path, 200)
        deed()
        took.append(seconds_until(servers, path, code))
        assert [status(server, of_charlie) for server in servers] == [200, 200]
    assert len(took) == 10
    assert max(took) < 1.0, took


def test_p_rr_05_the_last_answer_of_many_refreshes_is_the_one_token_that_opens(
    world: World, servers: list[Server]
) -> None:
    told = _at_once(lambda: refresh_token(world.a.customers["acme"], actor=SYSTEM))
    kept = own(world, "acme", "sales")
    seconds_until(servers, kept, 200)
    valid = [token for token in told if any(status(server, _at(kept, token)) == 200 for server in servers)]
    assert [_at(kept, token) for token in valid] == [kept]


def test_s_06_two_resets_at_once_leave_one_secret_that_opens(world: World, servers: list[Server]) -> None:
    def reset() -> EmbedSecret | None:
        try:
            return reset_secret(world.a.secret, actor=SYSTEM)
        except SecretRefused:
            return None

    made = [secret for secret in _at_once(reset) if secret is not None]
    assert EmbedSecret.objects.filter(line=world.a.secret.line, state="active").count() == 1
    assert len(made) == 1
    new, old = (f"/iframe/{encrypt(world.a.claims(), secret)}" for secret in (made[0], world.a.secret))
    seconds_until(servers, new, 200)
    assert seconds_until(servers, old, 401) < 1.0


def _at(path: str, token: str) -> str:
    return f"{path.rpartition('/')[0]}/{token}"


def _at_once(deed: Callable[[], T]) -> list[T]:
    def call(_: int) -> T:
        try:
            return deed()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        return list(pool.map(call, range(6)))
