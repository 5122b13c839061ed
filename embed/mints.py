"""The mint log, and the alert when a key makes tokens for far more customers than it usually does.

A stolen key shows itself by whom it makes tokens for. What is usual is a key's average number of different customers
per hour, over the hours of the last week in which it made any.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Count, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse

from embed import bulk
from embed.usage_models import MintAlert, MintedFor, MintRecord
from embedhost.lib import journal
from secrets_admin import audit
from secrets_admin.access import SYSTEM, Actor
from secrets_admin.models import Member, Organization, Role

logger = logging.getLogger(__name__)

#: An alert needs more than this many times the usual customers, and more than FEWEST.
TIMES = 10
FEWEST = 20
_LOOK_BACK = timedelta(days=7)
#: A mail that another process began to send so long ago was not sent.
_MAILING = timedelta(minutes=5)

#: A key and the hour in which it made tokens.
KeyHour = tuple[str, datetime]


@journal.handle("mint")
def take(facts: Sequence[Mapping[str, Any]]) -> None:
    """Keep made tokens as rows and look at the hours of their keys."""
    bulk.insert(MintRecord, [_row(fact) for fact in facts])
    minted_for = {(fact["key"], _hour(_at(fact)), _text(fact["customer"])) for fact in facts}
    # In order, so that two processes never wait for each other's rows.
    rows: list[bulk.Row] = [
        {"key_id": key, "hour": hour, "external_id": name} for key, hour, name in sorted(minted_for)
    ]
    bulk.insert(MintedFor, rows, unless_there=True)
    organizations = {fact["key"]: fact["organization"] for fact in facts}
    for key_id, hour in sorted({(key, hour) for key, hour, _ in minted_for}):
        _look_at(organizations[key_id], (key_id, hour))


def _row(fact: Mapping[str, Any]) -> bulk.Row:
    return {
        "organization_id": fact["organization"],
        "at": _at(fact),
        "key_id": fact["key"],
        "external_id": _text(fact["customer"]),
        "dashboard_id": fact["dashboard"],
        "lifetime": fact["lifetime"],
        "digest": fact["digest"],
    }


def _at(fact: Mapping[str, Any]) -> datetime:
    return datetime.fromtimestamp(fact["at"], UTC)


def _text(text: str) -> str:
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")[:255]


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _look_at(organization_id: int, key_hour: KeyHour) -> None:
    key_id, hour = key_hour
    customers = MintedFor.objects.filter(key_id=key_id, hour=hour).count()
    if customers <= FEWEST:
        return
    usual = usual_customers(key_hour)
    if usual is not None and customers > TIMES * usual:
        _alert(organization_id, key_hour, customers, usual)


def usual_customers(key_hour: KeyHour) -> float | None:
    """Return a key's average number of customers in its active hours of the week before, 0 when it was idle then.

    None for a key that has made nothing before this hour: there is nothing usual about it yet.
    """
    key_id, hour = key_hour
    rows = MintedFor.objects.filter(key_id=key_id, hour__lt=hour, hour__gte=hour - _LOOK_BACK)
    counts = list(rows.values("hour").annotate(number=Count("id")).values_list("number", flat=True))
    if not counts:
        return 0.0 if MintRecord.objects.filter(key_id=key_id, at__lt=hour).exists() else None
    return sum(counts) / len(counts)


def _alert(organization_id: int, key_hour: KeyHour, customers: int, usual: float) -> None:
    key_id, hour = key_hour
    facts = {"organization_id": organization_id, "customers": customers, "usual": usual}
    alert, is_new = MintAlert.objects.get_or_create(key_id=key_id, hour=hour, defaults=facts)
    if not is_new:
        MintAlert.objects.filter(id=alert.id, customers__lt=customers).update(customers=customers)
        return
    organization = Organization.objects.filter(id=organization_id).first()
    if organization is not None:
        said = {"hour": hour.isoformat(), "customers": customers, "usual": round(usual, 2)}
        audit.record(organization, SYSTEM, "secret.unusual_minting", key_id, **said)


def minted(organization_id: int, external_id: str = "") -> QuerySet[MintRecord]:
    """Return an organization's made tokens, newest first; with ``external_id``, one customer's alone."""
    rows = MintRecord.objects.filter(organization_id=organization_id).order_by("-at", "-id")
    return rows.filter(external_id=external_id) if external_id else rows


def open_alerts(organization_id: int) -> QuerySet[MintAlert]:
    """Return the alerts that no owner has put aside, newest first."""
    return MintAlert.objects.filter(organization_id=organization_id, dismissed_at=None).order_by("-hour", "id")


def dismiss(organization: Organization, alert_id: int, *, actor: Actor) -> bool:
    """Put an alert aside for all owners and write who did; tell whether it was open."""
    with transaction.atomic():
        found = open_alerts(organization.id).filter(id=alert_id).first()
        if found is None:
            return False
        MintAlert.objects.filter(id=found.id).update(dismissed_at=datetime.now(UTC))
        audit.record(organization, actor, "secret.alert_dismissed", found.key_id, hour=found.hour.isoformat())
    return True


def mail_alerts(now: datetime | None = None) -> int:
    """Mail new alerts to the owners and return how many were; what cannot be sent now is sent later.

    An alert is marked after its mail was taken, so a process that is killed in between mails it twice, not never.
    """
    now = now or datetime.now(UTC)
    waiting = MintAlert.objects.filter(mailed_at=None).exclude(mailing_at__gt=now - _MAILING)
    return sum(_mail(alert, now) for alert in waiting.order_by("id"))


def _mail(alert: MintAlert, now: datetime) -> bool:
    # Taken in one statement and not in a transaction, which would be held while the mail server takes its time.
    mine = MintAlert.objects.filter(id=alert.id, mailed_at=None, mailing_at=alert.mailing_at)
    if not mine.update(mailing_at=now) or not _send(alert):
        return False
    MintAlert.objects.filter(id=alert.id).update(mailed_at=now)
    return True


def _send(alert: MintAlert) -> bool:
    organization = Organization.objects.filter(id=alert.organization_id).first()
    owners = Member.objects.filter(organization_id=alert.organization_id, role=Role.OWNER)
    addresses = list(owners.order_by("id").values_list("user__email", flat=True))
    if organization is None or not addresses:
        return True
    path = reverse("embedding", kwargs={"organization": organization.slug})
    context = {"alert": alert, "organization": organization, "url": f"{settings.CONSOLE_ORIGIN}{path}"}
    subject = f"{organization.name}: unusual number of customers for the key {alert.key_id}"
    body = render_to_string("embed/mail/unusual_minting.txt", context)
    try:
        send_mail(subject.replace("\n", " "), body, settings.DEFAULT_FROM_EMAIL, addresses)
    except (SMTPException, OSError) as error:
        logger.warning("an alert could not be mailed; it is tried again", extra={"error": type(error).__name__})
        return False
    return True


def prune(now: datetime | None = None) -> int:
    """Delete the hours that are too old to tell what is usual, and return their number of rows."""
    old = (now or datetime.now(UTC)) - _LOOK_BACK - timedelta(days=1)
    return MintedFor.objects.filter(hour__lt=old).delete()[0]
