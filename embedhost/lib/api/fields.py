"""Fields that take the JSON type they are for and nothing else: no trimming, no conversion, no unknown names.

DRF's own turn 1 into "1", "true" into True and " acme" into "acme", which is another customer (threats.md P-CU-04).
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar

from rest_framework import serializers

from embedhost.lib.api.problems import RequestInvalid, flatten

_UNKNOWN = "There is no such field here."


class Text(serializers.CharField):
    """A JSON string, kept as it is."""

    def __init__(self, **named: Any) -> None:
        super().__init__(trim_whitespace=False, **named)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return data


def without_fraction(value: Any) -> Any:
    """Return 3.0 as 3, since both are the same whole number in JSON Schema, and everything else as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class Whole(serializers.IntegerField):
    """A JSON number without fraction."""

    def to_internal_value(self, data: Any) -> int:
        number = without_fraction(data)
        if type(number) is not int:
            self.fail("invalid")
        return number


class Flag(serializers.BooleanField):
    """true or false."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=type(data).__name__)
        return data


class OneOf(serializers.ChoiceField):
    """One of a list of strings."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or data not in self.choices:
            self.fail("invalid_choice", input=data if isinstance(data, str) else type(data).__name__)
        return data


class Texts(serializers.ListField):
    """A JSON list of strings."""

    def __init__(self, **named: Any) -> None:
        super().__init__(child=Text(), **named)


class Object(serializers.DictField):
    """A JSON object whose members a service checks; its numbers, also in lists, are whole where they can be."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        return {name: _whole(value) for name, value in super().to_internal_value(data).items()}


def _whole(value: Any) -> Any:
    return [without_fraction(item) for item in value] if isinstance(value, list) else without_fraction(value)


class Fields(serializers.Serializer[Any]):
    """A JSON object with exactly these members; others are refused by name.

    Of ``exactly_one`` members, one is there and no other; a member of ``needs`` is there only beside the one it names.
    """

    exactly_one: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def json_schema(cls) -> Mapping[str, Any] | None:
        """Return the whole shape as JSON Schema, where its members cannot say it."""
        return None

    @classmethod
    def is_needed(cls) -> bool:
        """Tell whether a body of this shape is there even when none of its members has to be."""
        return bool(cls.exactly_one) or cls.json_schema() is not None

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = [name for name in data if name not in self.fields or self.fields[name].read_only]
            if unknown:
                raise serializers.ValidationError({name: [_UNKNOWN] for name in unknown})
        return super().to_internal_value(data)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.exactly_one and sum(name in attrs for name in self.exactly_one) != 1:
            raise serializers.ValidationError(f"Send exactly one of: {', '.join(self.exactly_one)}.")
        alone = [name for name, other in self.needs.items() if name in attrs and other not in attrs]
        if alone:
            raise serializers.ValidationError({name: [f"It goes with {self.needs[name]} only."] for name in alone})
        return attrs


class Nothing(Fields):
    """No member at all."""


def read(shape: type[Fields], data: object, *, in_query: bool = False) -> dict[str, Any]:
    """Return what was sent, checked. Raises RequestInvalid with every place that is wrong."""
    if shape is Nothing and data == {}:
        return {}
    try:
        return dict(_reader(shape).run_validation(data))
    except serializers.ValidationError as error:
        raise RequestInvalid(list(flatten(error.detail, in_query=in_query))) from None


@cache
def _reader(shape: type[Fields]) -> Fields:
    """Return the one reader of a shape: making one copies each of its fields, and reading leaves nothing in it."""
    return shape()
