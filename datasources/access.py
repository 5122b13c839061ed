"""The only way to a data source's row, and to the snapshot that everything behind it uses."""

import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from django.db.models import QuerySet

from datasources.catalog import Catalog, Table
from datasources.digests import digest
from datasources.errors import ScopeMissing, SourceUnavailable
from datasources.models import CustomerLogin, DataSource, SourceRoute, is_name
from datasources.models import TableRule as RuleRow
from datasources.rules import Condition, Kind, Rules, TableRule
from datasources.snapshot import SourceSnapshot, destination_of
from embedhost.lib.crypto import SealBroken
from embedhost.lib.errors import NotFound
from secrets_admin.feed import Kind as FeedKind
from secrets_admin.feed import feed
from secrets_admin.models import Workspace

logger = logging.getLogger(__name__)

__all__ = [
    "SourceSnapshot",
    "customer_subject",
    "feed_subject",
    "find_source",
    "get_source",
    "is_in_force",
    "list_sources",
    "route_of",
    "source_for",
    "source_named",
    "source_row",
    "sources_named",
]


def feed_subject(workspace_id: str, name: str) -> str:
    """Return the name under which a change of a source is announced."""
    return f"{workspace_id}/{name}"


def customer_subject(workspace_id: str, external_id: str) -> str:
    """Return the name under which a change of a customer's own source or login is announced; no source is called so."""
    return f"{workspace_id}//{digest(external_id)[:32]}"


def list_sources(workspace: Workspace) -> QuerySet[DataSource]:
    """Return the workspace's data sources by name, with their rules."""
    return workspace.data_sources.prefetch_related("table_rules").order_by("name")


def source_row(workspace: Workspace, uid: uuid.UUID) -> DataSource:
    """Return one data source of the workspace. Raises NotFound."""
    source = workspace.data_sources.select_related("workspace__organization").filter(uid=uid).first()
    if source is None:
        raise NotFound
    return source


def find_source(workspace_id: str, name: str) -> DataSource:
    """Return the row of a workspace's data source. Raises NotFound."""
    source = DataSource.objects.filter(workspace_id=workspace_id, name=name).first()
    if source is None:
        raise NotFound
    return source


def source_named(workspace: Workspace, name: str) -> DataSource:
    """Return one data source of the workspace by its name, whatever somebody wrote for it. Raises NotFound."""
    # PostgreSQL takes no NUL, not even to compare.
    source = workspace.data_sources.filter(name=name).first() if is_name(name) else None
    if source is None:
        raise NotFound
    return source


def get_source(workspace_id: str, name: str) -> SourceSnapshot:
    """Return the snapshot of a workspace's data source, from memory until the feed tells of a change.

    Raises NotFound, and ServiceUnavailable when the feed cannot be read.
    """

    def load() -> SourceSnapshot | None:
        source = DataSource.objects.filter(workspace_id=workspace_id, name=name).select_related("workspace").first()
        return None if source is None else _snapshot(source)

    found = feed.recall(FeedKind.SOURCE, feed_subject(workspace_id, name), load)
    if found is None:
        raise NotFound
    return found


def source_for(workspace_id: str, name: str, external_id: str | None) -> SourceSnapshot:
    """Return the snapshot that a customer's panel asks: its own source if it has one, under its own login if it must.

    ``external_id`` is None without a customer. Raises NotFound, ServiceUnavailable, ScopeMissing when a source with a
    login per customer has none for this one, and SourceUnavailable when it has one that was given for another place.
    """
    source = get_source(workspace_id, name)
    if external_id is None:
        if source.two_walls:
            raise ScopeMissing("The source has a login per customer and there is no customer.")
        return source
    if not (source.routed or source.two_walls):
        return source
    own = _recalled(workspace_id, external_id)
    if own.route and own.route != name:
        source = get_source(workspace_id, own.route)
    return _under_own_login(source, own)


def route_of(workspace: Workspace, external_id: str) -> str | None:
    """Return the name of the data source that all of a customer's panels ask; None: those that the panels name."""
    rows = SourceRoute.objects.filter(workspace=workspace, external_id=external_id).select_related("source")
    row = rows.first()
    return None if row is None else row.source.name


