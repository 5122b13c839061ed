"""Everything that changes a data source: made, read again, and the rules of its tables."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import F

from datasources.access import feed_subject
from datasources.catalog import Catalog, Column
from datasources.engines import ENGINES
from datasources.engines.base import Role
from datasources.errors import BadConnection, BadRule
from datasources.models import DataSource, TableRule
from datasources.rules import EXTERNAL_ID, Kind
from secrets_admin import audit
from secrets_admin.access import Actor
from secrets_admin.feed import Kind as FeedKind
from secrets_admin.feed import announce
from secrets_admin.models import Workspace


def create_source(
    workspace: Workspace, *, name: str, engine: str, connection: Mapping[str, Any], actor: Actor
) -> DataSource:
    """Connect a database to a workspace and read its catalog. Every table starts hidden.

    Raises BadConnection, SourceUnavailable, and ValidationError for a name that is taken or odd.
    """
    if engine not in ENGINES:
        raise BadConnection(f"There is no engine {engine[:40]}. Choose one of {', '.join(ENGINES)}.")
    source = DataSource(workspace=workspace, name=name, engine=engine)
    source.connection = ENGINES[engine].check(connection)
    source.full_clean(exclude=["catalog"])
    source.catalog = ENGINES[engine].catalog(source.connection).to_json()
    with transaction.atomic():
        source.save()
        audit.record(workspace.organization, actor, "source.created", name, engine=engine)
        announce(FeedKind.SOURCE, feed_subject(workspace.pk, name))
    return source


def refresh_catalog(source: DataSource, *, actor: Actor) -> list[str]:
    """Read the catalog again and return the tables that are hidden now, since their scope column is another one.

    Raises SourceUnavailable.
    """
    fresh = ENGINES[source.engine].catalog(source.connection)
    with transaction.atomic():
        locked = DataSource.objects.select_for_update().get(pk=source.pk)
        before = Catalog.from_json(locked.catalog)
        hidden = _changed_scopes(locked, before, fresh)
        locked.table_rules.filter(table__in=hidden).update(kind=Kind.HIDDEN)
        locked.catalog = fresh.to_json()
        locked.save(update_fields=["catalog"])
        audit.record(source.workspace.organization, actor, "source.catalog_read", source.name, hidden=hidden)
        _raise_version(locked)
    source.refresh_from_db()
    return hidden


def set_rule(
    source: DataSource, table: str, *, kind: str, column: str = "", property: str = EXTERNAL_ID, actor: Actor
) -> TableRule:
    """Say who may read a table: scoped by ``column`` = the customer's ``property``, shared, or hidden.

    ``table`` is ``schema.name`` of the catalog. Raises BadRule with what to do.
    """
    chosen = _checked_kind(kind)
    if chosen == Kind.SCOPED:
        _check_scope(source, table, column, property)
    elif table not in Catalog.from_json(source.catalog).by_key:
        raise BadRule(f"There is no table {table[:100]} in the catalog. Read the catalog again.")
    fields = {"kind": chosen.value, "column": column, "customer_property": property}
    with transaction.atomic():
        rule, _ = TableRule.objects.update_or_create(source=source, table=table, defaults=fields)
        organization = source.workspace.organization
        audit.record(organization, actor, "source.rule_changed", f"{source.name}: {table}", **fields)
        _raise_version(source)
    return rule


def delete_source(source: DataSource, *, actor: Actor) -> None:
    """Forget a database and its rules; panels that name it fail from now on."""
    subject = feed_subject(source.workspace_id, source.name)
    engine, connection = ENGINES[source.engine], source.connection
    with transaction.atomic():
        audit.record(source.workspace.organization, actor, "source.deleted", source.name)
        announce(FeedKind.SOURCE, subject)
        source.delete()
    engine.close(connection)


def check_role(source: DataSource) -> Role:
    """Say what the source's login may do besides reading. Raises SourceUnavailable."""
    return ENGINES[source.engine].check_role(source.connection)


def _raise_version(source: DataSource) -> None:
    DataSource.objects.filter(pk=source.pk).update(version=F("version") + 1)
    announce(FeedKind.SOURCE, feed_subject(source.workspace_id, source.name))


def _checked_kind(kind: str) -> Kind:
    if kind not in set(Kind):
        raise BadRule(f"A rule is one of {', '.join(Kind)}.")
    return Kind(kind)


def _check_scope(source: DataSource, table: str, column: str, property: str) -> None:
    found = _column(Catalog.from_json(source.catalog), table, column)
    if found is None:
        raise BadRule(f"There is no column {column[:100]} in {table[:100]}. Choose one of the catalog's columns.")
    if not property:
        raise BadRule("Name the customer's property that the column must equal, such as external_id.")
    if ENGINES[source.engine].dialect.scope_type(found) is None:
        raise BadRule(f"A column of type {found.type} cannot limit rows safely. Choose a text or an integer column.")


def _column(catalog: Catalog, table: str, column: str) -> Column | None:
    found = catalog.by_key.get(table)
    return found.column(column) if found is not None else None


def _changed_scopes(source: DataSource, before: Catalog, after: Catalog) -> list[str]:
    rules = source.table_rules.filter(kind=Kind.SCOPED).order_by("table")
    return [
        rule.table
        for rule in rules
        if _column(before, rule.table, rule.column) != _column(after, rule.table, rule.column)
    ]
