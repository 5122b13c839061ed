"""If-Match refuses to set over what somebody else set, on every address that sets something."""

from typing import Any

import pytest

from tests.api.caller import CUSTOMERS, Backend
from tests.world import World

pytestmark = pytest.mark.django_db


def states(world: World) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Return two states that each address can be set to; it has neither when the test begins."""
    sales, ops = (str(board.embed_id) for board in world.a.dashboards.values())
    return {
        f"{CUSTOMERS}acme/source": ({"source": "warehouse"}, {"source": None}),
        f"{CUSTOMERS}-/source?external_id=globex": ({"source": "warehouse"}, {"source": None}),
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
