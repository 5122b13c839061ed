"""Explo's customer calls: what they make, change and answer, and what they refuse."""

import re

import pytest
from django.test import Client

from customers import services
from customers.models import Customer
from embed import explo_api
from secrets_admin.access import SYSTEM
from secrets_admin.models import AuditRecord
from tests.embed.explo import (
    CREATE,
    DELETE,
    DELETE_GROUP,
    END_USER,
    GET,
    LIST,
    LIST_V2,
    PORTAL,
    REFRESH,
    TAG,
    UPDATE,
    customer_of,
    new_key,
    send,
    told,
)
from tests.embed.surfaces import code_of
from tests.world import World

#: Everything that a customer may be given at once.
FULL = {
    "provided_id": "hooli",
    "name": "Hooli",
    "mapping": {"main": "warehouse"},
    "is_demo_group": True,
    "emails": ["gavin@hooli.example", "b@hooli.example", "gavin@hooli.example"],
    "group_tags": ["beta"],
    "hierarchy_level_name": "User",
    "parent_provided_id": "acme",
    "properties": {"region": "DACH", "shops": [4, 7]},
}

#: What no customer may be given.
_WRONG: list[dict[str, object]] = [
    {"name": 1},
    {"name": "x" * 256},
    {"name": "a\x00b"},
    {"mapping": ["main"]},
    {"mapping": {"main": 7}},
    {"mapping": {"": "warehouse"}},
    {"mapping": {"main": "warehouse", "other": "second"}},
    {"is_demo_group": "yes"},
    {"is_demo_group": 1},
    {"emails": "a@b.example"},
    {"emails": [1]},
    {"emails": ["nobody"]},
    {"emails": ["a b@c.example"]},
    {"emails": [f"u{number}@b.example" for number in range(101)]},
    {"group_tags": ["nobody made it"]},
    {"group_tags": ["\x00"]},
    {"hierarchy_level_name": "Team"},
    {"hierarchy_level_name": "User"},
    {"hierarchy_level_name": "Customer", "parent_provided_id": "acme"},
    {"parent_provided_id": 7},
    {"properties": []},
    {"properties": {"ratio": 1.5}},
    {"properties": {"external_id": "globex"}},
    {"properties": {"a": "\x00"}},
]


@pytest.fixture
def key(world: World) -> str:
    return new_key(world.a)


def _opens(client: Client, world: World, token: str) -> int:
    return client.get(f"/iframe/{world.a.dashboards['sales'].embed_id}/{token}").status_code


def test_create_gets_or_makes_a_customer_with_the_vendors_members(world: World, embed_client: Client, key: str) -> None:
    first, again = (told(send(embed_client, key, CREATE, {"provided_id": "hooli", "name": "Hooli"})) for _ in range(2))
    assert (first["success"], first["new_customer"], again["new_customer"]) == (1, True, False)
    assert first["customer"] == again["customer"]
    token = first["customer"].pop("token")
    assert re.fullmatch(r"[0-9a-f]{64}", token)
    assert first["customer"] == {
        "name": "Hooli",
        "provided_id": "hooli",
        "is_demo_group": False,
        "emails": [],
        "group_tags": [],
        "properties": {},
        "computed_properties": {},
        "access_group": world.a.workspace.name,
        "parent_schema_datasource_mapping": {},
        "computed_parent_schema_datasource_mapping": {},
        "hierarchy_level": "Customer",
    }
    assert _opens(embed_client, world, token) == 200
    unnamed = customer_of(send(embed_client, key, CREATE, {"provided_id": "initech", "name": None}))
    assert unnamed["name"] == "initech"


def test_one_that_is_there_stays_as_it_is(world: World, embed_client: Client, key: str) -> None:
    before = customer_of(send(embed_client, key, GET, {"provided_id": "acme"}))
    send(embed_client, key, TAG, {"name": "beta"})
    after = told(send(embed_client, key, CREATE, {**FULL, "provided_id": "acme", "parent_provided_id": "globex"}))
    assert (after["new_customer"], after["customer"]) == (False, before)


