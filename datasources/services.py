"""Everything that changes a data source: made, changed, read again, deleted, and the rules of its tables."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, ProtectedError
from django.utils import timezone

from datasources.access import customer_subject, feed_subject
from datasources.catalog import Catalog, Column
from datasources.engines import ENGINES
from datasources.engines.base import Role
from datasources.errors import BadConnection, BadRule, DataSourceError, LoginsInUse, SourceInUse
from datasources.files import path_of
from datasources.models import DataSource, TableRule
from datasources.rules import EXTERNAL_ID, Kind
from datasources.snapshot import destination_of
from datasources.tries import a_try
from embedhost.lib.api.etags import ChangedMeanwhile
from embedhost.lib.errors import NotFound
from secrets_admin import audit
from secrets_admin.access import Actor
from secrets_admin.feed import Kind as FeedKind
from secrets_admin.feed import announce
from secrets_admin.models import Workspace

logger = logging.getLogger(__name__)


#: What may refuse a change: it gets the row as it is when the change is made, locked.
Check = Callable[[DataSource], None]


def create_source(
    workspace: Workspace, *, name: str, engine: str, connection: Mapping[str, Any], actor: Actor
) -> DataSource:
    """Connect a database to a workspace and read its catalog. Every table starts hidden.

    Raises BadConnection, SourceUnavailable, TooManyTries, and ValidationError for a name that is taken or odd.
    """
    return keep_new(connect_new(workspace, name=name, engine=engine, connection=connection, actor=actor), actor=actor)


def connect_new(
    workspace: Workspace, *, name: str, engine: str, connection: Mapping[str, Any], actor: Actor
) -> DataSource:
    """Connect a database and return what ``keep_new`` keeps; it writes nothing, so call it outside of a transaction.

    Raises what ``create_source`` does.
    """
    ENGINES.chosen(engine)
    source = DataSource(workspace=workspace, name=name, engine=engine)
    with a_try(workspace, actor):
        source.connection = _checked(source, connection, actor)
        _check_name(source)
        _read(source)
    return source


def keep_new(source: DataSource, *, actor: Actor) -> DataSource:
    """Keep what ``connect_new`` returned. Raises ValidationError for a name that was taken meanwhile."""
    workspace = source.workspace
    try:
        with transaction.atomic():
            source.save(force_insert=True)
            facts = {"engine": source.engine, **_told(source)}
            audit.record(workspace, actor, "source.created", source.name, **facts)
            announce(FeedKind.SOURCE, feed_subject(workspace.pk, source.name))
    except IntegrityError:
        raise ValidationError({"name": "This workspace has a data source of this name. Choose another one."}) from None
    return source


def change_connection(
    source: DataSource,
    connection: Mapping[str, Any],
    *,
    actor: Actor,
    remove_logins: bool = False,
    check: Check | None = None,
) -> list[str]:
    """Point a data source at another database or login, and read its catalog; return the tables hidden by that.

    An empty password keeps the one that is stored, but only for the same host, port, user and TLS mode: a password
    never travels to where its owner did not send it. Nor do customers' logins: ``remove_logins`` lets another
    place take them away. Raises BadConnection, LoginsInUse, SourceUnavailable, TooManyTries, and NotFound when somebody
    deleted the source meanwhile.
    """
    before = source.connection
    old, warnings = Catalog.from_json(source.catalog), source.warnings
    try:
        with a_try(source.workspace, actor):
            source.connection = _checked(source, _with_stored(source.engine, before, connection), actor)
            moved = destination_of(source.engine, before) != destination_of(source.engine, source.connection)
            if moved and not remove_logins and source.customer_logins.exists():
                raise LoginsInUse
            _read(source)
    except BaseException:
        source.connection, source.warnings = before, warnings
        raise
    fields = ["connection_sealed", "catalog", "warnings", "read_at"]
    with transaction.atomic():
        facts = _told(source) | ({"logins_removed": _remove_logins(source)} if moved else {})
        hidden = _save_catalog(source, old, fields, "source.connection_changed", actor, facts, check)
    ENGINES.close(source.engine, before)
    return hidden


def _check_name(source: DataSource) -> None:
    """Raise ValidationError at ``name``, the one field that people write as they like."""
    try:
        source.full_clean(exclude=["catalog", "read_at", "warnings"])
    except ValidationError as error:
        raise ValidationError({"name": error.messages}) from None


def _remove_logins(source: DataSource) -> int:
    customers = list(source.customer_logins.values_list("external_id", flat=True))
    for external_id in customers:
        announce(FeedKind.SOURCE, customer_subject(source.workspace_id, external_id))
    source.customer_logins.all().delete()
    return len(customers)


#: While these are the same, a stored password goes where it went before.
_BOUND_TO_PASSWORD = ("host", "port", "user", "sslmode")


def _with_stored(engine: str, before: Mapping[str, Any], connection: Mapping[str, Any]) -> dict[str, Any]:
    if connection.get("password") or "password" not in before:
        return dict(connection)
    usual = {field.name: field.default for field in ENGINES.chosen(engine).fields}
    wanted = {**usual, **connection}
    moved = [name for name in _BOUND_TO_PASSWORD if str(wanted.get(name, "")) != str(before.get(name, ""))]
    if moved and before["password"]:
        problem = "Type the password again: it is only kept for the same host, port, user and TLS mode."
        raise BadConnection(problem, field="password")
    return {**connection, "password": before["password"]}


def _checked(source: DataSource, connection: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    engine = ENGINES.chosen(source.engine)
    if not actor.is_server and any(field.name == "path" for field in engine.fields):
        connection = {**connection, "path": path_of(source.workspace, str(connection.get("path", "")))}
    return engine.check(connection)


def _read(source: DataSource) -> None:
    """Ask the database for its catalog and its login's rights. Raises SourceUnavailable, BadConnection.

    All failures look the same.
    """
    engine, connection = ENGINES.chosen(source.engine), source.connection
    try:
        source.catalog = engine.catalog(connection).to_json()
        source.warnings = list(engine.check_role(connection).warnings)
    except DataSourceError as error:
        logger.warning("a connection failed", extra={"source": source.name, "detail": error.detail[:500]})
        raise
    source.read_at = timezone.now()
    if source.warnings and settings.DATA_SOURCE_STRICT_LOGINS:
        raise BadConnection(f"{source.warnings[0]} This server takes no login that may do more than read.")


def _told(source: DataSource) -> dict[str, object]:
    """Return what the audit log keeps of a connection: where it goes and how safely, never the password."""
    shown = {name: value for name, value in source.connection.items() if name in ("host", "port", "user", "sslmode")}
    return {"connection": shown} if shown else {}


def test_source(source: DataSource, *, actor: Actor) -> list[str]:
    """Connect with what is stored and return the login's warnings. Raises SourceUnavailable, TooManyTries."""
    with a_try(source.workspace, actor):
        _read(source)
    with transaction.atomic():
        DataSource.objects.filter(pk=source.pk).update(warnings=source.warnings)
        audit.record(source.workspace, actor, "source.tested", source.name)
    return list(source.warnings)


