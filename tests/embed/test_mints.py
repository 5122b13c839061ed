"""The mint log: every token that is made here, and an alert when a key makes them for far more customers than usual."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from pytest_django import Settings

from dashboards.mint_log import log_mint
from dashboards.minting import TokenOrder, mint_token
from embed import mints
from embed.mints import dismiss, mail_alerts, open_alerts
from embed.models import Embed
from embed.usage_models import MintAlert, MintedFor, MintRecord
from embedhost.lib import journal
from secrets_admin.access import SYSTEM
from secrets_admin.models import AuditRecord, Organization, User
from secrets_admin.services import preview_secret
from tests.embed.smtp import MailServer, serving_mail
from tests.embed.surfaces import page
from tests.world import World

pytestmark = pytest.mark.django_db
HOUR = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def mail_server(settings: Settings) -> Iterator[MailServer]:
    with serving_mail() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


def mint(organization: Organization, hour: datetime, customers: int, *, key: str = "es_key") -> None:
    """Make a token for each of so many customers within an hour, as the log has it."""
    for number in range(customers):
        at = (hour + timedelta(seconds=number)).timestamp()
        names = {"organization": organization.id, "key": key, "customer": f"customer-{number}"}
        journal.write("mint", at=at, dashboard=1, lifetime=60, digest="d", **names)
    journal.drain()


def test_each_token_is_a_row_with_the_digest_under_which_it_is_counted(world: World, embed_client: Client) -> None:
    before = time.time()
    token = mint_token(world.a.secret, world.a.dashboards["sales"], TokenOrder("acme", lifetime=600))
    page(embed_client, token)
    journal.drain()
    row = MintRecord.objects.get()
    assert (row.organization_id, row.key_id) == (world.a.organization.id, world.a.secret.key_id)
    assert (row.external_id, row.lifetime) == ("acme", 600)
    assert row.dashboard_id == world.a.dashboards["sales"].id
    assert row.digest == Embed.objects.get().digest
    assert before - 2 < row.at.timestamp() < time.time() + 2
    assert token not in str(vars(row))


def test_previews_are_not_logged(world: World) -> None:
    mint_token(preview_secret(world.a.workspace), world.a.dashboards["sales"], TokenOrder("acme"))
    assert journal.drain() == 0


def test_a_token_that_cannot_be_logged_is_not_given_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "MAX_LINE", 10)
    with pytest.raises(Exception, match="not available"):
        mint_token(world.a.secret, world.a.dashboards["sales"], TokenOrder("acme"))


def test_the_service_takes_what_an_api_knows(tradewind: Organization) -> None:
    log_mint(organization_id=tradewind.id, key_id="es_1", customer="acme", dashboard_id=7, lifetime=60, digest="a" * 64)
    journal.drain()
    assert MintRecord.objects.filter(organization_id=tradewind.id, key_id="es_1", external_id="acme").count() == 1


def test_more_than_ten_times_the_usual_customers_is_an_alert_and_ten_times_is_not(tradewind: Organization) -> None:
    for hours, customers in ((5, 2), (4, 4), (2, 3)):
        mint(tradewind, HOUR - timedelta(hours=hours), customers)
    mint(tradewind, HOUR, 30)
    assert not MintAlert.objects.exists()
    mint(tradewind, HOUR, 31)
    alert = MintAlert.objects.get()
    assert (alert.key_id, alert.hour, alert.customers, alert.usual) == ("es_key", HOUR, 31, 3.0)
    assert AuditRecord.objects.get(action="secret.unusual_minting").subject == "es_key"


def test_one_hour_is_one_alert_that_follows_its_number(tradewind: Organization) -> None:
    mint(tradewind, HOUR - timedelta(hours=1), 1)
    for customers in (25, 40, 33):
        mint(tradewind, HOUR, customers)
    assert [alert.customers for alert in MintAlert.objects.all()] == [40]
    assert AuditRecord.objects.filter(action="secret.unusual_minting").count() == 1


def test_a_key_that_was_idle_for_a_week_and_makes_many_is_an_alert(tradewind: Organization) -> None:
    mint(tradewind, HOUR - timedelta(days=9), 1, key="es_old")
    mint(tradewind, HOUR, mints.FEWEST + 1, key="es_old")
    assert MintAlert.objects.get().usual == 0


def test_few_customers_and_new_keys_alert_nobody(tradewind: Organization) -> None:
    mint(tradewind, HOUR, 200, key="es_new")
    mint(tradewind, HOUR - timedelta(hours=1), 1)
    mint(tradewind, HOUR, mints.FEWEST)
    assert not MintAlert.objects.exists()


def test_many_tokens_for_the_same_customers_are_usual(tradewind: Organization) -> None:
    mint(tradewind, HOUR - timedelta(hours=1), 3)
    for _ in range(20):
        mint(tradewind, HOUR, 3)
    assert MintedFor.objects.filter(hour=HOUR).count() == 3
    assert not MintAlert.objects.exists()


@pytest.fixture
def alert(tradewind: Organization, alice: User, bob: User, charlie: User) -> MintAlert:
    mint(tradewind, HOUR - timedelta(hours=1), 2)
    mint(tradewind, HOUR, 25)
    return MintAlert.objects.get()


def test_owners_get_one_mail(alert: MintAlert, mail_server: MailServer) -> None:
    assert (mail_alerts(), mail_alerts()) == (1, 0)
    ((recipients, mail),) = mail_server.mails
    assert recipients == ["alice@tradewind.example"]
    assert "es_key" in mail["Subject"]
    body = mail.get_content()
    assert "25 different customers in the hour from 10 March 2026, 12:00 UTC" in body
    assert "Usually it is 2 an hour" in body
    assert "/o/tradewind/settings/embedding/" in body


def test_a_mail_server_that_refuses_or_is_away_is_asked_again(alert: MintAlert, mail_server: MailServer) -> None:
    now = datetime.now(UTC)
    mail_server.refusing = True
    assert mail_alerts(now) == 0
    mail_server.refusing = False
    assert mail_alerts(now + timedelta(minutes=1)) == 0, "another process may be sending it"
    assert mail_alerts(now + timedelta(minutes=6)) == 1
    assert len(mail_server.mails) == 1


def test_a_mail_server_that_is_gone_stops_nothing(alert: MintAlert, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert mail_alerts() == 0
    assert MintAlert.objects.get().mailed_at is None


def test_an_alert_is_put_aside_once_and_by_its_organization(
    alert: MintAlert, tradewind: Organization, northwind: Organization
) -> None:
    assert not dismiss(northwind, alert.id, actor=SYSTEM)
    assert list(open_alerts(tradewind.id)) == [alert]
    assert dismiss(tradewind, alert.id, actor=SYSTEM)
    assert not dismiss(tradewind, alert.id, actor=SYSTEM)
    assert not open_alerts(tradewind.id).exists()
    assert AuditRecord.objects.filter(action="secret.alert_dismissed").count() == 1


def test_hours_that_say_nothing_any_more_are_deleted(tradewind: Organization) -> None:
    for days in (1, 7, 9):
        mint(tradewind, HOUR - timedelta(days=days), 2)
    assert mints.prune(HOUR) == 2
    assert MintedFor.objects.count() == 4
