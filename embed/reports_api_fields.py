"""What the REST API takes and answers of usage, the access log and refusals."""

import re
from datetime import date
from typing import Any, Final

from rest_framework import serializers

from customers.api_fields import ExternalId
from dashboards.api_fields import EmbedId
from embed.usage_models import AccessRecord
from embedhost.lib.api.endpoint import items_of
from embedhost.lib.api.fields import Fields, OneOf
from embedhost.lib.api.pages import Limit, LogQuery, Number
from embedhost.lib.api.tables import AsTable

GROUPS: Final = ("day", "dashboard", "customer")
_CUSTOMER: Final = "External id; only what concerns this customer."


class Day(serializers.DateField):
    """A day as YYYY-MM-DD, in no other of ISO 8601's spellings."""

    def to_internal_value(self, data: Any) -> date:
        if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", data):
            self.fail("invalid", format="YYYY-MM-DD")
        return super().to_internal_value(data)


class UsageQuery(AsTable):
    """Of which days, of what, and how it is put together."""

    since = Day(required=False, help_text="First day (UTC). Missing: 29 days before the last.")
    until = Day(required=False, help_text="Last day (UTC). Missing: today.")
    by = OneOf(required=False, default="day", choices=GROUPS, help_text="One item for each.")
    dashboard = EmbedId(required=False, help_text="Embed id; only this dashboard.")
    customer = ExternalId(required=False, help_text=_CUSTOMER)
    limit = Limit()
    after = Number(required=False, help_text="`next` of the page before.")


class UsageItem(Fields):
    """What was shown; of day, dashboard and customer that one is there by which it is put together."""

    day = serializers.DateField(allow_null=True)
    dashboard = serializers.CharField(allow_null=True, help_text="Embed id; null for one that is gone.")
    customer = serializers.CharField(allow_null=True, help_text="External id; null where no customer is named.")
    embeds = serializers.IntegerField(help_text="Pages opened by new tokens.")
    panels = serializers.IntegerField()
    panels_from_cache = serializers.IntegerField()
    queries = serializers.IntegerField(help_text="Sent to your database.")
    seconds = serializers.FloatField(help_text="How long they took together.")
    rows = serializers.IntegerField(help_text="That came back.")
    exports = serializers.IntegerField()


class AccessQuery(LogQuery, AsTable):
    """Which lines of the access log."""

    customer = ExternalId(required=False, help_text=_CUSTOMER)
    event = OneOf(required=False, choices=AccessRecord.Event.values)


class AccessItem(Fields):
    """What was shown to whom."""

    at = serializers.DateTimeField()
    event = serializers.ChoiceField(choices=AccessRecord.Event.values)
    customer = serializers.CharField(allow_null=True, help_text="External id, as it was then.")
    viewer = serializers.CharField(allow_null=True)
    dashboard = serializers.CharField(allow_null=True, help_text="Embed id; null for one that is gone.")
    panel = serializers.CharField(allow_null=True)
    tables = serializers.ListField(child=serializers.CharField())
    predicate_digest = serializers.CharField(
        allow_null=True, help_text="Equal for equal customers and rules, and says neither."
    )
    rows = serializers.IntegerField(allow_null=True, help_text="null for a query that failed.")
    token_digest = serializers.CharField()
    request_id = serializers.CharField(allow_null=True)


class RefusalsQuery(LogQuery, AsTable):
    """Which refusals."""

    customer = ExternalId(required=False, help_text=_CUSTOMER)


class RefusalItem(Fields):
    """A token of the workspace that was refused, and why."""

    at = serializers.DateTimeField()
    reference = serializers.CharField(help_text="What the viewer saw.")
    reason = serializers.CharField()
    claim = serializers.CharField(allow_null=True)
    problem = serializers.CharField(allow_null=True)
    key_id = serializers.CharField(allow_null=True)
    format = serializers.CharField()
    site = serializers.CharField(allow_null=True, help_text="Origin of the page around it.")
    customer = serializers.CharField(allow_null=True)


UsagePage = items_of(UsageItem, "UsagePage")
AccessPage = items_of(AccessItem, "AccessPage")
RefusalsPage = items_of(RefusalItem, "RefusalsPage")
