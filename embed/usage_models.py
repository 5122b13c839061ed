"""What was shown, minted and logged, by day and one by one. Ids only, so that counts outlive their subjects."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class DayUsage(models.Model):
    """What one dashboard showed one customer on one day (UTC). ``customer_id`` is 0 where no customer is named.

    Embeds are counted from the Embed rows of the day; everything else is added up from the journal.
    """

    organization_id = models.BigIntegerField()
    day = models.DateField()
    dashboard_id = models.BigIntegerField()
    customer_id = models.BigIntegerField(default=0)
    embeds = models.BigIntegerField(default=0)
    panels = models.BigIntegerField(default=0)
    #: Panels that were shown from the cache.
    hits = models.BigIntegerField(default=0)
    #: Queries sent to the owner's database, how long they took together, and the rows that came back.
    queries = models.BigIntegerField(default=0)
    milliseconds = models.BigIntegerField(default=0)
    rows = models.BigIntegerField(default=0)
    exports = models.BigIntegerField(default=0)
    #: What limits turned away: a customer's, the organization's, a data source's, and while a source did not answer.
    limited_customer = models.BigIntegerField(db_default=0)
    limited_organization = models.BigIntegerField(db_default=0)
    limited_source = models.BigIntegerField(db_default=0)
    limited_breaker = models.BigIntegerField(db_default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization_id", "day", "dashboard_id", "customer_id"], name="one_usage_per_day"
            )
        ]


class RolledUp(models.Model):
    """Up to which day the embeds of DayUsage are final; one row."""

    until = models.DateField()


class AccessRecord(models.Model):
    """What was shown to whom, read from which tables under which predicate. Never a value, a row or a token."""

    class Event(models.TextChoices):
        PAGE = "page", "Page"
        PANEL = "panel", "Panel"
        QUERY = "query", "Query"
        EXPORT = "export", "Export"

    organization_id = models.BigIntegerField()
    at = models.DateTimeField()
    event = models.CharField(max_length=8, choices=Event.choices)
    customer_id = models.BigIntegerField(null=True)
    #: As it was called then, since customers may be deleted.
    external_id = models.CharField(max_length=255, blank=True)
    viewer = models.CharField(max_length=255, blank=True)
    dashboard_id = models.BigIntegerField()
    panel = models.CharField(max_length=100, blank=True)
    tables = models.JSONField(default=list)
    #: Keyed digest of the scope's columns and values: equal for equal customers and rules, and says neither.
    predicate = models.CharField(max_length=32, blank=True)
    #: None for a query that failed.
    rows = models.BigIntegerField(null=True)
    digest = models.CharField(max_length=64)
    request = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organization_id", "-at", "-id"], name="access_newest_first"),
            models.Index(fields=["organization_id", "external_id", "-at", "-id"], name="access_of_customer"),
        ]


class LogRetention(models.Model):
    """How many days an organization keeps its access log and mint log; without a row, the default."""

    organization_id = models.BigIntegerField(primary_key=True)
    days = models.PositiveIntegerField()


class MintRecord(models.Model):
    """One token that was made here: with which key, for whom, for which dashboard and how long."""

    organization_id = models.BigIntegerField()
    at = models.DateTimeField()
    key_id = models.CharField(max_length=32)
    external_id = models.CharField(max_length=255)
    dashboard_id = models.BigIntegerField()
    #: Seconds.
    lifetime = models.IntegerField()
    digest = models.CharField(max_length=64)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organization_id", "-at", "-id"], name="mints_newest_first")]


class MintedFor(models.Model):
    """A customer for whom a key made at least one token within an hour: what is usual for the key is counted here."""

    key_id = models.CharField(max_length=32)
    hour = models.DateTimeField()
    external_id = models.CharField(max_length=255)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key_id", "hour", "external_id"], name="one_customer_per_key_and_hour")
        ]


class MintAlert(models.Model):
    """A key made tokens for far more customers within an hour than it usually does."""

    organization_id = models.BigIntegerField()
    key_id = models.CharField(max_length=32)
    hour = models.DateTimeField()
    customers = models.IntegerField()
    usual = models.FloatField()
    created_at = models.DateTimeField(db_default=Now())
    #: When a process began to mail it; another one tries again a while later.
    mailing_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)
    dismissed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["key_id", "hour"], name="one_mint_alert_per_hour")]
        indexes: ClassVar = [models.Index(fields=["organization_id", "dismissed_at"], name="open_mint_alerts")]
