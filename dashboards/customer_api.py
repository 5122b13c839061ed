"""The dashboards of a customer in the REST API."""

from collections.abc import Sequence

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from customers.api import named
from customers.api_fields import Named
from customers.models import Customer
from dashboards.access import list_dashboards
from dashboards.api_fields import CustomerDashboards
from dashboards.lists import dashboards_of, default_dashboard, set_customer_dashboards
from dashboards.models import Dashboard
from embedhost.lib.api.endpoint import endpoint
from embedhost.lib.api.etags import IF_MATCH, IF_NONE_MATCH, answer_unless_known, check_match, etag_of
from embedhost.lib.api.problems import invalid
from embedhost.lib.errors import NotFound
from secrets_admin.api_view import KeyView


class CustomerDashboardsView(KeyView):
    """Which dashboards a customer has."""

    @endpoint(
        "customers_get_dashboards",
        "List a customer's dashboards",
        scope="read",
        query=Named,
        headers=IF_NONE_MATCH,
        answers={200: CustomerDashboards, 304: None},
        problems=(404,),
    )
    def get(self, request: Request, external_id: str) -> Response:
        """In the order in which they were set."""
        return answer_unless_known(request, _told(named(self, external_id)))

    @endpoint(
        "customers_set_dashboards",
        "Set a customer's dashboards",
        scope="write",
        query=Named,
        body=CustomerDashboards,
        headers=IF_MATCH,
        answers={200: CustomerDashboards},
        problems=(404, 412),
    )
    def put(self, request: Request, external_id: str) -> Response:
        """All of them at once. The default answers calls that ask for "the customer's dashboard" without naming one."""
        customer, ids, default = named(self, external_id), self.body["dashboards"], self.body.get("default")
        rows = _found(self.key.organization_id, [*ids, *([default] if default else [])])
        if default is not None and default not in ids:
            raise invalid("default", "The default is one of `dashboards`. Name it there too.")
        chosen = rows[default] if default else None
        boards = [rows[one] for one in dict.fromkeys(ids)]

        def check() -> None:
            check_match(request.headers.get("If-Match"), etag_of(_told(customer)))

        set_customer_dashboards(customer, boards, default=chosen, check=check, actor=self.actor)
        said = _told(customer)
        return Response(said, headers={"ETag": etag_of(said)})


def _found(organization_id: int, ids: Sequence[str]) -> dict[str, Dashboard]:
    """Return dashboards by embed id. Raises NotFound for the first that is not the organization's."""
    rows = {str(row.embed_id): row for row in list_dashboards(organization_id).filter(embed_id__in=ids)}
    absent = next((one for one in ids if one not in rows), None)
    if absent is not None:
        raise NotFound(f"There is no dashboard with the embed id {absent}.")
    return rows


def _told(customer: Customer) -> dict[str, object]:
    default = default_dashboard(customer)
    ids = [str(board.embed_id) for board in dashboards_of(customer)]
    return {"dashboards": ids, "default": str(default.embed_id) if default else None}


_ROUTE = "api/v1/customers/<str:external_id>/dashboards"
api_urlpatterns = [path(_ROUTE, CustomerDashboardsView.as_view(), name="api_customer_dashboards")]
