"""Rows of a dashboard for one customer over the REST API: under the customer's own scope, counted and written down."""

import time
from contextlib import ExitStack
from typing import Any

import pytest
from pytest_django import Settings

from customers.services import create_customer
from dashboards.limits import a_data_call
from datasources.services import set_rule
from embed.models import Embed
from embed.usage_models import AccessRecord, MintRecord
from embedhost.lib import journal
from secrets_admin import revocation
from secrets_admin.access import SYSTEM
from secrets_admin.feed import feed
from secrets_admin.models import Organization
from tests.api.caller import Backend, backend, places
from tests.embed.ageing import make_older
from tests.embed.surfaces import assert_clean
from tests.embed.test_variables import NASTY
from tests.world import AMOUNTS, ROWS, World, canary

pytestmark = pytest.mark.django_db
ABSENT = "00000000-0000-4000-8000-000000000000"


def path_of(world: World, name: str = "sales") -> str:
    return f"/api/v1/dashboards/{world.a.dashboards[name].embed_id}/data"


def data(api: Backend, world: World, customer: str = "acme", **asked: Any) -> dict[str, dict[str, Any]]:
    """Return the finished panels by id, asking again while one is pending."""
    for _ in range(30):
        answer = api.call("post", path_of(world), {"customer": customer, **asked})
        assert_clean(answer, world, "tradewind", customer)
        if answer.status_code == 200:
            return {panel["panel"]: panel for panel in answer.json()["panels"]}
        assert (answer.status_code, answer.headers["Retry-After"]) == (202, "1")
    raise AssertionError("the query never ended")


def test_each_customer_gets_the_rows_of_its_own_with_names_and_types(ours: Backend, world: World) -> None:
    for customer in ("acme", "globex", "acme"):
        panels = data(ours, world, customer)
        assert list(panels) == ["total", "regions", "rows"]
        rows = panels["rows"]
        assert (rows["state"], rows["title"], rows["truncated"], rows["error"]) == (
            "ready",
            "Orders of Sales",
            False,
            None,
        )
        assert [(one["name"], one["type"]) for one in rows["columns"]] == [
            ("region", "text"), ("amount", "number"), ("note", "text")
        ]  # fmt: skip
        assert [row[2] for row in rows["rows"]] == [canary("tradewind", customer, n) for n in range(ROWS)]
        assert panels["total"]["rows"] == [[AMOUNTS[customer] * ROWS]]
        assert rows["as_of"].endswith("Z")
    assert data(ours, world)["rows"]["cache"] == "hit"


def test_p_ca_02_two_organizations_with_equal_names_get_their_own_rows(
    ours: Backend, theirs: Backend, world: World
) -> None:
    for api, tenant in ((ours, world.a), (theirs, world.b), (ours, world.a), (theirs, world.b)):
        slug = tenant.organization.slug
        path = f"/api/v1/dashboards/{tenant.dashboards['sales'].embed_id}/data"
        answer = api.call("post", path, {"customer": "acme", "panels": ["rows"]})
        assert answer.status_code == 200
        assert canary(slug, "acme", 0) in assert_clean(answer, world, slug, "acme")


def test_p_dv_05_sql_in_values_is_text_or_refused(ours: Backend, world: World) -> None:
    for text in NASTY:
        assert data(ours, world, panels=["rows"], variables={"search": text})["rows"]["rows"] == [], text
        for name in ("least", "region", "period"):
            asked = {"customer": "acme", "variables": {name: text}}
            assert ours.refused("post", path_of(world), asked, status=400)["code"] == "variable_invalid", (name, text)


