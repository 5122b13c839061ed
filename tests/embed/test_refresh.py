"""A stale result is shown at once and fetched anew by a job, which may do no more than whoever was shown it.

Most tests here are the worker themselves: they take the message from the real queue and call its task.
"""

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import redis
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from customers.services import delete_customer, get_or_create_customer, revoke_customer
from dashboards import failing, refreshing, tickets
from dashboards.facts import specs
from dashboards.flights import flights
from dashboards.limits import FAILURES
from dashboards.minting import TokenOrder, mint_token
from dashboards.models import Dashboard
from dashboards.services import clear_cache, revoke_dashboard, save_version, update_embed_settings
from dashboards.tasks import refresh
from datasources.errors import SourceUnavailable
from datasources.run import run_statement
from datasources.services import set_rule
from embed.usage_models import AccessRecord
from embedhost.lib import journal
from embedhost.lib.jobs import jobs
from embedhost.lib.store import store
from secrets_admin.access import SYSTEM
from secrets_admin.feed import Kind, announce, feed
from secrets_admin.organizations import set_embedding
from secrets_admin.revocation import revoke_token, revoke_viewer
from secrets_admin.services import preview_secret, reset_secret
from tests.embed.ageing import keys, make_older
from tests.embed.filters import choices, make_filters
from tests.embed.filters import token as filters_token
from tests.embed.surfaces import card, data, export, page, text_of
from tests.workers import broker
from tests.world import World
from tokens.claims import token_digest
from tokens.envelope import open_envelope

__all__ = ["broker"]  # a fixture

LONG = 3600.0


@dataclass
class Sent:
    """The queries that this process sent to data sources, and what becomes of the next ones."""

    number: int = 0
    failure: Exception | None = field(default=None)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    sent = Sent()

    def count(*given: Any, **more: Any) -> Any:
        sent.number += 1
        if sent.failure is not None:
            raise sent.failure
        return run_statement(*given, **more)

    monkeypatch.setattr("dashboards.queries.run_statement", count)
    return sent


