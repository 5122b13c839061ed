"""The forms of data sources: exactly an engine's fields, never a connection string."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from datasources.catalog import Catalog, Table
from datasources.engines import ENGINES
from datasources.engines.base import Field
from datasources.files import EVERY_TABLE
from datasources.models import TableRule
from datasources.rules import EXTERNAL_ID, Kind

_PLAIN = {"class": "inp wide", "autocomplete": "off", "spellcheck": "false"}
_TLS = {
    "verify-full": "Encrypted, and the server's certificate and name are checked",
    "require": "Encrypted, and nobody checks to whom",
    "disable": "Not encrypted",
}
_FILES = {EVERY_TABLE: "Every Parquet and CSV file, each as a table"}
_KINDS = {
    Kind.SCOPED: "Scoped: each customer sees its own rows",
    Kind.SHARED: "Shared: every customer sees all rows",
    Kind.HIDDEN: "Hidden: no customer sees any row",
}


class ConnectionForm(forms.Form):
    """The connection of a data source. A password that is stored is never sent to a browser."""

    def __init__(
        self,
        engine: str,
        data: Any = None,
        *,
        files: Sequence[str] = (),
        stored: Mapping[str, Any] | None = None,
        logins: bool = False,
    ) -> None:
        shown = {name: value for name, value in (stored or {}).items() if name != "password"}
        super().__init__(data, initial=shown)
        for field in ENGINES.chosen(engine).fields:
            self.fields[field.name] = _control(field, files, stored=stored is not None)
        if logins:
            self.fields["remove_logins"] = forms.BooleanField(
                label="Remove the customers' own logins",
                required=False,
                help_text="Another host, port, database or TLS mode needs it: logins are never sent elsewhere. Until "
                "they are set again, these customers see nothing.",
            )

    @property
    def connection(self) -> dict[str, Any]:
        """The fields as they were typed."""
        return {name: value for name, value in self.cleaned_data.items() if name not in ("name", "remove_logins")}

    @property
    def remove_logins(self) -> bool:
        """Whether another place may take the customers' own logins away."""
        return bool(self.cleaned_data.get("remove_logins"))


class NewSourceForm(ConnectionForm):
    """The same with the name by which panels know the source, which never changes afterwards."""

    name = forms.CharField(
        label="Name",
        max_length=63,
        help_text="How panels name it: a small letter first, then small letters, digits, - or _. It cannot be changed.",
        widget=forms.TextInput(attrs={**_PLAIN, "class": "inp mono wide"}),
    )


def _control(field: Field, files: Sequence[str], *, stored: bool) -> forms.Field:
    if field.secret:
        hint = "Leave it empty to keep the stored one. A new host, port, user or TLS mode needs it again."
        widget = forms.PasswordInput(attrs={"class": "inp wide", "autocomplete": "new-password"})
        return forms.CharField(
            label=field.label, required=False, strip=False, help_text=hint if stored else "", widget=widget
        )
    if field.name == "path":
        return forms.ChoiceField(
            label="File", choices=[(name, _FILES.get(name, name)) for name in files], widget=_select()
        )
    if field.choices:
        choices = [(name, _TLS.get(name, name)) for name in field.choices]
        return forms.ChoiceField(label=field.label, choices=choices, initial=field.default, widget=_select())
    return forms.CharField(
        label=field.label,
        max_length=1000,
        initial=field.default,
        required=field.required,
        widget=forms.TextInput(attrs=_PLAIN),
    )


def _select() -> forms.Select:
    return forms.Select(attrs={"class": "inp wide"})


#: Further conditions that a rule's form has room for, beside those there are.
_MORE = 2


class RuleForm(forms.Form):
    """Who may read a table's rows."""

    kind = forms.ChoiceField(label="Who sees its rows", choices=list(_KINDS.items()), widget=_select())
    column = forms.ChoiceField(
        label="Column",
        required=False,
        help_text="For a scoped table: a text or an integer that says whose row it is.",
        widget=_select(),
    )
    property = forms.CharField(
        label="Equals the customer's",
        required=False,
        max_length=100,
        help_text="external_id, external_id+below (with all below it), or a property's name. A list means any of its "
        "values.",
        widget=forms.TextInput(attrs={**_PLAIN, "class": "inp mono wide"}),
    )

    def __init__(self, engine: str, table: Table, rule: TableRule | None, data: Any = None) -> None:
        now = {"kind": Kind.HIDDEN, "property": EXTERNAL_ID}
        if rule is not None:
            now = {"kind": rule.kind, "column": rule.column, "property": rule.customer_property}
        super().__init__(data, initial=now)
        dialect = ENGINES.chosen(engine).dialect
        fit = [column.name for column in table.columns if dialect.scope_type(column) is not None]
        choices = [("", "None"), *((name, name) for name in fit)]
        self.fields["column"].choices = choices  # type: ignore[attr-defined]
        also = [(name, value) for name, value in rule.also] if rule is not None else []
        room = [("", "")] * min(_MORE, max(0, len(fit) - 1 - len(also)))
        self._more = range(2, 2 + len(also + room))
        for number, pair in zip(self._more, also + room, strict=True):
            self._add_condition(number, choices, *pair)

    def _add_condition(self, number: int, choices: list[tuple[str, str]], column: str, property: str) -> None:
        self.fields[f"column_{number}"] = forms.ChoiceField(
            label=f"Column {number}", choices=choices, initial=column, required=False, widget=_select()
        )
        widget = forms.TextInput(attrs={**_PLAIN, "class": "inp mono wide"})
        self.fields[f"property_{number}"] = forms.CharField(
            label="Equals the customer's", initial=property, required=False, max_length=100, widget=widget
        )

    def more(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """The further conditions, each a column and a property, with room for more."""
        return [(self[f"column_{number}"], self[f"property_{number}"]) for number in self._more]

    def rule(self) -> dict[str, Any]:
        """What ``services.set_rule`` takes."""
        return {name: self.cleaned_data[name] for name in ("kind", "column", "property", "also")}

    def clean(self) -> None:
        if self.cleaned_data.get("kind") != Kind.SCOPED:
            self.cleaned_data |= {"column": "", "property": EXTERNAL_ID, "also": []}
            return
        if not self.cleaned_data.get("column") and "column" not in self.errors:
            self.add_error("column", "Choose the column that says whose row it is.")
        self.cleaned_data["also"] = [pair for number in self._more if all(pair := self._condition(number))]

    def _condition(self, number: int) -> tuple[str, str]:
        """Return column and property; half of a pair would be a rule that somebody believes to have made."""
        column, property = f"column_{number}", f"property_{number}"
        pair = self.cleaned_data.get(column, ""), self.cleaned_data.get(property, "")
        if pair[0] and not pair[1]:
            self.add_error(property, "Name the property, such as region, or choose no column.")
        if pair[1] and not pair[0] and column not in self.errors:
            self.add_error(column, "Choose the column, or leave the property empty.")
        return pair


def table_named(catalog: Mapping[str, Any], key: str) -> Table | None:
    """Return the catalog's table of this ``schema.name``."""
    return Catalog.from_json(catalog).by_key.get(key)
