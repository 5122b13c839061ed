"""The rooms in which people revoke: one token, a viewer, a customer, a dashboard, and customers' own tokens."""

import time
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from customers.models import Customer
from embed.access_log import records
from embed.models import Embed
from embedhost.lib import journal
from secrets_admin import revocation
from secrets_admin.models import AuditRecord, Revocation, User
from tests.console.cast import EMBEDDING, audited, text_of, visit
from tests.world import World, encrypt

pytestmark = pytest.mark.django_db
ORIGIN = "https://embeds.example.com"


def opens(client: Client, token: str) -> int:
    return client.get(f"/iframe/{token}").status_code


def paste(user: User, text: str) -> str:
    """Revoke what somebody pastes and return what the next page says."""
    client = visit(user)
    answer = client.post(f"{EMBEDDING}revoke/token/", {"token": text})
    if answer.status_code == 302:
        assert answer.headers["Location"] == f"{EMBEDDING}#revoked"
        return text_of(client.get(EMBEDDING))
    assert answer.status_code == 400
    return text_of(answer)


@pytest.mark.parametrize(
    "pasted",
    [
        "{token}",
        " {token}\r\n",
        "Authorization: Bearer {token}",
        "https://embeds.example.com/iframe/{token}",
        "https://embeds.example.com/iframe/{token}/prod?x=1",
        "https://embeds.example.com/d/tradewind/sales/?embed_token={token}",
    ],
)
def test_a_pasted_token_ends_and_its_twin_goes_on(pasted: str, world: World, alice: User, embed_client: Client) -> None:
    token, twin = world.a.token(), world.a.token()
    assert opens(embed_client, token) == 200
    assert "The token is refused from now on." in paste(alice, pasted.format(token=token))
    assert [opens(embed_client, token), opens(embed_client, twin)] == [401, 200]
    row = Revocation.objects.get()
    assert (row.kind, row.lasts, audited("token.revoked")[0].subject) == ("token", False, row.subject)


def test_a_digest_ends_its_token(world: World, alice: User, embed_client: Client) -> None:
    token = world.a.token()
    opens(embed_client, token)
    digest = Embed.objects.get().digest
    assert "The token with this digest is refused" in paste(alice, digest)
    assert opens(embed_client, token) == 401
    assert digest in visit(alice).get(EMBEDDING).content.decode()
    assert not Revocation.objects.get().lasts


def test_the_digest_of_a_customer_s_own_token_is_kept_since_that_does_not_end(
    world: World, alice: User, embed_client: Client
) -> None:
    address = f"/iframe/{world.a.dashboards['sales'].embed_id}/{world.a.customers['acme'].token()}"
    assert embed_client.get(address).status_code == 200
    journal.drain()
    paste(alice, records(world.a.organization.id).filter(event="page").get().digest)
    assert embed_client.get(address).status_code == 401
    Revocation.objects.update(at=timezone.now() - timedelta(hours=26))
    assert revocation.prune() == 0
    assert embed_client.get(address).status_code == 401


@pytest.mark.parametrize("shape", ["{token}", "{embed}:{token}", "https://e.example.com/iframe/{embed}/{token}/prod"])
def test_a_pasted_customer_token_is_replaced(shape: str, world: World, alice: User, embed_client: Client) -> None:
    acme = world.a.customers["acme"]
    old, embed = acme.token(), str(world.a.dashboards["sales"].embed_id)
    assert embed_client.get(f"/iframe/{embed}/{old}").status_code == 200
    assert "This was the token of Acme." in paste(alice, shape.format(token=old, embed=embed))
    new = Customer.objects.get(id=acme.id).token()
    assert embed_client.get(f"/iframe/{embed}/{old}").status_code == 401
    assert embed_client.get(f"/iframe/{embed}/{new}").status_code == 200
    assert not Revocation.objects.exists()


def test_nothing_foreign_dead_or_odd_is_revoked_and_nothing_is_repeated(world: World, alice: User) -> None:
    foreign = world.b.token("acme")
    odd = [
        foreign,
        f"{ORIGIN}/iframe/{foreign}",
        "undefined",
        "0" * 63,
        "https://[bad",
        "\x00",
        "🔑" * 40,
        encrypt({**world.a.claims(), "exp": time.time() - 90, "iat": time.time() - 100}, world.a.secret),
    ]
    for text in odd:
        told = paste(alice, text)
        assert "no token of this workspace" in told or "Null characters" in told, text
        assert foreign not in told
    of_charlie = world.b.customers["acme"]
    assert "The token with this digest is refused" in paste(alice, of_charlie.token())
    assert not Revocation.objects.exists()
    assert Customer.objects.get(id=of_charlie.id).token_hash == of_charlie.token_hash
    assert not AuditRecord.objects.filter(action__startswith="customer.token_refreshed").exists()


def test_a_refused_paste_does_not_come_back_in_the_answer(world: World, alice: User) -> None:
    foreign = world.b.token("acme")
    answer = visit(alice).post(f"{EMBEDDING}revoke/token/", {"token": foreign})
    assert answer.status_code == 400
    assert foreign not in answer.content.decode()


