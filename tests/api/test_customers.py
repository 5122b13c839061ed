"""Customers over the REST API: made once, read, listed, changed, deleted; nobody else's are touched."""

import re

import pytest

from customers.families import family_of, set_parent
from customers.models import Customer
from customers.services import create_customer, delete_customer
from datasources.models import DataSource
from secrets_admin.access import SYSTEM
from tests.api.caller import CUSTOMERS, Backend, backend, places
from tests.console.cast import audited
from tests.world import World

pytestmark = pytest.mark.django_db
_TOKEN = re.compile(r"[0-9a-f]{64}")
_BULK = {"customers": [{"external_id": "acme"}]}
#: Ids that are no customer's: what DRF would trim or convert, and what cannot be kept or seen (D6).
_NO_IDS: list[object] = [
    "acme ",
    " acme",
    "\tacme",
    "ac\x00me",
    "ac\u202eme",
    "ac\u200bme",
    "a" * 256,
    "",
    " ",
    1,
    1.5,
    True,
    None,
    ["acme"],
    {"id": "acme"},
]


def test_get_or_create_makes_once_and_returns_the_same_ever_after(ours: Backend) -> None:
    wanted = {"external_id": "new", "name": "New", "properties": {"region": "DACH", "ids": [1, 2]}, "parent": "acme"}
    first = ours.call("post", CUSTOMERS, wanted)
    assert first.status_code == 201
    made = first.json()
    assert first.headers["Location"] == f"{CUSTOMERS}new"
    assert {name: made[name] for name in wanted} == wanted
    assert _TOKEN.fullmatch(made["token"])
    again = ours.told("post", CUSTOMERS, {"external_id": "new", "name": "Another", "properties": {}})
    assert again == made
    [record] = [one for one in audited("customer.created") if one.subject == "new"]
    assert (record.actor_email, record.address) == (f"API key {ours.key.key_id}", "127.0.0.1")


def test_the_name_of_a_new_customer_is_its_external_id(ours: Backend) -> None:
    made = ours.told("post", CUSTOMERS, {"external_id": "ünïcode & co/1"}, status=201)
    assert (made["name"], made["properties"], made["parent"]) == ("ünïcode & co/1", {}, None)


def test_a_deleted_customer_comes_back_as_a_new_one(ours: Backend) -> None:
    old = ours.told("post", CUSTOMERS, {"external_id": "acme"})
    ours.told("put", f"{CUSTOMERS}acme", {"name": "Acme", "properties": {"a": 1}, "parent": "globex"})
    ours.told("delete", f"{CUSTOMERS}acme", status=204)
    ours.refused("get", f"{CUSTOMERS}acme", status=404)
    new = ours.told("post", CUSTOMERS, {"external_id": "acme"}, status=201)
    assert (new["name"], new["properties"], new["parent"]) == ("acme", {}, None)
    assert new["token"] != old["token"]
    assert Customer.objects.get(external_id="acme", workspace=ours.tenant.workspace).generation == 3


def test_p_rr_06_whoever_stood_below_a_deleted_customer_is_not_below_the_new_one(ours: Backend) -> None:
    workspace_id = ours.tenant.workspace.id
    for again in (("post", CUSTOMERS, {"external_id": "acme"}, 201), ("post", f"{CUSTOMERS}bulk", _BULK, 200)):
        ours.told("patch", f"{CUSTOMERS}globex", {"parent": "acme"})
        assert family_of(workspace_id, "acme") == ("acme", "globex")
        ours.told("delete", f"{CUSTOMERS}acme", status=204)
        ours.told(*again[:3], status=again[3])
        assert ours.told("get", f"{CUSTOMERS}globex")["parent"] is None
        assert ours.told("get", f"{CUSTOMERS}?parent=acme")["items"] == []
        assert family_of(workspace_id, "acme") == ("acme",)


