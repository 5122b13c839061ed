"""P-CU-01, P-CU-02, I5: what is wrong, foreign or absent costs the same work, so that time tells nobody which it is."""

import hmac
from collections.abc import Callable, Mapping
from random import Random
from statistics import median
from time import perf_counter
from uuid import uuid4

import pytest
from django.db import connection
from django.http import HttpResponseBase
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from secrets_admin import api_keys
from secrets_admin.access import SYSTEM
from secrets_admin.api_key_services import revoke_api_key
from secrets_admin.feed import feed
from tests.api.caller import CUSTOMERS, Backend, backend
from tests.embed.surfaces import masked
from tests.tokens.forge import forge, header
from tests.world import World

pytestmark = pytest.mark.django_db
TOKENS = "/api/v1/embed-tokens/"
#: threats.md I5: samples of each, and how far medians may be apart, in seconds or as a part of the median.
SAMPLES, SECONDS, PART = 2000, 0.001, 0.05


@pytest.fixture(autouse=True)
def _fresh_feed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no reading of the feed fall into what is counted."""
    feed.read()
    monkeypatch.setattr(feed, "_ensure_recent", lambda: None)


def wrong_keys(world: World, ours: Backend, theirs: Backend) -> dict[str, str]:
    """Return values that open nothing, by what is right about them."""
    revoked = backend(world.a)
    revoke_api_key(revoked.key, actor=SYSTEM)
    return {
        "one's own prefix": ours.value[:13] + "A" * 43,
        "another organization's prefix": theirs.value[:13] + "A" * 43,
        "nobody's prefix": "ehk_nobodyis_" + "A" * 43,
        "a revoked key": revoked.value,
    }


def _counting(monkeypatch: pytest.MonkeyPatch, place: object, name: str) -> list[str]:
    """Write down each call of a function, which does its work as before."""
    calls: list[str] = []
    work: Callable[..., object] = getattr(place, name)

    def counted(*given: object) -> object:
        calls.append(name)
        return work(*given)

    monkeypatch.setattr(place, name, counted)
    return calls


def test_p_cu_01_a_wrong_key_costs_one_query_one_hash_and_one_comparison(
    ours: Backend, theirs: Backend, world: World, embed_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = wrong_keys(world, ours, theirs)
    hashed, compared = _counting(monkeypatch, api_keys, "hash_api_key"), _counting(monkeypatch, hmac, "compare_digest")
    work = {}
    for name, value in keys.items():
        hashed.clear()
        compared.clear()
        with CaptureQueriesContext(connection) as queries:
            answer = embed_client.get(CUSTOMERS, headers={"Authorization": f"Bearer {value}"})
        assert answer.status_code == 401
        work[name] = (len(queries), len(hashed), len(compared))
    assert work == dict.fromkeys(keys, (1, 1, 1))


def test_p_cu_02_what_is_foreign_costs_the_queries_of_what_is_absent(ours: Backend, world: World) -> None:
    mine, theirs = (str(tenant.dashboards["sales"].embed_id) for tenant in (world.a, world.b))
    # What the first call writes down and remembers, of the key and of its own dashboard, is not what is compared.
    ours.told("post", TOKENS, {"dashboard": mine, "customer": "acme"}, status=201)
    calls: list[tuple[str, str, object]] = [
        ("get", "", None),
        ("patch", "", {"name": "x"}),
        ("delete", "", None),
        ("post", "/token", {}),
        ("post", "/revoke", {}),
    ]
    for method, end, body in calls:
        foreign, absent = (_queries(ours, method, f"{CUSTOMERS}{name}{end}", body) for name in ("initech", "nobody"))
        assert foreign == absent, (method, end)
    orders = [(mine, "initech"), (mine, "nobody"), (theirs, "acme"), (str(uuid4()), "acme")]
    bodies = [{"dashboard": board, "customer": name} for board, name in orders]
    first, again = ([_queries(ours, "post", TOKENS, body) for body in bodies] for _ in range(2))
    assert first[0] == first[1]
    # A process remembers a dashboard with its first use; nobody guesses the 122 random bits that lead to one.
    assert again == [1, 1, 1, 1]


def _queries(ours: Backend, method: str, path: str, body: object) -> int:
    """Return the number of statements of a call that finds nothing."""
    with CaptureQueriesContext(connection) as queries:
        assert ours.call(method, path, body).status_code == 404
    return len(queries)


@pytest.mark.deep
@pytest.mark.timeout(900)
def test_i5_time_does_not_tell_wrong_keys_and_tokens_apart(
    ours: Backend, theirs: Backend, world: World, embed_client: Client, settings: Settings
) -> None:
    def with_key(value: str) -> Callable[[], HttpResponseBase]:
        return lambda: embed_client.get(CUSTOMERS, headers={"Authorization": f"Bearer {value}"})

    def with_token(token: str) -> Callable[[], HttpResponseBase]:
        headers = {"Authorization": f"Bearer {token}"}
        return lambda: embed_client.get("/data/explo_jwe/panels/rows", headers=headers)

    head, claims, value = header(), world.a.claims(), b"x" * 32
    tokens = {
        "a known key id": forge(claims, {**head, "kid": world.a.secret.key_id}, value),
        "another organization's key id": forge(claims, {**head, "kid": world.b.secret.key_id}, value),
        "an unknown key id": forge(claims, {**head, "kid": "es_000000000000"}, value),
    }
    for group in (
        {name: with_key(value) for name, value in wrong_keys(world, ours, theirs).items()},
        {name: with_token(token) for name, token in tokens.items()},
    ):
        assert len({repr(masked(ask())) for ask in group.values()}) == 1
        medians = _medians(group)
        apart = max(medians.values()) - min(medians.values())
        assert apart < max(SECONDS, PART * min(medians.values())), medians


def _medians(group: Mapping[str, Callable[[], HttpResponseBase]]) -> dict[str, float]:
    """Return each one's median in seconds; they take turns in an order that changes, so that noise falls on all."""
    spent: dict[str, list[float]] = {name: [] for name in group}
    order, chance = list(group), Random(1)
    for _ in range(SAMPLES):
        chance.shuffle(order)
        for name in order:
            began = perf_counter()
            group[name]()
            spent[name].append(perf_counter() - began)
    return {name: median(times) for name, times in spent.items()}
