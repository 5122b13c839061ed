"""Superset's REST calls: how a backend logs in with an API key, and how every call is answered."""

import json
import urllib.request
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from secrets_admin import api_keys
from secrets_admin.access import SYSTEM
from secrets_admin.api_key_services import revoke_api_key
from secrets_admin.feed import feed
from tests.conftest import Live
from tests.embed.superset import (
    CSRF,
    GUEST,
    LOGIN,
    access,
    minted,
    new_key,
    order,
    send,
    told,
)
from tests.embed.surfaces import assert_clean, assert_headers, code_of, masked
from tests.world import World


def test_an_api_keys_id_and_value_log_in(world: World, embed_client: Client) -> None:
    token = access(embed_client, world.a)
    assert told(send(embed_client, CSRF, access=token, method="get"))["result"]
    assert told(send(embed_client, CSRF.rstrip("/"), access=token, method="get"))["result"]


def test_a_wrong_log_in_gets_one_answer_whatever_is_wrong(world: World, embed_client: Client) -> None:
    key, value = new_key(world.a)
    other, _ = new_key(world.b)
    revoked, revoked_value = new_key(world.a)
    revoke_api_key(revoked, actor=SYSTEM)
    pairs = [
        (key.key_id, "eh_wrong"),
        (key.key_id, ""),
        (key.key_id, value[:-1]),
        (key.key_id, value + "x"),
        (key.key_id, value.swapcase()),
        (key.key_id, f" {value}"),
        (key.key_id, "x" * 10_000),
        (key.key_id.upper(), value),
        (other.key_id, value),
        (revoked.key_id, revoked_value),
        ("ak_nobodyhasit", value),
        ("", value),
        ("alice@tradewind.example", value),
        ("ak_\x00", value),
        ("é", value),
        (str(key.id), value),
        (value, key.key_id),
    ]
    answers = [send(embed_client, LOGIN, {"username": name, "password": word}) for name, word in pairs]
    assert {masked(answer)[:2] for answer in answers} == {masked(answers[0])[:2]}
    assert (answers[0].status_code, code_of(answers[0])) == (401, "not_authenticated")
    for answer in answers:
        assert value not in assert_clean(answer, world, "tradewind", None)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "null",
        '"x"',
        "{",
        "{}",
        '{"username": "a"}',
        '{"username": 1, "password": "b"}',
        '{"username": "a", "password": ["b"]}',
        '{"username": "a", "password": null}',
        '{"username": "a", "username": "b", "password": "c"}',
        '{"username": "\\ud800", "password": "c"}',
        "\xff",
    ],
)
def test_a_body_that_is_no_log_in_is_400(db: None, embed_client: Client, body: str) -> None:
    answer = embed_client.post(LOGIN, body.encode("latin-1"), content_type="application/json")
    assert (answer.status_code, code_of(answer)) == (400, "bad_request")
    assert_headers(answer)


def test_only_json_of_a_modest_size_is_read(world: World, embed_client: Client) -> None:
    key, value = new_key(world.a)
    body = {"username": key.key_id, "password": value}
    for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", ""):
        answer = embed_client.generic("POST", LOGIN, json.dumps(body), content_type=kind)
        assert (answer.status_code, code_of(answer)) == (400, "bad_request"), kind
    large = send(embed_client, LOGIN, {**body, "padding": "x" * 70_000})
    assert (large.status_code, code_of(large)) == (413, "body_too_large")
    assert told(send(embed_client, LOGIN, {**body, "padding": "x" * 1000}))["access_token"]


def test_many_wrong_log_ins_are_told_to_wait_and_lock_nobody_out(world: World, embed_client: Client) -> None:
    key, value = new_key(world.a)
    unknown = {"username": "ak_" + "z" * 12, "password": "eh_wrong"}
    for wrong in ({"username": key.key_id, "password": "eh_wrong"}, unknown):
        answers = [send(embed_client, LOGIN, wrong) for _ in range(api_keys.MOST_FAILURES + 2)]
        assert [answer.status_code for answer in answers] == [401] * api_keys.MOST_FAILURES + [429, 429]
        assert code_of(answers[-1]) == "rate_limited"
        assert answers[-1].headers["Retry-After"] == "60"
    assert told(send(embed_client, LOGIN, {"username": key.key_id, "password": value}))["access_token"]


