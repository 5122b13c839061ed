"""Explo's generate_jwt: what a backend gets a JWT for, how long it lives, and everything that makes none."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponseBase
from django.test import Client
from jose import jwe

from embed.models import Embed
from embed.usage_models import MintRecord
from embedhost.lib import journal
from secrets_admin.access import SYSTEM
from secrets_admin.feed import Kind, feed
from secrets_admin.internal_secrets import name_of
from secrets_admin.models import EmbedSecret
from secrets_admin.services import create_secret, reset_secret, retire_secret
from secrets_admin.workspaces import set_token_lifetime
from tests.embed.explo import JWT, new_key, send, told
from tests.embed.surfaces import assert_clean, code_of, page
from tests.world import HOST_ORIGIN, World


@pytest.fixture
def key(world: World) -> str:
    return new_key(world.a, "mint")


def _body(world: World, **changes: object) -> dict[str, object]:
    embed_id = str(world.a.dashboards["sales"].embed_id)
    return {"provided_id": "acme", "embed_id": embed_id, "key_id": world.a.secret.key_id, **changes}


def _ask(client: Client, world: World, key: str, **changes: object) -> HttpResponseBase:
    return send(client, key, JWT, _body(world, **changes))


def _claims(token: str, secret: EmbedSecret) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(jwe.decrypt(token, secret.value()) or b"")
    return read


def _key_id(token: str) -> str:
    part = token.split(".")[0]
    header: dict[str, str] = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return header["kid"]


def test_a_jwt_opens_the_dashboard_for_its_customer_alone(world: World, embed_client: Client, key: str) -> None:
    said = told(_ask(embed_client, world, key, expiration="PT1H"))
    assert said.keys() == {"success", "jwt"}
    body = assert_clean(page(embed_client, said["jwt"]), world, "tradewind", "acme")
    assert "CANARY-tradewind-acme-0" in body
    assert Embed.objects.count() == 1


def test_p_cu_07_every_jwt_is_another_one_in_the_mint_log(world: World, embed_client: Client, key: str) -> None:
    tokens = [told(_ask(embed_client, world, key, expiration="PT2H"))["jwt"] for _ in range(3)]
    assert len(set(tokens)) == 3
    journal.drain()
    rows = MintRecord.objects.values_list("organization_id", "external_id", "dashboard_id", "lifetime")
    assert set(rows) == {(world.a.organization.id, "acme", world.a.dashboards["sales"].id, 7200)}
    assert MintRecord.objects.count() == 3
    assert not Embed.objects.exists()


def test_a_duration_is_a_lifetime(world: World, embed_client: Client, key: str) -> None:
    for text, seconds in (("PT1H", 3600), ("PT90M", 5400), ("P1D", 86_400), ("PT1H30M15S", 5415), (None, 86_400)):
        token = told(_ask(embed_client, world, key, expiration=text))["jwt"]
        claims = _claims(token, world.a.secret)
        assert claims["exp"] - claims["iat"] == seconds, text
        assert page(embed_client, token).status_code == 200


def test_p_cu_07_what_is_no_duration_makes_no_jwt(world: World, embed_client: Client, key: str) -> None:
    wrong = ["", "0", "3600", "PT0S", "-PT1H", "PT-1H", "P1DT1S", "PT25H", "PT0.5S", "1 day", "P1W", "P1M", "PT1e9S"]
    wrong += ["PT" + "9" * 60 + "S", "P999999999D", "pt1h", "PT1H\x00", " PT1H"]
    for value in (*wrong, 0, -1, 86_401, 1e9, 3600, 3600.5, True, ["PT1H"], {"h": 1}):
        answer = _ask(embed_client, world, key, expiration=value)
        assert answer.status_code == 400, value
        assert code_of(answer) in ("token_claims", "bad_request"), value
    journal.drain()
    assert not MintRecord.objects.exists()


def test_no_jwt_outlives_the_workspaces_ceiling(world: World, embed_client: Client, key: str) -> None:
    set_token_lifetime(world.a.workspace, 600, actor=SYSTEM)
    feed.reset()
    claims = _claims(told(_ask(embed_client, world, key))["jwt"], world.a.secret)
    assert claims["exp"] - claims["iat"] == 600
    assert code_of(_ask(embed_client, world, key, expiration="PT1H")) == "token_claims"


def test_p_cu_07_unknown_and_foreign_things_answer_alike(world: World, embed_client: Client, key: str) -> None:
    foreign = {
        "embed_id": [
            str(world.b.dashboards["sales"].embed_id),
            "00000000-0000-4000-8000-000000000000",
            "x",
            "",
            "\x00",
        ],
        "provided_id": ["initech", "nobody", "\x00", "acme ", "x" * 300],
        "key_id": [world.b.secret.key_id, "es_nobodyhasit", "", "\x00", world.a.secret_of("chartio_jwt").key_id],
    }
    for member, values in foreign.items():
        answers = [_ask(embed_client, world, key, **{member: value}) for value in values]
        said = {(answer.status_code, json.loads(answer.getvalue())["message"]) for answer in answers}
        assert len(said) == 1, member
        assert {answer.status_code for answer in answers} == {404}


def test_p_dl_02_what_is_no_embed_id_is_404_and_not_remembered(
    world: World, embed_client: Client, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    recall = feed.recall

    def noted(kind: Kind, subject: str, load: Callable[[], object]) -> object:
        asked.append(subject)
        return recall(kind, subject, load)

    monkeypatch.setattr(feed, "recall", noted)
    assert code_of(_ask(embed_client, world, key, embed_id="x" * 60_000)) == "not_found"
    assert code_of(_ask(embed_client, world, key, embed_id="x" * 36)) == "not_found"
    assert max(len(subject) for subject in asked) < 300


def test_a_key_id_of_null_means_the_one_internal_secret(world: World, embed_client: Client, key: str) -> None:
    before = world.a.workspace.embed_secrets.count()
    tokens = [told(_ask(embed_client, world, key, key_id=given))["jwt"] for given in (None, None)]
    tokens.append(told(send(embed_client, key, JWT, {k: v for k, v in _body(world).items() if k != "key_id"}))["jwt"])
    (internal,) = world.a.workspace.embed_secrets.filter(name=name_of("explo_jwe"))
    assert [_key_id(token) for token in tokens] == [internal.key_id] * 3
    assert world.a.workspace.embed_secrets.count() == before + 1
    assert page(embed_client, tokens[0]).status_code == 200
    new = reset_secret(internal, actor=SYSTEM)
    feed.reset()
    assert page(embed_client, tokens[1]).status_code == 401
    assert _key_id(told(_ask(embed_client, world, key, key_id=None))["jwt"]) == new.key_id
    retire_secret(new, actor=SYSTEM)
    feed.reset()
    assert _key_id(told(_ask(embed_client, world, key, key_id=None))["jwt"]) not in (new.key_id, internal.key_id)


def test_a_name_that_an_owner_took_is_told(world: World, embed_client: Client, key: str) -> None:
    create_secret(world.a.workspace, name=name_of("explo_jwe"), format="chartio_jwt", actor=SYSTEM)
    answer = _ask(embed_client, world, key, key_id=None)
    assert (answer.status_code, code_of(answer)) == (400, "secret_refused")


def test_a_revoked_key_makes_no_jwt(world: World, embed_client: Client, key: str) -> None:
    reset_secret(world.a.secret, actor=SYSTEM)
    feed.reset()
    assert code_of(_ask(embed_client, world, key)) == "token_claims"


def test_an_origin_must_be_on_the_list_and_is_in_the_jwt(world: World, embed_client: Client, key: str) -> None:
    token = told(_ask(embed_client, world, key, embed_origin=f"{HOST_ORIGIN}/"))["jwt"]
    assert _claims(token, world.a.secret)["iss"] == f"{HOST_ORIGIN}/"
    assert page(embed_client, token).status_code == 200
    for wrong in ("https://evil.test", "", "x" * 5000, "\x00", 7, ["https://app.a.test"]):
        answer = _ask(embed_client, world, key, embed_origin=wrong)
        assert answer.status_code == 400, wrong


def test_what_a_jwt_cannot_limit_is_refused_and_the_rest_of_the_vendors_members_are_taken(
    world: World, embed_client: Client, key: str
) -> None:
    vendors: dict[str, object] = {
        "chart_id": None,
        "rb_allowed_features": ["flt"],
        "disable_editable_section_editing": True,
        "x": {},
    }
    assert told(_ask(embed_client, world, key, **vendors))["success"] == 1
    for wrong in ({"chart_id": "total"}, {"rb_allowed_features": "flt"}, {"disable_editable_section_editing": 1}):
        assert _ask(embed_client, world, key, **wrong).status_code == 400


def test_no_jwt_while_embedding_is_off(world: World, embed_client: Client, key: str) -> None:
    type(world.a.organization).objects.update(embedding_enabled=False)
    feed.reset()
    answer = _ask(embed_client, world, key)
    assert (answer.status_code, code_of(answer)) == (403, "forbidden")


def test_a_bound_secret_makes_jwts_for_its_customer_and_dashboards_only(
    world: World, embed_client: Client, key: str
) -> None:
    bound = {"bound_customer": "acme", "bound_dashboards": [str(world.a.dashboards["sales"].embed_id)]}
    EmbedSecret.objects.filter(id=world.a.secret.id).update(**bound)
    feed.reset()
    assert told(_ask(embed_client, world, key))["success"] == 1
    ops = str(world.a.dashboards["ops"].embed_id)
    for wrong in ({"provided_id": "globex"}, {"embed_id": ops}):
        assert _ask(embed_client, world, key, **wrong).status_code == 404
