"""Thousands of customers in one call of the REST API: each is checked by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from customers import api_fields, bulk, services
from customers.errors import CustomerRefused
from customers.properties import check_properties
from embedhost.lib.api.endpoint import endpoint
from embedhost.lib.api.problems import FieldError, RequestInvalid, flatten
from embedhost.lib.errors import Refused
from secrets_admin.api_keys import ApiKeyFacts
from secrets_admin.api_view import KeyView

#: Bytes of one call.
BULK_BYTES: Final = 8 * 1024 * 1024


class CustomersBulkView(KeyView):
    """Thousands at once."""

    @endpoint(
        "customers_bulk",
        "Make or change many customers",
        scope="write",
        body=api_fields.Bulk,
        answers={200: api_fields.BulkResults},
        most_bytes=BULK_BYTES,
    )
    def post(self, request: Request) -> Response:
        """Up to 10,000 a call. Each is checked by itself: one that is refused leaves the others as they are.

        Those that are there are changed where a member is given, the others are made. A repetition changes nothing.
        Parents are set one at a time.
        """
        items = [_item(number, item, self.key) for number, item in enumerate(self.body["customers"])]
        checked = _refuse_doubles(items)
        wanted = [item for item in checked if isinstance(item, bulk.Wanted)]
        saved = bulk.save_all(self.workspace, wanted, actor=self.actor)
        told = [self._result(item, saved) for item in checked]
        counts = {name: sum(one["result"] == name for one in told) for name in bulk.RESULTS}
        return Response({**counts, "customers": told})

    def _result(self, item: "_Item", saved: Mapping[str, bulk.Saved]) -> dict[str, Any]:
        if isinstance(item, _Refused):
            return item.told()
        one = saved[item.external_id]
        told = {"external_id": item.external_id, "result": one.result}
        return {**told, "token": one.customer.token()} if self.shows_tokens else told


@dataclass(frozen=True, slots=True)
class _Refused:
    """One customer of a call that is left out, and why."""

    external_id: object
    code: str
    errors: Sequence[FieldError]

    def told(self) -> dict[str, Any]:
        external_id = self.external_id if isinstance(self.external_id, str) else None
        errors = [error.written() for error in self.errors]
        return {"external_id": external_id, "result": bulk.REFUSED, "code": self.code, "errors": errors}


_Item = bulk.Wanted | _Refused
_SHAPE: Final = api_fields.BulkItem()


def _item(number: int, item: object, key: ApiKeyFacts) -> _Item:
    """Read one customer of a call."""
    external_id = item.get("external_id") if isinstance(item, Mapping) else None
    place = ("customers", str(number))
    try:
        return _wanted(_SHAPE.run_validation(item), key)
    except serializers.ValidationError as error:
        return _Refused(external_id, RequestInvalid.code, list(flatten(error.detail, place)))
    except Refused as error:
        where = place if isinstance(error, CustomerRefused) else (*place, "external_id")
        return _Refused(external_id, error.code, [FieldError(where, error.message)])


def _wanted(read: Mapping[str, Any], key: ApiKeyFacts) -> bulk.Wanted:
    """Check what only services know. Raises CustomerNotAllowed, CustomerRefused."""
    key.require_customer(read["external_id"])
    name, properties = read.get("name"), read.get("properties")
    if name:
        services.check_name(name)
    return bulk.Wanted(read["external_id"], name, None if properties is None else check_properties(properties))


def _refuse_doubles(items: Sequence[_Item]) -> list[_Item]:
    """Let the first of a call win; nobody could tell which of two was meant."""
    seen: set[str] = set()
    return [_unless_seen(number, item, seen) for number, item in enumerate(items)]


def _unless_seen(number: int, item: _Item, seen: set[str]) -> _Item:
    if isinstance(item, _Refused):
        return item
    if item.external_id in seen:
        place = ("customers", str(number), "external_id")
        again = FieldError(place, "This external id stands in the call before.")
        return _Refused(item.external_id, RequestInvalid.code, [again])
    seen.add(item.external_id)
    return item


api_urlpatterns = [path("api/v1/customers/bulk", CustomersBulkView.as_view(), name="api_customers_bulk")]
