"""The cases of threats.md over every surface of every format: who sees what, and what opens nothing."""

import json
import time
from base64 import urlsafe_b64decode
from dataclasses import replace

import pytest
from django.test import Client

from customers.models import Customer
from customers.services import create_customer
from dashboards.models import Dashboard
from embed.models import Embed
from secrets_admin.access import SYSTEM
from secrets_admin.feed import feed
from tests.embed.every_format import CLAIMED, WAYS, Way, over
from tests.embed.surfaces import assert_clean, assert_headers, masked
from tests.tokens.makers import MAKERS, SIGNED, Claims, Papermap
from tests.world import World
from tokens.formats import FORMATS

every_way, claimed_way = over(WAYS), over(CLAIMED)
PAPERMAP = MAKERS["papermap_hmac"]


def made(world: World, way: Way, change: Claims | None = None, lifetime: float = 3600) -> str:
    """Make alice's token for acme with some claims changed, sealed correctly; ``...`` leaves one out."""
    if way.format == "viasocket_jwt":
        world.a.allow_tag("sales")
    maker, key = MAKERS[way.format], world.a.key_of(way.format)
    claims = {**maker.claims(key, world.a.wanted(), time.time(), lifetime), **(change or {})}
    return maker.seal({name: value for name, value in claims.items() if value is not ...}, key)


def refused(client: Client, world: World, way: Way, token: str) -> int:
    """Present a token that must open nothing; return the status that it was told."""
    answer = way.open(client, world.a, token)
    assert_clean(answer, world, "tradewind", None)
    assert_headers(answer)
    assert not Embed.objects.exists()
    return answer.status_code


@pytest.fixture(autouse=True)
def _may_export(world: World) -> None:
    """Exports are off by default, which test_export.py holds; here they are a surface like the others."""
    Dashboard.objects.update(viewers_may_export=True)


@every_way
def test_p_ts_06_every_token_opens_the_doors_of_its_own_format_alone(
    way: Way, world: World, embed_client: Client
) -> None:
    expected = masked(way.open(embed_client, world.a, "x" * 64))
    assert expected[0] in (401, 404)
    for other in set(FORMATS) - {way.format}:
        answer = way.open(embed_client, world.a, world.a.token_of(other))
        assert (answer.status_code, assert_clean(answer, world, "tradewind", None) != "") == (expected[0], True), other
        if expected[0] == 401:
            assert masked(answer) == expected, other
    assert not Embed.objects.exists()


@pytest.mark.parametrize("format", SIGNED)
@pytest.mark.parametrize("surface", ["page", "data"])
def test_p_tp_01_no_algorithm_but_hs256_signs(format: str, surface: str, world: World, embed_client: Client) -> None:
    way, maker = Way(format, surface), MAKERS[format]
    key, expected = world.a.key_of(format), masked(Way(format, surface).open(embed_client, world.a, "a.b.c"))
    claims = maker.claims(key, world.a.wanted(), time.time())
    for alg in ["none", "None", "NONE", "nOnE", "", "hs256", "HS384", "HS512", "RS256", "ES256", "dir"]:
        signed = maker.seal(claims, key, {"alg": alg, "typ": "JWT"})
        for token in (signed, signed.rpartition(".")[0] + "."):
            assert masked(way.open(embed_client, world.a, token)) == expected, alg


KIDS = ("../../../../dev/null", "' OR '1'='1", "*", "%", "{{7*7}}", "a\nb", "a\0b", "a" * 99)
ODD_VALUES: list[object] = [[], {}, None, 1, True, ""]
ODD_MEMBERS: list[Claims] = [
    *({name: value} for name in ("alg", "kid", "typ") for value in ODD_VALUES),
    *({"crit": value, "x": 1} for value in (["x"], [], "x")),
    {"crit": ["b64"], "b64": False},
    {"jwk": {"kty": "oct", "k": "AAAA"}},
    {"jku": "http://127.0.0.1:9/keys"},
    {"x5u": "http://127.0.0.1:9/cert"},
    {"x5c": ["AAAA"]},
    {"zip": "DEF"},
    *({"kid": kid} for kid in KIDS),
]


@pytest.mark.parametrize("format", SIGNED)
def test_p_tp_04_05_06_07_odd_headers_are_refused(format: str, world: World, embed_client: Client) -> None:
    way, maker, key = Way(format, "data"), MAKERS[format], world.a.key_of(format)
    claims = maker.claims(key, world.a.wanted(), time.time())
    for member in ODD_MEMBERS:
        token = maker.seal(claims, key, {"alg": "HS256", "typ": "JWT", **member})
        assert refused(embed_client, world, way, token) == 401, member