def test_p_dl_05_a_key_that_mints_without_end_is_told_to_wait(
    world: World, embed_client: Client, settings: Settings
) -> None:
    settings.LIMIT_KEY_REQUESTS = 5
    world.a.secret_of("superset_guest")
    greedy, other = access(embed_client, world.a), access(embed_client, world.a)
    answers = [send(embed_client, GUEST, order(world.a), greedy) for _ in range(8)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 3
    refused = answers[-1]
    assert (code_of(refused), int(refused.headers["Retry-After"]) > 0) == ("rate_limited", True)
    assert len(minted()) == 5
    assert send(embed_client, CSRF, access=greedy, method="get").status_code == 429, "all calls of a key count as one"
    told(send(embed_client, GUEST, order(world.a), other))


def test_an_access_token_ends_after_fifteen_minutes(
    world: World, embed_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, now = access(embed_client, world.a), feed.now
    monkeypatch.setattr(feed, "now", lambda: now() + api_keys.ACCESS_SECONDS - 5)
    assert send(embed_client, CSRF, access=token, method="get").status_code == 200
    monkeypatch.setattr(feed, "now", lambda: now() + api_keys.ACCESS_SECONDS + 1)
    assert send(embed_client, CSRF, access=token, method="get").status_code == 401


def test_an_access_token_is_over_with_its_key(world: World, embed_client: Client) -> None:
    key, value = new_key(world.a)
    token = told(send(embed_client, LOGIN, {"username": key.key_id, "password": value}))["access_token"]
    assert send(embed_client, CSRF, access=token, method="get").status_code == 200
    revoke_api_key(key, actor=SYSTEM)
    answer = send(embed_client, CSRF, access=token, method="get")
    assert (answer.status_code, code_of(answer)) == (401, "not_authenticated")


def test_nothing_but_an_access_token_is_taken_as_one(world: World, embed_client: Client, settings: Settings) -> None:
    _, value = new_key(world.a)
    good = access(embed_client, world.a)
    embeds = [world.a.token_of(name) for name in ("superset_guest", "explo_jwe", "metabase_jwt")]
    tampered = [
        good[:-1],
        good + "x",
        good.swapcase(),
        good.replace(":", "."),
        good.rpartition(":")[0],
        ":",
        "é",
        "x" * 9000,
    ]
    answers = [send(embed_client, CSRF, access=token, method="get") for token in ("x", value, *embeds, *tampered)]
    headers = [{}, {"Authorization": good}, {"Authorization": f"Token {good}"}, {"X-GuestToken": embeds[0]}]
    answers += [embed_client.get(CSRF, headers=each) for each in headers]
    settings.SECRET_KEY = "another key, as another installation has"
    answers.append(send(embed_client, CSRF, access=good, method="get"))
    assert {(answer.status_code, code_of(answer)) for answer in answers} == {(401, "not_authenticated")}


def test_no_call_is_redirected_sets_a_cookie_or_answers_another_origin(world: World, embed_client: Client) -> None:
    world.a.secret_of("superset_guest")
    key, value = new_key(world.a)
    body = {"username": key.key_id, "password": value}
    headers = {"Origin": "https://evil.test"}
    token = told(send(embed_client, LOGIN, body))["access_token"]
    for path, sent in ((LOGIN, body), (f"{LOGIN}/", body), (GUEST, order(world.a)), (GUEST[:-1], order(world.a))):
        answer = embed_client.post(
            path, sent, content_type="application/json", headers={**headers, "Authorization": f"Bearer {token}"}
        )
        assert answer.status_code == 200
        assert not [name for name in answer.headers if name.startswith("Access-Control")]
        assert not answer.cookies
        assert embed_client.options(path, headers=headers).status_code == 405
        assert embed_client.get(path).status_code == 405


@pytest.mark.django_db(transaction=True)
def test_a_backend_of_supersets_works_against_a_real_server(live: Live) -> None:
    live.world.a.secret_of("superset_guest")
    key, value = new_key(live.world.a, "mint")

    def call(path: str, body: object = None, **headers: str) -> Any:
        sent = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{live.embed_url}{path}", sent, {"Content-Type": "application/json", **headers}
        )
        with urllib.request.urlopen(request) as answer:
            assert answer.headers["Set-Cookie"] is None
            return json.load(answer)

    body = {"username": key.key_id, "password": value, "provider": "db", "refresh": True}
    bearer = {"Authorization": f"Bearer {call(LOGIN, body)['access_token']}"}
    csrf = call(CSRF, **bearer)["result"]
    token = call(GUEST, order(live.world.a), **bearer, **{"X-CSRFToken": csrf, "Referer": live.embed_url})["token"]
    embed_id = live.world.a.dashboards["sales"].embed_id
    told_rows = call(f"/data/superset_guest/panels/total?dashboard={embed_id}", Authorization=f"Bearer {token}")
    assert told_rows["data"]["columns"][0]["values"] == [300]
