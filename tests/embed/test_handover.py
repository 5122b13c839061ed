"""Pages whose token comes by message: the shell without data, and the exchange of a token for its page."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import HttpResponseBase
from django.test import Client

from dashboards.services import update_embed_settings
from embed.models import Embed
from secrets_admin.access import SYSTEM
from secrets_admin.feed import feed
from secrets_admin.organizations import set_embedding
from tests.embed.surfaces import assert_clean, assert_headers, masked, nothing_was_counted, text_of
from tests.world import HOST_ORIGIN, Tenant, World, canary

pytestmark = pytest.mark.django_db

FORMATS = ["viasocket_jwt", "superset_guest"]


def shell_path(tenant: Tenant, format: str, dashboard: str = "sales") -> str:
    if format == "viasocket_jwt":
        return f"/embedded/tag/{tenant.organization.id}/{tenant.workspace.id}"
    return f"/embedded/{tenant.dashboards[dashboard].embed_id}"


def exchange(
    client: Client, format: str, token: str, parent: str | None = HOST_ORIGIN, **query: str
) -> HttpResponseBase:
    given = query if parent is None else {"parent": parent, **query}
    return client.get(f"/data/{format}/page?{urlencode(given)}", headers={"Authorization": f"Bearer {token}"})


def read(answer: HttpResponseBase) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text_of(answer))
    return found


@pytest.mark.parametrize("format", FORMATS)
def test_p_ep_01_the_shell_names_exactly_the_sites_of_the_list_and_holds_no_data(
    world: World, embed_client: Client, format: str
) -> None:
    answer = embed_client.get(shell_path(world.a, format))

    body = assert_clean(answer, world, "tradewind", None)
    assert answer.status_code == 200
    assert answer.headers["Content-Security-Policy"].endswith(f"; frame-ancestors {HOST_ORIGIN}")
    assert "'unsafe-inline'" not in answer.headers["Content-Security-Policy"]
    for word in ("Tradewind", "Sales", "Acme", "Globex"):
        assert word not in body
    nothing_was_counted()


@pytest.mark.parametrize("format", FORMATS)
def test_a_workspace_without_sites_is_shown_nowhere(world: World, embed_client: Client, format: str) -> None:
    world.a.workspace.origins = []
    world.a.workspace.save()
    feed.reset()

    answer = embed_client.get(shell_path(world.a, format))

    assert answer.headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")


def test_the_shell_of_a_dashboard_has_its_own_sites_and_no_others(world: World, embed_client: Client) -> None:
    world.a.workspace.origins = [HOST_ORIGIN, "https://other.a.test"]
    world.a.workspace.save()
    update_embed_settings(world.a.dashboards["sales"], origins=["https://other.a.test"])
    feed.read()

    answer = embed_client.get(shell_path(world.a, "superset_guest"))

    assert answer.headers["Content-Security-Policy"].endswith("; frame-ancestors https://other.a.test")


def test_unknown_ids_and_somebody_elses_are_not_found_and_look_alike(world: World, embed_client: Client) -> None:
    a, b = world.a, world.b
    paths = [
        "/embedded/tag/-/-",
        f"/embedded/tag/{a.organization.id}/ws_nothing",
        f"/embedded/tag/{a.organization.id}/{b.workspace.id}",
        f"/embedded/tag/0{a.organization.id}/{a.workspace.id}",
        f"/embedded/tag/99999/{a.workspace.id}",
        "/embedded/0b8f6f0e-3f4e-4d0e-9d5a-2f4f3c2b1a00",
    ]
    answers = [embed_client.get(path) for path in paths]

    assert {answer.status_code for answer in answers} == {404}
    assert len({str(masked(answer)) for answer in answers}) == 1
    assert "frame-ancestors *" in answers[0].headers["Content-Security-Policy"]


def test_a_superset_dashboard_whose_embedding_is_off_is_not_there(world: World, embed_client: Client) -> None:
    path, unknown = shell_path(world.a, "superset_guest"), "/embedded/0b8f6f0e-3f4e-4d0e-9d5a-2f4f3c2b1a00"
    absent = masked(embed_client.get(unknown))
    set_embedding(world.a.organization, enabled=False, actor=SYSTEM)
    feed.read()
    assert masked(embed_client.get(path)) == absent
    assert embed_client.get(shell_path(world.b, "superset_guest")).status_code == 200
    set_embedding(world.a.organization, enabled=True, actor=SYSTEM)
    feed.read()
    assert embed_client.get(path).status_code == 200
    update_embed_settings(world.a.dashboards["sales"], origins=[])
    feed.read()
    assert masked(embed_client.get(path)) == absent
    assert embed_client.get(shell_path(world.a, "superset_guest", "ops")).status_code == 200


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("referer", ["https://evil.test/", f"{HOST_ORIGIN}.evil.test/", "null", "https://[/"])
def test_a_page_around_that_is_not_on_the_list_is_refused(
    world: World, embed_client: Client, format: str, referer: str
) -> None:
    answer = embed_client.get(shell_path(world.a, format), headers={"Referer": referer})

    assert answer.status_code == 403
    assert_headers(answer)
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("format", FORMATS)
def test_the_right_page_around_is_not_refused(world: World, embed_client: Client, format: str) -> None:
    answer = embed_client.get(shell_path(world.a, format), headers={"Referer": f"{HOST_ORIGIN}/insights?x=1"})

    assert answer.status_code == 200


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("customer", ["acme", "globex"])
def test_a_token_is_exchanged_for_the_customers_own_page(
    world: World, embed_client: Client, format: str, customer: str
) -> None:
    answer = exchange(embed_client, format, world.a.token_of(format, customer))

    assert_clean(answer, world, "tradewind", customer)
    page = read(answer)
    assert canary("tradewind", customer, 0) in page["html"]
    assert page["title"] == "Sales"
    assert page["boot"]["data_url"] == f"/data/{format}"
    assert page["boot"]["dashboard"] == str(world.a.dashboards["sales"].embed_id)
    assert page["boot"]["origins"] == [HOST_ORIGIN]
    assert "<script" not in page["html"]


@pytest.mark.parametrize("format", FORMATS)
def test_the_first_exchange_counts_and_the_same_page_never_again(
    world: World, embed_client: Client, format: str
) -> None:
    token = world.a.token_of(format)
    for _ in range(3):
        assert exchange(embed_client, format, token).status_code == 200
    fresh = {"Authorization": f"Bearer {world.a.token_of(format, jti='another')}"}
    dashboard = world.a.dashboards["sales"].embed_id
    assert embed_client.get(f"/data/{format}/session?dashboard={dashboard}", headers=fresh).status_code == 200

    assert Embed.objects.count() == 1


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    "parent", [None, "", "null", "https://evil.test", f"{HOST_ORIGIN}.evil.test", f"{HOST_ORIGIN}/x", "*"]
)
def test_p_ep_06_a_token_handed_over_by_another_site_opens_nothing(
    world: World, embed_client: Client, format: str, parent: str | None
) -> None:
    answer = exchange(embed_client, format, world.a.token_of(format), parent)

    assert_clean(answer, world, "tradewind", None)
    assert (answer.status_code, read(answer)["code"]) == (403, "forbidden")
    nothing_was_counted()


@pytest.mark.parametrize("format", FORMATS)
def test_without_a_good_token_there_is_no_page(world: World, embed_client: Client, format: str) -> None:
    good = world.a.token_of(format)
    for token in ("", "not-a-token", good[:-6] + "AAAAAA", world.a.token(), world.a.customers["acme"].token()):
        answer = exchange(embed_client, format, token)
        assert (answer.status_code, read(answer)["code"]) == (401, "token_invalid"), token[:12]
    nothing_was_counted()


def test_another_format_has_no_page_to_exchange(world: World, embed_client: Client) -> None:
    assert exchange(embed_client, "explo_jwe", world.a.token()).status_code == 404
    assert exchange(embed_client, "nothing", world.a.token()).status_code == 404
    nothing_was_counted()


def test_the_tag_shows_the_named_dashboard_of_its_list_else_its_default(world: World, embed_client: Client) -> None:
    token = world.a.token_of("viasocket_jwt")
    named = str(world.a.dashboards["ops"].embed_id)

    assert read(exchange(embed_client, "viasocket_jwt", token))["title"] == "Sales"
    assert read(exchange(embed_client, "viasocket_jwt", token, dashboard=named))["title"] == "Operations"
    for foreign in (str(world.b.dashboards["sales"].embed_id), "nothing"):
        assert exchange(embed_client, "viasocket_jwt", token, dashboard=foreign).status_code == 404


def test_a_guest_token_opens_no_dashboard_that_it_does_not_name(world: World, embed_client: Client) -> None:
    token = world.a.token_of("superset_guest")
    for tenant, slug in ((world.a, "ops"), (world.b, "sales")):
        other = str(tenant.dashboards[slug].embed_id)
        assert exchange(embed_client, "superset_guest", token, dashboard=other).status_code == 404


@pytest.mark.parametrize("format", FORMATS)
def test_what_a_viewer_may_not_set_is_ignored_and_noted(world: World, embed_client: Client, format: str) -> None:
    update_embed_settings(world.a.dashboards["sales"], origins=None, viewers_may_apply_variables=True)
    feed.read()
    wanted = json.dumps({"region": "North", "secret_floor": 1, "CUSTOMER": "globex", "nothing": 1})

    answer = exchange(embed_client, format, world.a.token_of(format), variables=wanted, locale="fr")

    assert_clean(answer, world, "tradewind", "acme")
    page = read(answer)
    values = {variable["name"]: variable["value"] for variable in page["boot"]["variables"]}
    assert values["region"] == "North"
    assert len(page["boot"]["ignored"]) == 3
    assert (page["language"], page["direction"]) == ("fr", "ltr")


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("query", [{"variables": "[1]"}, {"variables": "{"}, {"color": "red"}, {"as": "card"}])
def test_a_call_that_is_not_understood_is_refused(
    world: World, embed_client: Client, format: str, query: dict[str, str]
) -> None:
    answer = exchange(embed_client, format, world.a.token_of(format), **query)

    assert answer.status_code == 400
    nothing_was_counted()


@pytest.mark.parametrize("format", FORMATS)
def test_only_get_is_answered(world: World, embed_client: Client, format: str) -> None:
    assert embed_client.post(shell_path(world.a, format)).status_code == 405
    assert embed_client.post(f"/data/{format}/page").status_code == 405


def test_the_loaders_have_both_of_viasockets_names(embed_client: Client) -> None:
    ours, theirs = (embed_client.get(f"/{name}") for name in ("embed.js", "prod-embedcomponent.js"))

    assert ours.content == theirs.content
    assert theirs.headers["Content-Type"] == "text/javascript; charset=utf-8"
    tag = embed_client.get("/tag.js")
    assert tag.headers["Access-Control-Allow-Origin"] == "*"
    assert tag.headers["Cache-Control"] == "public, max-age=300"
