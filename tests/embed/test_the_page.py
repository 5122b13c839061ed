"""A viewer opens a dashboard: what the page says, what it keeps to itself, and who may frame it."""

import re
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.test import Client

from dashboards.charts.drawer import Drawer, DrawingFailed
from dashboards.minting import TokenOrder, mint_token
from dashboards.models import Dashboard, DashboardVersion
from embed.models import Embed
from secrets_admin.models import EmbedSecret, Organization, Workspace
from secrets_admin.services import preview_secret
from tests.embed.every_format import ADDRESSES
from tests.embed.surfaces import SURFACES, Surface, assert_clean, card, data, export, masked, page, text_of
from tests.world import HOST_ORIGIN, World, make_source


def allow_export(world: World) -> None:
    Dashboard.objects.filter(organization=world.a.organization).update(viewers_may_export=True)


def test_two_customers_see_the_same_dashboard_with_their_own_numbers(world: World, embed_client: Client) -> None:
    acme = assert_clean(page(embed_client, world.a.token("acme")), world, "tradewind", "acme")
    globex = assert_clean(page(embed_client, world.a.token("globex")), world, "tradewind", "globex")
    assert "CANARY-tradewind-acme-2" in acme
    assert "CANARY-tradewind-globex-2" in globex
    assert "300" in acme
    assert "600" in globex


def test_every_panel_arrives_drawn(world: World, embed_client: Client) -> None:
    body = text_of(page(embed_client, world.a.token()))
    for panel in ("total", "regions", "rows", "about"):
        assert f'data-panel="{panel}"' in body
    assert body.count('data-state="ready"') == 4
    assert "<svg" in body


@pytest.mark.parametrize(
    ("locale", "written"),
    [
        ("en", r"\d+ \w{3} \d{4}, \d\d:\d\d"),
        ("en-US", r"\w{3} \d+, \d{4}, \d+:\d\d\s[AP]M"),
        ("de", r"\d\d\.\d\d\.\d{4}, \d\d:\d\d"),
    ],
)
def test_the_page_writes_its_time_as_its_cards_do(
    locale: str, written: str, world: World, embed_client: Client
) -> None:
    body = text_of(page(embed_client, world.a.token(), locale_code=locale))
    [(at, said)] = re.findall(r'id="eh-asof" datetime="([^"]+)">([^<]+)<', body)
    assert re.fullmatch(written, said)
    assert f'datetime="{at}" title="{said}">' in body


def test_p_ep_01_the_page_may_be_framed_by_the_listed_origin_alone(world: World, embed_client: Client) -> None:
    answer = page(embed_client, world.a.token())
    directives = answer.headers["Content-Security-Policy"].split("; ")
    assert f"frame-ancestors {HOST_ORIGIN}" in directives
    assert "X-Frame-Options" not in answer.headers


def test_p_ep_01_an_empty_list_means_nobody(world: World, embed_client: Client) -> None:
    Workspace.objects.update(origins=[])
    answer = page(embed_client, world.a.token())
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_a_dashboard_narrows_its_workspaces_origins(world: World, embed_client: Client) -> None:
    Workspace.objects.update(origins=[HOST_ORIGIN, "https://other.a.test"])
    Dashboard.objects.update(origins=["https://other.a.test", "https://gone.a.test"])
    answer = page(embed_client, world.a.token())
    assert "frame-ancestors https://other.a.test" in answer.headers["Content-Security-Policy"].split("; ")


@pytest.mark.parametrize("origin", ["https://evil.test", "https://app.a.test.evil.test", "null", "http://app.a.test"])
def test_an_origin_that_is_not_listed_is_refused_by_claim_and_by_referer(
    origin: str, world: World, embed_client: Client
) -> None:
    by_claim = page(embed_client, world.a.token(iss=origin))
    by_referer = embed_client.get(f"/iframe/{world.a.token()}", headers={"Referer": f"{origin}/some/page"})
    assert by_claim.status_code == by_referer.status_code == 403
    assert "frame-ancestors 'none'" in by_claim.headers["Content-Security-Policy"]
    assert not Embed.objects.exists()


def test_the_listed_origin_opens_it_with_or_without_a_slash(world: World, embed_client: Client) -> None:
    assert page(embed_client, world.a.token(iss=f"{HOST_ORIGIN}/")).status_code == 200
    assert page(embed_client, world.a.token(iss=HOST_ORIGIN)).status_code == 200


