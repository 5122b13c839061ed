"""What the REST API takes and answers of data sources. A password goes in and never comes out."""

from typing import Any

from rest_framework import serializers

from datasources.catalog import Catalog, Table
from datasources.engines import ENGINES
from datasources.files import name_of, shown_connection
from datasources.models import DataSource, TableRule, name_validator
from datasources.rules import EXTERNAL_ID, Kind
from embedhost.lib.api.fields import Fields, Flag, OneOf, Text, Whole

_KINDS = [str(kind) for kind in Kind]
_TLS = ["verify-full", "require", "disable"]
#: Further conditions of one rule.
_MOST_ALSO = 15


class Connection(Fields):
    """The fields of a connection, and nothing else: no connection string, no option of a driver.

    Servers take all but `path`; files take `path` alone.
    """

    host = Text(required=False, max_length=253, help_text="One host name or address; private networks are refused.")
    port = Whole(required=False, min_value=1, max_value=65535, help_text="Missing: the engine's usual one.")
    dbname = Text(required=False, max_length=1000, help_text="The database's name.")
    user = Text(required=False, max_length=1000, help_text="A login that may read, and nothing else.")
    password = Text(required=False, allow_blank=True, max_length=1000, help_text="Never answered by any call.")
    sslmode = OneOf(required=False, choices=_TLS, help_text="Missing: verify-full.")
    path = Text(required=False, max_length=1000, help_text="A file that the operator offers, or `.` for all tables.")


class NewSource(Fields):
    """A data source to connect."""

    name = Text(validators=[name_validator], help_text="How panels name it. It cannot be changed.")
    engine = OneOf(choices=list(ENGINES))
    connection = Connection()


class SourceState(Fields):
    """The whole connection; fields that are missing get their usual values, and the password may stay."""

    connection = Connection()
    remove_logins = Flag(
        required=False,
        default=False,
        help_text="Let another host, port, database or TLS mode take the customers' own logins away.",
    )


class SourceChange(Fields):
    """Those fields of the connection that shall change."""

    connection = Connection(required=False)
    remove_logins = Flag(
        required=False,
        help_text="Let another host, port, database or TLS mode take the customers' own logins away.",
    )
    needs = {"remove_logins": "connection"}  # noqa: RUF012 -- declared as a ClassVar where it is read


class Walls(Fields):
    """One wall (rules alone) or two (also a login of the database for each customer)."""

    login_per_customer = Flag(help_text="Whether each customer's queries run under a login of its own.")


class ConditionShown(Fields):
    """A further column that must fit."""

    column = serializers.CharField()
    property = serializers.CharField()


class TableShown(Fields):
    """A table and who sees its rows."""

    table = serializers.CharField()
    rule = serializers.ChoiceField(choices=_KINDS)
    column = serializers.CharField(allow_null=True, help_text="For scoped: the column that is compared.")
    property = serializers.CharField(allow_null=True, help_text="For scoped: with what of the customer.")
    also = ConditionShown(many=True, help_text="For scoped: what a row must fit besides.")


class SourceShown(Fields):
    """A data source."""

    name = serializers.CharField()
    engine = serializers.CharField()
    login_per_customer = serializers.BooleanField(help_text="Whether each customer has a login of its own there.")
    read_at = serializers.DateTimeField(help_text="When its tables were read last.")
    warnings = serializers.ListField(child=serializers.CharField())
    tables = TableShown(many=True)


class Sources(Fields):
    """The workspace's data sources, by name."""

    items = SourceShown(many=True)


class ConnectionShown(Fields):
    """What is told of a connection: all but its password."""

    host = serializers.CharField(required=False)
    port = serializers.IntegerField(required=False)
    dbname = serializers.CharField(required=False)
    user = serializers.CharField(required=False)
    sslmode = serializers.CharField(required=False)
    path = serializers.CharField(required=False)


class SourceDetail(SourceShown):
    """A data source with its connection, but for the password."""

    connection = ConnectionShown()
    version = serializers.IntegerField(help_text="Rises with every change of connection, tables or rules.")


