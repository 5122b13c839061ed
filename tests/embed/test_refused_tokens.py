"""Tokens that must not open anything, on every surface: forged, malformed, expired, of somebody else."""

import base64
import json
import time
from collections.abc import Mapping

import pytest
from django.test import Client
from jose import jwe

from customers.models import Customer
from embed.models import Embed
from tests.embed.surfaces import SURFACES, Surface, assert_clean, assert_headers, masked, text_of
from tests.tokens.forge import forge
from tests.world import World, encrypt

pytestmark = pytest.mark.parametrize("surface", list(SURFACES.values()), ids=list(SURFACES))


def head(world: World, **changes: object) -> dict[str, object]:
    return {"alg": "dir", "enc": "A256GCM", "kid": world.a.secret.key_id, **changes}


def sealed(world: World, payload: Mapping[str, object] | str | bytes, header: Mapping[str, object] | str) -> str:
    return forge(payload, header, world.a.secret.value())


def assert_all_alike(client: Client, surface: Surface, tokens: list[str]) -> None:
    """All of them are BAD: one status, one body, one set of headers, and nothing is counted."""
    expected = masked(surface(client, "no-token-at-all"))
    assert expected[0] == 401
    for token in tokens:
        answer = surface(client, token)
        assert masked(answer) == expected
        assert_headers(answer)
    assert not Embed.objects.exists()


def test_p_tp_02_other_algorithms_are_not_opened(surface: Surface, world: World, embed_client: Client) -> None:
    claims, key = json.dumps(world.a.claims()), world.a.secret.value()
    tokens = [
        jwe.encrypt(claims, key, algorithm=alg, encryption=enc, kid=world.a.secret.key_id).decode()
        for alg, enc in [("A256KW", "A256GCM"), ("A256KW", "A128CBC-HS256"), ("dir", "A128CBC-HS256")]
    ]
    named = [
        head(world, alg=alg, p2c=2_147_483_647, p2s="c2FsdA")
        for alg in ("A128KW", "A256GCMKW", "RSA-OAEP", "PBES2-HS256+A128KW", "none")
    ]
    named += [head(world, enc=enc) for enc in ("A128GCM", "A192GCM", "A256CBC-HS512", "A128CBC-HS256")]
    tokens += [sealed(world, world.a.claims(), header) for header in named]
    assert_all_alike(embed_client, surface, tokens)


def test_p_tp_03_compressed_tokens_are_not_opened(surface: Surface, world: World, embed_client: Client) -> None:
    claims = json.dumps({**world.a.claims(), "filler": "a" * 1000})
    token = jwe.encrypt(claims, world.a.secret.value(), "A256GCM", "dir", zip="DEF", kid=world.a.secret.key_id).decode()
    assert_all_alike(embed_client, surface, [token])


@pytest.mark.parametrize("member", ["alg", "enc", "zip", "kid", "typ"])
def test_p_tp_04_header_members_of_a_wrong_type_are_refused(
    member: str, surface: Surface, world: World, embed_client: Client
) -> None:
    values: list[object] = [[], {}, None, 1, True, ""]
    assert_all_alike(
        embed_client, surface, [sealed(world, world.a.claims(), head(world, **{member: value})) for value in values]
    )


def test_p_tp_05_critical_headers_are_refused(surface: Surface, world: World, embed_client: Client) -> None:
    extras: list[dict[str, object]] = [
        {"crit": ["x"], "x": 1},
        {"crit": []},
        {"crit": "x"},
        {"crit": ["b64"], "b64": False},
    ]
    assert_all_alike(embed_client, surface, [sealed(world, world.a.claims(), head(world, **extra)) for extra in extras])


def test_p_tp_07_hostile_key_ids_are_refused(surface: Surface, world: World, embed_client: Client) -> None:
    kids = [
        "../../../../dev/null",
        "' OR '1'='1",
        "1",
        "*",
        "%",
        "{{7*7}}",
        "a\nINFO forged",
        "a\0b",
        "\ud800",
        "es_000000000000",
    ]
    kids += [world.b.secret.key_id]
    assert_all_alike(embed_client, surface, [sealed(world, world.a.claims(), head(world, kid=kid)) for kid in kids])


def test_p_tp_08_other_shapes_are_refused(surface: Surface, world: World, embed_client: Client) -> None:
    good = world.a.token()
    parts = good.split(".")
    shapes = ["", ".", "a.b", "a.b.c.d", "....", ".".join(parts[:4]), good + ".x", good.replace("..", ".x.")]
    shapes += [
        good[:-2] + "=",
        good[:-1] + "é",
        "eyJhbGciOiJub25lIn0..",
        base64.urlsafe_b64encode(good.encode()).decode()[:300],
    ]
    assert_all_alike(embed_client, surface, [shape for shape in shapes if shape])


@pytest.mark.parametrize("payload", ["[]", '"x"', "1", "null", "", "{", b"\xff\xfe"])
def test_p_tp_08_payloads_that_are_no_object_are_refused(
    payload: str | bytes, surface: Surface, world: World, embed_client: Client
) -> None:
    answer = surface(embed_client, sealed(world, payload, head(world)))
    assert answer.status_code in (400, 401)
    assert_clean(answer, world, "tradewind", None)


