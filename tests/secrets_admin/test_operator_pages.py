"""The operator's pages: staff switch embedding on and off, see who is there, and read no secret."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from secrets_admin.models import AuditRecord, Organization, User
from tests.console.cast import visit
from tests.world import World

pytestmark = pytest.mark.django_db
PAGES = (
    "/operator/",
    "/operator/jsi18n/",
    "/operator/secrets_admin/",
    "/operator/secrets_admin/organization/",
    "/operator/secrets_admin/organization/{organization}/change/",
    "/operator/secrets_admin/organization/{organization}/history/",
    "/operator/secrets_admin/member/",
    "/operator/secrets_admin/member/{member}/change/",
    "/operator/secrets_admin/auditrecord/",
    "/operator/secrets_admin/auditrecord/{record}/change/",
)


@pytest.fixture
def operator(db: None) -> User:
    return User.objects.create(email="operator@server.example", password="argon2$never", is_staff=True)


@pytest.fixture
def pages(world: World, alice: User, operator: User) -> list[str]:
    member, record = alice.memberships.get(), AuditRecord.objects.first()
    assert record is not None
    ids = {"organization": world.a.organization.id, "member": member.id, "record": record.id}
    return [page.format(**ids) for page in PAGES]


def switch(client: Client, organization: Organization, on: bool, **more: str) -> int:
    address = f"/operator/secrets_admin/organization/{organization.id}/change/"
    return client.post(address, {**({"embedding_enabled": "on"} if on else {}), **more}).status_code


def test_staff_stop_and_start_embedding_at_once_and_it_is_written_down(
    world: World, operator: User, embed_client: Client
) -> None:
    client, token = visit(operator), world.a.token()
    assert embed_client.get(f"/iframe/{token}").status_code == 200
    assert switch(client, world.a.organization, False) == 302
    assert embed_client.get(f"/iframe/{token}").status_code == 403
    assert embed_client.get(f"/iframe/{world.b.token('acme')}").status_code == 200
    assert switch(client, world.a.organization, True) == 302
    assert embed_client.get(f"/iframe/{token}").status_code == 200
    told = AuditRecord.objects.filter(action__startswith="embedding.").order_by("id")
    assert [(record.action, record.actor_email, record.address) for record in told] == [
        ("embedding.disabled", operator.email, "192.0.2.7"),
        ("embedding.enabled", operator.email, "192.0.2.7"),
    ]


def test_saving_without_a_change_writes_nothing_down(world: World, operator: User) -> None:
    assert switch(visit(operator), world.a.organization, True) == 302
    assert not AuditRecord.objects.filter(action__startswith="embedding.").exists()


def test_nothing_else_can_be_changed(world: World, operator: User, alice: User) -> None:
    client = visit(operator)
    assert switch(client, world.a.organization, True, name="Other", slug="other", id="7") == 302
    world.a.organization.refresh_from_db()
    assert (world.a.organization.name, world.a.organization.slug) == ("Tradewind", "tradewind")
    member = alice.memberships.get()
    answer = client.post(f"/operator/secrets_admin/member/{member.id}/change/", {"role": "viewer"})
    assert answer.status_code == 403
    member.refresh_from_db()
    assert member.role == "owner"


@pytest.mark.parametrize(
    "path",
    [
        "secrets_admin/organization/add/",
        "secrets_admin/organization/1/delete/",
        "secrets_admin/auditrecord/1/delete/",
        "secrets_admin/embedsecret/",
        "secrets_admin/apikey/",
        "secrets_admin/user/",
        "customers/customer/",
        "datasources/datasource/",
        "auth/group/",
        "login/",
        "logout/",
        "password_change/",
        "autocomplete/",
        "r/1/1/",
    ],
)
def test_what_is_not_listed_is_not_there(path: str, operator: User, world: World) -> None:
    for client in (visit(operator), visit(None)):
        assert client.get(f"/operator/{path}").status_code in (404, 302)
    answer = visit(operator).get(f"/operator/{path}")
    assert answer.status_code == 404 or answer.headers["Location"].startswith("/operator/")


def test_the_pages_are_not_there_for_owners_and_ask_nobody_in(pages: list[str], alice: User) -> None:
    for page in pages:
        assert visit(alice).get(page).status_code == 404
        answer = visit(None).get(page)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/accounts/login/?next=/operator/")


def test_somebody_who_is_staff_no_more_is_out_at_once(operator: User) -> None:
    client = visit(operator)
    assert client.get("/operator/").status_code == 200
    User.objects.update(is_staff=False)
    assert client.get("/operator/").status_code == 404
    User.objects.update(is_staff=True, is_active=False)
    assert client.get("/operator/").status_code == 302


def test_a_form_from_elsewhere_changes_nothing(world: World, operator: User) -> None:
    assert switch(visit(operator, csrf=True), world.a.organization, False) == 403
    world.a.organization.refresh_from_db()
    assert world.a.organization.embedding_enabled


def test_no_page_holds_a_secret_or_a_sealed_column(pages: list[str], world: World, operator: User) -> None:
    switch(visit(operator), world.a.organization, False)
    hidden = [
        world.a.secret.value().decode(),
        world.a.secret.value_sealed,
        *(customer.token() for customer in world.a.customers.values()),
        *(customer.token_sealed for customer in world.a.customers.values()),
        *(user.password for user in User.objects.all()),
        "sealed",
    ]
    for page in pages:
        text = visit(operator).get(page).content.decode()
        assert [word for word in hidden if word in text] == [], page
    history = str(list(LogEntry.objects.values()))
    assert "Embedding enabled" in history
    assert [word for word in hidden if word in history] == []


@pytest.mark.parametrize(
    "query",
    [
        "member/?user__password__startswith=argon2",
        "member/?user__password__isnull=False",
        "organization/?workspaces__embed_secrets__value_sealed__startswith=k",
        "organization/?members__user__password__startswith=a",
        "organization/?name__startswith=T",
        "auditrecord/?actor__password__startswith=argon2",
        "organization/?_to_field=embedding_enabled",
    ],
)
def test_a_hidden_column_cannot_be_asked_letter_by_letter(query: str, world: World, operator: User) -> None:
    assert visit(operator).get(f"/operator/secrets_admin/{query}").status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "organization/?q=%00",
        "organization/?q=" + "a" * 3000,
        "organization/?o=99.-1.x",
        "organization/?p=99999999999999999999",
        "organization/?p=-1",
        "organization/?e=1",
        "organization/?embedding_enabled__exact=maybe",
        "auditrecord/?action__exact=%00",
        "organization/99999999999999999999999999/change/",
        "organization/0/change/",
        "organization/a_00/change/",
        "organization/%00/change/",
        "organization/_5F1/history/",
        "auditrecord/nobody/change/",
    ],
)
def test_odd_addresses_are_answered(path: str, world: World, operator: User) -> None:
    assert visit(operator).get(f"/operator/secrets_admin/{path}").status_code in (200, 302, 400, 404)


def test_p_ep_01_no_page_is_framed_stored_or_runs_what_stands_in_it(pages: list[str], operator: User) -> None:
    for page in pages:
        answer = visit(operator).get(page)
        assert answer.status_code == 200, page
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]
        assert "no-store" in answer.headers["Cache-Control"]
        text = answer.content.decode()
        assert all("src=" in tag or 'type="application/json"' in tag for tag in re.findall(r"<script[^>]*>", text)), (
            page
        )
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text) or page.endswith("jsi18n/"), page


def test_the_embed_host_has_no_operators_pages(embed_client: Client, operator: User) -> None:
    embed_client.force_login(operator)
    assert embed_client.get("/operator/").status_code == 404