def test_p_cu_04_a_number_that_cannot_be_kept_is_400_however_large(ours: Backend) -> None:
    for number in (1e300, [1e20], 9_223_372_036_854_775_808, -9_999_999_999_999_999_999, 2**53):
        body = {"external_id": "new", "properties": {"amount": number}}
        for headers in ({}, {"Idempotency_Key": "once"}):
            assert ours.refused("post", CUSTOMERS, body, status=400, **headers)["code"] == "customer_invalid", number


def test_p_cu_04_what_no_customer_can_have_is_400_also_for_one_that_is_there(ours: Backend) -> None:
    before = ours.told("get", f"{CUSTOMERS}acme")
    refused: list[dict[str, object]] = [
        {"properties": {"regions": [{}]}},
        {"properties": {"a-b": 1}},
        {"name": "\u202e"},
    ]
    for wanted in refused:
        said = ours.refused("post", CUSTOMERS, {"external_id": "acme", **wanted}, status=400)
        assert said["code"] == "customer_invalid"
        [item] = ours.told("post", f"{CUSTOMERS}bulk", {"customers": [{"external_id": "acme", **wanted}]})["customers"]
        assert item["code"] == "customer_invalid"
    assert ours.told("get", f"{CUSTOMERS}acme") == before


def test_p_cu_02_another_organizations_customers_are_not_there(ours: Backend, theirs: Backend, world: World) -> None:
    foreign = world.a.customers["globex"]
    before = Customer.objects.filter(workspace=world.a.workspace).order_by("id").values()
    state = list(before)
    for name in ("globex", str(foreign.uid), str(foreign.id)):
        absent = theirs.refused("get", f"{CUSTOMERS}nobody", status=404)["detail"]
        for method, path, body in (
            ("get", f"{CUSTOMERS}{name}", None),
            ("put", f"{CUSTOMERS}{name}", {}),
            ("patch", f"{CUSTOMERS}{name}", {"name": "Mine"}),
            ("delete", f"{CUSTOMERS}{name}", None),
            ("post", f"{CUSTOMERS}{name}/token", {}),
            ("post", f"{CUSTOMERS}{name}/revoke", None),
            ("get", f"{CUSTOMERS}{name}/source", None),
            ("put", f"{CUSTOMERS}{name}/source", {"source": "warehouse"}),
            ("get", f"{CUSTOMERS}{name}/dashboards", None),
            ("put", f"{CUSTOMERS}{name}/dashboards", {"dashboards": []}),
            ("get", f"{CUSTOMERS}-?external_id={name}", None),
        ):
            assert theirs.refused(method, path, body, status=404)["detail"] == absent
    assert list(before.all()) == state
    assert [one["external_id"] for one in theirs.told("get", CUSTOMERS)["items"]] == ["acme", "initech"]
    assert theirs.told("get", f"{CUSTOMERS}?search=globex")["items"] == []
    assert theirs.told("post", CUSTOMERS, {"external_id": "acme"})["token"] == world.b.customers["acme"].token()
    theirs.told("post", CUSTOMERS, {"external_id": "globex"}, status=201)
    assert list(before.all()) == state


def test_p_oc_02_ids_of_another_organization_in_a_body_are_refused_and_change_nothing(
    ours: Backend, theirs: Backend, world: World
) -> None:
    dashboard = str(world.a.dashboards["ops"].embed_id)
    DataSource.objects.filter(id=world.a.source.id).update(name="ours-alone")
    before = list(Customer.objects.order_by("id").values())
    refused = [
        theirs.refused("post", CUSTOMERS, {"external_id": "new", "parent": "globex"}, status=404),
        theirs.refused("patch", f"{CUSTOMERS}acme", {"name": "X", "parent": "globex"}, status=404),
        theirs.refused("put", f"{CUSTOMERS}acme/dashboards", {"dashboards": [dashboard]}, status=404),
        theirs.refused("put", f"{CUSTOMERS}acme/source", {"source": "ours-alone"}, status=404),
    ]
    assert {one["code"] for one in refused} == {"not_found"}
    told = theirs.told("post", f"{CUSTOMERS}bulk", {"customers": [{"external_id": "initech"}]})
    assert told["customers"][0]["result"] == "unchanged"
    assert list(Customer.objects.order_by("id").values()) == before


