"""The forms of customers."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from customers.errors import CustomerRefused
from customers.properties import check_properties
from tokens.identifiers import check_identifier
from tokens.strict_json import read_object

_LONGEST_PROPERTIES = 20_000


class CustomerForm(forms.Form):
    """Name and properties of a customer."""

    name = forms.CharField(
        label="Name",
        max_length=255,
        required=False,
        help_text="What people read. Left empty, it is the external ID.",
        widget=forms.TextInput(attrs={"class": "inp wide", "autocomplete": "off"}),
    )
    properties = forms.CharField(
        label="Properties",
        required=False,
        max_length=_LONGEST_PROPERTIES,
        help_text="For table rules and panels: a JSON object of texts, whole numbers or lists of them, "
        'such as {"region": "DACH", "shops": [4, 7]}.',
        widget=forms.Textarea(attrs={"class": "inp mono wide", "rows": 4, "spellcheck": "false"}),
    )

    def clean_properties(self) -> dict[str, object]:
        text = self.cleaned_data["properties"].strip()
        try:
            return check_properties(read_object(text.encode()) if text else {})
        except CustomerRefused as refusal:
            raise ValidationError(refusal.message) from refusal
        except ValueError as error:
            raise ValidationError('Write properties as a JSON object, such as {"region": "DACH"}.') from error


class NewCustomerForm(CustomerForm):
    """The same with the external id, which never changes afterwards and is kept exactly as written."""

    field_order = ("external_id", "name", "properties")
    external_id = forms.CharField(
        label="External ID",
        strip=False,
        max_length=255,
        help_text="Your own ID of this customer, exactly as your tokens name it. It cannot be changed here later.",
        widget=forms.TextInput(attrs={"class": "inp mono wide", "autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_external_id(self) -> str:
        external_id: str = self.cleaned_data["external_id"]
        problem = check_identifier(external_id)
        if problem:
            raise ValidationError(f"This cannot be an external ID. {problem}")
        return external_id


def properties_text(properties: dict[str, Any]) -> str:
    """Write properties as the form shows them."""
    return json.dumps(properties, ensure_ascii=False, indent=2) if properties else ""
