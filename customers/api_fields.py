"""What the REST API takes and answers of customers."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from customers.bulk import MOST_ITEMS, RESULTS
from customers.models import Customer
from customers.properties import CHANGES_SCHEMA, PROPERTIES_SCHEMA
from customers.services import NAME_SCHEMA
from embedhost.lib.api.endpoint import items_of
from embedhost.lib.api.fields import Fields, Flag, Object, Text
from embedhost.lib.api.pages import PageQuery
from secrets_admin.api_keys import ApiKeyFacts
from tokens.identifiers import IDENTIFIER_PATTERN, LONGEST_IDENTIFIER, check_identifier

_PROPERTIES = "Texts, whole numbers or lists of them, for table rules and panels."


@extend_schema_field({"type": "string", "minLength": 1, "maxLength": LONGEST_IDENTIFIER, "pattern": IDENTIFIER_PATTERN})
class ExternalId(Text):
    """A customer's id, exactly as it is (threats.md D6)."""

    def __init__(self, **named: Any) -> None:
        super().__init__(min_length=1, max_length=255, **named)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        problem = check_identifier(text)
        if problem:
            raise serializers.ValidationError(f"This cannot be an external id. {problem}")
        return text


@extend_schema_field(NAME_SCHEMA)
class Name(Text):
    """What people read of a customer."""

    def __init__(self, **named: Any) -> None:
        super().__init__(max_length=255, **named)


@extend_schema_field(PROPERTIES_SCHEMA)
class Properties(Object):
    """A customer's properties."""


@extend_schema_field(CHANGES_SCHEMA)
class PropertyChanges(Object):
    """Those of a customer's properties that shall change."""


class NewCustomer(Fields):
    """A customer to get, or to make when there is none with this id."""

    external_id = ExternalId(help_text="Your own id of the customer.")
    name = Name(required=False, help_text="What people read. Missing: the external id.")
    properties = Properties(required=False, help_text=_PROPERTIES)
    parent = ExternalId(required=False, allow_null=True, help_text="External id of the customer above it.")  # type: ignore[assignment]  # a member, which DRF takes off the class


class CustomerState(Fields):
    """Everything of a customer that can be set; what is missing is reset."""

    name = Name(required=False, help_text="Missing: the external id.")
    properties = Properties(required=False, help_text=f"{_PROPERTIES} Missing: none.")
    parent = ExternalId(required=False, allow_null=True, help_text="Missing or null: none.")  # type: ignore[assignment]  # a member, which DRF takes off the class


class CustomerChange(Fields):
    """Those members that shall change (RFC 7396)."""

    name = Name(required=False)
    properties = PropertyChanges(required=False, help_text="By name; null removes one, the others stay.")
    parent = ExternalId(required=False, allow_null=True, help_text="null: none.")  # type: ignore[assignment]  # a member, which DRF takes off the class


class Shown(Fields):
    """A customer as answers show it."""

    external_id = serializers.CharField()
    name = serializers.CharField()
    properties = serializers.DictField()
    parent = serializers.CharField(  # type: ignore[assignment]  # a member, which DRF takes off the class
        required=False,
        allow_null=True,
        help_text="External id of the customer above it; absent when the key is not for that one.",
    )
    created_at = serializers.DateTimeField()
    token = serializers.CharField(
        required=False,
        help_text="Opens the customer's pages by itself and does not end. Only for keys with the scope "
        "`customer_tokens`, and only where a call says so.",
    )


class ListQuery(PageQuery):
    """Which customers."""

    search = Text(required=False, max_length=255, help_text="A part of the name or of the external id.")
    parent = ExternalId(required=False, help_text="Those directly below this customer.")  # type: ignore[assignment]  # a member, which DRF takes off the class


class Named(Fields):
    """The customer's external id, where it cannot stand in the path; the path then has ``-`` in its place."""

    external_id = Text(required=False, max_length=255, help_text="The external id, with `-` in the path.")


class Rotation(Fields):
    """How a token is rotated."""

    revoke_jwts = Flag(
        required=False, default=False, help_text="End the signed and encrypted tokens that name the customer, too."
    )


class Revoked(Fields):
    """What a revocation did."""

    revoked_at = serializers.DateTimeField(help_text="Tokens that were made before this are refused.")
    refused_until = serializers.DateTimeField(help_text="Until then, tokens without `iat` are refused as well.")


class Route(Fields):
    """The data source that all of a customer's panels ask; null: those that the panels name."""

    source = Text(allow_null=True, max_length=63, help_text="Name of a data source of the workspace.")  # type: ignore[assignment]  # a member, which DRF takes off the class


class BulkItem(Fields):
    """A customer to make, or to change: what is not given stays as it is."""

    external_id = ExternalId()
    name = Name(required=False)
    properties = Properties(required=False, help_text=f"{_PROPERTIES} They replace all that are there.")


class Bulk(Fields):
    """Up to 10,000 customers; each is checked by itself."""

    customers = serializers.ListField(
        child=serializers.DictField(),
        max_length=MOST_ITEMS,
        help_text="Each has `external_id`, and `name` and `properties` where they shall be set; these replace all.",
    )


class BulkResult(Fields):
    """What became of one customer of the call, in the call's order."""

    external_id = serializers.CharField(allow_null=True, help_text="As it was sent; null when it was no text.")
    result = serializers.ChoiceField(choices=RESULTS)
    token = serializers.CharField(required=False, help_text="Only for keys with the scope `customer_tokens`.")
    code = serializers.CharField(required=False, help_text="Why it was refused, for programs.")
    errors = serializers.ListField(  # type: ignore[assignment]  # a member, which DRF takes off the class
        child=serializers.DictField(), required=False, help_text="Which members were refused, and why."
    )


class BulkResults(Fields):
    """How many became what, and each by itself."""

    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    refused = serializers.IntegerField()
    customers = BulkResult(many=True)


CustomerPage = items_of(Shown, "CustomerPage")


def shown(customer: Customer, key: ApiKeyFacts, *, token: str | None = None) -> dict[str, Any]:
    """Return a customer as answers to this key show it; ``token`` when it belongs into the answer."""
    parent = customer.living_parent
    said = {
        "external_id": customer.external_id,
        "name": customer.name,
        "properties": customer.properties,
        "created_at": customer.created_at,
    }
    if parent is None or key.may_act_for(parent.external_id):
        said["parent"] = None if parent is None else parent.external_id
    return said if token is None else {**said, "token": token}
