"""An owner binds a Papermap secret to one customer, and only then its short tokens open, for just that customer."""

import pytest
from django.http import HttpResponseBase

from secrets_admin.models import EmbedSecret, Role, User
from tests.conftest import make_member
from tests.console.cast import audited, text_of, visit
from tests.guides.cast import documented, documented_orders, owner
from tests.guides.ids import EMBED_ID, KEY_IDS
from tests.guides.pages import call
from tests.guides.refused import Case, make
from tests.guides.world import Documented
from tokens.errors import Reason

__all__ = ["documented", "documented_orders", "owner"]

pytestmark = pytest.mark.django_db
ROOM = f"/o/tradewind/settings/embedding/secrets/{KEY_IDS['papermap_hmac']}/bind/"


def _short_token(world: Documented, tenant: str) -> str:
    case = Case("", Reason.UNSAFE_LEGACY_TOKEN, {"tenant_id": tenant}, how="the short form")
    return make("papermap_hmac", case, world.secret("papermap_hmac").encode())


def _bind(user: User, customer: str, *dashboards: object) -> HttpResponseBase:
    return visit(user).post(ROOM, {"customer": customer, "dashboards": list(dashboards)})


def _secret() -> EmbedSecret:
    return EmbedSecret.objects.get(key_id=KEY_IDS["papermap_hmac"])


def test_a_bound_secret_opens_short_tokens_of_its_customer_alone(documented: Documented, owner: User) -> None:
    acme, globex = (_short_token(documented, tenant) for tenant in ("acme", "globex"))
    assert call("papermap_hmac", acme).status_code == 401
    assert _bind(owner, "acme", documented.dashboard.id).status_code == 302
    assert call("papermap_hmac", acme).status_code == 200
    assert call("papermap_hmac", globex).status_code == 401
    assert _bind(owner, "").status_code == 302
    assert call("papermap_hmac", acme).status_code == 401
    assert [record.detail["customer"] for record in audited("secret.bound")] == ["acme", ""]


def test_the_room_shows_what_is_bound(documented: Documented, owner: User) -> None:
    _bind(owner, "acme", documented.dashboard.id)
    assert "Bound to acme" in text_of(visit(owner).get("/o/tradewind/settings/embedding/"))
    asked = visit(owner).get(f"{ROOM}ask/").content.decode()
    assert 'name="customer" value="acme"' in asked
    assert f'value="{documented.dashboard.id}" checked' in asked
    assert _secret().bound_dashboards == [str(EMBED_ID)]


@pytest.mark.parametrize(("customer", "chosen"), [("nobody", True), ("acme", False), ("ACME", True), ("acme ", True)])
def test_what_cannot_be_bound_is_refused_with_a_reason(
    customer: str, chosen: bool, documented: Documented, owner: User
) -> None:
    answer = _bind(owner, customer, *([documented.dashboard.id] if chosen else []))
    assert answer.status_code == 400
    assert _secret().bound_customer == ""
    assert audited("secret.bound") == []


@pytest.mark.parametrize("chosen", ["999999", "x", "-1", "42' OR 1=1"])
def test_p_oc_02_a_dashboard_that_is_not_there_cannot_be_chosen(
    chosen: str, documented: Documented, owner: User
) -> None:
    assert _bind(owner, "acme", chosen).status_code == 400
    assert _secret().bound_customer == ""


def test_a_bound_secret_of_another_format_opens_its_customer_alone_too(documented: Documented, owner: User) -> None:
    room = ROOM.replace(KEY_IDS["papermap_hmac"], KEY_IDS["viasocket_jwt"])
    visit(owner).post(room, {"customer": "acme", "dashboards": [documented.dashboard.id]})
    for customer, status in (("acme", 200), ("globex", 404)):
        case = Case("", Reason.UNKNOWN_CUSTOMER, {"user_id": customer})
        token = make("viasocket_jwt", case, documented.secret("viasocket_jwt").encode())
        assert call("viasocket_jwt", token).status_code == status


def test_the_list_offers_it_where_it_is_needed(documented: Documented, owner: User) -> None:
    page = visit(owner).get("/o/tradewind/settings/embedding/").content.decode()
    assert page.count("/bind/ask/") == 1


def test_only_owners_bind(documented: Documented) -> None:
    erin = make_member(documented.organization, "erin@tradewind.example", Role.EDITOR)
    assert _bind(erin, "acme", documented.dashboard.id).status_code == 403
    assert _secret().bound_customer == ""


def test_a_token_that_protects_every_field_needs_no_binding(documented: Documented) -> None:
    whole = make("papermap_hmac", Case("", Reason.MALFORMED), documented.secret("papermap_hmac").encode())
    assert call("papermap_hmac", whole).status_code == 200
