"""The form of a new API key."""

from datetime import UTC, date, datetime, time, timedelta

from django import forms

from secrets_admin.api_key_services import (
    LONGEST_NAME,
    MOST_CUSTOMERS,
    SCOPES,
    check_customers,
    check_end,
    check_name,
)
from secrets_admin.forms import OwnerForm, with_field_errors

_LONGEST_LIST = MOST_CUSTOMERS * 257
#: The last one that has a day after it.
_LAST_DAY = date(9999, 12, 30)


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
        help_text="External IDs, one a line; they need not exist yet. Left empty, the key is for every customer.",
        widget=forms.Textarea(attrs={"class": "inp mono wide", "rows": 3, "spellcheck": "false"}),
    )
    ends_on = forms.DateField(
        label="Ends after",
        required=False,
        help_text="In UTC, with the end of that day. Left empty, it works until you revoke it.",
        widget=forms.DateInput(attrs={"type": "date", "class": "inp"}, format="%Y-%m-%d"),
    )

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        with_field_errors(check_name, name)
        return name

    def clean_customers(self) -> list[str] | None:
        """Return the lines as they are, since an external id is never trimmed; None when nothing stands there."""
        lines = [line for line in self.cleaned_data["customers"].splitlines() if line]
        return with_field_errors(check_customers, lines) if lines else None

    def clean_ends_on(self) -> datetime | None:
        day: date | None = self.cleaned_data["ends_on"]
        if day is None:
            return None
        end = datetime.combine(min(day, _LAST_DAY) + timedelta(days=1), time(), tzinfo=UTC)
        with_field_errors(check_end, end)
        return end
