"""Embed tokens over the REST API: P-CU-07, what a made token opens, looking at tokens, and ending them."""

import time
from datetime import datetime

import pytest
from django.test import Client
from pytest_django import Settings

from embed.models import Embed
from embed.usage_models import MintRecord
from embedhost.lib import journal
from secrets_admin import revocation
from secrets_admin.access import SYSTEM
from secrets_admin.internal_secrets import name_of
from secrets_admin.models import EmbedSecret, Organization, Revocation
from secrets_admin.services import reset_all
from tests.api.caller import Backend, backend, places
from tests.world import HOST_ORIGIN, World
from tokens.urls import MAX_URL

pytestmark = pytest.mark.django_db
TOKENS = "/api/v1/embed-tokens/"


def order(world: World, **changes: object) -> dict[str, object]:
    return {"dashboard": str(world.a.dashboards["sales"].embed_id), "customer": "acme", **changes}


def status(client: Client, url: str, settings: Settings) -> int:
    return client.get(url.removeprefix(settings.EMBED_ORIGIN)).status_code


def test_p_cu_07_a_made_token_opens_the_dashboard_for_its_customer_and_each_is_another_one(
    ours: Backend, world: World, embed_client: Client, settings: Settings
) -> None:
    before = int(time.time())
    made = [ours.told("post", TOKENS, order(world), status=201) for _ in range(3)]
    assert len({one["token"] for one in made}) == 3
    for one in made:
        assert one["iframe_url"] == f"{settings.EMBED_ORIGIN}/iframe/{one['token']}"
        assert one["characters_left"] == MAX_URL - len(one["iframe_url"])
        assert f'<embedhost-dashboard dash-jwt="{one["token"]}">' in one["web_component"]
        ends = datetime.fromisoformat(one["expires_at"]).timestamp()
        assert before + 3598 <= ends <= time.time() + 3602
    answer = embed_client.get("/data/explo_jwe/panels/rows", headers={"Authorization": f"Bearer {made[0]['token']}"})
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "CANARY-tradewind-acme" in text
    assert "globex" not in text
    assert status(embed_client, made[1]["iframe_url"], settings) == 200


def test_what_is_ordered_is_in_the_token(ours: Backend, world: World) -> None:
    wanted = order(
        world,
        viewer="viewer-7",
        variables={"region": "North"},
        rights=["export"],
        expires_in=60,
        locale="de-DE",
        time_zone="Europe/Berlin",
        origin=HOST_ORIGIN,
    )
    made = ours.told("post", TOKENS, wanted, status=201)
    said = ours.told("post", f"{TOKENS}inspect", {"token": made["iframe_url"], "site": HOST_ORIGIN})
    assert said["opens"] is True
    seen = {name: said[name] for name in ("customer", "viewer", "variables", "rights", "format", "dashboard")}
    assert seen == {
        "customer": "acme",
        "viewer": "viewer-7",
        "variables": ["region"],
        "rights": ["export"],
        "format": "explo_jwe",
        "dashboard": wanted["dashboard"],
    }
    assert said["expires_at"] == made["expires_at"]
    assert said["key_id"] == world.a.secret.key_id
    assert not Embed.objects.exists()


def test_p_cu_07_lifetimes_that_cannot_be_are_refused(ours: Backend, world: World) -> None:
    for wrong in (0, -1, 86_401, 1e9, "3600", 3600.5, True, None, [60]):
        said = ours.refused("post", TOKENS, order(world, expires_in=wrong), status=400)
        assert places(said) == ["#/expires_in"], wrong
    assert not MintRecord.objects.exists()


def test_p_cu_07_what_is_not_the_workspaces_is_404(ours: Backend, theirs: Backend, world: World) -> None:
    foreign = str(world.b.dashboards["sales"].embed_id)
    absent = "00000000-0000-4000-8000-000000000000"
    said = [
        ours.refused("post", TOKENS, order(world, **changes), status=404)
        for changes in ({"dashboard": foreign}, {"dashboard": absent}, {"customer": "initech"}, {"customer": "nobody"})
    ]
    assert said[0]["detail"] == said[1]["detail"]
    assert said[2]["detail"] == said[3]["detail"]
    theirs.refused("post", TOKENS, order(world), status=404)


