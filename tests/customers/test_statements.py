"""A written-out SELECT gives what the ORM gives, on each database."""

import pytest

from customers.models import Customer
from embedhost.lib.statements import Written

pytestmark = pytest.mark.django_db
_TABLE = Customer._meta.db_table
_COLUMNS = [str(field.column) for field in Customer._meta.concrete_fields]


def _values(customer: Customer) -> dict[str, tuple[type, object]]:
    values = {name: getattr(customer, name) for name in (field.attname for field in Customer._meta.concrete_fields)}
    return {name: (type(value), value) for name, value in values.items()}


def test_every_kind_of_field_comes_as_from_the_orm(acme: Customer) -> None:
    Customer.objects.filter(pk=acme.pk).update(
        properties={"region": "DACH", "plants": [1, 2]}, revoked_at=acme.created_at
    )
    by_orm = Customer.objects.get(pk=acme.pk)
    # The order of the columns is the statement's own.
    every = Written(Customer, f"SELECT {', '.join(reversed(_COLUMNS))} FROM {_TABLE} WHERE id = %s")
    for _ in range(2):  # The second time it knows its columns.
        (found,) = every.fetch(acme.pk)
        assert _values(found) == _values(by_orm)
        assert (found._state.adding, found._state.db) == (False, "default")


def test_other_columns_are_attributes_and_what_is_left_out_is_read_when_asked_for(acme: Customer) -> None:
    statement = (
        f"SELECT id, generation + 1 AS following, name AS called, properties FROM {_TABLE} WHERE external_id = %s"
    )
    (found,) = Written(Customer, statement).fetch("acme")
    assert (found.following, found.called, found.properties) == (acme.generation + 1, acme.name, acme.properties)  # type: ignore[attr-defined]  # columns of the statement
    assert "name" in found.get_deferred_fields()
    assert found.name == acme.name


def test_no_row_is_an_empty_list_and_does_not_spoil_the_next(acme: Customer) -> None:
    by_id = Written(Customer, f"SELECT id, name FROM {_TABLE} WHERE id = %s")
    assert by_id.fetch(0) == []
    assert [found.name for found in by_id.fetch(acme.pk)] == [acme.name]
