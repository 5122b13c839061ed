"""The rooms of customers, as alice, erin and bob use them."""

import pytest

from customers.models import Customer
from customers.services import create_customer
from secrets_admin.access import SYSTEM
from secrets_admin.models import User, Workspace
from tests.console.cast import audited, text_of, visit

pytestmark = pytest.mark.django_db
ROOMS = "/o/tradewind/customers/"


def test_an_empty_list_says_what_belongs_there_and_has_one_action(workspace: Workspace, erin: User, bob: User) -> None:
    page = visit(erin).get(ROOMS)
    assert "No customers yet" in text_of(page)
    assert page.content.decode().count("btn primary") == 1
    assert "btn primary" not in visit(bob).get(ROOMS).content.decode()


def test_the_list_holds_no_token(acme: Customer, alice: User) -> None:
    page = visit(alice).get(ROOMS).content.decode()
    assert "Acme" in page
    assert acme.token() not in page


def test_the_list_has_pages_of_fifty(workspace: Workspace, alice: User) -> None:
    for number in range(51):
        create_customer(workspace, f"shop-{number:02}", actor=SYSTEM)
    client = visit(alice)
    assert "1 to 50 of 51" in text_of(client.get(ROOMS))
    assert "shop-50" in text_of(client.get(ROOMS, {"page": "2"}))
    assert "shop-50" in text_of(client.get(ROOMS, {"page": "99999"}))
    assert "1 to 50 of 51" in text_of(client.get(ROOMS, {"page": "x"}))


def test_a_search_shows_what_it_found_and_keeps_what_was_typed(acme: Customer, alice: User) -> None:
    page = visit(alice).get(ROOMS, {"search": '"><script>x'})
    assert "No customer is called that" in text_of(page)
    assert "<script>x" not in page.content.decode()
    assert "acme" in text_of(visit(alice).get(ROOMS, {"search": "ACM"}))


def test_a_search_for_nul_is_no_failure(acme: Customer, alice: User) -> None:
    assert visit(alice).get(ROOMS, {"search": "a\x00cme"}).status_code == 200


def test_an_editor_makes_a_customer(workspace: Workspace, erin: User) -> None:
    form = {"external_id": "acme", "name": "Acme", "properties": '{"region": "DACH", "shops": [4, 7]}'}
    answer = visit(erin).post(f"{ROOMS}new/", form)
    customer = Customer.objects.get()
    assert (customer.external_id, customer.properties) == ("acme", {"region": "DACH", "shops": [4, 7]})
    assert answer.headers["Location"] == f"{ROOMS}{customer.uid}/"
    (record,) = audited("customer.created")
    assert (record.actor, record.address) == (erin, "192.0.2.7")


@pytest.mark.parametrize("external_id", [" acme", "acme ", "ac\u200bme", "ac\u202eme", "a" * 256, ""])
def test_p_ts_11_the_form_refuses_identifiers_as_they_were_typed(
    workspace: Workspace, erin: User, external_id: str
) -> None:
    answer = visit(erin).post(f"{ROOMS}new/", {"external_id": external_id, "name": "Acme"})
    assert answer.status_code == 400
    assert not Customer.objects.exists()


def test_an_identifier_that_is_taken_is_refused_beside_its_field(acme: Customer, erin: User) -> None:
    answer = visit(erin).post(f"{ROOMS}new/", {"external_id": "acme", "name": "Another"})
    assert answer.status_code == 400
    assert "A customer with this external ID is there already." in text_of(answer)
    assert 'value="Another"' in answer.content.decode()


@pytest.mark.parametrize("properties", ["[1]", "{", '{"a": 1, "a": 2}', '{"a": NaN}', '{"a": 1.5}', '"text"'])
def test_properties_that_are_no_json_object_of_simple_values_are_refused(
    acme: Customer, erin: User, properties: str
) -> None:
    answer = visit(erin).post(f"{ROOMS}{acme.uid}/edit/", {"name": "Acme", "properties": properties})
    assert answer.status_code == 400
    acme.refresh_from_db()
    assert acme.properties == {}


def test_p_ts_11_the_rooms_show_look_alikes_apart(workspace: Workspace, alice: User) -> None:
    for name in ("acme", "аcme"):
        create_customer(workspace, name, name="Acme", actor=SYSTEM)
    assert "U+0430 cyrillic small letter a" in text_of(visit(alice).get(ROOMS))
    cyrillic = Customer.objects.get(external_id="аcme")
    assert "U+0430 cyrillic small letter a" in text_of(visit(alice).get(f"{ROOMS}{cyrillic.uid}/"))


def test_an_editor_changes_name_and_properties(acme: Customer, erin: User) -> None:
    visit(erin).post(f"{ROOMS}{acme.uid}/edit/", {"name": "Acme Ltd", "properties": '{"region": "DACH"}'})
    acme.refresh_from_db()
    assert (acme.name, acme.properties) == ("Acme Ltd", {"region": "DACH"})


def test_the_token_is_fetched_by_post_and_stored_nowhere(acme: Customer, erin: User, bob: User) -> None:
    address = f"{ROOMS}{acme.uid}/token/"
    page = visit(erin).post(address)
    assert acme.token() in page.content.decode()
    assert page.headers["Cache-Control"] == "no-store"
    answer = visit(erin).post(address, headers={"Accept": "application/json"})
    assert answer.json() == {"token": acme.token()}
    assert answer.headers["Cache-Control"] == "no-store"
    assert [record.actor for record in audited("customer.token_revealed")] == [erin, erin]
    assert visit(erin).get(address).status_code == 405
    assert visit(bob).post(address).status_code == 403
    assert acme.token() not in visit(erin).get(f"{ROOMS}{acme.uid}/").content.decode()


def test_an_editor_refreshes_the_token(acme: Customer, erin: User) -> None:
    old = acme.token()
    assert "Acme" in text_of(visit(erin).get(f"{ROOMS}{acme.uid}/refresh/ask/"))
    answer = visit(erin).post(f"{ROOMS}{acme.uid}/refresh/")
    acme.refresh_from_db()
    assert answer.status_code == 302
    assert acme.token() != old


def test_an_editor_deletes_a_customer(acme: Customer, erin: User) -> None:
    client = visit(erin)
    answer = client.post(f"{ROOMS}{acme.uid}/delete/", follow=True)
    assert "Acme deleted." in text_of(answer)
    assert client.get(f"{ROOMS}{acme.uid}/").status_code == 404


def test_p_ep_07_stored_text_is_shown_as_text(workspace: Workspace, alice: User) -> None:
    attack = "</script><svg onload=alert(1)>{{constructor}}"
    customer = create_customer(workspace, attack, name=attack, properties={"note": attack}, actor=SYSTEM)
    for address in (ROOMS, f"{ROOMS}{customer.uid}/", f"{ROOMS}{customer.uid}/delete/ask/"):
        page = visit(alice).get(address).content.decode()
        assert "<svg onload" not in page
        assert "&lt;svg onload" in page