def test_p_cu_04_an_id_that_cannot_be_is_refused_and_never_trimmed_or_converted(ours: Backend) -> None:
    before = Customer.objects.count()
    for wrong in _NO_IDS:
        said = ours.refused("post", CUSTOMERS, {"external_id": wrong}, status=400)
        assert places(said) == ["#/external_id"], wrong
        assert "acme" not in said["errors"][0]["detail"]
        if wrong is not None:
            assert places(ours.refused("post", CUSTOMERS, {"external_id": "n", "parent": wrong}, status=400)) == [
                "#/parent"
            ]
        told = ours.told("post", f"{CUSTOMERS}bulk", {"customers": [{"external_id": wrong}]})
        assert (told["refused"], told["customers"][0]["errors"][0]["pointer"]) == (1, "#/customers/0/external_id")
    for path in ("acme%20", "%20acme", "ac%00me", "ac%E2%80%8Bme", "%ED%A0%80", "a" * 256, "-?external_id=acme%20"):
        ours.refused("get", f"{CUSTOMERS}{path}", status=404)
    assert Customer.objects.count() == before


def test_ids_that_look_alike_are_different_customers(ours: Backend) -> None:
    names = ["acme", "ACME", "аcme", "caf\u00e9", "cafe\u0301"]
    tokens = {ours.call("post", CUSTOMERS, {"external_id": name}).json()["token"] for name in names}
    assert len(tokens) == len(names)
    for name in names:
        assert ours.told("get", f"{CUSTOMERS}-?external_id={name}")["external_id"] == name


def test_an_id_that_cannot_stand_in_a_path_is_named_by_the_parameter(ours: Backend) -> None:
    for name in ("a/b", "..", "bulk", "-", "a?b#c+100% ü"):
        answer = ours.call("post", CUSTOMERS, {"external_id": name})
        assert answer.status_code == 201
        place = answer.headers["Location"]
        assert ours.told("get", place)["external_id"] == name
        ours.told("patch", place, {"name": f"Name of {name}"})
        ours.told("delete", place, status=204)
        ours.refused("get", place, status=404)
    ours.refused("get", f"{CUSTOMERS}acme?external_id=globex", status=404)


def test_a_list_comes_in_pages_that_lead_through_everybody_once(ours: Backend) -> None:
    for number in range(7):
        ours.told("post", CUSTOMERS, {"external_id": f"c{number}"}, status=201)
    delete_customer(Customer.objects.get(external_id="c3"), actor=SYSTEM)
    seen: list[str] = []
    page = ours.told("get", f"{CUSTOMERS}?limit=3")
    while True:
        seen += [one["external_id"] for one in page["items"]]
        if page["next"] is None:
            break
        page = ours.told("get", f"{CUSTOMERS}?limit=3&after={page['next']}")
    assert seen == ["acme", "c0", "c1", "c2", "c4", "c5", "c6", "globex"]


def test_a_page_may_begin_after_any_text(ours: Backend) -> None:
    found = {
        after: [one["external_id"] for one in ours.told("get", f"{CUSTOMERS}?after={after}")["items"]]
        for after in ("acme", "b", "zzz", "%F0%9F%98%80")
    }
    assert found["acme"] == found["b"] == ["globex"]
    assert found["zzz"] == []
    for after in ("", "a%00", "x" * 256):
        assert places(ours.refused("get", f"{CUSTOMERS}?after={after}", status=400)) == ["after"]


def test_a_list_is_searched_and_filtered(ours: Backend) -> None:
    ours.told("post", CUSTOMERS, {"external_id": "north", "name": "Acme North", "parent": "acme"}, status=201)
    found = {
        query: [one["external_id"] for one in ours.told("get", f"{CUSTOMERS}?{query}")["items"]]
        for query in ("search=acme", "search=NORTH", "search=%25", "parent=acme", "parent=globex", "parent=nobody")
    }
    assert found == {
        "search=acme": ["acme", "north"],
        "search=NORTH": ["north"],
        "search=%25": [],
        "parent=acme": ["north"],
        "parent=globex": [],
        "parent=nobody": [],
    }