def test_panels_variables_and_environment_are_what_a_token_would_set(ours: Backend, world: World) -> None:
    asked: dict[str, Any] = {
        "panels": ["total", "total"],
        "variables": {"region": "North", "floor": 1, "secret_floor": None},
    }
    assert {name: panel["rows"] for name, panel in data(ours, world, **asked).items()} == {"total": [[100]]}
    assert data(ours, world, panels=["total"], variables={"floor": 101})["total"]["rows"] == [[None]]
    assert data(ours, world, panels=["total"], environment="prod", viewer="v-1", time_zone="Europe/Berlin")["total"][
        "rows"
    ]
    for wrong in ({"region": "Nowhere"}, {"floor": "1 OR 1=1"}, {"nothing": 1}, {"CUSTOMER": "globex"}):
        said = ours.refused("post", path_of(world), {"customer": "acme", "variables": wrong}, status=400)
        assert said["code"] in ("variable_invalid", "token_claims"), wrong
    for absent in ({"panels": ["about"]}, {"panels": ["other"]}, {"environment": "other"}, {"environment": "A.b"}):
        ours.refused("post", path_of(world), {"customer": "acme", **absent}, status=404)


def test_only_fields_that_are_known_are_taken(ours: Backend, world: World) -> None:
    for body, place in (
        ({}, "#/customer"),
        ({"customer": 1}, "#/customer"),
        ({"customer": "acme", "organization": 2}, "#/organization"),
        ({"customer": "acme", "sql": "SELECT 1"}, "#/sql"),
        ({"customer": "acme", "panels": "total"}, "#/panels"),
        ({"customer": "acme", "panels": ["x"] * 61}, "#/panels"),
        ({"customer": "acme", "variables": []}, "#/variables"),
        ({"customer": "acme", "time_zone": "Europe/berlin"}, "#/time_zone"),
        ({"customer": "acme", "time_zone": ""}, "#/time_zone"),
    ):
        assert places(ours.refused("post", path_of(world), body, status=400)) == [place]


def test_p_cu_02_nobody_reaches_another_organizations_dashboard_or_customer(
    ours: Backend, theirs: Backend, world: World
) -> None:
    for body in ({"customer": "acme"}, {"customer": "nobody"}, {"customer": "acme", "panels": ["rows"]}):
        foreign, absent = (
            theirs.refused("post", f"/api/v1/dashboards/{name}/data", body, status=404)
            for name in (world.a.dashboards["sales"].embed_id, ABSENT)
        )
        assert {**foreign, "reference": ""} == {**absent, "reference": ""}
    foreign, absent = (
        ours.refused("post", path_of(world), {"customer": name}, status=404) for name in ("initech", "nobody")
    )
    assert {**foreign, "reference": ""} == {**absent, "reference": ""}


def test_a_key_reads_rows_only_with_mint_and_for_its_own_customers(world: World) -> None:
    body = {"customer": "acme"}
    assert backend(world.a, "read", "write", "customer_tokens").refused("post", path_of(world), body, status=403)
    limited = backend(world.a, "mint", customers=["acme"])
    assert data(limited, world, panels=["total"])["total"]["rows"] == [[300]]
    refused = [limited.refused("post", path_of(world), {"customer": name}, status=403) for name in ("globex", "nobody")]
    assert {**refused[0], "reference": ""} == {**refused[1], "reference": ""}


def test_what_keeps_a_token_out_keeps_this_call_out(ours: Backend, world: World) -> None:
    assert data(ours, world, viewer="gone")
    revocation.revoke_viewer(world.a.workspace, "gone", actor=SYSTEM)
    feed.read()
    assert data(ours, world, viewer="stays", panels=["total"])
    Organization.objects.filter(id=world.a.organization.id).update(embedding_enabled=False)
    feed.reset()
    assert ours.refused("post", path_of(world), {"customer": "acme"}, status=403)["code"] == "forbidden"


def test_rows_are_logged_for_the_customer_and_are_no_embed(ours: Backend, world: World) -> None:
    data(ours, world, panels=["rows", "total"], viewer="v-7")
    journal.drain()
    shown = AccessRecord.objects.filter(event=AccessRecord.Event.PANEL)
    assert {(row.external_id, row.viewer, row.panel, row.dashboard_id) for row in shown} == {
        ("acme", "v-7", panel, world.a.dashboards["sales"].id) for panel in ("rows", "total")
    }
    assert {row.rows for row in shown.filter(panel="rows")} == {ROWS}
    assert AccessRecord.objects.filter(event=AccessRecord.Event.QUERY).count() == 2
    assert Embed.objects.count() == 0
    assert {(row.key_id, row.external_id) for row in MintRecord.objects.all()} == {(ours.key.key_id, "acme")}