class SourceChanged(SourceDetail):
    """A data source whose tables were read just now."""

    hidden = serializers.ListField(
        child=serializers.CharField(), help_text="Tables that are hidden now, since the column of their rule changed."
    )


class Tried(Fields):
    """A connection that works."""

    warnings = serializers.ListField(child=serializers.CharField(), help_text="What the login may do besides reading.")


class ColumnShown(Fields):
    """A column of a table."""

    name = serializers.CharField()
    type = serializers.CharField(help_text="The database's own word.")
    may_scope = serializers.BooleanField(help_text="Whether a rule may compare it: a text or an integer.")


class TableDetail(TableShown):
    """A table with its columns."""

    columns = ColumnShown(many=True)


class Condition(Fields):
    """A further column that must fit."""

    column = Text(max_length=200)
    property = Text(max_length=100)


class RuleState(Fields):
    """Who may read a table's rows; `column`, `property` and `also` are for scoped alone."""

    rule = OneOf(choices=_KINDS)
    column = Text(required=False, max_length=200, help_text="A text or an integer that says whose row it is.")
    property = Text(
        required=False,
        max_length=100,
        help_text="`external_id` (without it), `external_id+below` (with all below it), or a property's name. A list "
        "means any of its values.",
    )
    also = serializers.ListField(
        child=Condition(), required=False, max_length=_MOST_ALSO, help_text="What a row must fit besides."
    )
    needs = {"property": "column", "also": "column"}  # noqa: RUF012 -- as above

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        if attrs["rule"] == Kind.SCOPED and "column" not in attrs:
            raise serializers.ValidationError({"column": ["Name the column that says whose row it is."]})
        if attrs["rule"] != Kind.SCOPED and "column" in attrs:
            raise serializers.ValidationError({"column": ["It goes with scoped only."]})
        return attrs


def shown(row: DataSource) -> dict[str, Any]:
    """Return a data source as lists show it."""
    rules = {rule.table: rule for rule in row.table_rules.all()}
    tables = sorted(Catalog.from_json(row.catalog).by_key)
    names = ("name", "engine", "login_per_customer", "read_at", "warnings")
    told = [table_shown(table, rules.get(table)) for table in tables]
    return {**{name: getattr(row, name) for name in names}, "tables": told}


def detail(row: DataSource) -> dict[str, Any]:
    """Return a data source as it is shown alone."""
    connection = shown_connection(row.connection)
    if "path" in connection:
        connection["path"] = name_of(row.workspace, row.connection["path"])
    return {**shown(row), "connection": connection, "version": row.version}


def table_shown(name: str, rule: TableRule | None) -> dict[str, Any]:
    """Return a table with its rule, as lists show it."""
    if rule is None or rule.kind != Kind.SCOPED:
        kind = str(Kind.HIDDEN) if rule is None else rule.kind
        return {"table": name, "rule": kind, "column": None, "property": None, "also": []}
    also = [{"column": column, "property": property} for column, property in rule.also]
    return {
        "table": name,
        "rule": rule.kind,
        "column": rule.column,
        "property": rule.customer_property,
        "also": also,
    }


def table_detail(engine: str, table: Table, rule: TableRule | None) -> dict[str, Any]:
    """Return a table of a catalog with its rule and columns."""
    fits = ENGINES.chosen(engine).dialect.scope_type
    columns = [{"name": one.name, "type": one.type, "may_scope": fits(one) is not None} for one in table.columns]
    return {**table_shown(table.key, rule), "columns": columns}


def rule_given(body: dict[str, Any]) -> dict[str, Any]:
    """Return what ``services.set_rule`` takes of a RuleState."""
    also = [(one["column"], one["property"]) for one in body.get("also", [])]
    column, property = body.get("column", ""), body.get("property", EXTERNAL_ID)
    return {"kind": body["rule"], "column": column, "property": property, "also": also}
