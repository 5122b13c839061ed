"""The only way to a data source's row, and to the snapshot that everything behind it uses."""

from datasources.catalog import Catalog
from datasources.models import DataSource
from datasources.models import TableRule as RuleRow
from datasources.rules import Kind, Rules, TableRule
from datasources.snapshot import SourceSnapshot
from embedhost.lib.errors import NotFound
from secrets_admin.feed import Kind as FeedKind
from secrets_admin.feed import feed

__all__ = ["SourceSnapshot", "feed_subject", "find_source", "get_source", "sources_named"]


def feed_subject(workspace_id: str, name: str) -> str:
    """Return the name under which a change of a source is announced."""
    return f"{workspace_id}/{name}"


def find_source(workspace_id: str, name: str) -> DataSource:
    """Return the row of a workspace's data source. Raises NotFound."""
    source = DataSource.objects.filter(workspace_id=workspace_id, name=name).first()
    if source is None:
        raise NotFound
    return source


def get_source(workspace_id: str, name: str) -> SourceSnapshot:
    """Return the snapshot of a workspace's data source, from memory until the feed tells of a change.

    Raises NotFound, and ServiceUnavailable when the feed cannot be read.
    """

    def load() -> SourceSnapshot | None:
        source = DataSource.objects.filter(workspace_id=workspace_id, name=name).first()
        return None if source is None else _snapshot(source)

    found = feed.recall(FeedKind.SOURCE, feed_subject(workspace_id, name), load)
    if found is None:
        raise NotFound
    return found


def sources_named(organization_id: int, name: str) -> list[SourceSnapshot]:
    """Return the sources of this name in all workspaces of an organization, as they are now."""
    rows = DataSource.objects.filter(workspace__organization_id=organization_id, name=name)
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
    )


def _rule(row: RuleRow, catalog: Catalog) -> TableRule:
    """A refreshed catalog hides every table whose scope column changed, so the catalog's type is the rule's."""
    table = catalog.by_key.get(row.table)
    column = table.column(row.column) if table is not None else None
    kind, collation = (column.type, column.collation) if column is not None else ("", "")
    return TableRule(row.table, Kind(row.kind), row.column, row.customer_property, kind, collation)