def test_put_sets_everything_and_patch_only_what_it_names(ours: Backend) -> None:
    ours.told("post", CUSTOMERS, {"external_id": "new", "properties": {"a": 1, "b": "x"}, "parent": "acme"}, status=201)
    path = f"{CUSTOMERS}new"
    changed = ours.told("patch", path, {"properties": {"b": None, "c": ["y"]}})
    assert (changed["name"], changed["properties"], changed["parent"]) == ("new", {"a": 1, "c": ["y"]}, "acme")
    changed = ours.told("patch", path, {"name": "New", "parent": None})
    assert (changed["name"], changed["properties"], changed["parent"]) == ("New", {"a": 1, "c": ["y"]}, None)
    whole = ours.told("patch", path, {"properties": {"d": 3.0, "e": [4.0, -1.0]}})["properties"]
    assert (whole["d"], whole["e"], type(whole["d"])) == (3, [4, -1], int)
    changed = ours.told("put", path, {"parent": "globex"})
    assert (changed["name"], changed["properties"], changed["parent"]) == ("new", {}, "globex")
    assert ours.told("get", path) == changed
    assert "token" not in changed


def test_a_change_that_is_refused_changes_nothing_of_it(ours: Backend) -> None:
    path = f"{CUSTOMERS}acme"
    before = ours.told("get", path)
    refused: list[dict[str, object]] = [
        {"parent": "globex", "name": "\u202e"},
        {"name": "Good", "properties": {"a-b": 1}},
        {"name": "Good", "properties": {"a": 1.5}},
        {"name": "Good", "properties": {"a": {"b": 1}}},
        {"name": "Good", "properties": {f"p{number}": 1 for number in range(51)}},
        {"name": 7},
        {"name": ""},
        {"properties": []},
        {"properties": None},
    ]
    for body in refused:
        said = ours.refused("patch", path, body, status=400)
        assert said["code"] in ("customer_invalid", "request_invalid")
    assert ours.refused("patch", path, {"name": "Good", "parent": "acme"}, status=409)["code"] == "family_conflict"
    ours.refused("patch", path, {"name": "Good", "parent": "nobody"}, status=404)
    assert ours.told("get", path) == before


def test_if_match_refuses_what_changed_meanwhile(ours: Backend) -> None:
    path = f"{CUSTOMERS}acme"
    etag = ours.call("get", path).headers["ETag"]
    assert ours.call("get", path, If_None_Match=etag).status_code == 304
    assert ours.call("get", path, If_None_Match=f'"x", {etag}').content == b""
    after = ours.call("patch", path, {"name": "New"}, If_Match=etag)
    assert after.status_code == 200
    assert ours.call("get", path, If_None_Match=etag).status_code == 200
    for method, body in (("patch", {"name": "Newer"}), ("put", {}), ("delete", None)):
        for match in (etag, '"nothing"', f"W/{after.headers['ETag']}"):
            assert ours.refused(method, path, body, status=412, If_Match=match)["code"] == "changed_meanwhile"
    assert ours.told("get", path)["name"] == "New"
    assert ours.call("patch", path, {"name": "Newest"}, If_Match="*").status_code == 200
    assert ours.call("delete", path, If_Match=ours.call("get", path).headers["ETag"]).status_code == 204