def test_everything_that_is_said_of_a_new_customer_is_kept(world: World, embed_client: Client, key: str) -> None:
    assert told(send(embed_client, key, TAG, {"name": "beta"})) == {"success": 1, "group_tag": {"name": "beta"}}
    assert code_of(send(embed_client, key, TAG, {"name": "beta"})) == "group_tag_exists"
    parent = {"provided_id": "acme", "properties": {"region": "all", "plan": "gold"}}
    customer_of(send(embed_client, key, UPDATE, parent))
    made = customer_of(send(embed_client, key, CREATE, FULL))
    assert made == customer_of(send(embed_client, key, GET, {"provided_id": "hooli"}))
    del made["token"]
    assert made == {
        "name": "Hooli",
        "provided_id": "hooli",
        "is_demo_group": True,
        "emails": ["gavin@hooli.example", "b@hooli.example"],
        "group_tags": ["beta"],
        "properties": FULL["properties"],
        "computed_properties": {"region": "DACH", "plan": "gold", "shops": [4, 7]},
        "access_group": world.a.workspace.name,
        "parent_schema_datasource_mapping": {"main": "warehouse"},
        "computed_parent_schema_datasource_mapping": {"main": "warehouse"},
        "hierarchy_level": "User",
    }
    row = Customer.objects.get(workspace=world.a.workspace, external_id="hooli")
    assert (row.parent, row.properties) == (world.a.customers["acme"], FULL["properties"])


def test_update_changes_what_is_sent_and_nothing_else(world: World, embed_client: Client, key: str) -> None:
    send(embed_client, key, TAG, {"name": "beta"})
    made = customer_of(send(embed_client, key, CREATE, FULL))
    every: list[dict[str, object]] = [
        {"name": "Hooli AG"},
        {"properties": {"region": "CH"}},
        {"emails": []},
        {"is_demo_group": False},
        {"group_tags": []},
        {"mapping": {}},
    ]
    for changes in every:
        said = customer_of(send(embed_client, key, UPDATE, {"provided_id": "hooli", **changes}))
        made |= changes
        made["computed_properties"] = made["properties"]
        if "mapping" in made:
            del made["mapping"]
            made |= {"parent_schema_datasource_mapping": {}, "computed_parent_schema_datasource_mapping": {}}
        assert said == made
    nothing = {"name": None, "mapping": None, "properties": None, "emails": None, "parent_provided_id": None}
    assert customer_of(send(embed_client, key, UPDATE, {"provided_id": "hooli", **nothing})) == made
    unknown = send(embed_client, key, UPDATE, {"provided_id": "nobody", "name": "N"})
    assert (unknown.status_code, code_of(unknown)) == (404, "not_found")


def test_a_change_is_whole_or_not_at_all(world: World, embed_client: Client, key: str) -> None:
    before = customer_of(send(embed_client, key, GET, {"provided_id": "acme"}))
    records = AuditRecord.objects.count()
    for wrong in ({"group_tags": ["nobody made it"]}, {"mapping": {"main": "nowhere"}}, {"emails": ["no address"]}):
        body = {"provided_id": "acme", "name": "Changed", "properties": {"a": 1}, **wrong}
        assert send(embed_client, key, UPDATE, body).status_code in (400, 404)
        assert send(embed_client, key, CREATE, {**body, "provided_id": "new"}).status_code in (400, 404)
    assert customer_of(send(embed_client, key, GET, {"provided_id": "acme"})) == before
    assert send(embed_client, key, GET, {"provided_id": "new"}).status_code == 404
    assert AuditRecord.objects.count() == records


def test_a_new_provided_id_moves_the_customer_and_leaves_nothing_open(
    world: World, embed_client: Client, key: str
) -> None:
    named, jwt = customer_of(send(embed_client, key, GET, {"provided_id": "acme"})), world.a.token("acme")
    assert embed_client.get(f"/iframe/{jwt}").status_code == 200
    moved = customer_of(send(embed_client, key, UPDATE, {"provided_id": "acme", "new_provided_id": "acme-2"}))
    assert moved == {**named, "provided_id": "acme-2"}
    assert _opens(embed_client, world, moved["token"]) == 200
    assert embed_client.get(f"/iframe/{jwt}").status_code == 404
    assert send(embed_client, key, GET, {"provided_id": "acme"}).status_code == 404
    for taken in ("acme", "globex"):
        answer = send(embed_client, key, UPDATE, {"provided_id": "acme-2", "new_provided_id": taken})
        assert (answer.status_code, code_of(answer)) == (409, "customer_exists")
    # Whoever is made under the old id is somebody else: neither the old token nor what was minted for it is theirs.
    other = told(send(embed_client, key, CREATE, {"provided_id": "acme"}))
    assert (other["new_customer"], other["customer"]["token"] == moved["token"]) == (True, False)
    late = world.a.token("acme", iat=int(other_since(world)) - 5)
    assert embed_client.get(f"/iframe/{late}").status_code == 401


