"""The forms of the console's own rooms."""

from collections.abc import Sequence
from typing import Any

from django import forms

from dashboards.facts import TagList
from dashboards.lists import TagChoice
from dashboards.models import Dashboard
from embed.access_log import LONGEST_DAYS

_HOUR, _DAY = 3600, 86_400
#: Seconds -> words, as the lists offer them.
FRESH = {
    0: "Always ask",
    60: "1 minute",
    300: "5 minutes",
    900: "15 minutes",
    1800: "30 minutes",
    _HOUR: "1 hour",
    6 * _HOUR: "6 hours",
    12 * _HOUR: "12 hours",
    _DAY: "24 hours",
}
STALE = {**FRESH, 0: "Never"}


class OriginForm(forms.Form):
    """One origin to add to the workspace's list."""

    origin = forms.CharField(
        label="Origin to add",
        max_length=255,
        strip=False,
        error_messages={"required": "Write it as https://app.example.com, without a path."},
        widget=forms.TextInput(attrs={"class": "inp mono", "autocomplete": "off", "inputmode": "url"}),
    )


class LifetimeForm(forms.Form):
    """The longest life of a token, as a number and its unit."""

    amount = forms.IntegerField(
        label="Longest token life",
        min_value=1,
        max_value=1440,
        widget=forms.TextInput(attrs={"class": "inp num short", "inputmode": "numeric", "autocomplete": "off"}),
    )
    unit = forms.ChoiceField(
        label="Unit", choices=[("60", "minutes"), ("3600", "hours")], widget=forms.Select(attrs={"class": "sel"})
    )

    @property
    def seconds(self) -> int:
        return int(self.cleaned_data["amount"]) * int(self.cleaned_data["unit"])

    @classmethod
    def of(cls, seconds: int) -> "LifetimeForm":
        unit = 3600 if seconds % 3600 == 0 else 60
        return cls(initial={"amount": seconds // unit, "unit": str(unit)})


class RetentionForm(forms.Form):
    """For how many days the access log is kept."""

    days = forms.IntegerField(
        label="Days",
        min_value=1,
        max_value=LONGEST_DAYS,
        widget=forms.TextInput(attrs={"class": "inp num short", "inputmode": "numeric", "autocomplete": "off"}),
    )


class EmbedSettingsForm(forms.Form):
    """How one dashboard may be embedded; ``origins`` narrows the workspace's list."""

    origins = forms.MultipleChoiceField(
        label="Allowed origins",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "This origin is not on the workspace’s list."},
    )
    viewers_may_apply_variables = forms.BooleanField(required=False)
    viewers_may_export = forms.BooleanField(required=False)
    on_tag_list = forms.BooleanField(required=False)
    is_tag_default = forms.BooleanField(required=False)
    cache_seconds = forms.TypedChoiceField(label="Fresh for", coerce=int, widget=forms.Select(attrs={"class": "sel"}))
    serve_stale_seconds = forms.TypedChoiceField(
        label="Then show old for", coerce=int, widget=forms.Select(attrs={"class": "sel"})
    )

    def __init__(self, dashboard: Dashboard, allowed: Sequence[str], tags: TagList, data: Any = None) -> None:
        embed_id = str(dashboard.embed_id)
        tag = {"on_tag_list": embed_id in tags.listed, "is_tag_default": embed_id == tags.default}
        now = {name: getattr(dashboard, name) for name in self.base_fields if name not in tag}
        origins = allowed if dashboard.origins is None else dashboard.origins
        super().__init__(data, initial={**now, **tag, "origins": origins})
        self.allowed = allowed
        offered = {
            "origins": {origin: origin for origin in allowed},
            "cache_seconds": _with(FRESH, dashboard.cache_seconds),
            "serve_stale_seconds": _with(STALE, dashboard.serve_stale_seconds),
        }
        for name, words in offered.items():
            self.fields[name].choices = list(words.items())  # type: ignore[attr-defined]  # these three have choices

    @property
    def narrowed(self) -> list[str] | None:
        """The chosen origins; None when all of the workspace's are, also those that it gets later."""
        chosen: list[str] = self.cleaned_data["origins"]
        return None if set(chosen) == set(self.allowed) else chosen

    @property
    def changes(self) -> dict[str, bool | int]:
        return {name: value for name, value in self.cleaned_data.items() if name != "origins" and "tag" not in name}

    @property
    def tag(self) -> TagChoice | None:
        """What is chosen for the workspace's script tags; None when that stays as it is."""
        if not {"on_tag_list", "is_tag_default"} & set(self.changed_data):
            return None
        default = self.cleaned_data["is_tag_default"]
        return TagChoice(listed=self.cleaned_data["on_tag_list"] or default, default=default)


def _with(words: dict[int, str], current: int) -> dict[int, str]:
    """Return the usual values, with the present one even if it is none of them."""
    return dict(sorted({current: f"{current:,} seconds", **words}.items()))