def test_p_tp_09_duplicate_members_are_refused(surface: Surface, world: World, embed_client: Client) -> None:
    dashboard, exp = world.a.dashboards["sales"].embed_id, int(time.time()) + 600
    payloads = [
        f'{{"cst":"acme","cst":"globex","dsh":"{dashboard}","exp":{exp}}}',
        f'{{"cst":"acme","dsh":"{dashboard}","exp":{exp},"exp":{exp}}}',
        f'{{"cst":"acme","dsh":"{dashboard}","exp":{exp},"var":{{"region":"North","region":"South"}}}}',
    ]
    for payload in payloads:
        answer = surface(embed_client, sealed(world, payload, head(world)))
        assert answer.status_code in (400, 401)
        assert_clean(answer, world, "tradewind", None)
    twice = json.dumps(head(world))[:-1] + ', "alg": "dir"}'
    assert surface(embed_client, sealed(world, world.a.claims(), twice)).status_code == 401
    assert not Embed.objects.exists()


def refused_claims(client: Client, surface: Surface, world: World, **changes: object) -> None:
    answer = surface(client, sealed(world, json.dumps({**world.a.claims(), **changes}, allow_nan=True), head(world)))
    assert answer.status_code in (400, 401), changes
    assert_clean(answer, world, "tradewind", None)


def test_p_ts_01_a_token_without_an_end_is_refused(surface: Surface, world: World, embed_client: Client) -> None:
    claims = world.a.claims()
    del claims["exp"]
    assert surface(embed_client, encrypt(claims, world.a.secret)).status_code == 400
    assert surface(embed_client, encrypt({**claims, "exp": None}, world.a.secret)).status_code == 400
    assert not Embed.objects.exists()


@pytest.mark.parametrize(
    ("ahead", "status"), [(86_400, 200), (86_455, 200), (86_470, 400), (30 * 86_400, 400), (-55, 200), (-65, 401)]
)
def test_p_ts_02_the_edges_of_time(
    ahead: int, status: int, surface: Surface, world: World, embed_client: Client
) -> None:
    allow_export(world)
    claims = world.a.claims(exp=int(time.time()) + ahead)
    del claims["iat"]
    answer = surface(embed_client, encrypt(claims, world.a.secret))
    assert answer.status_code == status
    assert_clean(answer, world, "tradewind", "acme" if status == 200 else None)


def allow_export(world: World) -> None:
    for dashboard in world.a.dashboards.values():
        dashboard.viewers_may_export = True
        dashboard.save()


def test_p_ts_03_an_end_of_an_odd_type_or_size_is_refused(surface: Surface, world: World, embed_client: Client) -> None:
    odd: list[object] = [
        "1795206255",
        "9_999_999_999",
        "٩٩٩٩",
        True,
        [1],
        {},
        float("nan"),
        float("inf"),
        -1,
        0,
        10**30,
        1e300,
    ]
    odd += [int(time.time()) * 1000]
    for exp in odd:
        refused_claims(embed_client, surface, world, exp=exp)
    assert not Embed.objects.exists()


def test_p_ts_03_a_float_end_opens_as_the_vendors_sample_makes_it(
    surface: Surface, world: World, embed_client: Client
) -> None:
    allow_export(world)
    assert surface(embed_client, world.a.token(exp=time.time() + 3600.5)).status_code == 200


def test_p_ts_04_not_yet_valid_and_too_long_lived_tokens_are_refused(
    surface: Surface, world: World, embed_client: Client
) -> None:
    now = int(time.time())
    for changes in (
        {"nbf": now + 70},
        {"iat": now + 70},
        {"iat": now - 48 * 3600, "exp": now + 600},
        {"iat": "now"},
        {"nbf": float("nan")},
        {"iat": [now]},
    ):
        refused_claims(embed_client, surface, world, **changes)
    assert not Embed.objects.exists()


def test_p_ts_07_one_organizations_key_opens_nothing_of_another(
    surface: Surface, world: World, embed_client: Client
) -> None:
    of_b = str(world.b.dashboards["sales"].embed_id)
    answers = {
        "a's secret under b's key id": (
            forge(world.a.claims(), head(world, kid=world.b.secret.key_id), world.a.secret.value()),
            401,
        ),
        "b's dashboard": (world.a.token(dsh=of_b), 404),
        "b's customer": (world.a.token("initech"), 404),
    }
    for name, (token, status) in answers.items():
        answer = surface(embed_client, token)
        assert answer.status_code == status, name
        assert_clean(answer, world, "tradewind", None)
    assert not Customer.objects.filter(workspace=world.a.workspace, external_id="initech").exists()
    assert not Embed.objects.exists()


def test_p_ts_07_a_customer_that_both_organizations_have_sees_its_own_rows(
    surface: Surface, world: World, embed_client: Client
) -> None:
    allow_export(world)
    body = assert_clean(surface(embed_client, world.a.token("acme")), world, "tradewind", "acme")
    assert "CANARY-tradewind-acme-0" in body


def test_p_ts_08_empty_and_wildcard_customers_are_refused(surface: Surface, world: World, embed_client: Client) -> None:
    nobody: list[object] = ["", 0, None, False, [], {}, "*", "%", "all", " "]
    for customer in nobody:
        answer = surface(embed_client, sealed(world, {**world.a.claims(), "cst": customer}, head(world)))
        assert answer.status_code in (400, 404), customer
        assert_clean(answer, world, "tradewind", None)
    claims = world.a.claims()
    del claims["cst"]
    assert surface(embed_client, encrypt(claims, world.a.secret)).status_code == 400
    assert not Embed.objects.exists()


def test_an_organization_that_may_not_embed_shows_nothing(surface: Surface, world: World, embed_client: Client) -> None:
    world.a.organization.embedding_enabled = False
    world.a.organization.save()
    answer = surface(embed_client, world.a.token())
    assert answer.status_code == 403
    assert_clean(answer, world, "tradewind", None)


def test_an_unknown_environment_is_not_found(world: World, surface: Surface, embed_client: Client) -> None:
    answer = surface(embed_client, world.a.token(), environment="staging")
    assert answer.status_code == 404
    assert "staging" not in text_of(answer)
