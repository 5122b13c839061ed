"""Usage, access log and refusals over the REST API: each backend sees those of its own customers."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from django.http import HttpResponse
from django.test import Client

from customers.models import Customer
from customers.services import create_customer, refresh_token
from embed.usage_models import AccessRecord, DayUsage
from embedhost.lib import journal
from secrets_admin.access import SYSTEM
from secrets_admin.api_key_services import create_api_key
from tests.api.caller import Backend, backend, places
from tests.world import World

pytestmark = pytest.mark.django_db
USAGE, LOG, REFUSALS = "/api/v1/usage/", "/api/v1/access-log/", "/api/v1/refusals/"
AUDIT = "/api/v1/audit/"


def today() -> date:
    return datetime.now(UTC).date()


def rows_of(answer: HttpResponse) -> list[dict[str, str]]:
    """Return the rows of a CSV answer by their columns' names."""
    return list(csv.DictReader(io.StringIO(answer.content.decode().removeprefix("\ufeff"))))


@pytest.fixture
def used(world: World) -> World:
    a, b = world.a, world.b
    sales, ops = a.dashboards["sales"].id, a.dashboards["ops"].id
    acme, globex = a.customers["acme"].id, a.customers["globex"].id
    elsewhere = Customer(workspace=a.organization.workspaces.create(), external_id="staging", name="Staging")
    elsewhere.new_token()
    elsewhere.save()
    for organization, days, dashboard, customer, embeds in (
        (a, 0, sales, acme, 1),
        (a, 0, sales, globex, 10),
        (a, 1, ops, acme, 100),
        (a, 1, sales, 0, 1000),
        (a, 40, sales, acme, 10_000),
        (a, 0, sales, elsewhere.id, 555),
        (b, 0, b.dashboards["sales"].id, b.customers["acme"].id, 777_777),
    ):
        DayUsage.objects.create(
            organization_id=organization.organization.id,
            day=today() - timedelta(days=days),
            dashboard_id=dashboard,
            customer_id=customer,
            embeds=embeds,
            milliseconds=1500,
        )
    return world


def counted(caller: Backend, query: str, by: str) -> dict[object, int]:
    return {one[by]: one["embeds"] for one in caller.told("get", f"{USAGE}?by={by}&{query}")["items"]}


def test_usage_is_put_together_by_day_dashboard_or_customer(ours: Backend, used: World) -> None:
    names = {name: str(board.embed_id) for name, board in used.a.dashboards.items()}
    yesterday = str(today() - timedelta(days=1))
    assert counted(ours, "", "day") == {str(today()): 11, yesterday: 1100}
    assert counted(ours, "", "dashboard") == {names["sales"]: 1011, names["ops"]: 100}
    assert counted(ours, "", "customer") == {None: 1000, "acme": 101, "globex": 10}
    assert counted(ours, f"since={today() - timedelta(days=50)}", "customer")["acme"] == 10_101
    assert counted(ours, f"until={yesterday}", "customer") == {None: 1000, "acme": 100}
    assert counted(ours, f"dashboard={names['ops']}", "customer") == {"acme": 100}
    assert counted(ours, "customer=globex", "dashboard") == {names["sales"]: 10}
    assert counted(ours, "customer=nobody", "day") == {}
    assert counted(ours, "since=2026-01-02&until=2026-01-01", "day") == {}
    first = ours.told("get", f"{USAGE}?by=customer&customer=acme")["items"][0]
    assert (first["seconds"], first["day"], first["dashboard"]) == (3.0, None, None)


