"""Customers in the REST API.

What a key may not act for is in no list, and naming it is 403, whether it exists or not.
"""

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from customers import access, api_fields, changes, services
from customers.api_fields import shown
from customers.models import Customer
from datasources.access import find_source, route_of
from datasources.walls import set_route
from embedhost.lib.api.endpoint import endpoint
from embedhost.lib.api.etags import IF_MATCH, IF_NONE_MATCH, answer_unless_known, check_match, etag_of
from embedhost.lib.api.pages import cut
from embedhost.lib.errors import NotFound
from secrets_admin.api_view import KeyView
from secrets_admin.idempotency import ONCE, once

#: In a path it stands for the parameter ``external_id``.
_ELSEWHERE: Final = "-"
#: Ids that would be read as something else in a path.
_NOT_IN_PATHS: Final = (".", "..", "bulk")


class CustomersView(KeyView):
    """All customers of the key's workspace."""

    @endpoint(
        "customers_list",
        "List customers",
        scope="read",
        query=api_fields.ListQuery,
        answers={200: api_fields.CustomerPage},
    )
    def get(self, request: Request) -> Response:
        """By external id, without tokens. A key that is limited to some customers sees those."""
        rows = access.list_customers(self.workspace, self.asked.get("search", "")).select_related("parent")
        if self.key.customers is not None:
            rows = rows.filter(external_id__in=self.key.customers)
        if "parent" in self.asked:
            self.key.require_customer(self.asked["parent"])
            rows = rows.filter(parent__external_id=self.asked["parent"], parent__deleted_at=None)
        page, following = cut(rows, "external_id", self.asked)
        return Response({"items": [shown(row, self.key) for row in page], "next": following})

    @endpoint(
        "customers_get_or_create",
        "Get or create a customer",
        scope="write",
        body=api_fields.NewCustomer,
        headers=ONCE,
        answers={200: api_fields.Shown, 201: api_fields.Shown},
        problems=(404, 409),
    )
    def post(self, request: Request) -> Response:
        """201 when it was made now, 200 when it was there; then it stays as it is. Callers at once get the same one.

        One that was deleted comes back as a new one, with a new token.
        """
        wanted = self.body
        self.key.require_customer(wanted["external_id"])
        changes.check_wanted(wanted)
        _require_parent(self, wanted)
        made: list[Customer] = []

        def make() -> tuple[int, str]:
            there = access.find_existing(self.key.workspace_id, wanted["external_id"])
            # By far the most frequent case, and it needs neither the workspace's row nor a transaction.
            customer, is_new = (there, False) if there is not None else self._get_or_make()
            made.append(customer)
            return (201 if is_new else 200), customer.external_id

        # Whole numbers of any size: what cannot be kept is refused where it is made.
        sent = json.dumps(wanted, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        asked = f"customers {sent}".encode()
        status, external_id = once(self.key.key_id, request.headers.get("Idempotency-Key"), asked, make)
        customer = made[0] if made else access.get_by_external_id(self.workspace, external_id)
        said = shown(customer, self.key, token=customer.token() if self.shows_tokens else None)
        return Response(said, status, headers=_place_of(customer) if status == 201 else None)

    def _get_or_make(self) -> tuple[Customer, bool]:
        return changes.get_or_make(self.workspace, self.body, actor=self.actor)


class CustomerView(KeyView):
    """One customer."""

    @endpoint(
        "customers_get",
        "Get a customer",
        scope="read",
        query=api_fields.Named,
        headers=IF_NONE_MATCH,
        answers={200: api_fields.Shown, 304: None},
        problems=(404,),
    )
    def get(self, request: Request, external_id: str) -> Response:
        """Without its token."""
        return answer_unless_known(request, shown(named(self, external_id), self.key))

    @endpoint(
        "customers_replace",
        "Set everything of a customer",
        scope="write",
        query=api_fields.Named,
        body=api_fields.CustomerState,
        headers=IF_MATCH,
        answers={200: api_fields.Shown},
        problems=(404, 409, 412),
    )
    def put(self, request: Request, external_id: str) -> Response:
        """What is missing is reset: the name to the external id, properties and parent to none."""
        return self._change(external_id, {"name": "", "properties": {}, "parent": None, **self.body})

    @endpoint(
        "customers_change",
        "Change a customer",
        scope="write",
        query=api_fields.Named,
        body=api_fields.CustomerChange,
        headers=IF_MATCH,
        answers={200: api_fields.Shown},
        problems=(404, 409, 412),
    )
    def patch(self, request: Request, external_id: str) -> Response:
        """What is missing stays. Open pages use new properties at once."""
        return self._change(external_id, self.body, merge=True)

    @endpoint(
        "customers_delete",
        "Delete a customer",
        scope="write",
        query=api_fields.Named,
        headers=IF_MATCH,
        answers={204: None},
        problems=(404, 412),
    )
    def delete(self, request: Request, external_id: str) -> Response:
        """Its token and every token that names it end within a second."""
        services.delete_customer(named(self, external_id), check=self._check_match, actor=self.actor)
        return Response(status=204)

    def _change(self, external_id: str, wanted: dict[str, Any], *, merge: bool = False) -> Response:
        _require_parent(self, wanted)

        def check(row: Customer) -> None:
            self._check_match(row)
            if "parent" in wanted:
                changes.check_leaving(row, wanted["parent"], self.key)
            if merge and "properties" in wanted:
                merged = {**row.properties, **wanted["properties"]}
                wanted["properties"] = {name: value for name, value in merged.items() if value is not None}

        changes.change(named(self, external_id), wanted, check=check, actor=self.actor)
        said = shown(named(self, external_id), self.key)
        return Response(said, headers={"ETag": etag_of(said)})

    def _check_match(self, row: Customer) -> None:
        check_match(self.request.headers.get("If-Match"), etag_of(shown(row, self.key)))


class CustomerTokenView(KeyView):
    """A customer's own token."""

    @endpoint(
        "customers_rotate_token",
        "Rotate a customer's token",
        scope="write",
        query=api_fields.Named,
        body=api_fields.Rotation,
        answers={200: api_fields.Shown},
        problems=(404,),
    )
    def post(self, request: Request, external_id: str) -> Response:
        """The old token, and the pages that it opened, end within a second.

        Of two calls at once the last one's token is valid.
        """
        customer = named(self, external_id)
        token = services.refresh_token(customer, **self.body, actor=self.actor)
        return Response(shown(customer, self.key, token=token if self.shows_tokens else None))


class CustomerRevokeView(KeyView):
    """Ending all that names a customer."""

    @endpoint(
        "customers_revoke",
        "Revoke a customer's tokens",
        scope="write",
        query=api_fields.Named,
        answers={200: api_fields.Revoked},
        problems=(404,),
    )
    def post(self, request: Request, external_id: str) -> Response:
        """Every token that names the customer and was made before now, its own among them, ends within a second.

        Tokens that are made afterwards work.
        """
        customer = named(self, external_id)
        until = services.revoke_customer(customer, actor=self.actor)
        customer.refresh_from_db(fields=["revoked_at"])
        return Response({"revoked_at": customer.revoked_at, "refused_until": until})


class CustomerSourceView(KeyView):
    """The data source of a customer that has one of its own."""

    @endpoint(
        "customers_get_source",
        "Get a customer's own data source",
        scope="read",
        query=api_fields.Named,
        headers=IF_NONE_MATCH,
        answers={200: api_fields.Route, 304: None},
        problems=(404,),
    )
    def get(self, request: Request, external_id: str) -> Response:
        """null when its panels ask the data sources that they name."""
        return answer_unless_known(request, self._told(named(self, external_id)))

    @endpoint(
        "customers_set_source",
        "Route a customer to a data source",
        scope="write",
        query=api_fields.Named,
        body=api_fields.Route,
        headers=IF_MATCH,
        answers={200: api_fields.Route},
        problems=(404, 412),
    )
    def put(self, request: Request, external_id: str) -> Response:
        """All of its panels then ask this one, whatever they name. Not with a key that is limited to some customers."""
        self.key.require_all_customers()
        customer, name = named(self, external_id), self.body["source"]
        try:
            source = None if name is None else find_source(self.workspace.id, name)
        except NotFound:
            raise NotFound("The workspace has no data source with this name.") from None

        def check() -> None:
            check_match(request.headers.get("If-Match"), etag_of(self._told(customer)))

        set_route(self.workspace, customer.external_id, source, check=check, actor=self.actor)
        said = {"source": name}
        return Response(said, headers={"ETag": etag_of(said)})

    def _told(self, customer: Customer) -> dict[str, str | None]:
        return {"source": route_of(self.workspace, customer.external_id)}


def named(view: KeyView, external_id: str) -> Customer:
    """Return the customer that a path names, or with ``-`` the parameter.

    Raises CustomerNotAllowed, and NotFound, also when both name one.
    """
    if "external_id" in view.asked and external_id != _ELSEWHERE:
        raise NotFound("The path names one customer and the parameter another. Put - into the path.")
    wanted = view.asked.get("external_id", external_id)
    view.key.require_customer(wanted)
    return access.get_by_external_id(view.workspace, wanted)


def _require_parent(view: KeyView, wanted: Mapping[str, Any]) -> None:
    if wanted.get("parent") is not None:
        view.key.require_customer(wanted["parent"])


def _place_of(customer: Customer) -> dict[str, str]:
    """Return where a new customer is found."""
    external_id = customer.external_id
    quoted = quote(external_id, safe="")
    if "/" in external_id or external_id in _NOT_IN_PATHS:
        return {"Location": f"/api/v1/customers/{_ELSEWHERE}?external_id={quoted}"}
    return {"Location": f"/api/v1/customers/{quoted}"}


_CUSTOMER: Final = "api/v1/customers/<str:external_id>"
api_urlpatterns = [
    path("api/v1/customers/", CustomersView.as_view(), name="api_customers"),
    path(_CUSTOMER, CustomerView.as_view(), name="api_customer"),
    path(f"{_CUSTOMER}/token", CustomerTokenView.as_view(), name="api_customer_token"),
    path(f"{_CUSTOMER}/revoke", CustomerRevokeView.as_view(), name="api_customer_revoke"),
    path(f"{_CUSTOMER}/source", CustomerSourceView.as_view(), name="api_customer_source"),
]
