"""Getting in and out: log-in, log-out, a changed and a forgotten password. Sign-up is closed."""

import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client

from secrets_admin.models import Organization, Role, User
from tests.conftest import PASSWORD, make_member
from tests.console.cast import text_of, visit

pytestmark = pytest.mark.django_db
NEW = "another long enough secret phrase"


@pytest.fixture(autouse=True)
def _no_tries_counted() -> None:
    cache.clear()


def _log_in(client: Client, email: str, password: str) -> int:
    return client.post("/accounts/login/", {"login": email, "password": password}).status_code


def test_alice_logs_in_and_lands_on_her_dashboards(alice: User, workspace: object) -> None:
    client = visit(None)
    assert client.get("/").headers["Location"] == "/accounts/login/?next=/"
    answer = client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD}, follow=True)
    assert answer.redirect_chain[-1][0] == "/o/tradewind/dashboards/"
    assert "alice@tradewind.example" in text_of(answer)


def test_a_wrong_password_and_an_unknown_person_read_the_same(alice: User) -> None:
    texts = []
    for email in (alice.email, "nobody@nowhere.example"):
        answer = visit(None).post("/accounts/login/", {"login": email, "password": "wrong"})
        texts.append(text_of(answer))
    assert texts[0] == texts[1]
    assert "e-mail" in texts[0].lower() or "email" in texts[0].lower()


def test_p_oc_05_guessing_is_stopped(alice: User) -> None:
    client = visit(None)
    for _ in range(5):
        _log_in(client, alice.email, "wrong")
    answer = client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    assert "_auth_user_id" not in client.session
    assert answer.status_code in (200, 429)


def test_the_way_back_stays_on_this_host(alice: User, workspace: object) -> None:
    client = visit(None)
    answer = client.post("/accounts/login/?next=https://evil.test/", {"login": alice.email, "password": PASSWORD})
    assert answer.headers["Location"] == "/"


def test_log_out_asks_first_and_ends_the_session(alice: User, workspace: object) -> None:
    client = visit(alice)
    assert "Log out?" in text_of(client.get("/accounts/logout/"))
    assert client.get("/o/tradewind/dashboards/").status_code == 200
    assert client.post("/accounts/logout/").headers["Location"] == "/accounts/login/"
    assert client.get("/o/tradewind/dashboards/").status_code == 302


@pytest.mark.parametrize("method", ["get", "post"])
def test_sign_up_is_closed(method: str, db: None) -> None:
    form = {"email": "mallory@evil.example", "password1": NEW, "password2": NEW}
    answer = getattr(visit(None), method)("/accounts/signup/", form)
    assert "Sign-up is closed" in text_of(answer)
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "path", ["email/", "confirm-email/", "password/set/", "login/code/confirm/", "reauthenticate/"]
)
def test_pages_of_the_library_that_we_do_not_use_are_not_there(path: str, alice: User) -> None:
    assert visit(alice).get(f"/accounts/{path}").status_code == 404


def test_a_changed_password_ends_every_session(alice: User, workspace: object) -> None:
    here, elsewhere = visit(alice), visit(alice)
    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert here.post("/accounts/password/change/", form).status_code == 302
    assert here.get("/o/tradewind/dashboards/").status_code == 302
    assert elsewhere.get("/o/tradewind/dashboards/").status_code == 302
    assert _log_in(visit(None), alice.email, NEW) == 302


@pytest.mark.parametrize("password", ["short", "password123", "alice@tradewind.example"])
def test_a_weak_password_is_refused(alice: User, password: str) -> None:
    form = {"oldpassword": PASSWORD, "password1": password, "password2": password}
    answer = visit(alice).post("/accounts/password/change/", form)
    assert answer.status_code == 200
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_a_forgotten_password_is_set_by_a_link_that_works_once(alice: User) -> None:
    client = visit(None)
    answer = client.post("/accounts/password/reset/", {"email": alice.email}, follow=True)
    assert "Look into your mail" in text_of(answer)
    (message,) = mail.outbox
    assert message.subject == "Set a new password for embedhost"
    assert message.to == [alice.email]
    found = re.search(r"http://[^/]+(/accounts/password/reset/key/\S+)", str(message.body))
    assert found is not None
    page = client.get(found[1], follow=True)
    form = {"password1": NEW, "password2": NEW}
    done = client.post(page.redirect_chain[-1][0], form, follow=True)
    assert "Password set" in text_of(done)
    assert _log_in(visit(None), alice.email, NEW) == 302
    assert "does not work any more" in text_of(visit(None).get(found[1], follow=True))


def test_a_reset_for_an_unknown_address_reads_the_same(db: None) -> None:
    answer = visit(None).post("/accounts/password/reset/", {"email": "nobody@nowhere.example"}, follow=True)
    assert "Look into your mail" in text_of(answer)
    assert all("password/reset/key" not in str(message.body) for message in mail.outbox)


def test_somebody_without_an_organization_is_told_so(db: None) -> None:
    loner = User.objects.create_user("loner@nowhere.example", PASSWORD)
    answer = visit(loner).get("/")
    assert "You belong to no organization yet" in text_of(answer)


def test_a_member_of_two_organizations_switches_between_them(
    alice: User, workspace: object, northwind: Organization, foreign_workspace: object
) -> None:
    northwind.members.create(user=alice, role="viewer")
    page = visit(alice).get("/o/northwind/dashboards/").content.decode()
    assert 'href="/o/tradewind/dashboards/"' in page
    assert "Viewer" in page
    one = make_member(northwind, "dora@northwind.example", Role.VIEWER)
    assert "tradewind" not in visit(one).get("/o/northwind/dashboards/").content.decode()
