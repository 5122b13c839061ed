"""SELECTs that are written out, for what a request waits for: composing one costs more than the database needs for it.

``Model.objects.raw`` takes a text too, and works out anew for each asking which column is which field. Here that is
done once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Model
from django.db.models.expressions import Col

M = TypeVar("M", bound=Model)


class Written(Generic[M]):
    """A SELECT that names columns of a model's table; a column of another name becomes an attribute of the object.

    What the statement leaves out is read from the database when somebody asks an object for it.
    """

    def __init__(self, model: type[M], sql: str) -> None:
        self._model, self._sql = model, sql
        self._shape: _Shape | None = None

    def fetch(self, *values: str | int) -> list[M]:
        """Return the rows for the values of its placeholders as objects."""
        with connection.cursor() as cursor:
            cursor.execute(self._sql, values)
            rows = cursor.fetchall()
            if self._shape is None:
                self._shape = _shape_of(self._model, [column[0] for column in cursor.description])
        return [self._made(row, self._shape) for row in rows]

    def _made(self, row: Sequence[Any], shape: "_Shape") -> M:
        values = list(row)
        for place, column in shape.converted:
            values[place] = _converted(values[place], column)
        made = self._model.from_db(connection.alias, shape.fields, [values[place] for place in shape.places])
        for place, name in shape.others:
            setattr(made, name, values[place])
        return made


@dataclass(frozen=True, slots=True)
class _Shape:
    """Which field is in which place of a row, in the order of the model's; what the database has in another form."""

    fields: tuple[str, ...]
    places: tuple[int, ...]
    converted: tuple[tuple[int, Col], ...]
    others: tuple[tuple[int, str], ...]


def _shape_of(model: type[Model], names: Sequence[str]) -> _Shape:
    fields = [field for field in model._meta.concrete_fields if field.column in names]
    places = tuple(names.index(field.column) for field in fields)
    columns = [(place, field.get_col(model._meta.db_table)) for place, field in zip(places, fields, strict=True)]
    return _Shape(
        fields=tuple(field.attname for field in fields),
        places=places,
        converted=tuple((place, column) for place, column in columns if _converters(column)),
        others=tuple((place, name) for place, name in enumerate(names) if place not in places),
    )


def _converters(column: Col) -> list[Any]:
    """Return what turns the database's value of a column into its field's, step by step."""
    return [*connection.ops.get_db_converters(column), *column.get_db_converters(connection)]


def _converted(value: Any, column: Col) -> Any:
    for convert in _converters(column):
        value = convert(value, column, connection)
    return value