def test_its_requests_and_queries_are_the_customers(ours: Backend, world: World, settings: Settings) -> None:
    create_customer(world.a.workspace, "quiet", actor=SYSTEM)
    settings.LIMIT_CUSTOMER_QUERIES = 1
    panels = data(ours, world, panels=["total", "rows"])
    assert {panel["state"] for panel in panels.values()} == {"ready", "failed"}
    failed = next(panel["error"] for panel in panels.values() if panel["error"])
    assert (failed["status"], failed["code"]) == (429, "rate_limited")
    assert failed["retry_after"] >= 1
    settings.LIMIT_CUSTOMER_REQUESTS = 1
    answer = ours.call("post", path_of(world), {"customer": "acme"})
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert int(answer.headers["Retry-After"]) >= 1
    assert ours.call("post", path_of(world), {"customer": "quiet"}).status_code in (200, 202)


def test_as_many_calls_at_once_as_an_organization_may_have_are_answered_and_no_more(
    ours: Backend, theirs: Backend, world: World, settings: Settings
) -> None:
    body = {"customer": "acme", "panels": ["total"]}
    other = f"/api/v1/dashboards/{world.b.dashboards['sales'].embed_id}/data"
    with ExitStack() as under_way:
        for _ in range(settings.WEB_THREADS // 8):
            assert ours.call("post", path_of(world), body).status_code in (200, 202)
            under_way.enter_context(a_data_call(world.a.organization.id))
        minted = MintRecord.objects.count()
        answer = ours.call("post", path_of(world), body)
        assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
        assert int(answer.headers["Retry-After"]) >= 1
        assert theirs.call("post", other, body).status_code in (200, 202)
        assert MintRecord.objects.filter(organization_id=world.a.organization.id).count() == minted
        assert ours.refused("post", path_of(world), {**body, "customer": "nobody"}, status=404)
    assert data(ours, world)


def test_a_call_that_is_refused_leaves_its_place_to_the_next_one(
    ours: Backend, world: World, settings: Settings
) -> None:
    wrong: list[tuple[dict[str, Any], int]] = [
        ({"panels": ["absent"]}, 404),
        ({"environment": "absent"}, 404),
        ({"variables": {"absent": 1}}, 400),
    ]
    for _ in range(settings.WEB_THREADS):
        for asked, status in wrong:
            ours.refused("post", path_of(world), {"customer": "acme", **asked}, status=status)
    assert data(ours, world)


def test_a_panel_that_fails_says_so_and_the_others_have_their_rows(ours: Backend, world: World) -> None:
    set_rule(world.a.source, "tradewind.regions", kind="hidden", actor=SYSTEM)
    feed.read()
    panels = data(ours, world)
    assert {name: panel["state"] for name, panel in panels.items()} == {
        "total": "ready", "regions": "failed", "rows": "ready"
    }  # fmt: skip
    error = panels["regions"]["error"]
    assert (error["status"], error["code"]) == (422, "query_rejected")
    assert "SELECT" not in str(error)


@pytest.mark.django_db(transaction=True)
def test_what_is_stale_is_shown_at_once_and_fetched_anew_for_the_next_call(ours: Backend, world: World) -> None:
    assert data(ours, world, panels=["total"])["total"]["cache"] == "miss"
    _wait_for_a_hit(ours, world)
    make_older(world.a.dashboards["sales"].cache_seconds + 60)
    old = data(ours, world, panels=["total"])["total"]
    assert (old["cache"], old["rows"]) == ("stale", [[300]])
    assert _wait_for_a_hit(ours, world)["as_of"] > old["as_of"]


def _wait_for_a_hit(ours: Backend, world: World) -> dict[str, Any]:
    """Ask until the cache has a fresh result, which is kept a moment after it is shown."""
    deadline = time.monotonic() + 30
    while (panel := data(ours, world, panels=["total"])["total"])["cache"] != "hit":
        assert time.monotonic() < deadline, "no fresh result was kept"
    return panel
