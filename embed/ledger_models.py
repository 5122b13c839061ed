"""The refusal ledger's rows: the newest refusals in detail, all of them as counts. No token is ever stored."""

from typing import ClassVar, Final

from django.db import models

#: Stands for "no organization": nothing in the request says whose token it was meant to be.
NOBODY: Final = 0


class Refusal(models.Model):
    """One refused token; while ``verified`` is false its organization, key and customer are only claimed.

    ``host`` is the origin of the page around ours, when the browser said it. ``digest`` is the SHA-256 of the token.
    """

    organization_id = models.BigIntegerField(default=NOBODY)
    verified = models.BooleanField(default=False)
    reference = models.CharField(max_length=16, db_index=True)
    at = models.DateTimeField(db_index=True)
    reason = models.CharField(max_length=32)
    claim = models.CharField(max_length=64, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    key_id = models.CharField(max_length=64, blank=True)
    door = models.CharField(max_length=40)
    format = models.CharField(max_length=32)
    host = models.CharField(max_length=255, blank=True)
    customer = models.CharField(max_length=255, blank=True)
    digest = models.CharField(max_length=64, blank=True, db_index=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organization_id", "verified", "-id"], name="refusals_newest_first")]


class RefusalCount(models.Model):
    """How often tokens were refused in one hour (UTC), by reason, customer and host; both empty: any other."""

    organization_id = models.BigIntegerField(default=NOBODY)
    hour = models.DateTimeField(db_index=True)
    verified = models.BooleanField(default=False)
    reason = models.CharField(max_length=32)
    customer = models.CharField(max_length=255, blank=True)
    host = models.CharField(max_length=255, blank=True)
    number = models.BigIntegerField(default=0)
    #: How many of them came without customer, host and detail, since more came than may wait for the database.
    left_out = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization_id", "hour", "verified", "reason", "customer", "host"],
                name="one_refusal_count_an_hour",
            )
        ]