def test_p_ep_04_the_page_holds_no_token_and_allows_no_inline_script(world: World, embed_client: Client) -> None:
    token = world.a.token()
    answer = page(embed_client, token)
    body, policy = text_of(answer), answer.headers["Content-Security-Policy"]
    assert token not in body
    assert token.split(".")[-1] not in body
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert " style=" not in body
    assert "<style" not in body


@pytest.mark.parametrize("surface", list(SURFACES.values()), ids=list(SURFACES))
def test_p_ep_05_nothing_sets_a_cookie(surface: Surface, world: World, embed_client: Client) -> None:
    allow_export(world)
    answer = surface(embed_client, world.a.token())
    assert answer.status_code == 200
    assert not answer.cookies
    assert "Cookie" not in answer.headers.get("Vary", "")


HOSTILE = [
    "<script>hook()</script>",
    "</script><svg onload=hook()>",
    "{{constructor}}",
    "javascript:hook()",
    "a\u2028b",
    "\u202egnp.exe",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_p_ep_07_stored_text_is_shown_as_text(text: str, world: World, embed_client: Client) -> None:
    Dashboard.objects.update(title=text)
    version = DashboardVersion.objects.get(dashboard=world.a.dashboards["sales"])
    document = version.document
    document["title"] = text
    document["variables"][1]["label"] = text[:100]
    document["panels"][0]["title"] = text
    document["panels"][0]["note"] = text
    document["panels"][3]["text"] = f"{text} [a](javascript:hook()) ![b](https://evil.test/x.png)"
    DashboardVersion.objects.filter(id=version.id).update(document=document)
    world.a.customers["acme"].__class__.objects.filter(external_id="acme").update(name=text)
    body = text_of(page(embed_client, world.a.token()))
    assert "<script>hook" not in body
    assert "<svg onload" not in body
    assert 'href="javascript' not in body.lower()
    assert "evil.test" not in body or "<img" not in body


#: Every door, with a hole for what somebody writes into its address.
DOORS = [
    "/iframe/{0}",
    "/iframe/{0}/{0}",
    "/iframe/00000000-0000-4000-8000-000000000000/{1}/{0}",
    "/d/1/{0}",
    "/d/{0}/{0}/",
    "/d/{0}/{0}/{0}",
    "/d/{0}/{0}/?embed_token={0}",
    "/embedded/dashboard?embedded-token={0}&dashboard-id={0}",
    "/embedded/tag/{0}/{0}",
    "/embed/dashboard/{0}",
    "/api/embed/dashboard/{0}/params/{0}/values",
    "/data/{0}/panels/{0}",
    "/data/explo_jwe/panels/{0}?environment={0}&dashboard={0}",
    "/api/v1/customers/{0}",
    "/api/{0}",
    "/{0}?{0}={0}",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_p_ep_07_no_door_repeats_anything_of_the_request(text: str, world: World, embed_client: Client) -> None:
    written = quote(text.replace("/", ""), safe="")
    for door in DOORS:
        answer = embed_client.get(
            door.format(written, "0" * 64),
            headers={"Accept-Language": text.replace("\u2028", "").replace("\u202e", "")},
        )
        assert answer.status_code in (401, 404), door
        body = assert_clean(answer, world, "tradewind", None)
        for word in ("hook", "constructor", "javascript", "gnp.exe", "onload", "\u2028"):
            assert word not in body, (door, word)


def test_p_ep_07_a_refusal_is_the_same_whatever_the_token_says(world: World, embed_client: Client) -> None:
    plain = masked(embed_client.get("/iframe/x"))
    for text in HOSTILE:
        answer = embed_client.get(f"/iframe/{quote(text.replace('/', ''), safe='')}", {"q": text})
        assert masked(answer) == plain, text


def test_p_dv_10_the_page_and_its_calls_tell_no_sql_source_or_hidden_value(world: World, embed_client: Client) -> None:
    allow_export(world)
    token = world.a.token(var={"secret_floor": -987654})
    for surface in SURFACES.values():
        body = assert_clean(surface(embed_client, token), world, "tradewind", "acme")
        for word in (
            "SELECT",
            "warehouse",
            "duckdb",
            "orders.duckdb",
            "secret_floor",
            "987654",
            "Secret floor",
            world.a.workspace.id,
        ):
            assert word not in body, word


def test_a_preview_works_while_embedding_is_off_and_only_in_the_console(world: World, embed_client: Client) -> None:
    Organization.objects.update(embedding_enabled=False)
    Workspace.objects.update(origins=[])
    secret: EmbedSecret = preview_secret(world.a.workspace)
    token = mint_token(secret, world.a.dashboards["sales"], TokenOrder("acme", lifetime=600))
    answer = page(embed_client, token)
    assert answer.status_code == 200
    assert f"frame-ancestors {settings.CONSOLE_ORIGIN}" in answer.headers["Content-Security-Policy"].split("; ")
    assert not Embed.objects.exists()


@pytest.mark.parametrize("format", ADDRESSES)
def test_p_dl_01_an_address_of_2038_characters_opens_and_of_2039_does_not(
    format: str, world: World, embed_client: Client
) -> None:
    token, board = world.a.token_of(format), world.a.dashboards["sales"]
    path, query = ADDRESSES[format](world.a, board, token)
    address = f"{path}?{urlencode({**query, 'x': ''})}"
    room = 2038 - len(f"{settings.SCHEME}://{settings.EMBED_HOST}{address}")
    assert embed_client.get(address + "a" * room).status_code == 200
    assert embed_client.get(address + "a" * (room + 1)).status_code == 414
    assert embed_client.get(address + "%C3%A9" * (room // 6 + 1)).status_code == 414
    # Told before anybody looks at the token.
    assert embed_client.get(address.replace(token, "x" * len(token)) + "a" * (room + 1)).status_code == 414


def test_the_text_panel_links_open_outside_without_a_referer(world: World, embed_client: Client) -> None:
    body = text_of(page(embed_client, world.a.token()))
    assert 'href="https://guide.a.test/"' in body
    assert "noopener" in body
    assert "noreferrer" in body


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch", "head"])
def test_only_get_opens_a_page(method: str, world: World, embed_client: Client) -> None:
    answer = getattr(embed_client, method)(f"/iframe/{world.a.token()}")
    assert answer.status_code == 405
    assert not Embed.objects.exists()


def test_the_page_without_a_token_holds_no_data_and_any_site_may_show_it(world: World, embed_client: Client) -> None:
    for path in ("/iframe/-", "/iframe/-/prod"):
        answer = embed_client.get(path)
        assert answer.status_code == 200
        assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]
        assert "CANARY" not in text_of(answer)


def test_p_dv_11_a_panel_over_a_table_without_a_rule_fails_alone(world: World, embed_client: Client) -> None:
    source = world.a.source
    source.table_rules.filter(table="tradewind.regions").delete()
    type(source).objects.filter(id=source.id).update(version=source.version + 1)
    body = assert_clean(page(embed_client, world.a.token()), world, "tradewind", "acme")
    assert body.count('data-state="failed"') == 1
    assert "CANARY-tradewind-acme-0" in body
    assert data(embed_client, world.a.token(), panel="regions").status_code == 422


def test_p_ca_05_suffixed_paths_are_not_found(world: World, embed_client: Client) -> None:
    token = world.a.token()
    assert embed_client.get(f"/iframe/{token}/x.css").status_code == 404
    assert embed_client.get(f"/iframe/{token}/prod/x").status_code == 404
    assert embed_client.get(f"/iframe/{token}.css").status_code == 401


def test_environments_name_versions(world: World, embed_client: Client) -> None:
    assert page(embed_client, world.a.token(), environment="prod").status_code == 200


def test_the_other_hosts_addresses_are_not_found(world: World, console_client: Client, embed_client: Client) -> None:
    assert console_client.get(f"/iframe/{world.a.token()}").status_code == 404
    assert embed_client.get("/accounts/login/").status_code == 404
    assert embed_client.get("/").status_code == 404


def test_a_second_workspace_with_the_same_source_name_stays_apart(world: World, embed_client: Client) -> None:
    other = world.a.organization.workspaces.create(origins=[HOST_ORIGIN])
    make_source(other, world.orders_file, "tradewind")
    assert assert_clean(card(embed_client, world.a.token()), world, "tradewind", "acme")
    assert export(embed_client, world.a.token()).status_code == 403


def test_a_chart_that_could_not_be_drawn_shows_its_rows_and_is_drawn_next_time(
    world: World, embed_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise DrawingFailed("killed")

    with monkeypatch.context() as patched:
        patched.setattr(Drawer, "draw_sizes", failing)
        first = assert_clean(card(embed_client, world.a.token(), panel="regions"), world, "tradewind", "acme")
    second = text_of(card(embed_client, world.a.token(), panel="regions"))
    assert "zone of North" in first
    assert "<svg" not in first
    assert "<svg" in second
