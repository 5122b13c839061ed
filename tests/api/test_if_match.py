"""If-Match refuses to set over what somebody else set, on every address that sets something."""

from typing import Any

import pytest

from datasources.models import DataSource
from tests.api.caller import CUSTOMERS, Backend
from tests.world import World

pytestmark = pytest.mark.django_db


def states(world: World) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Return two states that each address can be set to; it has neither when the test begins."""
    sales, ops = (str(board.embed_id) for board in world.a.dashboards.values())
    return {
        f"{CUSTOMERS}acme/source": ({"source": "warehouse"}, {"source": None}),
        f"{CUSTOMERS}-/source?external_id=globex": ({"source": "warehouse"}, {"source": None}),
        f"/api/v1/dashboards/{sales}/environments/prod": ({"version": 1}, {"version": None}),
        f"{CUSTOMERS}acme/dashboards": ({"dashboards": [sales], "default": sales}, {"dashboards": [ops, sales]}),
    }


def test_what_somebody_else_set_meanwhile_is_not_set_over(ours: Backend, world: World) -> None:
    for path, (first, second) in states(world).items():
        read = ours.call("get", path).headers["ETag"]
        assert ours.call("get", path, If_None_Match=read).status_code == 304, path
        after = ours.call("put", path, first, If_Match=read)
        assert (after.status_code, after.headers["ETag"]) == (200, ours.call("get", path).headers["ETag"]), path
        for old in (read, '"nothing"', f"W/{after.headers['ETag']}"):
            said = ours.refused("put", path, second, status=412, If_Match=old)
            assert said["code"] == "changed_meanwhile", path
        assert ours.call("get", path).headers["ETag"] == after.headers["ETag"], path
        assert ours.call("put", path, second, If_Match=after.headers["ETag"]).status_code == 200, path
        for anyway in ({"If_Match": "*"}, {}):
            assert ours.call("put", path, first, **anyway).status_code == 200, path


def test_an_environment_that_somebody_set_or_removed_is_neither_set_nor_removed(ours: Backend, world: World) -> None:
    path = f"/api/v1/dashboards/{world.a.dashboards['sales'].embed_id}/environments/stays"
    ours.refused("put", path, {"version": 1}, status=412, If_Match="*")
    ours.refused("get", path, status=404)
    read = ours.call("put", path, {"version": 1}).headers["ETag"]
    other = ours.call("put", path, {"version": None}).headers["ETag"]
    ours.refused("delete", path, status=412, If_Match=read)
    ours.told("delete", path, status=204, If_Match=other)
    ours.refused("delete", path, status=412, If_Match=other)
    ours.refused("delete", path, status=404)


def test_walls_that_somebody_set_meanwhile_are_not_set(ours: Backend, world: World) -> None:
    path = "/api/v1/data-sources/warehouse/walls"
    read = ours.call("get", path).headers["ETag"]
    assert ours.call("put", path, {"login_per_customer": False}, If_Match=read).headers["ETag"] == read
    DataSource.objects.filter(id=world.a.source.id).update(login_per_customer=True)
    assert ours.call("get", path, If_None_Match=read).json() == {"login_per_customer": True}
    ours.refused("put", path, {"login_per_customer": False}, status=412, If_Match=read)
    assert ours.told("get", path) == {"login_per_customer": True}