def test_a_viewer_is_revoked_and_the_page_says_until_when(world: World, alice: User, embed_client: Client) -> None:
    made = {"iat": time.time() - 60}
    old = encrypt({**world.a.claims(), **made, "vwr": "ann"}, world.a.secret)
    of_globex = encrypt({**world.a.claims("globex"), **made, "vwr": "ann"}, world.a.secret)
    client = visit(alice)
    answer = client.post(f"{EMBEDDING}revoke/viewer/", {"viewer": "ann", "customer": "acme"})
    assert answer.headers["Location"] == f"{EMBEDDING}#revoked"
    assert [opens(embed_client, old), opens(embed_client, of_globex)] == [401, 200]
    told = text_of(client.get(EMBEDDING))
    assert "Tokens without iat may be refused until" in told
    assert "Viewer ann" in told
    assert audited("viewer.revoked")[0].detail == {"customer": "acme"}


@pytest.mark.parametrize("viewer", ["", " ann", "ann\x07", "a" * 256])
def test_an_id_that_nobody_can_have_is_refused(viewer: str, world: World, alice: User) -> None:
    assert visit(alice).post(f"{EMBEDDING}revoke/viewer/", {"viewer": viewer}).status_code == 400
    assert not Revocation.objects.exists()


def test_a_dashboards_tokens_are_revoked(world: World, alice: User, embed_client: Client) -> None:
    acme, sales, ops = world.a.customers["acme"], world.a.dashboards["sales"], world.a.dashboards["ops"]
    signed = {slug: world.a.token("acme", slug, iat=time.time() - 60) for slug in ("sales", "ops")}
    Customer.objects.update(token_made_at="2026-01-01T00:00:00Z")
    address = f"/o/tradewind/dashboards/{sales.id}/"
    assert "Revoke every token of “Sales”?" in text_of(visit(alice).get(f"{address}revoke/ask/"))
    answer = visit(alice).post(f"{address}revoke/")
    assert answer.headers["Location"] == f"{address}embed/"
    assert [opens(embed_client, signed[slug]) for slug in ("sales", "ops")] == [401, 200]
    own = [embed_client.get(f"/iframe/{row.embed_id}/{acme.token()}").status_code for row in (sales, ops)]
    assert own == [401, 200]
    assert audited("dashboard.revoked")[0].actor_email == alice.email


def test_a_customers_tokens_are_revoked_and_its_room_says_until_when(
    world: World, alice: User, embed_client: Client
) -> None:
    acme = world.a.customers["acme"]
    old, address = world.a.token(iat=time.time() - 60), f"/o/tradewind/customers/{acme.uid}/"
    assert "Revoke all tokens of “Acme”?" in text_of(visit(alice).get(f"{address}revoke/ask/"))
    assert visit(alice).post(f"{address}revoke/").headers["Location"] == address
    assert opens(embed_client, old) == 401
    assert "Tokens without iat may be refused until" in text_of(visit(alice).get(address))
    Customer.objects.filter(id=acme.id).update(revoked_at="2026-01-01T00:00:00Z")
    assert "Tokens without iat" not in text_of(visit(alice).get(address))


@pytest.mark.parametrize(("ticked", "status"), [({}, 200), ({"revoke_jwts": "on"}, 401)])
def test_d3_a_refresh_ends_signed_tokens_when_the_box_is_ticked(
    ticked: dict[str, str], status: int, world: World, alice: User, embed_client: Client
) -> None:
    token, acme = world.a.token(iat=time.time() - 60), world.a.customers["acme"]
    visit(alice).post(f"/o/tradewind/customers/{acme.uid}/refresh/", ticked)
    assert opens(embed_client, token) == status


def test_an_owner_refuses_customer_tokens_and_accepts_them_again(
    world: World, alice: User, embed_client: Client
) -> None:
    token, embed = world.a.customers["acme"].token(), world.a.dashboards["sales"].embed_id

    def status() -> tuple[int, int]:
        call = embed_client.get(
            "/data/customer_token/panels/total", headers={"Authorization": f"Bearer {embed}:{token}"}
        )
        return embed_client.get(f"/iframe/{embed}/{token}").status_code, call.status_code

    assert status() == (200, 200)
    visit(alice).post(f"{EMBEDDING}customer-tokens/", {})
    assert status() == (401, 401)
    assert opens(embed_client, world.a.token()) == 200
    assert "checked" not in visit(alice).get(EMBEDDING).content.decode().split('name="allowed"')[1][:12]
    visit(alice).post(f"{EMBEDDING}customer-tokens/", {"allowed": "on"})
    assert status() == (200, 200)
    assert [
        record.action for record in AuditRecord.objects.filter(action__startswith="customer_tokens").order_by("id")
    ] == [
        "customer_tokens.refused",
        "customer_tokens.allowed",
    ]


def test_who_only_looks_sees_nothing_to_revoke(world: World, bob: User) -> None:
    told = text_of(visit(bob).get(EMBEDDING))
    assert "Revoked tokens" not in told
    assert "Accept customer tokens" in told