@pytest.fixture
def queue(broker: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator["redis.Redis"]:
    """A real queue that no worker reads; what lies in it, nobody does meanwhile."""
    share(broker, settings)
    monkeypatch.setattr(refreshing, "BEGIN_SECONDS", LONG)
    with redis.Redis.from_url(broker) as connection:
        yield connection


def share(url: str, settings: Settings) -> None:
    """Let this process share its cache, flights and jobs through a Redis."""
    settings.REDIS_URL = url
    store.cache_clear()
    flights.cache_clear()
    jobs.cache_clear()


def messages(queue: "redis.Redis") -> list[list[Any]]:
    """Take what the queue holds, as a worker reads it: the arguments of each message."""
    wait_for_jobs()
    taken = [json.loads(raw) for raw in queue.lrange("celery", 0, -1)]
    queue.delete("celery")
    assert all(message["headers"]["task"] == "dashboards.refresh" for message in taken)
    return [json.loads(base64.b64decode(message["body"]))[0] for message in taken]


def wait_for_jobs() -> None:
    """Wait until the thread beside the requests did what is due, and what that had it do."""
    for _ in range(3):
        done = threading.Event()
        assert jobs().aside(done.set)
        assert done.wait(30)


def work(queue: "redis.Redis") -> int:
    """Do what the queue holds, as a worker does, and wait until it landed; returns the number of messages."""
    taken = messages(queue)
    for arguments in taken:
        refresh(*arguments)
    wait_for_flights()
    return len(taken)


def wait_for_flights() -> None:
    deadline = time.monotonic() + 30
    while flights()._flights:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def cached(answer: HttpResponseBase) -> str:
    return str(answer.headers["Embedhost-Cache"])


def stale(client: Client, token: str, show: Callable[..., HttpResponseBase] = data, **query: str) -> HttpResponseBase:
    """Show something, let it grow old, and show it again."""
    show(client, token, **query)
    make_older(LONG)
    forget_wishes()
    return show(client, token, **query)


def forget_wishes() -> None:
    """Let seconds pass in which neither a refresh nor its failure is remembered, in this process or another."""
    refreshing.forget()
    flights()._failed.clear()
    names = [f"{key}:{mark}" for key in keys() for mark in ("refresh", "failed")]
    store().put_many([(name, b"", 0.001) for name in names])
    while any(mark is not None for mark in store().get_many(names)):
        time.sleep(0.001)


@pytest.mark.django_db
def test_what_is_stale_is_shown_at_once_and_is_fresh_when_the_job_is_done(
    world: World, embed_client: Client, queue: "redis.Redis", sent: Sent
) -> None:
    Dashboard.objects.update(viewers_may_export=True)
    token, board = world.a.token(), make_filters(world.a)
    shown: dict[str, tuple[Callable[..., HttpResponseBase], str, int]] = {
        "data": (data, token, 1),
        "card": (card, token, 1),
        "export": (export, token, 1),
        "page": (page, token, 3),
        "choices": (choices, filters_token(world.a, board), 1),
    }
    for name, (show, opened, panels) in shown.items():
        first = stale(embed_client, opened, show)
        before = sent.number
        assert "stale" in cached(first), name
        assert work(queue) == panels, name
        assert sent.number == before + panels, name
        again = show(embed_client, opened)
        assert "stale" not in cached(again), name
        assert first.headers["Embedhost-As-Of"] < again.headers["Embedhost-As-Of"], name


@pytest.mark.django_db
def test_the_queue_holds_a_key_alone_and_the_store_no_value_that_can_be_read(
    world: World, embed_client: Client, queue: "redis.Redis"
) -> None:
    save_version(world.a.organization, FOR_VIEWERS)
    board = Dashboard.objects.get(slug="for-viewers")
    update_embed_settings(board, origins=None, viewers_may_apply_variables=True)
    feed.read()
    token = world.a.token(dsh=str(board.embed_id), vwr="bob@acme.example", var={"floor": 77_123})
    search = json.dumps({"search": "a value of a viewer"})
    assert cached(stale(embed_client, token, panel="mine", variables=search)) == "stale"
    wait_for_jobs()
    held = b"\n".join(_dump(queue))
    assert b":refresh" in held
    for told in (token, "bob@acme", "a value of", "77123", "SELECT", "acme", world.a.secret.key_id):
        assert told.encode() not in held, told
    taken = messages(queue)
    assert [[refreshing._KEY.sub("key", key) for key in arguments] for arguments in taken] == [["key"]]
    refresh(*taken[0])
    wait_for_flights()
    assert cached(data(embed_client, token, panel="mine", variables=search)) == "hit", (
        "every value that shapes the key came along"
    )


def _dump(queue: "redis.Redis") -> Iterator[bytes]:
    """Return keys and values of the whole Redis but the entries themselves, which are packed rows."""
    for key in queue.scan_iter():
        if not key.startswith((b"eh:data:", b"eh:card:")) or key.endswith(b":refresh"):
            yield key
            yield queue.dump(key) or b""


FOR_VIEWERS = {
    "title": "For viewers",
    "slug": "for-viewers",
    "settings": {"cache_seconds": 60},
    "variables": [
        {"name": "search", "type": "text", "mode": "open", "label": "Search"},
        {"name": "floor", "type": "number", "mode": "hidden", "label": "Floor"},
        {"name": "period", "type": "date_range", "mode": "open", "label": "Period", "default": "last_30_days"},
        {"name": "unused", "type": "text", "mode": "open", "label": "Unused"},
    ],
    "panels": [
        {
            "id": "mine",
            "type": "number",
            "title": "Mine",
            "source": "warehouse",
            "sql": "SELECT sum(amount) AS total FROM tradewind.orders WHERE note <> {{ viewer_id }} "
            "[[AND note <> {{ search }}]] AND amount < {{ floor }} AND day < {{ period.end }}",
            "encoding": {"value": "total"},
        }
    ],
}


def _anew(world: World) -> None:
    delete_customer(world.a.customers["acme"], actor=SYSTEM)
    get_or_create_customer(world.a.workspace, "acme", actor=SYSTEM)


#: What may happen between the wish and the job, so that the job must leave it.
ENDS: dict[str, Callable[[World], object]] = {
    "the customer was deleted": lambda world: delete_customer(world.a.customers["acme"], actor=SYSTEM),
    "the customer was deleted and made again": _anew,
    "the customer was revoked": lambda world: revoke_customer(world.a.customers["acme"], actor=SYSTEM),
    "the viewer was revoked": lambda world: revoke_viewer(world.a.workspace, "bob", actor=SYSTEM),
    "the dashboard was revoked": lambda world: revoke_dashboard(world.a.dashboards["sales"], actor=SYSTEM),
    "the dashboard was archived": lambda world: _archive(world.a.dashboards["sales"]),
    "the secret was reset": lambda world: reset_secret(world.a.secret, actor=SYSTEM),
    "embedding was switched off": lambda world: set_embedding(world.a.organization, enabled=False, actor=SYSTEM),
    "the cache was cleared": lambda world: clear_cache(world.a.dashboards["sales"], actor=SYSTEM),
    "a rule was changed": lambda world: set_rule(world.a.source, "tradewind.orders", kind="hidden", actor=SYSTEM),
    "another version was saved": lambda world: _save_again(world.a.dashboards["sales"]),
}


def _archive(dashboard: Dashboard) -> None:
    Dashboard.objects.filter(id=dashboard.id).update(archived_at=timezone.now())
    announce(Kind.DASHBOARD, str(dashboard.embed_id))


def _save_again(dashboard: Dashboard) -> None:
    latest = dashboard.versions.latest("number")
    save_version(dashboard.organization, {**latest.document, "description": "Again"})


@pytest.mark.django_db
def test_a_job_checks_anew_what_may_have_ended_since_it_was_wanted(
    world: World, embed_client: Client, queue: "redis.Redis", sent: Sent
) -> None:
    token = world.a.token(vwr="bob")
    ends: dict[str, Callable[[World], object]] = {
        **ENDS,
        "the token was revoked": lambda world: revoke_token(world.a.workspace, digest(token), actor=SYSTEM),
    }
    for what, end in ends.items():
        assert cached(stale(embed_client, token)) == "stale", what
        taken, before, kept = messages(queue), sent.number, store().get_many(keys())
        savepoint = transaction.savepoint()
        end(world)
        feed.read()
        refresh(*taken[0])
        wait_for_flights()
        assert sent.number == before, what
        assert store().get_many(keys()) == kept, what
        transaction.savepoint_rollback(savepoint)
        feed.reset()
        specs.clear()
        queue.flushdb()
    assert cached(stale(embed_client, token)) == "stale"
    assert work(queue) == 1
    assert cached(data(embed_client, token)) == "hit", "and where nothing ended it is done"


def digest(token: str) -> str:
    parts = open_envelope(token).parts
    key_id = json.loads(base64.urlsafe_b64decode(token.partition(".")[0] + "=="))["kid"]
    return token_digest("explo_jwe", key_id, parts)


@pytest.mark.django_db
def test_a_customers_own_token_is_checked_by_its_workspaces_switch(
    world: World, embed_client: Client, queue: "redis.Redis", sent: Sent
) -> None:
    path = f"/iframe/{world.a.dashboards['sales'].embed_id}/{world.a.customers['acme'].token()}"
    embed_client.get(path)
    make_older(LONG)
    assert cached(embed_client.get(path)) == "stale=3"
    taken, before = messages(queue), sent.number
    refresh(*taken.pop())
    wait_for_flights()
    assert sent.number == before + 1
    type(world.a.workspace).objects.update(customer_tokens_enabled=False)
    announce(Kind.WORKSPACE, world.a.workspace.id)
    feed.read()
    for arguments in taken:
        refresh(*arguments)
    wait_for_flights()
    assert sent.number == before + 1


@pytest.mark.django_db
def test_a_forged_or_garbled_message_or_ticket_moves_nothing(
    world: World, embed_client: Client, queue: "redis.Redis", sent: Sent
) -> None:
    def wanted(customer: str) -> tuple[str, bytes]:
        assert cached(stale(embed_client, world.a.token(customer))) == "stale"
        key = str(messages(queue)[0][0])
        return key, bytes(store().get_many([refreshing._place(key)])[0] or b"")

    (acme, of_acme), (globex, of_globex) = wanted("acme"), wanted("globex")
    before, kept = sent.number, store().get_many(keys())
    garbled: list[Any] = [
        "",
        "eh:data:" + "0" * 64,
        acme + ":lease",
        acme.upper(),
        7,
        None,
        {"key": acme},
        [acme],
        "x" * 10**6,
    ]
    for message in garbled:
        refresh(message)
    ticket = tickets.opened(acme, of_acme)
    assert ticket is not None
    # The last one is sealed with our own key for another entry than its values make: that key is made anew.
    other = tickets.sealed(globex, ticket)
    old = tickets.sealed(acme, replace(ticket, at=ticket.at - 2 * refreshing.OLDEST_SECONDS))
    forged = [
        (globex, of_acme),
        (acme, of_acme[:-8]),
        (acme, b"t1:" + b"A" * 200),
        (acme, b"\xff{}"),
        (acme, old),
        (globex, other),
    ]
    for key, raw in forged:
        queue.set(refreshing._place(key), raw, ex=10)
        refresh(key)
    wait_for_flights()
    assert (sent.number, store().get_many(keys())) == (before, kept)
    queue.set(refreshing._place(globex), of_globex, ex=10)
    refresh(globex)
    wait_for_flights()
    assert sent.number == before + 1, "the genuine one is done"
    assert "CANARY-tradewind-acme" not in text_of(data(embed_client, world.a.token("globex")))


@pytest.mark.django_db
def test_many_viewers_in_many_processes_want_one_refresh(
    world: World, embed_client: Client, queue: "redis.Redis", sent: Sent
) -> None:
    token = world.a.token()
    stale(embed_client, token)
    for _ in range(5):
        data(embed_client, world.a.token())
    refreshing.forget()  # As another process, which has not asked yet.
    data(embed_client, token)
    taken = messages(queue)
    assert len(taken) == 1, "while a ticket waits nobody leaves another"
    before = sent.number
    for _ in range(2):  # A queue may deliver twice.
        refresh(*taken[0])
    wait_for_flights()
    assert sent.number == before + 1
    refreshing.forget()
    data(embed_client, token)
    assert messages(queue) == []


@pytest.mark.django_db
def test_what_another_process_flies_already_or_saw_fail_a_moment_ago_is_not_enqueued(
    world: World, embed_client: Client, queue: "redis.Redis"
) -> None:
    token = world.a.token()
    data(embed_client, token)
    make_older(LONG)
    (key,) = keys()
    for mark in (f"{key}:lease", f"{key}:failed"):
        queue.set(mark, b"QueryTimeout", ex=10)
        refreshing.forget()
        assert cached(data(embed_client, token)) == "stale"
        assert messages(queue) == []
        queue.delete(mark)
    refreshing.forget()
    data(embed_client, token)
    assert len(messages(queue)) == 1


@pytest.mark.django_db
def test_whoever_shows_old_numbers_knows_since_when_a_worker_cannot_fetch_new_ones(
    world: World, embed_client: Client, queue: "redis.Redis", sent: Sent
) -> None:
    token = world.a.token()
    assert cached(stale(embed_client, token, card)) == "stale"
    sent.failure = SourceUnavailable("away")
    assert work(queue) == 1
    failing.forget()  # The worker was another process.
    forget_wishes()
    card(embed_client, token)
    messages(queue)
    assert "source not reachable since" in text_of(card(embed_client, token))
    sent.failure = None
    assert cached(stale(embed_client, token, card)) == "stale"
    assert work(queue) == 1
    assert "source not reachable since" not in text_of(card(embed_client, token))
    assert failing._since.get((world.a.source.id, "")) is None


@pytest.mark.django_db
def test_a_workers_breaker_leaves_a_source_alone_that_does_not_answer(
    world: World, embed_client: Client, queue: "redis.Redis", sent: Sent
) -> None:
    token = world.a.token()
    assert cached(stale(embed_client, token)) == "stale"
    sent.failure, before = SourceUnavailable("away"), sent.number
    (arguments,) = messages(queue)
    ticket = queue.get(refreshing._place(arguments[0]))
    for _ in range(FAILURES + 3):
        queue.set(refreshing._place(arguments[0]), ticket, ex=10)  # type: ignore[arg-type]  # not asynchronous
        flights()._failed.clear()
        queue.delete(f"{arguments[0]}:failed")
        refresh(*arguments)
        wait_for_flights()
    assert sent.number == before + FAILURES
    assert cached(data(embed_client, token)) == "stale", "the page goes on with what it has"


@pytest.mark.django_db
def test_p_dl_05_a_workers_refreshes_keep_to_the_bound_of_their_source_and_hold_up_no_other_job(
    world: World,
    embed_client: Client,
    queue: "redis.Redis",
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Dashboard.objects.update(viewers_may_apply_variables=True)
    settings.SOURCE_CONNECTIONS, number = 2, 6
    asked = [json.dumps({"least": least}) for least in range(number)]
    for variables in asked:
        data(embed_client, world.a.token(), panel="total", variables=variables)
    make_older(LONG)
    for variables in asked:
        assert cached(data(embed_client, world.a.token(), panel="total", variables=variables)) == "stale"
    running, most, ended, go, lock = 0, 0, 0, threading.Event(), threading.Lock()

    def hold(*given: Any, **more: Any) -> Any:
        nonlocal running, most, ended
        with lock:
            running += 1
            most = max(most, running)
        assert go.wait(30)
        with lock:
            running, ended = running - 1, ended + 1
        return run_statement(*given, **more)

    monkeypatch.setattr("dashboards.queries.run_statement", hold)
    taken = messages(queue)
    assert len(taken) == number
    for arguments in taken:
        refresh(*arguments)  # It returns while its query runs, or waits for its turn.
    assert waited(lambda: running == 2)
    go.set()
    wait_for_flights()
    assert (most, ended) == (2, number)


@pytest.mark.django_db
def test_a_refresh_counts_as_a_query_of_the_customer_and_names_nobody(
    world: World, embed_client: Client, queue: "redis.Redis"
) -> None:
    assert cached(stale(embed_client, world.a.token(vwr="bob"))) == "stale"
    journal.drain()
    AccessRecord.objects.all().delete()
    work(queue)
    journal.drain()
    row = AccessRecord.objects.get()
    assert (row.event, row.external_id, row.panel, row.rows) == ("query", "acme", "rows", 3)
    assert (row.viewer, row.digest) == ("", "")


@pytest.mark.django_db
def test_a_process_that_sees_no_worker_begin_does_it_itself_and_spares_the_queue_for_a_while(
    world: World, embed_client: Client, queue: "redis.Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    monkeypatch.setattr(refreshing, "do", lambda name, key: done.append(key))
    monkeypatch.setattr("embedhost.lib.jobs.do", lambda name, key: done.append(key))
    monkeypatch.setattr(refreshing, "BEGIN_SECONDS", 0.05)
    assert cached(stale(embed_client, world.a.token())) == "stale"
    assert waited(lambda: len(done) == 1)
    assert len(messages(queue)) == 1
    stale(embed_client, world.a.token("globex"))
    assert waited(lambda: len(done) >= 2)
    assert messages(queue) == []


def waited(condition: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("url", ["", "redis://127.0.0.1:1/0"], ids=["no Redis", "a Redis that refuses"])
def test_without_a_queue_a_thread_of_the_process_does_it(
    url: str, world: World, embed_client: Client, settings: Settings, sent: Sent
) -> None:
    share(url, settings)
    token = world.a.token()
    first = stale(embed_client, token)
    assert cached(first) == "stale"
    assert waited(lambda: cached(data(embed_client, token)) == "hit")
    assert sent.number == 2
    journal.drain()
    lines = AccessRecord.objects.filter(event="query").order_by("id")
    assert [(row.digest != "", row.request != "") for row in lines] == [(True, True), (False, False)]


@pytest.mark.django_db(transaction=True)
def test_a_preview_is_refreshed_while_embedding_is_off_and_counts_nothing(
    world: World, embed_client: Client, settings: Settings, sent: Sent
) -> None:
    share("", settings)
    set_embedding(world.a.organization, enabled=False, actor=SYSTEM)
    token = mint_token(preview_secret(world.a.workspace), world.a.dashboards["sales"], TokenOrder("acme"))
    feed.read()
    assert cached(stale(embed_client, token)) == "stale"
    assert waited(lambda: cached(data(embed_client, token)) == "hit")
    assert sent.number == 2
    journal.drain()
    assert not AccessRecord.objects.exists()