def test_p_cu_07_a_token_that_does_not_fit_into_an_address_says_what_to_save(ours: Backend, world: World) -> None:
    said = ours.refused("post", TOKENS, order(world, variables={"search": "x" * 900, "label": "y" * 900}), status=400)
    assert said["code"] in ("token_claims", "variable_invalid")
    long = ours.refused("post", TOKENS, order(world, viewer="v" * 255, variables={"search": "ä" * 900}), status=400)
    assert "Save" in long["detail"]


def test_orders_that_cannot_be_are_refused_with_the_place_or_the_reason(ours: Backend, world: World) -> None:
    wrong: list[tuple[dict[str, object], str]] = [
        ({"dashboard": "sales"}, "#/dashboard"),
        ({"dashboard": 1}, "#/dashboard"),
        ({"customer": "acme "}, "#/customer"),
        ({"viewer": ""}, "#/viewer"),
        ({"variables": []}, "#/variables"),
        ({"variables": {"region": {"is": "North"}}}, "#/variables/region"),
        ({"variables": {"region": [["North"]]}}, "#/variables/region"),
        ({"variables": {"region": 10**30}}, "#/variables/region"),
        ({"variables": {"a/b": "x" * 1001}}, "#/variables/a~1b"),
        ({"variables": {f"v{number}": 1 for number in range(101)}}, "#/variables"),
        ({"rights": ["delete"]}, "#/rights/0"),
        ({"rights": "export"}, "#/rights"),
        ({"locale": "tlh-Latn"}, "#/locale"),
        ({"locale": "German"}, "#/locale"),
        ({"locale": ""}, "#/locale"),
        ({"time_zone": "europe/berlin"}, "#/time_zone"),
        ({"time_zone": "Mars/Olympus"}, "#/time_zone"),
        ({"time_zone": "+02:00"}, "#/time_zone"),
        ({"time_zone": "t" * 300}, "#/time_zone"),
        ({"format": "chartio_jwt"}, "#/format"),
        ({"format": "none"}, "#/format"),
        ({"cst": "globex"}, "#/cst"),
    ]
    for changes, place in wrong:
        assert places(ours.refused("post", TOKENS, order(world, **changes), status=400)) == [place], changes
    senseless: list[tuple[dict[str, object], str]] = [
        ({"variables": {"nothing": 1}}, "variable_invalid"),
        ({"variables": {"customer_id": "globex"}}, "variable_invalid"),
        ({"origin": "https://elsewhere.example"}, "token_claims"),
        ({"format": "papermap_hmac", "viewer": "v"}, "token_claims"),
    ]
    for changes, code in senseless:
        assert ours.refused("post", TOKENS, order(world, **changes), status=400)["code"] == code, changes
    assert not MintRecord.objects.exists()


def test_what_a_backends_own_token_calls_a_time_zone_or_language_keeps_no_page_out(
    world: World, embed_client: Client
) -> None:
    odd = embed_client.get(f"/iframe/{world.a.token(tz='Mars/Olympus', loc='tlh')}?time_zone=Asia/Tokyo&locale_code=de")
    assert odd.status_code == 200
    text = odd.content.decode()
    assert '<html lang="de"' in text
    assert "Asia/Tokyo" in text
    assert "Olympus" not in text


def test_a_papermap_token_is_made_and_opens_its_address(
    ours: Backend, world: World, embed_client: Client, settings: Settings
) -> None:
    made = ours.told("post", TOKENS, order(world, format="papermap_hmac"), status=201)
    assert made["web_component"] is None
    assert status(embed_client, made["iframe_url"], settings) == 200


