"""P-OC-03: forms that did not come from our own page, and deeds asked for with GET."""

import re

import pytest
from django.conf import settings

from customers.models import Customer
from secrets_admin.models import ApiKey, AuditRecord, EmbedSecret, FeedEntry, User
from tests.conftest import PASSWORD
from tests.console.cast import EMBEDDING, audited, text_of, visit
from tests.house.routes import routes
from tests.house.test_access import sample_values
from tests.world import World

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
pytestmark = pytest.mark.django_db
DEEDS = [
    f"{EMBEDDING}secrets/{{key_id}}/reset/",
    f"{EMBEDDING}secrets/{{key_id}}/value/",
    f"{EMBEDDING}secrets/{{key_id}}/rotate/",
    f"{EMBEDDING}secrets/{{key_id}}/retire/",
    f"{EMBEDDING}secrets/reset-all/",
    f"{EMBEDDING}secrets/new/",
    f"{EMBEDDING}origins/add/",
    f"{EMBEDDING}origins/remove/",
    f"{EMBEDDING}token-lifetime/",
    "/o/tradewind/customers/{uid}/token/",
    "/o/tradewind/customers/{uid}/refresh/",
    "/o/tradewind/customers/{uid}/delete/",
]
FORM = {"password": PASSWORD, "origin": "https://evil.test", "amount": "1", "unit": "60"}


@pytest.fixture
def names(secret: EmbedSecret, acme: Customer) -> dict[str, str]:
    return {"key_id": secret.key_id, "uid": str(acme.uid)}


@pytest.mark.parametrize("deed", DEEDS)
def test_p_oc_03_a_form_without_our_token_is_refused(deed: str, alice: User, names: dict[str, str]) -> None:
    answer = visit(alice, csrf=True).post(deed.format(**names), FORM, headers={"Origin": "https://evil.test"})
    assert answer.status_code == 403
    assert "did not come from the console" in text_of(answer)
    assert EmbedSecret.objects.get().state == EmbedSecret.State.ACTIVE
    assert Customer.objects.get().generation == 1
    assert audited("secret.revealed") == []


@pytest.mark.parametrize("deed", DEEDS)
def test_p_oc_03_nothing_is_done_by_get(deed: str, alice: User, names: dict[str, str]) -> None:
    answer = visit(alice).get(deed.format(**names), FORM)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    assert EmbedSecret.objects.get().state == EmbedSecret.State.ACTIVE


def test_p_oc_03_no_address_of_the_console_takes_a_form_without_our_token(world: World, alice: User) -> None:
    staff = User.objects.create(email="operator@server.example", is_staff=True, is_superuser=True)
    owner, operator = (visit(user, csrf=True) for user in (alice, staff))
    values, before = sample_values(world.a), _written()
    for route in routes(settings.ROOT_URLCONF):
        address = route.address(settings.ROOT_URLCONF, values)
        browser = operator if address.startswith("/operator/") else owner
        answer = browser.post(address, FORM, headers={"Origin": "https://evil.test"})
        assert answer.status_code == 403, route.text
        assert "did not come from the console" in text_of(answer), route.text
    assert _written() == before


def _written() -> list[list[object]]:
    return [[*model.objects.order_by("pk").values()] for model in (AuditRecord, FeedEntry, Customer, ApiKey)]


def test_p_oc_03_the_answer_to_a_script_says_csrf_failed(alice: User, names: dict[str, str]) -> None:
    client = visit(alice, csrf=True)
    answer = client.post(DEEDS[0].format(**names), headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")
    body = client.post(DEEDS[0].format(**names), '{"password": "x"}', content_type="text/plain")
    assert body.status_code == 403


def test_p_oc_03_a_foreign_token_is_refused_and_our_own_accepted(alice: User, erin: User, acme: Customer) -> None:
    client, other = visit(alice, csrf=True), visit(erin, csrf=True)
    rooms = f"/o/tradewind/customers/{acme.uid}/"
    ours, theirs = (_TOKEN.findall(one.get(rooms).content.decode())[0] for one in (client, other))
    refused = client.post(f"{rooms}refresh/", {"csrfmiddlewaretoken": theirs})
    assert refused.status_code == 403
    assert client.post(f"{rooms}refresh/", {"csrfmiddlewaretoken": ours}).status_code == 302


def test_p_oc_03_log_in_and_log_out_are_forms_of_ours_too(alice: User) -> None:
    client = visit(None, csrf=True)
    assert client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD}).status_code == 403
    inside = visit(alice, csrf=True)
    assert inside.post("/accounts/logout/").status_code == 403
    inside.get("/accounts/logout/")
    assert inside.get("/o/tradewind/dashboards/").status_code in (200, 404)
    assert "_auth_user_id" in inside.session
