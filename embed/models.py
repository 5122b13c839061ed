"""What was embedded, and how far the journal was taken; usage and the ledger have files of their own."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from embed import ledger_models, usage_models  # noqa: F401 -- Django finds its models through here


class Embed(models.Model):
    """One embed, by the unique digest of its token. Ids only, so that counts outlive their subjects."""

    digest = models.CharField(max_length=64, unique=True)
    organization_id = models.BigIntegerField()
    dashboard_id = models.BigIntegerField()
    customer_id = models.BigIntegerField(null=True)
    key_id = models.CharField(max_length=32)
    first_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["dashboard_id", "first_at"], name="embeds_of_dashboard"),
            models.Index(fields=["key_id", "first_at"], name="embeds_of_key"),
            models.Index(fields=["first_at"], name="embeds_by_time"),
        ]


class JournalPosition(models.Model):
    """Up to where a journal file was taken; saved with what its lines did (embedhost/lib/journal.py)."""

    name = models.CharField(primary_key=True, max_length=80)
    offset = models.BigIntegerField(default=0)