@pytest.mark.parametrize("format", SIGNED)
def test_p_tp_07_a_key_id_narrows_and_never_widens(format: str, world: World, embed_client: Client) -> None:
    way, maker, key = Way(format, "data"), MAKERS[format], world.a.key_of(format)
    world.a.token_of(format)
    claims = maker.claims(key, world.a.wanted(), time.time())
    named = maker.seal(claims, key, {"alg": "HS256", "kid": key.key_id})
    assert way.open(embed_client, world.a, named).status_code == 200
    foreign = world.b.key_of(format)
    for kid, signer in ((foreign.key_id, key), (foreign.key_id, foreign), (key.key_id, foreign)):
        token = maker.seal(claims, signer, {"alg": "HS256", "kid": kid})
        assert way.open(embed_client, world.a, token).status_code == 401


@claimed_way
def test_p_tp_08_other_shapes_and_contents_are_refused(way: Way, world: World, embed_client: Client) -> None:
    maker, key = MAKERS[way.format], world.a.key_of(way.format)
    good = made(world, way)
    shapes = [".", "a.b", "a.b.c", "a.b.c.d", "....", good + ".x", "." + good, good.replace(".", "..", 1) + "x"]
    contents: list[str | bytes] = ["[]", '"x"', "1", "null", "", "{", b"\xff\xfe", "{}"]
    for token in shapes + [maker.seal(content, key) for content in contents]:
        if token:
            assert refused(embed_client, world, way, token) in (400, 401), token


@claimed_way
def test_p_tp_09_duplicate_members_are_refused(way: Way, world: World, embed_client: Client) -> None:
    maker, key = MAKERS[way.format], world.a.key_of(way.format)
    text = json.dumps(maker.claims(key, world.a.wanted(), time.time()))
    for name in json.loads(text):
        twice = text[:-1] + f', "{name}": {json.dumps(json.loads(text)[name])}}}'
        assert refused(embed_client, world, way, maker.seal(twice, key)) in (400, 401), name


@pytest.mark.parametrize("signature", [..., None, 1, [], "A" * 64, "a" * 63, "a" * 65, "é" * 64, ""])
def test_p_tp_10_odd_papermap_signatures_are_refused(signature: object, world: World, embed_client: Client) -> None:
    way = Way("papermap_hmac", "page")
    assert isinstance(PAPERMAP, Papermap)
    fields = PAPERMAP.claims(world.a.key_of(way.format), world.a.wanted(), time.time())
    odd = {**fields, "signature": signature}
    token = PAPERMAP.spell({name: value for name, value in odd.items() if value is not ...})
    assert refused(embed_client, world, way, token) == 401


@claimed_way
def test_p_ts_01_a_token_without_an_end_is_refused(way: Way, world: World, embed_client: Client) -> None:
    for exp in (..., None):
        # viaSocket's tokens live from iat, when they say no end.
        change = {MAKERS[way.format].exp: exp, **({"iat": ...} if way.format == "viasocket_jwt" else {})}
        assert refused(embed_client, world, way, made(world, way, change)) == 400, exp


@claimed_way
def test_p_ts_02_a_token_ends_and_may_not_live_longer_than_a_day(way: Way, world: World, embed_client: Client) -> None:
    assert refused(embed_client, world, way, made(world, way, {"iat": ...}, -62)) == 401
    for lifetime in (86_470, 30 * 86_400):
        assert refused(embed_client, world, way, made(world, way, lifetime=lifetime)) == 400
    for lifetime in (86_400, -58):
        token = made(world, way, {"iat": ...}, lifetime)
        assert way.open(embed_client, world.a, token).status_code == 200


def test_p_ts_02_a_viasocket_token_lives_a_day_from_iat(world: World, embed_client: Client) -> None:
    way, now = Way("viasocket_jwt", "data"), int(time.time())
    old = made(world, way, {"exp": ..., "iat": now - 86_461})
    assert refused(embed_client, world, way, old) == 401
    young = made(world, way, {"exp": ..., "iat": now - 86_400 + 30})
    assert way.open(embed_client, world.a, young).status_code == 200


ODD_NUMBERS = ["1795206255", "9_999_999_999", "٩٩٩٩٩٩٩٩٩٩", True, [1], {}, -1, 0, 10**18, 1e300]


