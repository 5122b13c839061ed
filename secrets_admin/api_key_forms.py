"""The form of a new API key."""

from datetime import UTC, date, datetime, time, timedelta

from django import forms
from django.core.exceptions import ValidationError

from secrets_admin.api_key_services import LONGEST_NAME, MOST_CUSTOMERS, SCOPES
from secrets_admin.forms import OwnerForm

_LONGEST_LIST = MOST_CUSTOMERS * 257


class NewApiKeyForm(OwnerForm):
    """What a key is called, what it may do, for whom, and until when."""

    field_order = ("name", "scopes", "customers", "ends_on", "password")
    name = forms.CharField(
        label="Name",
        max_length=LONGEST_NAME,
        help_text="Where it is used, such as Billing backend.",
        widget=forms.TextInput(attrs={"class": "inp", "autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label="What it may do",
        choices=list(SCOPES.items()),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one."},
    )
    customers = forms.CharField(
        label="Only for these customers",
        required=False,
        strip=False,
        max_length=_LONGEST_LIST,
        help_text="External IDs, one a line. Left empty, the key is for every customer.",
        widget=forms.Textarea(attrs={"class": "inp mono wide", "rows": 3, "spellcheck": "false"}),
    )
    ends_on = forms.DateField(
        label="Ends after",
        required=False,
        help_text="In UTC, with the end of that day. Left empty, it works until you revoke it.",
        widget=forms.DateInput(attrs={"type": "date", "class": "inp"}, format="%Y-%m-%d"),
    )

    def clean_customers(self) -> list[str] | None:
        """Return the lines as they are, since an external id is never trimmed; None when nothing stands there."""
        return [line for line in self.cleaned_data["customers"].splitlines() if line] or None

    def clean_ends_on(self) -> datetime | None:
        day: date | None = self.cleaned_data["ends_on"]
        if day is None:
            return None
        if day.year > 9998:
            raise ValidationError("Pick a day within the next five years.")
        return datetime.combine(day + timedelta(days=1), time(), tzinfo=UTC)