def refresh_catalog(source: DataSource, *, actor: Actor) -> list[str]:
    """Read the catalog again and return the tables that are hidden now, since their scope column is another one.

    Raises SourceUnavailable, TooManyTries, ChangedMeanwhile when somebody pointed the source at another database or
    login while it was read, whose tables these are not, and NotFound when somebody deleted it.
    """
    old, connection = Catalog.from_json(source.catalog), source.connection
    with a_try(source.workspace, actor):
        _read(source)

    def check(now: DataSource) -> None:
        if now.connection != connection:
            raise ChangedMeanwhile("The data source was pointed elsewhere while its tables were read. Read them again.")

    return _save_catalog(source, old, ["catalog", "warnings", "read_at"], "source.catalog_read", actor, {}, check)


def _save_catalog(
    source: DataSource,
    old: Catalog,
    fields: list[str],
    action: audit.Action,
    actor: Actor,
    facts: Mapping[str, object],
    check: Check | None = None,
) -> list[str]:
    with transaction.atomic():
        locked = _locked(source, check)
        hidden = _changed_scopes(locked, old, Catalog.from_json(source.catalog))
        locked.table_rules.filter(table__in=hidden).update(kind=Kind.HIDDEN)
        source.save(update_fields=fields)
        audit.record(source.workspace, actor, action, source.name, hidden=hidden, **facts)
        _raise_version(locked)
    source.refresh_from_db()
    return hidden


def _locked(source: DataSource, check: Check | None) -> DataSource:
    """Return the row as it is now, for this transaction alone. Raises NotFound, and what ``check`` does."""
    row = DataSource.objects.select_for_update().filter(pk=source.pk).first()
    if row is None:
        raise NotFound
    if check is not None:
        check(row)
    return row