def test_a_workspace_without_a_secret_gets_one_for_the_api_and_a_reset_ends_its_tokens(
    ours: Backend, world: World, embed_client: Client, settings: Settings
) -> None:
    EmbedSecret.objects.filter(workspace=world.a.workspace).delete()
    first, second = (ours.told("post", TOKENS, order(world), status=201)["iframe_url"] for _ in range(2))
    assert [row.name for row in EmbedSecret.objects.filter(workspace=world.a.workspace)] == [name_of("explo_jwe")]
    assert [status(embed_client, url, settings) for url in (first, second)] == [200, 200]
    reset_all(world.a.workspace, actor=SYSTEM)
    assert [status(embed_client, url, settings) for url in (first, second)] == [401, 401]


def test_while_embedding_is_off_no_token_is_made(ours: Backend, world: World) -> None:
    Organization.objects.filter(id=world.a.organization.id).update(embedding_enabled=False)
    assert ours.refused("post", TOKENS, order(world), status=403)["code"] == "forbidden"
    assert not MintRecord.objects.exists()


def test_every_made_token_is_in_the_mint_log_under_the_api_keys_id(ours: Backend, world: World) -> None:
    made = ours.told("post", TOKENS, order(world, expires_in=600), status=201)
    journal.drain()
    row = MintRecord.objects.get()
    assert (row.key_id, row.external_id, row.lifetime) == (ours.key.key_id, "acme", 600)
    assert row.digest == ours.told("post", f"{TOKENS}inspect", {"token": made["token"]})["digest"]
    assert made["token"] not in str(vars(row))


def test_a_token_that_does_not_open_is_explained(ours: Backend, theirs: Backend, world: World) -> None:
    cases = {
        "expired": (world.a.token(iat=int(time.time()) - 7200, exp=int(time.time()) - 3600), "expired", "Times"),
        "broken": (world.a.token()[:-4] + "AAAA", "bad_signature", "Signature"),
        "another workspace's": (world.b.token(), "unknown_key", "Key"),
        "nothing": ("hello", "malformed", "Format"),
        "unknown customer": (world.a.token("nobody"), "unknown_customer", "Customer"),
    }
    for name, (token, reason, stage) in cases.items():
        said = ours.told("post", f"{TOKENS}inspect", {"token": token})
        assert (said["opens"], said["reason"], said["stage"]) == (False, reason, stage), name
    told = theirs.told("post", f"{TOKENS}inspect", {"token": world.a.token()})
    assert (told["reason"], told["customer"], told["digest"]) == ("unknown_key", None, None)


def test_a_customers_own_token_is_looked_at_without_an_end(ours: Backend, world: World) -> None:
    address = f"{world.a.dashboards['sales'].embed_id}:{world.a.customers['acme'].token()}"
    said = ours.told("post", f"{TOKENS}inspect", {"token": address})
    assert (said["format"], said["customer"], said["expires_at"]) == ("customer_token", "acme", None)


def test_a_revoked_token_ends_and_its_twin_goes_on(ours: Backend, world: World, embed_client: Client) -> None:
    token, twin, by_digest = world.a.token(), world.a.token(), world.a.token()
    digest = ours.told("post", f"{TOKENS}inspect", {"token": by_digest})["digest"]
    told = ours.told("post", f"{TOKENS}revoke", {"token": token})
    assert told == {"revoked": "token", "customer": "acme", "refused_until": None}
    assert ours.told("post", f"{TOKENS}revoke", {"digest": digest})["revoked"] == "digest"
    assert [embed_client.get(f"/iframe/{one}").status_code for one in (token, by_digest, twin)] == [401, 401, 200]


def test_a_customers_own_token_is_replaced(ours: Backend, world: World, embed_client: Client) -> None:
    old = world.a.customers["acme"].token()
    told = ours.told("post", f"{TOKENS}revoke", {"token": old})
    assert told == {"revoked": "customer_token", "customer": "acme", "refused_until": None}
    assert embed_client.get(f"/iframe/{world.a.dashboards['sales'].embed_id}/{old}").status_code == 401


