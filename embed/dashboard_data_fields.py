"""What the REST API takes and answers of a dashboard's rows."""

from rest_framework import serializers

from customers.api_fields import ExternalId
from dashboards.locale_fields import TimeZone
from dashboards.value_fields import VariableValues
from embed.freshness import HIT, MISS, STALE
from embedhost.lib.api.fields import Fields, Text, Texts

#: Panels that one call may name; without names it is all of a dashboard.
MOST_PANELS = 60


class DataOrder(Fields):
    """Whose rows of which panels."""

    customer = ExternalId(help_text="External id of the customer whose rows are wanted.")
    panels = Texts(required=False, max_length=MOST_PANELS, help_text="Ids of panels. Missing: all that have a query.")
    variables = VariableValues(required=False, help_text="Values by name, as a token sets them: locked ones too.")
    environment = Text(required=False, max_length=32, help_text="Missing: the latest version.")
    viewer = ExternalId(required=False, help_text="Your own id of the person who looks, for the log and to revoke.")
    time_zone = TimeZone(required=False, help_text="IANA name, such as Europe/Berlin. Missing: UTC.")


class DataColumn(Fields):
    """A column of a result."""

    name = serializers.CharField(allow_blank=True)
    type = serializers.CharField(help_text="text, number, boolean, date, datetime or time.")


class DataError(Fields):
    """Why a panel has no rows, as a call for it alone would be refused."""

    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    reference = serializers.CharField()
    retry_after = serializers.IntegerField(allow_null=True, help_text="Seconds after which to try again.")


class PanelData(Fields):
    """A panel's rows, or why there are none (yet)."""

    panel = serializers.CharField()
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=("ready", "pending", "failed"))
    cache = serializers.ChoiceField(
        choices=(HIT, STALE, MISS), allow_null=True, help_text="stale: older than the cache time, and on its way anew."
    )
    as_of = serializers.DateTimeField(allow_null=True, help_text="When it was read at the source.")
    columns = DataColumn(many=True, allow_null=True)
    rows = serializers.ListField(child=serializers.ListField(), allow_null=True, help_text="Values by column.")
    truncated = serializers.BooleanField(allow_null=True, help_text="Whether the query has more rows than are kept.")
    error = DataError(allow_null=True)


class DashboardData(Fields):
    """The panels that were asked for, in that order."""

    panels = PanelData(many=True)