def other_since(world: World) -> float:
    """When the customer that is called acme now was made."""
    return Customer.objects.get(workspace=world.a.workspace, external_id="acme").created_at.timestamp()


def test_a_renamed_customer_keeps_its_own_data_source(world: World, embed_client: Client, key: str) -> None:
    mapping = {"main": "warehouse"}
    customer_of(send(embed_client, key, UPDATE, {"provided_id": "acme", "mapping": mapping}))
    moved = customer_of(send(embed_client, key, UPDATE, {"provided_id": "acme", "new_provided_id": "acme-2"}))
    assert moved["parent_schema_datasource_mapping"] == mapping
    back = customer_of(send(embed_client, key, CREATE, {"provided_id": "acme"}))
    assert back["parent_schema_datasource_mapping"] == {}
    world.a.workspace.source_routes.create(external_id="acme-3", source=world.a.source)
    answer = send(embed_client, key, UPDATE, {"provided_id": "globex", "new_provided_id": "acme-3"})
    assert (answer.status_code, code_of(answer)) == (409, "walls_taken")


def test_refresh_replaces_the_token_and_the_old_one_is_absent(world: World, embed_client: Client, key: str) -> None:
    old = world.a.customers["acme"].token()
    assert _opens(embed_client, world, old) == 200
    new = customer_of(send(embed_client, key, REFRESH, {"current_token": old}))
    assert new["provided_id"] == "acme"
    assert (_opens(embed_client, world, old), _opens(embed_client, world, new["token"])) == (401, 200)
    assert send(embed_client, key, REFRESH, {"current_token": old}).status_code == 404


@pytest.mark.parametrize("path", [DELETE, DELETE_GROUP])
def test_delete_takes_everything_below_with_it(world: World, embed_client: Client, key: str, path: str) -> None:
    for name, parent in (("north", "acme"), ("north-1", "north"), ("south", "globex")):
        customer_of(send(embed_client, key, CREATE, {"provided_id": name, "parent_provided_id": parent}))
    token = world.a.customers["acme"].token()
    assert told(send(embed_client, key, path, {"current_token": token})) == {"success": 1}
    left = {row["provided_id"] for row in told(send(embed_client, key, LIST))["customers"]}
    assert left == {"globex", "south"}
    assert _opens(embed_client, world, token) == 401
    assert send(embed_client, key, path, {"current_token": token}).status_code == 404
    again = told(send(embed_client, key, CREATE, {"provided_id": "north"}))
    assert (again["new_customer"], again["customer"]["hierarchy_level"]) == (True, "Customer")


def test_what_was_said_of_a_deleted_customer_is_forgotten(world: World, embed_client: Client, key: str) -> None:
    made = customer_of(send(embed_client, key, CREATE, {"provided_id": "hooli", "emails": ["a@hooli.example"]}))
    told(send(embed_client, key, DELETE, {"current_token": made["token"]}))
    assert customer_of(send(embed_client, key, CREATE, {"provided_id": "hooli"}))["emails"] == []