def test_a_viewers_tokens_of_before_end(ours: Backend, world: World, embed_client: Client) -> None:
    then = int(time.time()) - 30
    first, second, other = (world.a.token(who, vwr=viewer, iat=then) for who, viewer in
                            (("acme", "v"), ("globex", "v"), ("acme", "w")))  # fmt: skip
    told = ours.told("post", f"{TOKENS}revoke", {"viewer": "v", "customer": "acme"})
    assert (told["revoked"], told["customer"]) == ("viewer", "acme")
    assert told["refused_until"]
    assert [embed_client.get(f"/iframe/{one}").status_code for one in (first, second, other)] == [401, 200, 200]
    ours.told("post", f"{TOKENS}revoke", {"viewer": "v"})
    assert embed_client.get(f"/iframe/{second}").status_code == 401


def test_p_oc_02_nobody_revokes_what_is_another_workspaces(
    ours: Backend, theirs: Backend, world: World, embed_client: Client
) -> None:
    token, own = world.a.token(), world.a.customers["acme"].token()
    for text in (token, own, f"{world.a.dashboards['sales'].embed_id}:{own}", "hello"):
        if text != own:
            theirs.refused("post", f"{TOKENS}revoke", {"token": text}, status=404)
        else:
            theirs.told("post", f"{TOKENS}revoke", {"token": text})
    assert not Revocation.objects.exists()
    assert embed_client.get(f"/iframe/{token}").status_code == 200
    assert embed_client.get(f"/iframe/{world.a.dashboards['sales'].embed_id}/{own}").status_code == 200


def test_a_list_of_revoked_ones_that_is_full_refuses_more_and_keeps_what_it_has(
    ours: Backend, theirs: Backend, world: World, embed_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revocation, "MOST", 3)
    token = world.a.token()
    held: list[dict[str, object]] = [{"digest": "a" * 64}, {"viewer": "v"}, {"token": token}]
    for body in (*held, *held):
        ours.told("post", f"{TOKENS}revoke", body)
    for more in ({"digest": "b" * 64}, {"viewer": "w"}, {"token": world.a.token()}):
        assert ours.refused("post", f"{TOKENS}revoke", more, status=409)["code"] == "revocations_full"
    assert Revocation.objects.count() == 3
    assert embed_client.get(f"/iframe/{token}").status_code == 401
    theirs.told("post", f"{TOKENS}revoke", {"viewer": "w"})
    ours.told("post", "/api/v1/customers/acme/revoke", {})


def test_exactly_one_thing_is_revoked_at_a_time(ours: Backend) -> None:
    for body, place in (
        ({}, "#"),
        ({"token": "a", "viewer": "b"}, "#"),
        ({"customer": "acme"}, "#"),
        ({"token": "a", "customer": "acme"}, "#/customer"),
        ({"digest": "A" * 64}, "#/digest"),
    ):
        assert places(ours.refused("post", f"{TOKENS}revoke", body, status=400)) == [place]


def test_a_key_for_some_customers_makes_sees_and_ends_theirs_alone(world: World) -> None:
    limited = backend(world.a, customers=["acme"])
    token = limited.told("post", TOKENS, order(world), status=201)["token"]
    assert limited.told("post", f"{TOKENS}inspect", {"token": token})["opens"] is True
    foreign = world.a.token("globex")
    digest = "0" * 64
    for path, body in (
        ("", order(world, customer="globex")),
        ("", order(world, customer="nobody")),
        ("inspect", {"token": foreign}),
        ("inspect", {"token": "hello"}),
        ("revoke", {"token": foreign}),
        ("revoke", {"digest": digest}),
        ("revoke", {"viewer": "v"}),
        ("revoke", {"viewer": "v", "customer": "globex"}),
        ("revoke", {"token": world.a.customers["globex"].token()}),
    ):
        assert limited.refused("post", f"{TOKENS}{path}", body, status=403)["code"] == "forbidden", (path, body)
    assert not Revocation.objects.exists()
    limited.told("post", f"{TOKENS}revoke", {"viewer": "v", "customer": "acme"})
    limited.told("post", f"{TOKENS}revoke", {"token": token})


def test_each_call_needs_its_scope(world: World) -> None:
    needed = {"": "mint", "inspect": "read", "revoke": "write"}
    for path, scope in needed.items():
        other = backend(world.a, *({"read", "write", "mint"} - {scope}))
        other.refused("post", f"{TOKENS}{path}", order(world) if not path else {"token": "x"}, status=403)
