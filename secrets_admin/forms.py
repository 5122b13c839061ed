"""The forms of embed secrets."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from embedhost.lib.errors import Refused
from embedhost.lib.origins import check_origin
from secrets_admin import reauth
from tokens.formats import MINTED

_USUAL_OVERLAP = timedelta(days=14)


class OwnerForm(forms.Form):
    """A form that asks for the password, unless it was entered within the last ten minutes."""

    password = forms.CharField(
        label="Your password",
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "class": "inp"}),
        error_messages={"required": "Enter your password to go on."},
    )

    def __init__(self, request: HttpRequest, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.request = request
        if reauth.is_fresh(request):
            del self.fields["password"]

    def clean_password(self) -> str:
        with_field_errors(reauth.confirm, self.request, self.cleaned_data["password"])
        return ""

    def clean(self) -> dict[str, Any]:
        """Ask no more for a password that was right, when the form comes back because of something else."""
        if "password" in self.fields and "password" not in self.errors:
            del self.fields["password"]
        return self.cleaned_data


class NewSecretForm(OwnerForm):
    """Name and format of a new secret; and the first origin, when the workspace has none."""

    field_order = ("origin", "name", "format", "password")
    origin = forms.CharField(
        label="Site that may show your dashboards",
        max_length=255,
        help_text="Browsers refuse every embed on other sites. Write it as https://app.example.com, without a path.",
        widget=forms.TextInput(attrs={"class": "inp mono wide", "autocomplete": "off", "inputmode": "url"}),
    )
    name = forms.CharField(
        label="Name",
        max_length=100,
        help_text="Where it is used, such as Production.",
        widget=forms.TextInput(attrs={"class": "inp", "autocomplete": "off"}),
    )
    format = forms.ChoiceField(
        label="Token format",
        choices=[(name, entry.label) for name, entry in MINTED.items()],
        widget=forms.Select(attrs={"class": "sel"}),
    )

    def __init__(self, request: HttpRequest, *args: Any, needs_origin: bool, **named: Any) -> None:
        super().__init__(request, *args, **named)
        if not needs_origin:
            del self.fields["origin"]

    def clean_origin(self) -> str:
        return str(with_field_errors(check_origin, self.cleaned_data["origin"]))


class RotateForm(OwnerForm):
    """Until when the old secret goes on verifying."""

    field_order = ("until", "password")
    until = forms.DateField(
        label="The old secret verifies until",
        help_text="Give your backends time to take the new value. In UTC, to the end of that day.",
        widget=forms.DateInput(attrs={"type": "date", "class": "inp"}, format="%Y-%m-%d"),
    )

    def __init__(self, request: HttpRequest, *args: Any, **named: Any) -> None:
        usual = {"until": (timezone.now() + _USUAL_OVERLAP).date()}
        super().__init__(request, *args, initial=usual, **named)

    def clean_until(self) -> datetime:
        day = self.cleaned_data["until"]
        if not timezone.now().date() < day <= timezone.now().date() + timedelta(days=364):
            raise ValidationError("Pick a day after today and within a year.")
        return datetime.combine(day + timedelta(days=1), time(), tzinfo=UTC)


def with_field_errors(call: Any, *args: Any) -> Any:
    """Return what ``call`` returns; a refusal becomes the field's error."""
    try:
        return call(*args)
    except Refused as refusal:
        raise ValidationError(refusal.message, code=refusal.code) from refusal