def test_more_than_a_thousand_are_not_deleted_by_one_call(
    world: World, embed_client: Client, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_DELETED", 1)
    customer_of(send(embed_client, key, CREATE, {"provided_id": "north", "parent_provided_id": "acme"}))
    answer = send(embed_client, key, DELETE, {"current_token": world.a.customers["acme"].token()})
    assert (answer.status_code, code_of(answer)) == (400, "customer_invalid")
    assert len(told(send(embed_client, key, LIST))["customers"]) == 3


def test_lists_are_of_the_workspace_by_parent_and_level_or_by_page(
    world: World, embed_client: Client, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.a.organization.workspaces.create().customers.create(external_id="elsewhere", token_hash="x")
    customer_of(send(embed_client, key, CREATE, {"provided_id": "north", "parent_provided_id": "acme"}))

    def named(**query: str) -> list[str]:
        said = told(send(embed_client, key, LIST, **query))
        assert said.keys() == {"success", "customers"}
        return [row["provided_id"] for row in said["customers"]]

    assert named() == ["acme", "globex", "north"]
    assert named(parent_provided_id="acme") == ["north"]
    assert named(parent_provided_id="north", hierarchy_level_name="") == []
    assert named(hierarchy_level_name="Customer") == ["acme", "globex"]
    assert named(hierarchy_level_name="User") == ["north"]
    parent = customer_of(send(embed_client, key, CREATE, {"provided_id": "passing"}))
    assert customer_of(send(embed_client, key, CREATE, {"provided_id": "left", "parent_provided_id": "passing"}))
    services.delete_customer(Customer.objects.get(external_id=parent["provided_id"]), actor=SYSTEM)
    assert named(hierarchy_level_name="Customer") == ["acme", "globex", "left"]
    assert named(hierarchy_level_name="User") == ["north"]
    services.delete_customer(Customer.objects.get(external_id="left"), actor=SYSTEM)
    for wrong, status in (({"hierarchy_level_name": "Team"}, 400), ({"parent_provided_id": "no\x00body"}, 404)):
        assert send(embed_client, key, LIST, **wrong).status_code == status
    pages = [told(send(embed_client, key, LIST_V2, pageSize="2", page=page)) for page in "123"]
    assert [page["total_count"] for page in pages] == [3, 3, 3]
    shown = [[row["provided_id"] for row in page["results"]["customers"]] for page in pages]
    assert shown == [["acme", "globex"], ["north"], []]
    assert told(send(embed_client, key, LIST_V2)).keys() == {"total_count", "results"}
    for wrong in ({"page": "0"}, {"page": "x"}, {"pageSize": "1001"}, {"pageSize": "-1"}, {"page": "٣"}):
        assert code_of(send(embed_client, key, LIST_V2, **wrong)) == "bad_request"
    monkeypatch.setattr(explo_api, "MOST_LISTED", 2)
    large = send(embed_client, key, LIST)
    assert (large.status_code, code_of(large)) == (422, "result_too_large")


def test_a_portal_gives_the_customer_the_dashboard(world: World, embed_client: Client, key: str) -> None:
    sales, ops = (str(world.a.dashboards[slug].embed_id) for slug in ("sales", "ops"))
    body = {"provided_id": "acme", "dashboard_embed_id": sales, "emails": ["a@acme.example"]}
    assert told(send(embed_client, key, PORTAL, body)) == {"success": 1}
    assert told(send(embed_client, key, PORTAL, {**body, "dashboard_embed_id": ops, "emails": None})) == {"success": 1}
    rows = world.a.customers["acme"].customer_dashboards.order_by("id").values_list("dashboard__slug", "is_default")
    assert list(rows) == [("sales", True), ("ops", False)]
    assert customer_of(send(embed_client, key, GET, {"provided_id": "acme"}))["emails"] == ["a@acme.example"]
    foreign = str(world.b.dashboards["sales"].embed_id)
    for wrong in (foreign, "x", "", "\x00"):
        assert send(embed_client, key, PORTAL, {**body, "dashboard_embed_id": wrong}).status_code == 404


def test_an_end_user_is_a_customer_of_the_lower_level(world: World, embed_client: Client, key: str) -> None:
    body = {"provided_id": "u-1", "email": "u@acme.example", "customer_id": "acme", "attributes": {"team": "north"}}
    assert told(send(embed_client, key, END_USER, body)) == {"success": 1, "end_user": body}
    user = customer_of(send(embed_client, key, GET, {"provided_id": "u-1"}))
    assert (user["hierarchy_level"], user["emails"]) == ("User", ["u@acme.example"])
    assert send(embed_client, key, END_USER, {**body, "provided_id": "u-2", "customer_id": "nobody"}).status_code == 404


def test_what_cannot_be_is_400_with_the_reason(world: World, embed_client: Client, key: str) -> None:
    for wrong in _WRONG:
        for path, name in ((CREATE, "hooli"), (UPDATE, "globex")):
            answer = send(embed_client, key, path, {"provided_id": name, **wrong})
            assert answer.status_code == 400, (path, wrong)
    assert not Customer.objects.filter(external_id="hooli").exists()


def test_customers_cannot_stand_below_themselves(world: World, embed_client: Client, key: str) -> None:
    customer_of(send(embed_client, key, UPDATE, {"provided_id": "globex", "parent_provided_id": "acme"}))
    answer = send(embed_client, key, UPDATE, {"provided_id": "acme", "parent_provided_id": "globex"})
    assert (answer.status_code, code_of(answer)) == (409, "family_conflict")


def test_tags_are_bounded_and_readable(world: World, embed_client: Client, key: str) -> None:
    for name in ("", " ", "a\nb", "x" * 101, None, 1):
        assert send(embed_client, key, TAG, {"name": name}).status_code == 400
    limited = new_key(world.a, customers=["acme"])
    assert send(embed_client, limited, TAG, {"name": "beta"}).status_code == 403