def test_usage_comes_in_pages_and_as_a_table_with_the_same_numbers(ours: Backend, used: World) -> None:
    for by in ("day", "dashboard", "customer"):
        whole = ours.told("get", f"{USAGE}?by={by}")["items"]
        seen, after = [], ""
        while True:
            page = ours.told("get", f"{USAGE}?by={by}&limit=1{after}")
            seen += page["items"]
            if page["next"] is None:
                break
            after = f"&after={page['next']}"
        assert seen == whole
    answer = ours.call("get", f"{USAGE}?by=customer&limit=2&format=csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = rows_of(answer)
    assert [(row["customer"], row["embeds"]) for row in rows] == [("", "1000"), ("acme", "101")]
    following = answer.headers["Link"].removeprefix("<").partition(">")[0]
    rest = ours.call("get", following)
    assert "globex" in rest.content.decode()
    assert "Link" not in rest.headers


def test_a_question_that_makes_no_sense_is_refused_by_name(ours: Backend) -> None:
    for path, name in (
        (f"{USAGE}?by=hour", "by"),
        (f"{USAGE}?since=yesterday", "since"),
        (f"{USAGE}?until=2026-02-30", "until"),
        (f"{USAGE}?until=20261101", "until"),
        (f"{USAGE}?since=2026-W01-1", "since"),
        (f"{USAGE}?limit=1_0", "limit"),
        (f"{LOG}?limit=%D9%A3", "limit"),
        (f"{LOG}?limit=1001", "limit"),
        (f"{AUDIT}?limit=0", "limit"),
        ("/api/v1/customers/?limit=%2B5", "limit"),
        (f"{USAGE}?dashboard=sales", "dashboard"),
        (f"{USAGE}?after=x", "after"),
        (f"{USAGE}?format=xlsx", "format"),
        (f"{USAGE}?days=7", "days"),
        (f"{LOG}?after=1", "after"),
        (f"{LOG}?event=login", "event"),
        (f"{REFUSALS}?customer=%20a", "customer"),
    ):
        assert places(ours.refused("get", path, status=400)) == [name], path
    for ends in ("0001-01-01", "9999-12-31"):
        assert ours.told("get", f"{USAGE}?until={ends}")["items"] == []
    assert ours.told("get", f"{USAGE}?by=day&after={10**17}")["items"] == []


def test_every_log_is_a_table_for_spreadsheets_too(ours: Backend, world: World, embed_client: Client) -> None:
    for customer in ("acme", "globex"):
        headers = {"Authorization": f"Bearer {world.a.token(customer, vwr='=1+1')}"}
        assert embed_client.get("/data/explo_jwe/panels/rows", headers=headers).status_code == 200
        embed_client.get(f"/iframe/{world.a.token(customer, exp=1_700_000_000, iat=1_699_999_000)}")
    journal.drain()
    for path in (LOG, REFUSALS, AUDIT):
        items = ours.told("get", f"{path}?limit=2")["items"]
        answer = ours.call("get", f"{path}?limit=1&format=csv")
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        rows = rows_of(answer)
        following = answer.headers["Link"].removeprefix("<").partition(">")[0]
        assert "format=csv" in following
        rows += rows_of(ours.call("get", following))
        for row, item in zip(rows, items, strict=True):
            assert row.keys() == item.keys()
            assert datetime.fromisoformat(row["at"]) == datetime.fromisoformat(item["at"])
    assert {row["viewer"] for row in rows_of(ours.call("get", f"{LOG}?event=panel&format=csv"))} == {"'=1+1"}


def test_the_access_log_says_what_was_shown_to_whom_newest_first(
    ours: Backend, theirs: Backend, world: World, embed_client: Client
) -> None:
    for customer in ("acme", "globex"):
        headers = {"Authorization": f"Bearer {world.a.token(customer, vwr='viewer-7')}"}
        assert embed_client.get("/data/explo_jwe/panels/rows", headers=headers).status_code == 200
    journal.drain()
    items = ours.told("get", LOG)["items"]
    assert items == sorted(items, key=lambda item: item["at"], reverse=True)
    shown = ours.told("get", f"{LOG}?customer=acme&event=panel")["items"]
    assert [(one["customer"], one["viewer"], one["panel"]) for one in shown] == [("acme", "viewer-7", "rows")]
    assert shown[0]["dashboard"] == str(world.a.dashboards["sales"].embed_id)
    assert shown[0]["tables"]
    assert theirs.told("get", LOG)["items"] == []
    assert theirs.told("get", f"{LOG}?customer=acme")["items"] == []
    seen, page = [], ours.told("get", f"{LOG}?limit=1")
    while page["next"] is not None:
        seen += page["items"]
        page = ours.told("get", f"{LOG}?limit=1&after={page['next']}")
    assert [*seen, *page["items"]] == items


def test_refusals_say_why_and_whose_token_it_was(
    ours: Backend, theirs: Backend, world: World, embed_client: Client
) -> None:
    other = world.a.organization.workspaces.create()
    value = create_api_key(other, name="Staging", scopes=["read"], actor=SYSTEM)[1]
    embed_client.get(f"/iframe/{world.a.token('acme', exp=1_700_000_000, iat=1_699_999_000)}")
    embed_client.get(f"/iframe/{world.a.token('nobody')}")
    embed_client.get("/iframe/hello")
    journal.drain()
    found = {one["reason"]: one["customer"] for one in ours.told("get", REFUSALS)["items"]}
    assert found == {"expired": "acme", "unknown_customer": "nobody"}
    assert [one["reason"] for one in ours.told("get", f"{REFUSALS}?customer=acme")["items"]] == ["expired"]
    assert theirs.told("get", REFUSALS)["items"] == []
    assert Backend(world.a, world.a.workspace.api_keys.first() or ours.key, value).told("get", REFUSALS)["items"] == []


def test_p_oc_02_refusals_of_a_customers_token_are_those_of_its_own_workspace(
    ours: Backend, world: World, embed_client: Client
) -> None:
    other = world.a.organization.workspaces.create(origins=["https://elsewhere.test"])
    theirs = create_customer(other, "acme", actor=SYSTEM)
    key, value = create_api_key(other, name="Staging", scopes=["read"], actor=SYSTEM)
    sales = world.a.dashboards["sales"].embed_id
    (acme, globex) = (world.a.customers[name] for name in ("acme", "globex"))
    for site, token in (
        ("https://one.test", acme.token()),
        ("https://two.test", theirs.token()),
        ("https://three.test", globex.token()),
    ):
        embed_client.get(f"/iframe/{sales}/{token}", headers={"Referer": f"{site}/"})
    journal.drain()

    def sites(caller: Backend) -> list[str]:
        return [one["site"] for one in caller.told("get", REFUSALS)["items"]]

    staging = Backend(world.a, key, value)
    assert (sites(ours), sites(staging)) == (["https://three.test", "https://one.test"], ["https://two.test"])
    # Of tokens that were replaced since, those are told from the others' that nobody else's external id could mean.
    for customer in (acme, theirs, globex):
        refresh_token(customer, actor=SYSTEM)
    assert (sites(ours), sites(staging)) == (["https://three.test"], [])


def test_a_key_for_some_customers_sees_theirs_alone(used: World, embed_client: Client) -> None:
    limited = backend(used.a, customers=["acme"])
    assert counted(limited, "", "customer") == {"acme": 101}
    AccessRecord.objects.create(
        organization_id=used.a.organization.id, at=datetime.now(UTC), event="page", dashboard_id=1, digest="d"
    )
    assert limited.told("get", LOG)["items"] == []
    embed_client.get(f"/iframe/{used.a.token('globex', exp=1_700_000_000, iat=1_699_999_000)}")
    journal.drain()
    assert limited.told("get", REFUSALS)["items"] == []
    for path in (USAGE, LOG, REFUSALS):
        for name in ("globex", "nobody"):
            limited.refused("get", f"{path}?customer={name}", status=403)
        backend(used.a, "write", "mint", "customer_tokens").refused("get", path, status=403)
