"""The Embed page says how many characters are left for values of variables; it is right to the last one."""

import json
import re
import time
from collections.abc import Callable, Mapping

import jwt
import pytest
from jose import jwe

from dashboards.addresses import address_before
from secrets_admin.models import User
from tests.console.cast import text_of, visit
from tests.guides.cast import documented, documented_orders, owner
from tests.guides.ids import DASHBOARD_ID, EMBED_ID, KEY_IDS, ORGANIZATION_ID
from tests.guides.pages import browser, path_of
from tests.guides.world import ODD, Documented
from tokens.urls import MAX_URL

__all__ = ["documented", "documented_orders", "owner"]

pytestmark = pytest.mark.django_db
ROOM = f"/o/tradewind/dashboards/{DASHBOARD_ID}/embed/"
Variables = Mapping[str, str]


def _left(owner: User, format: str, customer: str) -> int:
    page = text_of(visit(owner).get(ROOM, {"format": format, "customer": customer}))
    found = re.search(r"([\d,]+) characters left for variable values", page)
    assert found is not None
    return int(found[1].replace(",", ""))


def _times() -> dict[str, int]:
    now = int(time.time())
    return {"iat": now, "exp": now + 3600}


def _explo(world: Documented, customer: str, variables: Variables) -> str:
    """As the Python snippet does it, with one more claim; json puts spaces between members."""
    claims = {"dsh": str(EMBED_ID), "cst": customer, **_times(), "var": variables}
    key = world.secret("explo_jwe")
    token: bytes = jwe.encrypt(json.dumps(claims), key, algorithm="dir", encryption="A256GCM", kid=KEY_IDS["explo_jwe"])
    return token.decode()


def _chartio(world: Documented, customer: str, variables: Variables) -> str:
    claims = {
        "organization": ORGANIZATION_ID,
        "dashboard": DASHBOARD_ID,
        "env": {"CUSTOMER": customer, **variables},
        **_times(),
    }
    return jwt.encode(claims, world.secret("chartio_jwt"), algorithm="HS256")


def _metabase(world: Documented, customer: str, variables: Variables) -> str:
    claims = {"resource": {"dashboard": DASHBOARD_ID}, "params": {"CUSTOMER": customer, **variables}, **_times()}
    return jwt.encode(claims, world.secret("metabase_jwt"), algorithm="HS256")


#: Format -> how a backend makes its token, and what the JSON of two more variables has besides their values.
MAKERS: Mapping[str, tuple[Callable[[Documented, str, Variables], str], str]] = {
    "explo_jwe": (_explo, '"search": "", "words": ""'),
    "chartio_jwt": (_chartio, ',"search":"","words":""'),
    "metabase_jwt": (_metabase, ',"search":"","words":""'),
}


def _address(world: Documented, format: str, customer: str, characters: int) -> str:
    make, around = MAKERS[format]
    values = characters - len(around)
    token = make(world, customer, {"search": "a" * (values // 2), "words": "b" * (values - values // 2)})
    return address_before(format, embed_id=str(EMBED_ID), organization="tradewind", slug="sales") + token


@pytest.mark.parametrize("customer", ["acme", ODD])
@pytest.mark.parametrize("format", list(MAKERS))
def test_p_dl_01_what_is_said_to_be_left_fits_and_one_character_more_does_not(
    format: str, customer: str, documented: Documented, owner: User
) -> None:
    left = _left(owner, format, customer)
    fits = _address(documented, format, customer, left)
    assert MAX_URL - 1 <= len(fits) <= MAX_URL
    assert browser().get(path_of(fits)).status_code == 200
    more = _address(documented, format, customer, left + 1)
    assert len(more) > MAX_URL
    assert browser().get(path_of(more)).status_code == 414


@pytest.mark.parametrize("format", ["papermap_hmac", "viasocket_jwt", "customer_token", "superset_guest"])
def test_formats_that_carry_no_variables_have_no_such_number(format: str, documented: Documented, owner: User) -> None:
    assert "characters left" not in text_of(visit(owner).get(ROOM, {"format": format}))


def test_a_longer_customer_leaves_less(documented: Documented, owner: User) -> None:
    assert _left(owner, "explo_jwe", "acme") > _left(owner, "explo_jwe", ODD)