def test_a_key_for_some_customers_sees_and_changes_those_alone(ours: Backend, world: World) -> None:
    limited = backend(world.a, customers=["acme", "later"])
    ours.told("patch", f"{CUSTOMERS}acme", {"parent": "globex"})
    seen = limited.told("get", CUSTOMERS)["items"]
    assert [one["external_id"] for one in seen] == ["acme"]
    assert "parent" not in seen[0]
    limited.told("post", CUSTOMERS, {"external_id": "later"}, status=201)
    for name in ("globex", "nobody"):
        for method, path, body in (
            ("get", f"{CUSTOMERS}{name}", None),
            ("get", f"{CUSTOMERS}-?external_id={name}", None),
            ("get", f"{CUSTOMERS}?parent={name}", None),
            ("put", f"{CUSTOMERS}{name}", {}),
            ("patch", f"{CUSTOMERS}{name}", {}),
            ("delete", f"{CUSTOMERS}{name}", None),
            ("post", CUSTOMERS, {"external_id": name}),
            ("post", CUSTOMERS, {"external_id": "later", "parent": name}),
            ("patch", f"{CUSTOMERS}acme", {"parent": name}),
            ("post", f"{CUSTOMERS}{name}/token", {}),
            ("post", f"{CUSTOMERS}{name}/revoke", None),
            ("put", f"{CUSTOMERS}{name}/dashboards", {"dashboards": []}),
        ):
            said = limited.refused(method, path, body, status=403)
            assert said["code"] == "forbidden", (method, path)
            assert name not in said["detail"]
        told = limited.told("post", f"{CUSTOMERS}bulk", {"customers": [{"external_id": name}]})
        assert told["customers"][0]["code"] == "forbidden"
    limited.refused("patch", f"{CUSTOMERS}acme", {"parent": None}, status=403)
    limited.refused("put", f"{CUSTOMERS}acme", {}, status=403)
    limited.refused("put", f"{CUSTOMERS}acme/source", {"source": None}, status=403)
    limited.told("patch", f"{CUSTOMERS}acme", {"name": "Acme 2"})
    assert ours.told("get", f"{CUSTOMERS}acme")["parent"] == "globex"


def test_a_parent_that_was_deleted_is_shown_to_nobody(ours: Backend, world: World) -> None:
    below = create_customer(world.a.workspace, "below", actor=SYSTEM)
    set_parent(below, world.a.customers["acme"], actor=SYSTEM)
    assert ours.told("get", f"{CUSTOMERS}below")["parent"] == "acme"
    ours.told("delete", f"{CUSTOMERS}acme", status=204)
    assert ours.told("get", f"{CUSTOMERS}below")["parent"] is None


def test_panels_ask_a_customers_own_data_source_once_it_is_set(ours: Backend) -> None:
    path = f"{CUSTOMERS}acme/source"
    assert ours.told("get", path) == {"source": None}
    assert ours.told("put", path, {"source": "warehouse"}) == {"source": "warehouse"}
    assert ours.told("get", path) == {"source": "warehouse"}
    assert ours.told("get", f"{CUSTOMERS}globex/source") == {"source": None}
    assert audited("source.routed")[0].subject == "warehouse"
    assert ours.told("put", path, {"source": None}) == {"source": None}
    assert ours.told("get", path) == {"source": None}
    ours.refused("put", path, {"source": "nowhere"}, status=404)
    assert places(ours.refused("put", path, {}, status=400)) == ["#/source"]


def test_a_customers_dashboards_are_set_as_one_list(ours: Backend, world: World) -> None:
    path = f"{CUSTOMERS}acme/dashboards"
    sales, ops = (str(world.a.dashboards[name].embed_id) for name in ("sales", "ops"))
    assert ours.told("get", path) == {"dashboards": [], "default": None}
    wanted = {"dashboards": [sales, ops], "default": ops}
    assert ours.told("put", path, wanted) == wanted
    assert ours.told("get", path) == wanted
    for body, place in (
        ({"dashboards": [sales], "default": ops}, "#/default"),
        ({"dashboards": [sales.upper()]}, "#/dashboards/0"),
        ({"dashboards": [1]}, "#/dashboards/0"),
        ({"dashboards": sales}, "#/dashboards"),
        ({}, "#/dashboards"),
    ):
        assert places(ours.refused("put", path, body, status=400)) == [place]
    assert ours.told("get", path) == wanted
    ours.refused("put", path, {"dashboards": [sales, "00000000-0000-4000-8000-000000000000"]}, status=404)
    assert ours.told("put", path, {"dashboards": [sales, sales]}) == {"dashboards": [sales], "default": None}
    assert ours.told("put", path, {"dashboards": []}) == {"dashboards": [], "default": None}
