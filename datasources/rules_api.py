"""The tables of a data source and their visibility rules in the REST API."""

from typing import Any, Final

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from datasources import api_fields, services
from datasources.api import source_of
from datasources.api_fields import rule_given, table_detail
from datasources.catalog import Catalog
from datasources.errors import BadRule
from datasources.models import DataSource
from embedhost.lib.api.endpoint import endpoint, items_of
from embedhost.lib.api.etags import IF_MATCH, IF_NONE_MATCH, answer_unless_known, check_match, etag_of
from embedhost.lib.api.pages import PageQuery
from embedhost.lib.api.problems import RefusedAt
from embedhost.lib.errors import NotFound
from secrets_admin.api_view import KeyView

TablePage = items_of(api_fields.TableDetail, "TablePage")


class TablesView(KeyView):
    """The tables of a data source."""

    @endpoint(
        "tables_list",
        "List the tables of a data source",
        scope="read",
        query=PageQuery,
        answers={200: TablePage},
        problems=(404,),
    )
    def get(self, request: Request, name: str) -> Response:
        """As they were read last, with their rules and columns. Not with a key that is limited to some customers."""
        row = source_of(self, name)
        tables = Catalog.from_json(row.catalog).by_key
        rest = sorted(key for key in tables if key > self.asked.get("after", ""))
        page, more = rest[: self.asked["limit"]], len(rest) > self.asked["limit"]
        rules = {rule.table: rule for rule in row.table_rules.filter(table__in=page)}
        items = [table_detail(row.engine, tables[key], rules.get(key)) for key in page]
        return Response({"items": items, "next": page[-1] if more else None})


class TableView(KeyView):
    """One table and its rule."""

    @endpoint(
        "tables_get",
        "Get a table with its rule",
        scope="read",
        headers=IF_NONE_MATCH,
        answers={200: api_fields.TableDetail, 304: None},
        problems=(404,),
    )
    def get(self, request: Request, name: str, table: str) -> Response:
        """A table that has no rule is hidden. Not with a key that is limited to some customers."""
        return answer_unless_known(request, _told(source_of(self, name), table))

    @endpoint(
        "tables_set_rule",
        "Set the rule of a table",
        scope="write",
        body=api_fields.RuleState,
        headers=IF_MATCH,
        answers={200: api_fields.TableDetail},
        problems=(404, 412),
    )
    def put(self, request: Request, name: str, table: str) -> Response:
        """It holds from the next query on, on every server within a second. What is missing is none.

        Not with a key that is limited to some customers.
        """
        row = source_of(self, name)
        _told(row, table)
        try:
            services.set_rule(row, table, **rule_given(self.body), actor=self.actor, check=self._check(table))
        except BadRule as refusal:
            raise RefusedAt(refusal, refusal.place or "rule") from None
        said = _told(row, table)
        return Response(said, headers={"ETag": etag_of(said)})

    def _check(self, table: str) -> services.Check:
        header = self.request.headers.get("If-Match")
        return lambda row: check_match(header, etag_of(_told(row, table)))


def _told(row: DataSource, key: str) -> dict[str, Any]:
    """Return a table of the catalog. Raises NotFound."""
    table = Catalog.from_json(row.catalog).by_key.get(key)
    if table is None:
        raise NotFound
    return table_detail(row.engine, table, row.table_rules.filter(table=key).first())


_TABLES: Final = "api/v1/data-sources/<str:name>/tables/"
api_urlpatterns = [
    path(_TABLES, TablesView.as_view(), name="api_tables"),
    path(f"{_TABLES}<path:table>", TableView.as_view(), name="api_table"),
]
