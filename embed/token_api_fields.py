"""What the REST API takes and answers of embed tokens."""

import re
from types import MappingProxyType
from typing import Any, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from customers.api_fields import ExternalId
from dashboards.api_fields import EmbedId
from dashboards.grants import RIGHTS
from dashboards.locale_fields import Language, TimeZone
from dashboards.value_fields import VariableValues
from embedhost.lib.api.fields import Fields, OneOf, Text, Whole
from tokens.times import LONGEST_LIFETIME

#: The formats whose tokens name both their dashboard, by embed id, and their customer, and stand in an address.
MADE_FORMATS: Final = ("explo_jwe", "papermap_hmac")
#: Of anything that is pasted; no token is near it.
MOST_CHARACTERS: Final = 16_000
_DIGEST: Final = re.compile("[0-9a-f]{64}")


class Order(Fields):
    """What a token shall open."""

    dashboard = EmbedId()
    customer = ExternalId(help_text="External id of the customer whose rows are shown.")
    viewer = ExternalId(required=False, help_text="Your own id of the person who looks, for the log and to revoke.")
    variables = VariableValues(required=False, help_text="Values of the dashboard's variables by name.")
    rights = serializers.ListField(
        child=OneOf(choices=sorted(RIGHTS)),
        required=False,
        help_text="What the viewer may do besides looking. Missing: what the dashboard allows.",
    )
    expires_in = Whole(
        required=False,
        min_value=1,
        max_value=LONGEST_LIFETIME,
        help_text="Seconds; at most what the workspace allows. Missing: an hour, or less when the workspace says so.",
    )
    format = OneOf(
        required=False,
        default=MADE_FORMATS[0],
        choices=MADE_FORMATS,
        help_text="Papermap's tokens carry neither viewer, variables nor rights, locale, time zone and origin.",
    )
    locale = Language(required=False)
    time_zone = TimeZone(required=False)
    origin = Text(
        max_length=255,
        required=False,
        help_text="The one site that may show the page, of those that the workspace allows.",
    )


class Made(Fields):
    """A token and what to put into your page: the address, or for the usual format the element."""

    token = serializers.CharField()
    expires_at = serializers.DateTimeField()
    iframe_url = serializers.CharField(help_text="Address of the page, for the src of an iframe.")
    web_component = serializers.CharField(allow_null=True, help_text="HTML of the element; only for explo_jwe.")
    characters_left = serializers.IntegerField(help_text="So many more the address may have.")


class Pasted(Fields):
    """A token, bare or in its address."""

    token = Text(max_length=MOST_CHARACTERS)
    site = Text(max_length=255, required=False, help_text="Origin of the page around it, to try it with that.")


class Looked(Fields):
    """What the doors say of a token. Nothing is counted by looking."""

    opens = serializers.BooleanField()
    reason = serializers.CharField(allow_null=True, help_text="Why it does not open (docs/refusals.md).")
    stage = serializers.CharField(allow_null=True, help_text="The check that it did not pass.")
    problem = serializers.CharField(allow_null=True, help_text="The same as a sentence.")
    hints = serializers.ListField(child=serializers.CharField(), help_text="What to look at, most telling first.")
    format = serializers.CharField(allow_null=True)
    key_id = serializers.CharField(allow_null=True, help_text="The embed secret that made it.")
    digest = serializers.CharField(allow_null=True, help_text="Names the token in the access log.")
    dashboard = serializers.CharField(allow_null=True)
    customer = serializers.CharField(allow_null=True)
    viewer = serializers.CharField(allow_null=True)
    variables = serializers.ListField(child=serializers.CharField(), help_text="Names of those that it sets.")
    rights = serializers.ListField(child=serializers.CharField(), allow_null=True)
    issued_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)


@extend_schema_field({"type": "string", "pattern": f"^{_DIGEST.pattern}$"})
class Digest(Text):
    """What names a token in the logs."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not _DIGEST.fullmatch(text):
            raise serializers.ValidationError("A digest has 64 hexadecimal digits in small letters.")
        return text


class Revocation(Fields):
    """Exactly one of token, digest and viewer."""

    exactly_one = ("token", "digest", "viewer")
    needs = MappingProxyType({"customer": "viewer"})

    token = Text(max_length=MOST_CHARACTERS, required=False, help_text="Bare or in its address; a customer's own, too.")
    digest = Digest(required=False, help_text="As the access log has it.")
    viewer = ExternalId(required=False, help_text="Every token of this viewer that was made before now.")
    customer = ExternalId(required=False, help_text="With viewer: only those of this customer.")


class Ended(Fields):
    """What ends within a second."""

    revoked = serializers.ChoiceField(choices=("token", "customer_token", "digest", "viewer"))
    customer = serializers.CharField(allow_null=True, help_text="Whose token it was, where that is known.")
    refused_until = serializers.DateTimeField(
        allow_null=True, help_text="For a viewer: until then, tokens without `iat` are refused as well."
    )