def set_rule(
    source: DataSource,
    table: str,
    *,
    kind: str,
    column: str = "",
    property: str = EXTERNAL_ID,
    also: Sequence[tuple[str, str]] | None = None,
    actor: Actor,
    check: Check | None = None,
) -> TableRule:
    """Say who may read a table: scoped by ``column`` = the customer's ``property``, shared, or hidden.

    ``also`` has further pairs of column and property that a row must fit too; None keeps those there are. ``table`` is
    ``schema.name`` of the catalog. Raises BadRule with what to do, and NotFound when somebody deleted the source
    meanwhile.
    """
    chosen = _checked_kind(kind)
    with transaction.atomic():
        # The catalog may be read again meanwhile, so the rule is held against the one that it will be used with.
        locked = _locked(source, check)
        also = _stored_also(locked, table) if also is None else also
        _check_rule(locked, table, chosen, [(column, property), *also])
        more = [list(pair) for pair in also] if chosen == Kind.SCOPED else []
        fields = {"kind": chosen.value, "column": column, "customer_property": property, "also": more}
        rule, _ = TableRule.objects.update_or_create(source=locked, table=table, defaults=fields)
        audit.record(source.workspace, actor, "source.rule_changed", f"{source.name}: {table}", **fields)
        _raise_version(locked)
    return rule


def delete_source(source: DataSource, *, actor: Actor, check: Check | None = None) -> None:
    """Forget a database and its rules; panels that name it fail from now on.

    Raises SourceInUse while a customer is routed to it, and NotFound when somebody else deleted it meanwhile.
    """
    engine, connection = source.engine, source.connection
    try:
        with transaction.atomic():
            _locked(source, check)
            audit.record(source.workspace, actor, "source.deleted", source.name)
            announce(FeedKind.SOURCE, feed_subject(source.workspace_id, source.name))
            source.delete()
    except ProtectedError:
        raise SourceInUse from None
    ENGINES.close(engine, connection)


def check_role(source: DataSource) -> Role:
    """Say what the source's login may do besides reading. Raises SourceUnavailable."""
    return ENGINES.chosen(source.engine).check_role(source.connection)


def _raise_version(source: DataSource) -> None:
    DataSource.objects.filter(pk=source.pk).update(version=F("version") + 1)
    announce(FeedKind.SOURCE, feed_subject(source.workspace_id, source.name))


def _checked_kind(kind: str) -> Kind:
    if kind not in set(Kind):
        raise BadRule(f"A rule is one of {', '.join(Kind)}.", "kind")
    return Kind(kind)


def _check_rule(source: DataSource, table: str, kind: Kind, conditions: Sequence[tuple[str, str]]) -> None:
    if kind == Kind.SCOPED:
        for number, (column, property) in enumerate(conditions):
            _check_scope(source, table, column, property, f"also/{number - 1}/" if number else "")
    elif table not in Catalog.from_json(source.catalog).by_key:
        raise BadRule(f"There is no table {table[:100]} in the catalog. Read the catalog again.")


def _check_scope(source: DataSource, table: str, column: str, property: str, place: str) -> None:
    found = _column(Catalog.from_json(source.catalog), table, column)
    if found is None:
        problem = f"There is no column {column[:100]} in {table[:100]}. Choose one of the catalog's columns."
        raise BadRule(problem, f"{place}column")
    if not property:
        problem = "Name the customer's property that the column must equal, such as external_id."
        raise BadRule(problem, f"{place}property")
    if ENGINES.chosen(source.engine).dialect.scope_type(found) is None:
        problem = f"A column of type {found.type} cannot limit rows safely. Choose a text or an integer column."
        raise BadRule(problem, f"{place}column")


def _column(catalog: Catalog, table: str, column: str) -> Column | None:
    found = catalog.by_key.get(table)
    return found.column(column) if found is not None else None


def _stored_also(source: DataSource, table: str) -> list[tuple[str, str]]:
    rule = source.table_rules.filter(table=table).first()
    return [(column, property) for column, property in rule.also] if rule is not None else []


def _columns(rule: TableRule) -> list[str]:
    return [rule.column, *(column for column, _ in rule.also)]


def _changed_scopes(source: DataSource, before: Catalog, after: Catalog) -> list[str]:
    rules = source.table_rules.filter(kind=Kind.SCOPED).order_by("table")
    return [
        rule.table
        for rule in rules
        if any(_column(before, rule.table, name) != _column(after, rule.table, name) for name in _columns(rule))
    ]