def is_in_force(source: SourceSnapshot) -> bool:
    """Tell whether panels that ask this source now would still ask it over the same connection.

    Raises ServiceUnavailable when the feed cannot be read.
    """
    try:
        now = get_source(source.workspace_id, source.name)
        if source.login_of:
            now = _under_own_login(now, _recalled(source.workspace_id, source.login_of))
        elif now.two_walls:
            return False
    except (NotFound, ScopeMissing, SourceUnavailable):
        return False
    return now.id == source.id and now.connection == source.connection


@dataclass(frozen=True, slots=True)
class _Own:
    """A customer's own source by name, and its logins by source id: user, password, and where they may be sent."""

    external_id: str
    route: str
    logins: Mapping[int, tuple[str, str, list[str]]] = field(repr=False)


def _recalled(workspace_id: str, external_id: str) -> _Own:
    subject = customer_subject(workspace_id, external_id)
    found = feed.recall(FeedKind.SOURCE, subject, lambda: _own(workspace_id, external_id))
    return found or _Own(external_id, "", {})


def _own(workspace_id: str, external_id: str) -> _Own:
    route = SourceRoute.objects.filter(workspace_id=workspace_id, external_id=external_id).select_related("source")
    logins = CustomerLogin.objects.filter(source__workspace_id=workspace_id, external_id=external_id)
    names = [row.source.name for row in route]
    opened = {row.source_id: (row.user, *_opened(row)) for row in logins}
    return _Own(external_id, names[0] if names else "", opened)


def _opened(login: CustomerLogin) -> tuple[str, list[str]]:
    try:
        return login.opened()
    except SealBroken:  # It fits no source, so it is sent nowhere, and the owner's log says so.
        return "", []


_ELSEWHERE = "This customer's login was given for another host, port, database or TLS mode. Set the login again."


def _under_own_login(source: SourceSnapshot, own: _Own) -> SourceSnapshot:
    if not source.two_walls:
        return source
    login = own.logins.get(source.id)
    if login is None:
        raise ScopeMissing("The source has a login per customer and this one has none.")
    user, password, destination = login
    if destination != destination_of(source.engine, source.connection):
        logger.warning("a customer's login was not sent", extra={"source": source.name, "detail": _ELSEWHERE})
        raise SourceUnavailable(_ELSEWHERE)
    connection = {**source.connection, "user": user, "password": password}
    return replace(source, connection=connection, role=user, login_of=own.external_id)


def sources_named(organization_id: int, name: str) -> list[SourceSnapshot]:
    """Return the sources of this name in all workspaces of an organization, as they are now."""
    rows = DataSource.objects.filter(workspace__organization_id=organization_id, name=name).select_related("workspace")
    return [_snapshot(source) for source in rows.order_by("id").prefetch_related("table_rules")]


def _snapshot(source: DataSource) -> SourceSnapshot:
    catalog = Catalog.from_json(source.catalog)
    connection = source.connection
    return SourceSnapshot(
        id=source.pk,
        version=source.version,
        workspace_id=source.workspace_id,
        name=source.name,
        engine=source.engine,
        connection=connection,
        role=str(connection.get("user", "")),
        catalog=catalog,
        rules=Rules.of(_rule(row, catalog) for row in source.table_rules.all()),
        two_walls=source.login_per_customer,
        routed=SourceRoute.objects.filter(workspace_id=source.workspace_id).exists(),
        organization_id=source.workspace.organization_id,
    )


def _rule(row: RuleRow, catalog: Catalog) -> TableRule:
    """A refreshed catalog hides every table whose scope column changed, so the catalog's type is the rule's."""
    table = catalog.by_key.get(row.table)
    first, *also = (_condition(table, *each) for each in [(row.column, row.customer_property), *row.also])
    form = first.column_type, first.collation
    return TableRule(row.table, Kind(row.kind), row.column, row.customer_property, *form, tuple(also))


def _condition(table: Table | None, name: str, property: str) -> Condition:
    column = table.column(name) if table is not None else None
    return Condition(name, property, *((column.type, column.collation) if column is not None else ("", "")))