@pytest.mark.parametrize("format", list(MAKERS))
def test_p_ts_03_an_end_of_an_odd_type_is_refused(format: str, world: World, embed_client: Client) -> None:
    way, maker, key = Way(format, "data"), MAKERS[format], world.a.key_of(format)
    texts = [json.dumps(value) for value in ODD_NUMBERS] + ["NaN", "Infinity", "-Infinity", "1e400"]
    for text in texts:
        claims = {**maker.claims(key, world.a.wanted(), time.time()), maker.exp: "@"}
        # Papermap's MAC covers the parsed value, which NaN and its like never become.
        token = maker.seal(json.dumps(claims).replace('"@"', text), key)
        if format == "papermap_hmac" and text[-1] not in "Ny0":
            token = made(world, way, {maker.exp: json.loads(text)})
        assert refused(embed_client, world, way, token) in (400, 401), text


@claimed_way
def test_p_ts_04_times_that_lie_ahead_are_refused(way: Way, world: World, embed_client: Client) -> None:
    now = time.time()
    for change in ({"iat": int(now) + 65}, {"nbf": int(now) + 65}, {"iat": int(now) - 172_800}, {"nbf": "soon"}):
        assert refused(embed_client, world, way, made(world, way, change)) == 400, change


NOBODY = ["", 0, None, False, [], {}, ..., "*", "%", "all", " ", "acme ", "ACME", "аcme"]


@claimed_way
def test_p_ts_08_empty_and_wildcard_customers_open_nothing(way: Way, world: World, embed_client: Client) -> None:
    maker, key = MAKERS[way.format], world.a.key_of(way.format)
    world.a.token_of(way.format)
    for value in NOBODY:
        claims = maker.with_customer(maker.claims(key, world.a.wanted(), time.time()), value)
        assert refused(embed_client, world, way, maker.seal(claims, key)) in (400, 404), value
    assert Customer.objects.filter(workspace=world.a.workspace).count() == 2


@claimed_way
def test_p_ts_07_names_of_another_organization_are_unknown(way: Way, world: World, embed_client: Client) -> None:
    maker, key = MAKERS[way.format], world.a.key_of(way.format)
    world.a.token_of(way.format)
    stranger = maker.claims(key, replace(world.a.wanted(), customer="initech"), time.time())
    assert refused(embed_client, world, way, maker.seal(stranger, key)) == 404
    foreign = maker.claims(key, replace(world.b.wanted(), locked=world.a.wanted().locked), time.time())
    if way.format != "viasocket_jwt":
        assert refused(embed_client, world, way, maker.seal(foreign, key)) in (401, 404)
    theirs = maker.claims(world.b.key_of(way.format), world.b.wanted(), time.time())
    assert refused(embed_client, world, way, maker.seal(theirs, key)) in (401, 404)


@pytest.mark.parametrize("surface", ["page", "data"])
def test_p_ts_09_a_papermap_token_with_one_field_changed_is_refused(
    surface: str, world: World, embed_client: Client
) -> None:
    way, key = Way("papermap_hmac", surface), world.a.key_of("papermap_hmac")
    assert isinstance(PAPERMAP, Papermap)
    claims = PAPERMAP.claims(key, world.a.wanted(), time.time())
    good = json.loads(urlsafe_b64decode(PAPERMAP.seal(claims, key)))
    changes: list[Claims] = [
        {"tenant_id": "globex"},
        {"dashboard_id": str(world.a.dashboards["ops"].embed_id)},
        {"api_key_id": world.b.key_of("papermap_hmac").key_id},
        {"workspace_id": world.b.workspace.id},
        {"valid_until": good["valid_until"] + 1},
        {"role": "owner"},
        {"version": 1},
    ]
    for change in changes:
        assert refused(embed_client, world, way, PAPERMAP.spell({**good, **change})) == 401, change
    for name in good:
        fewer = {field: value for field, value in good.items() if field != name}
        assert refused(embed_client, world, way, PAPERMAP.spell(fewer)) == 401, name
    legacy = PAPERMAP.legacy(claims, key)
    assert refused(embed_client, world, way, legacy) == 401


def test_p_ts_11_customers_that_look_alike_each_see_their_own(world: World, embed_client: Client) -> None:
    for format in FORMATS:
        way = Way(format, "data")
        for name in ("ACME", "аcme"):
            if not Customer.objects.filter(workspace=world.a.workspace, external_id=name).exists():
                create_customer(world.a.workspace, name, actor=SYSTEM)
                feed.read()
            row = Customer.objects.get(workspace=world.a.workspace, external_id=name)
            token = row.token() if format == "customer_token" else _for(world, format, name)
            body = assert_clean(way.open(embed_client, world.a, token), world, "tradewind", name)
            assert "CANARY" not in body


def _for(world: World, format: str, customer: str) -> str:
    world.a.token_of(format)
    wanted = replace(world.a.wanted(), customer=customer)
    return MAKERS[format].token(world.a.key_of(format), wanted, time.time())
